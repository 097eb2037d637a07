//! Filters about numbers: `int`, `float`, `round`, `sum`, `min`, sizes with units.

use std::cmp::Ordering;

use adept_wire::{BigInt, Data, Value};

use super::key::{attribute, folded};
use crate::template::ast::BinaryOp;
use crate::template::call::{Call, Filter, Result};
use crate::template::error::TemplateError;
use crate::template::number::Number;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("int", int),
    Filter::new("float", float),
    Filter::new("round", round),
    Filter::new("abs", abs),
    Filter::new("log", log),
    Filter::new("pow", pow),
    Filter::new("root", root),
    Filter::new("sum", sum),
    Filter::new("max", max),
    Filter::new("min", min),
    Filter::new("human_readable", human_readable),
    Filter::new("human_to_bytes", human_to_bytes),
    Filter::new("filesizeformat", filesizeformat),
];

fn int(call: &mut Call<'_>) -> Result<Val> {
    let default = call.arg(0, "default").unwrap_or_else(|| Val::from(0i64));
    let base = call.int_arg(1, "base")?.unwrap_or(10);
    call.finish()?;
    let Some(value) = call.input.as_value() else { return Ok(default) };
    if let Some(text) = value.as_str()
        && let Some(int) = u32::try_from(base).ok().and_then(|base| parse_int(text, base))
    {
        return Ok(int.into());
    }
    Ok(match &value.data {
        Data::Bool(b) => i64::from(*b).into(),
        Data::Int(_) | Data::BigInt(_) => call.input.clone(),
        Data::Float(f) => truncated(*f).map_or(default, Val::from),
        Data::Str(s) => parse_float(s).and_then(truncated).map_or(default, Val::from),
        _ => default,
    })
}

fn truncated(f: f64) -> Option<Value> {
    let big: Option<BigInt> = num_traits::FromPrimitive::from_f64(f.trunc());
    big.map(Value::big_int)
}

/// Python's `int(text, base)`: blanks around, a sign, the base's prefix, single underscores between digits.
pub(crate) fn parse_int(text: &str, base: u32) -> Option<Value> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let (base, digits) = match (base, lower.get(..2)) {
        (16 | 0, Some("0x")) => (16, &lower[2..]),
        (8 | 0, Some("0o")) => (8, &lower[2..]),
        (2 | 0, Some("0b")) => (2, &lower[2..]),
        (0, _) => (10, &lower[..]),
        (base @ 2..=36, _) => (base, &lower[..]),
        _ => return None,
    };
    let wrong =
        digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") || digits.contains(['+', '-']);
    if digits.is_empty() || wrong {
        return None;
    }
    let number = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), base)?;
    Some(Value::big_int(if negative { -number } else { number }))
}

/// Python's `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    // Rust reads what Python reads, but for underscores.
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    text.replace('_', "").parse().ok()
}

fn float(call: &mut Call<'_>) -> Result<Val> {
    let default = call.arg(0, "default").unwrap_or_else(|| Val::from(0.0));
    call.finish()?;
    let Some(value) = call.input.as_value() else { return Ok(default) };
    Ok(match (Number::of(value), value.as_str()) {
        (Some(number), _) => number.to_f64().into(),
        (None, Some(text)) => parse_float(text).map_or(default, Val::from),
        (None, None) => default,
    })
}

/// The number that a value is.
fn number(call: &Call<'_>, val: &Val) -> Result<Number> {
    val.as_value()
        .and_then(Number::of)
        .ok_or_else(|| call.fail(format!("must be real number, not {}", val.type_name())))
}

fn round(call: &mut Call<'_>) -> Result<Val> {
    let precision = call.int_arg(0, "precision")?.unwrap_or(0);
    let method = call.text_arg(1, "method")?.unwrap_or_else(|| "common".into());
    call.finish()?;
    let input = number(call, &call.input)?;
    let precision = i32::try_from(precision).unwrap_or(0);
    let scale = 10f64.powi(precision);
    match (&*method, &input) {
        ("ceil", n) => Ok(((n.to_f64() * scale).ceil() / scale).into()),
        ("floor", n) => Ok(((n.to_f64() * scale).floor() / scale).into()),
        ("common", Number::Float(f)) => Ok(round_float(*f, precision).into()),
        ("common", Number::Int(i)) if precision < 0 => Ok((round_float(*i as f64, precision) as i64).into()),
        ("common", _) => Ok(call.input.clone()),
        _ => Err(call.fail("method must be common, ceil or floor")),
    }
}

