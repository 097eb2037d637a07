//! `str.format`: `'{:>5} {name!r}'.format(1, name='x')`.

use std::sync::Arc;

use super::call::Result;
use super::error::TemplateError;
use super::eval::Eval;
use super::spec::FormatSpec;
use super::val::Val;

/// Fills the fields of a format string.
///
/// # Errors
/// When a field has no value, or the specification doesn't suit it.
pub(crate) fn format(eval: &Eval<'_>, text: &str, positional: &[Val], named: &[(Arc<str>, Val)]) -> Result<String> {
    Fields { eval, positional, named, next: 0 }.fill(text, 2)
}

struct Fields<'a> {
    eval: &'a Eval<'a>,
    positional: &'a [Val],
    named: &'a [(Arc<str>, Val)],
    next: usize,
}

impl Fields<'_> {
    /// `depth`: fields may stand within specifications, once.
    fn fill(&mut self, text: &str, depth: usize) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..at + 1];
            rest = &rest[at + 1..];
            if rest.starts_with(brace) {
                out.push_str(brace);
                rest = &rest[1..];
                continue;
            }
            if brace == "}" {
                return Err(TemplateError::failed("Single '}' encountered in format string"));
            }
            if depth == 0 {
                return Err(TemplateError::failed("Max string recursion exceeded"));
            }
            let mut open = 1;
            let end = rest.find(|c| {
                match c {
                    '{' => open += 1,
                    '}' => open -= 1,
                    _ => {}
                }
                open == 0
            });
            let Some(end) = end else {
                return Err(TemplateError::failed(if rest.is_empty() {
                    "Single '{' encountered in format string"
                } else {
                    "expected '}' before end of string"
                }));
            };
            let field = &rest[..end];
            rest = &rest[end + 1..];
            out.push_str(&self.field(field, depth)?);
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str, depth: usize) -> Result<String> {
        let (head, spec) = field.split_once(':').unwrap_or((field, ""));
        let (name, conversion) = match head.split_once('!') {
            Some((name, conversion)) => (name, Some(conversion)),
            None => (head, None),
        };
        let val = self.lookup(name)?;
        let spec = self.fill(spec, depth - 1)?;
        let val = match conversion {
            None => val,
            Some("s") => Val::str(self.eval.text(&val)?),
            Some("r" | "a") => Val::from(self.eval.repr(&val)?),
            Some(other) => {
                return Err(TemplateError::failed(format!("Unknown conversion specifier {other}")));
            }
        };
        if spec.is_empty() {
            return self.eval.text(&val).map(|t| t.to_string());
        }
        FormatSpec::parse(&spec)?.format(self.eval, &val)
    }

    /// `0`, `name`, `name.attr[key]`, or nothing for the next one.
    fn lookup(&mut self, name: &str) -> Result<Val> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut path) = name.split_at(end);
        let index = if first.is_empty() {
            self.next += 1;
            Some(self.next - 1)
        } else {
            first.parse::<usize>().ok()
        };
        let found = match index {
            Some(i) => self.positional.get(i),
            None => self.named.iter().find(|(n, _)| &**n == first).map(|(_, v)| v),
        };
        let Some(mut val) = found.cloned() else {
            return Err(TemplateError::failed(match index {
                Some(i) => format!("Replacement index {i} out of range for positional args tuple"),
                None => format!("KeyError: '{first}'"),
            }));
        };
        while !path.is_empty() {
            if let Some(rest) = path.strip_prefix('[') {
                let Some((key, rest)) = rest.split_once(']') else {
                    return Err(TemplateError::failed("Missing ']' in format string"));
                };
                let key = key.parse::<i64>().map_or_else(|_| Val::from(key), Val::from);
                val = self.eval.item(&val, &key)?;
                path = rest;
            } else {
                let rest = path.strip_prefix('.').unwrap_or(path);
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                val = self.eval.attr(&val, &rest[..end])?;
                path = &rest[end..];
            }
        }
        val.defined().cloned()
    }
}
