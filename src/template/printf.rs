//! The `%` operator of text: `'%s-%05d' % (name, number)`, `'%(name)s' % map`.

use adept_wire::Data;

use super::call::Result;
use super::error::TemplateError;
use super::eval::Eval;
use super::number::Number;
use super::spec::FormatSpec;
use super::val::Val;

/// `format % args`
///
/// # Errors
/// When the arguments don't suit the format.
pub fn percent(eval: &Eval<'_>, format: &str, args: &Val) -> Result<String> {
    let values: Vec<Val> = match args {
        Val::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut next = 0;
    let mut named = false;
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut spec = FormatSpec { align: Some('>'), ..FormatSpec::default() };
        let mut item = None;
        if let Some(after) = rest.strip_prefix('(') {
            let Some((key, after)) = after.split_once(')') else {
                return Err(TemplateError::failed("incomplete format key"));
            };
            if !args.is_map() {
                return Err(TemplateError::failed("format requires a mapping"));
            }
            let found = eval.item(args, &Val::from(key))?;
            if !found.is_defined() {
                return Err(TemplateError::failed(format!("KeyError: '{key}'")));
            }
            item = Some(found);
            named = true;
            rest = after;
        }
        let mut take = || {
            next += 1;
            values.get(next - 1).cloned().ok_or_else(|| TemplateError::failed("not enough arguments for format string"))
        };
        while let Some(flag @ ('-' | '+' | ' ' | '0' | '#')) = rest.chars().next() {
            match flag {
                '-' => spec.align = Some('<'),
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                // Of `+` and a blank, `+` wins.
                ' ' if spec.sign == Some('+') => {}
                sign => spec.sign = Some(sign),
            }
            rest = &rest[1..];
        }
        let mut number = |rest: &mut &str| -> Result<Option<usize>> {
            if let Some(after) = rest.strip_prefix('*') {
                *rest = after;
                let val = take()?;
                let width = val.as_i64().ok_or_else(|| TemplateError::failed("* wants int"))?;
                return Ok(Some(width.unsigned_abs() as usize));
            }
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let number = rest[..end].parse().ok();
            *rest = &rest[end..];
            Ok(number)
        };
        spec.width = number(&mut rest)?.unwrap_or(0);
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            spec.precision = Some(number(&mut rest)?.unwrap_or(0));
        }
        if spec.width > 1 << 24 || spec.precision.is_some_and(|p| p > 1 << 16) {
            return Err(TemplateError::failed("the width of a format is too large"));
        }
        rest = rest.trim_start_matches(['h', 'l', 'L']);
        let Some(kind) = rest.chars().next() else { return Err(TemplateError::failed("incomplete format")) };
        rest = &rest[kind.len_utf8()..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        let val = match item {
            Some(val) => val,
            None => take()?,
        };
        let at = format.chars().count() - rest.chars().count() - 1;
        out.push_str(&one(eval, spec, kind, &val, at)?);
    }
    out.push_str(rest);
    if next < values.len() && !named && !args.is_map() {
        return Err(TemplateError::failed("not all arguments converted during string formatting"));
    }
    Ok(out)
}

/// `at`: the place of the conversion in the format.
fn one(eval: &Eval<'_>, mut spec: FormatSpec, kind: char, val: &Val, at: usize) -> Result<String> {
    let val = val.defined()?;
    match kind {
        's' | 'r' | 'a' => {
            let text = if kind == 's' { eval.text(val)?.to_string() } else { eval.repr(val)? };
            let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
            spec.zero = false;
            Ok(spec.pad(&cut, "", '>'))
        }
        'c' if val.as_str().is_some_and(|s| s.chars().count() == 1) => {
            spec.zero = false;
            Ok(spec.pad(val.as_str().unwrap_or_default(), "", '>'))
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'c' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = val.as_value().and_then(Number::of).ok_or_else(|| {
                TemplateError::failed(if matches!(kind, 'd' | 'i' | 'u') {
                    format!("%{kind} format: a real number is required, not {}", val.type_name())
                } else if matches!(kind, 'x' | 'X' | 'o' | 'c') {
                    format!("%{kind} format: an integer is required, not {}", val.type_name())
                } else {
                    format!("must be real number, not {}", val.type_name())
                })
            })?;
            let number = match (&number, kind) {
                (Number::Float(f), 'd' | 'i' | 'u') => truncated(*f)?,
                _ => number,
            };
            if matches!(number, Number::Float(_)) && matches!(kind, 'x' | 'X' | 'o' | 'c') {
                return Err(TemplateError::failed(format!("%{kind} format: an integer is required, not float")));
            }
            spec.kind = Some(match kind {
                'i' | 'u' => 'd',
                'F' => 'f',
                other => other,
            });
            // `%` fills with zeros only to the left.
            if spec.zero {
                let left = spec.align == Some('<');
                spec.zero = !left;
                if !left {
                    spec.align = None;
                }
            }
            spec.number(&number, val.type_name())
        }
        other => Err(TemplateError::failed(format!(
            "unsupported format character '{other}' (0x{:x}) at index {}",
            other as u32, at
        ))),
    }
}

fn truncated(f: f64) -> Result<Number> {
    if !f.is_finite() {
        return Err(TemplateError::failed("cannot convert float infinity or NaN to integer"));
    }
    let value = match num_traits::FromPrimitive::from_f64(f.trunc()) {
        Some(big) => adept_wire::Value::big_int(big),
        None => adept_wire::Value::from(0i64),
    };
    Ok(match value.data {
        Data::Int(i) => Number::Int(i),
        Data::BigInt(i) => Number::Big((*i).clone()),
        _ => Number::Int(0),
    })
}