/// Python's `round`: half to even, on the exact decimal value.
fn round_float(f: f64, precision: i32) -> f64 {
    if !f.is_finite() {
        return f;
    }
    match usize::try_from(precision) {
        // Formatting rounds the exact value, half to even.
        Ok(digits) => format!("{f:.digits$}").parse().unwrap_or(f),
        Err(_) => {
            let unit = 10f64.powi(-precision);
            (f / unit).round_ties_even() * unit
        }
    }
}

fn abs(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let number = call.input.as_value().and_then(Number::of);
    match number {
        Some(n) if n.compare(&Number::Int(0)) == Some(Ordering::Less) => Ok(Val::Value(n.negated())),
        Some(n) => n.apply(BinaryOp::Add, &Number::Int(0)).map(Val::Value),
        None => Err(call.fail(format!("bad operand type for abs(): '{}'", call.input.type_name()))),
    }
}

fn log(call: &mut Call<'_>) -> Result<Val> {
    let base = call.arg(0, "base").map(|b| number(call, &b)).transpose()?.map(|n| n.to_f64());
    call.finish()?;
    let x = number(call, &call.input)?.to_f64();
    if x <= 0.0 || base.is_some_and(|b| b <= 0.0) {
        return Err(call.fail("math domain error"));
    }
    Ok(match base {
        None => x.ln(),
        Some(10.0) => x.log10(),
        Some(1.0) => return Err(call.fail("float division by zero")),
        Some(base) => x.ln() / base.ln(),
    }
    .into())
}

fn pow(call: &mut Call<'_>) -> Result<Val> {
    let exponent = call.required(0, "y")?;
    call.finish()?;
    let (x, y) = (number(call, &call.input)?.to_f64(), number(call, &exponent)?.to_f64());
    let power = x.powf(y);
    if power.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(call.fail("math domain error"));
    }
    Ok(power.into())
}

fn root(call: &mut Call<'_>) -> Result<Val> {
    let base = call.arg(0, "base").map(|b| number(call, &b)).transpose()?.map_or(2.0, |n| n.to_f64());
    call.finish()?;
    let x = number(call, &call.input)?.to_f64();
    if x < 0.0 || base == 0.0 {
        return Err(call.fail("math domain error"));
    }
    Ok(if base == 2.0 { x.sqrt() } else { x.powf(1.0 / base) }.into())
}

fn sum(call: &mut Call<'_>) -> Result<Val> {
    let attr = call.arg(0, "attribute").filter(|a| !a.is_none());
    let mut total = call.arg(1, "start").unwrap_or_else(|| Val::from(0i64));
    call.finish()?;
    for item in call.input_items()? {
        let item = match &attr {
            Some(attr) => attribute(call.eval, &item, attr)?,
            None => item,
        };
        total = call.eval.binary(BinaryOp::Add, &total, &item)?;
    }
    Ok(total)
}

fn max(call: &mut Call<'_>) -> Result<Val> {
    extreme(call, Ordering::Greater)
}

fn min(call: &mut Call<'_>) -> Result<Val> {
    extreme(call, Ordering::Less)
}

fn extreme(call: &mut Call<'_>, wanted: Ordering) -> Result<Val> {
    let case_sensitive = call.bool_arg(0, "case_sensitive")?.unwrap_or(false);
    let attr = call.arg(1, "attribute").filter(|a| !a.is_none());
    call.finish()?;
    let mut best: Option<(Val, Val)> = None;
    for item in call.input_items()? {
        let mut key = match &attr {
            Some(attr) => attribute(call.eval, &item, attr)?,
            None => item.clone(),
        };
        if !case_sensitive {
            key = folded(key);
        }
        match &best {
            Some((best, _)) if call.eval.compare(&key, best)? != wanted => {}
            _ => best = Some((key, item)),
        }
    }
    Ok(best.map_or_else(
        || Val::undefined(TemplateError::undefined("No aggregated item, sequence was empty.")),
        |(_, item)| item,
    ))
}

const UNITS: &[(char, f64)] = &[
    ('Y', 1_208_925_819_614_629_174_706_176.0),
    ('Z', 1_180_591_620_717_411_303_424.0),
    ('E', 1_152_921_504_606_846_976.0),
    ('P', 1_125_899_906_842_624.0),
    ('T', 1_099_511_627_776.0),
    ('G', 1_073_741_824.0),
    ('M', 1_048_576.0),
    ('K', 1024.0),
    ('B', 1.0),
];

fn human_readable(call: &mut Call<'_>) -> Result<Val> {
    let bits = call.bool_arg(0, "isbits")?.unwrap_or(false);
    let unit = call.text_arg(1, "unit")?;
    call.finish()?;
    let size = number(call, &call.input)?.to_f64();
    let wanted = unit.as_deref().and_then(|u| u.chars().next()).map(|c| c.to_ascii_uppercase());
    let fits = |&&(unit, limit): &&(char, f64)| match wanted {
        Some(wanted) => unit == wanted,
        None => size >= limit || unit == 'B',
    };
    let (suffix, limit) = UNITS.iter().find(fits).copied().unwrap_or(('B', 1.0));
    let suffix = match (suffix, bits) {
        ('B', true) => "bits".to_owned(),
        ('B', false) => "Bytes".to_owned(),
        (unit, true) => format!("{unit}b"),
        (unit, false) => format!("{unit}B"),
    };
    Ok(Val::str(format!("{:.2} {suffix}", size / limit)))
}

fn human_to_bytes(call: &mut Call<'_>) -> Result<Val> {
    let default_unit = call.text_arg(0, "default_unit")?;
    let bits = call.bool_arg(1, "isbits")?.unwrap_or(false);
    call.finish()?;
    let text = call.input_text()?;
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (digits, unit) = (&trimmed[..split], trimmed[split..].trim());
    let number: f64 = match digits.parse() {
        Ok(number) if unit.chars().all(|c| c.is_ascii_alphabetic()) => number,
        _ => return Err(call.fail(format!("can't interpret following string: {text}"))),
    };
    let unit = if unit.is_empty() { default_unit.as_deref().unwrap_or("") } else { unit };
    let Some(first) = unit.chars().next() else {
        return Ok(truncated(number.round_ties_even()).map_or(Val::NONE, Val::from));
    };
    let Some((prefix, factor)) = UNITS.iter().find(|(u, _)| *u == first.to_ascii_uppercase()) else {
        return Err(call.fail(format!(
            "failed to convert {text} (unit = {unit}): the unit must be one of B, K, M, G, T, P, E, Z, Y"
        )));
    };
    let rest = if *prefix == 'B' { unit } else { &unit[1..] };
    let right = match (rest, bits) {
        ("", _) => true,
        (rest, false) => rest == "B" || rest.eq_ignore_ascii_case("byte"),
        (rest, true) => rest == "b" || rest.eq_ignore_ascii_case("bit"),
    };
    if !right {
        let (what, suffix) = if bits { ("bits", "b") } else { ("bytes", "B") };
        return Err(call.fail(format!("failed to convert {text}: {what} have units that end in '{suffix}'")));
    }
    Ok(truncated((number * factor).round_ties_even()).map_or(Val::NONE, Val::from))
}

fn filesizeformat(call: &mut Call<'_>) -> Result<Val> {
    let binary = call.bool_arg(0, "binary")?.unwrap_or(false);
    call.finish()?;
    let bytes = match call.input.as_str() {
        Some(text) => {
            parse_float(text).ok_or_else(|| call.fail(format!("could not convert string to float: '{text}'")))?
        }
        None => number(call, &call.input)?.to_f64(),
    };
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if bytes == 1.0 {
        return Ok(Val::str("1 Byte"));
    }
    if bytes < base {
        return Ok(Val::str(format!("{} Bytes", bytes.trunc())));
    }
    let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = base;
    for (i, prefix) in prefixes.iter().enumerate() {
        if bytes < unit * base || i == prefixes.len() - 1 {
            let prefix = if binary { format!("{}i", prefix.to_uppercase()) } else { (*prefix).to_owned() };
            return Ok(Val::str(format!("{:.1} {prefix}B", bytes / unit)));
        }
        unit *= base;
    }
    Ok(Val::NONE)
}
