//! Methods of text, as Python's `str` has them.

use std::sync::Arc;

use adept_wire::{Key, Value};

use super::super::call::{Call, Result};
use super::super::error::TemplateError;
use super::super::format;
use super::super::val::Val;
use super::{Method, method, text};

pub(crate) const METHODS: &[Method] = &[
    method("split", split),
    method("rsplit", rsplit),
    method("splitlines", |call| {
        let keep = call.bool_arg(0, "keepends")?.unwrap_or(false);
        call.finish()?;
        Ok(texts(splitlines(&input(call), keep)))
    }),
    method("partition", |call| partition(call, false)),
    method("rpartition", |call| partition(call, true)),
    method("format", |call| {
        let (positional, named) = (call.rest(0), call.rest_named());
        format::format(call.eval, &input(call), &positional, &named).map(Val::str)
    }),
    method("format_map", |call| {
        let map = call.required(0, "mapping")?;
        call.finish()?;
        let named: Vec<_> = call.eval.entries(&map)?.into_iter().map(|(k, v)| (Arc::from(k.to_string()), v)).collect();
        format::format(call.eval, &input(call), &[], &named).map(Val::str)
    }),
    method("startswith", |call| affix(call, |s, part| s.starts_with(part))),
    method("endswith", |call| affix(call, |s, part| s.ends_with(part))),
    method("find", |call| find(call, false, false)),
    method("rfind", |call| find(call, true, false)),
    method("index", |call| find(call, false, true)),
    method("rindex", |call| find(call, true, true)),
    method("count", count),
    method("replace", replace),
    method("join", |call| {
        let items = call.required(0, "iterable")?;
        call.finish()?;
        let mut parts = Vec::new();
        for (i, item) in call.eval.items(&items)?.iter().enumerate() {
            match item.defined()?.as_str() {
                Some(s) => parts.push(s.to_owned()),
                None => {
                    let kind = item.type_name();
                    return Err(TemplateError::failed(format!(
                        "sequence item {i}: expected str instance, {kind} found"
                    )));
                }
            }
        }
        text(parts.join(&input(call)))
    }),
    method("strip", |call| strip(call, true, true)),
    method("lstrip", |call| strip(call, true, false)),
    method("rstrip", |call| strip(call, false, true)),
    method("removeprefix", |call| {
        let prefix = arg(call, "prefix")?;
        call.finish()?;
        let s = input(call);
        text(s.strip_prefix(&*prefix).unwrap_or(&s))
    }),
    method("removesuffix", |call| {
        let suffix = arg(call, "suffix")?;
        call.finish()?;
        let s = input(call);
        text(s.strip_suffix(&*suffix).unwrap_or(&s))
    }),
    method("upper", |call| simple(call, |s| s.to_uppercase())),
    method("lower", |call| simple(call, |s| s.to_lowercase())),
    method("casefold", |call| simple(call, |s| s.to_lowercase().replace('ß', "ss"))),
    method("swapcase", |call| {
        simple(call, |s| {
            s.chars()
                .flat_map(|c| {
                    let swapped: String =
                        if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
                    swapped.chars().collect::<Vec<_>>()
                })
                .collect()
        })
    }),
    method("capitalize", |call| simple(call, capitalize)),
    method("title", |call| simple(call, title)),
    method("ljust", |call| justify(call, Side::Left)),
    method("rjust", |call| justify(call, Side::Right)),
    method("center", |call| justify(call, Side::Center)),
    method("zfill", zfill),
    method("expandtabs", expandtabs),
    method("encode", |call| {
        let encoding = call.text_arg(0, "encoding")?.unwrap_or_else(|| "utf-8".into());
        let _errors = call.text_arg(1, "errors")?;
        call.finish()?;
        let s = input(call);
        match encoding.to_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Ok(Val::Value(Value::bytes(s.as_bytes()))),
            "ascii" if s.is_ascii() => Ok(Val::Value(Value::bytes(s.as_bytes()))),
            other => Err(call.fail(format!("can't encode as '{other}'"))),
        }
    }),
    method("translate", |call| {
        let table = call.required(0, "table")?;
        call.finish()?;
        let entries = call.eval.entries(&table)?;
        let mut out = String::new();
        for c in input(call).chars() {
            let key = Key::from(i64::from(c as u32));
            match entries.iter().find(|(k, _)| *k == key).map(|(_, v)| v) {
                None => out.push(c),
                Some(v) if v.is_none() => {}
                Some(v) => match v.as_i64().and_then(|i| u32::try_from(i).ok()).and_then(char::from_u32) {
                    Some(c) => out.push(c),
                    None => out.push_str(&call.eval.text(v)?),
                },
            }
        }
        text(out)
    }),
    method("isdigit", |call| each(call, |c| c.is_ascii_digit() || is_super_digit(c))),
    method("isdecimal", |call| each(call, |c| c.is_ascii_digit())),
    method("isnumeric", |call| each(call, char::is_numeric)),
    method("isalpha", |call| each(call, char::is_alphabetic)),
    method("isalnum", |call| each(call, char::is_alphanumeric)),
    method("isspace", |call| each(call, char::is_whitespace)),
    method("isascii", |call| {
        call.finish()?;
        Ok(Val::from(input(call).is_ascii()))
    }),
    method("isupper", |call| cased(call, char::is_uppercase, char::is_lowercase)),
    method("islower", |call| cased(call, char::is_lowercase, char::is_uppercase)),
    method("istitle", |call| {
        call.finish()?;
        let s = input(call);
        Ok(Val::from(s.chars().any(char::is_alphabetic) && title(&s) == *s))
    }),
    method("isidentifier", |call| {
        call.finish()?;
        let s = input(call);
        let mut chars = s.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        Ok(Val::from(first && chars.all(|c| c.is_alphanumeric() || c == '_')))
    }),
];

fn is_super_digit(c: char) -> bool {
    matches!(c, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '₀'..='₉')
}

fn input(call: &Call<'_>) -> Arc<str> {
    // The table of these methods is that of text.
    call.input.as_str().unwrap_or_default().into()
}

fn texts(parts: impl IntoIterator<Item = String>) -> Val {
    Val::list(parts.into_iter().map(Val::from).collect())
}

/// A mandatory argument that must be text.
fn arg(call: &mut Call<'_>, name: &str) -> Result<Arc<str>> {
    let val = call.required(0, name)?;
    match val.as_value().map(|v| &v.data) {
        Some(adept_wire::Data::Str(s)) => Ok(s.clone()),
        _ => Err(call.fail(format!("argument must be str, not {}", val.type_name()))),
    }
}

fn simple(call: &mut Call<'_>, run: fn(&str) -> String) -> Result<Val> {
    call.finish()?;
    text(run(&input(call)))
}

fn each(call: &mut Call<'_>, test: fn(char) -> bool) -> Result<Val> {
    call.finish()?;
    let s = input(call);
    Ok(Val::from(!s.is_empty() && s.chars().all(test)))
}

fn cased(call: &mut Call<'_>, wanted: fn(char) -> bool, other: fn(char) -> bool) -> Result<Val> {
    call.finish()?;
    let s = input(call);
    Ok(Val::from(s.chars().any(wanted) && !s.chars().any(other)))
}

/// Python's `str.capitalize`.
pub(crate) fn capitalize(s: &str) -> String {
    let mut chars = s.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase())
}

/// Python's `str.title`: every letter after a non-letter is upper case.
fn title(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut inside = false;
    for c in s.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

/// `sep` and `maxsplit` of `split` and `rsplit`.
fn split_args(call: &mut Call<'_>) -> Result<(Option<Arc<str>>, Option<usize>)> {
    let sep = call.text_arg(0, "sep")?;
    let max = call.int_arg(1, "maxsplit")?.and_then(|m| usize::try_from(m).ok());
    call.finish()?;
    if sep.as_deref() == Some("") {
        return Err(TemplateError::failed("empty separator"));
    }
    Ok((sep, max))
}

fn split(call: &mut Call<'_>) -> Result<Val> {
    let (sep, max) = split_args(call)?;
    let s = input(call);
    Ok(texts(match (sep, max) {
        (Some(sep), None) => s.split(&*sep).map(str::to_owned).collect::<Vec<_>>(),
        (Some(sep), Some(max)) => s.splitn(max + 1, &*sep).map(str::to_owned).collect(),
        (None, None) => s.split_whitespace().map(str::to_owned).collect(),
        (None, Some(max)) => {
            let mut parts = Vec::new();
            let mut rest = s.trim_start();
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest.to_owned());
                    break;
                }
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                parts.push(rest[..end].to_owned());
                rest = rest[end..].trim_start();
            }
            parts
        }
    }))
}

fn rsplit(call: &mut Call<'_>) -> Result<Val> {
    let (sep, max) = split_args(call)?;
    let s = input(call);
    let mut parts: Vec<String> = match (sep, max) {
        (Some(sep), None) => return Ok(texts(s.split(&*sep).map(str::to_owned))),
        (Some(sep), Some(max)) => s.rsplitn(max + 1, &*sep).map(str::to_owned).collect(),
        (None, None) => return Ok(texts(s.split_whitespace().map(str::to_owned))),
        (None, Some(max)) => {
            let mut parts = Vec::new();
            let mut rest = s.trim_end();
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest.to_owned());
                    break;
                }
                let start =
                    rest.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(i, c)| i + c.len_utf8());
                parts.push(rest[start..].to_owned());
                rest = rest[..start].trim_end();
            }
            parts
        }
    };
    parts.reverse();
    Ok(texts(parts))
}

/// Python's line ends: also `\r`, form feed, and the separators of ASCII and Unicode.
pub(crate) fn splitlines(s: &str, keep: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = s.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if !matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            continue;
        }
        let mut end = i + c.len_utf8();
        if c == '\r' && chars.peek().is_some_and(|(_, n)| *n == '\n') {
            chars.next();
            end += 1;
        }
        lines.push(s[start..if keep { end } else { i }].to_owned());
        start = end;
    }
    if start < s.len() {
        lines.push(s[start..].to_owned());
    }
    lines
}

fn partition(call: &mut Call<'_>, last: bool) -> Result<Val> {
    let sep = arg(call, "sep")?;
    call.finish()?;
    if sep.is_empty() {
        return Err(TemplateError::failed("empty separator"));
    }
    let s = input(call);
    let parts = match if last { s.rsplit_once(&*sep) } else { s.split_once(&*sep) } {
        Some((a, b)) => [a, &*sep, b],
        None if last => ["", "", &s],
        None => [&*s, "", ""],
    };
    Ok(Val::tuple(parts.map(Val::from)))
}

/// The part of a text between two indices of characters, negative ones counted from the end; and where it starts.
fn range(s: &str, start: Option<i64>, stop: Option<i64>) -> Option<(String, i64)> {
    let len = s.chars().count() as i64;
    let bound = |i: i64| if i < 0 { (i + len).max(0) } else { i };
    let (start, stop) = (bound(start.unwrap_or(0)), bound(stop.unwrap_or(len)).min(len));
    (start <= stop).then(|| (s.chars().skip(start as usize).take((stop - start) as usize).collect(), start))
}

fn bounds(call: &mut Call<'_>) -> Result<(Option<i64>, Option<i64>)> {
    let bounds = (call.int_arg(1, "start")?, call.int_arg(2, "end")?);
    call.finish()?;
    Ok(bounds)
}

fn affix(call: &mut Call<'_>, test: fn(&str, &str) -> bool) -> Result<Val> {
    let wanted = call.required(0, "prefix")?;
    let (start, stop) = bounds(call)?;
    let Some((s, _)) = range(&input(call), start, stop) else { return Ok(Val::from(false)) };
    let wanted = if let Val::Tuple(several) = &wanted { several.to_vec() } else { vec![wanted] };
    for one in &wanted {
        let Some(part) = one.as_str() else {
            let message = format!("first arg must be str or a tuple of str, not {}", one.type_name());
            return Err(call.fail(message));
        };
        if test(&s, part) {
            return Ok(Val::from(true));
        }
    }
    Ok(Val::from(false))
}

fn find(call: &mut Call<'_>, last: bool, must: bool) -> Result<Val> {
    let part = arg(call, "sub")?;
    let (start, stop) = bounds(call)?;
    let found = range(&input(call), start, stop).and_then(|(s, from)| {
        let at = if last { s.rfind(&*part) } else { s.find(&*part) }?;
        Some(from + s[..at].chars().count() as i64)
    });
    match found {
        Some(at) => Ok(Val::from(at)),
        None if must => Err(TemplateError::failed("substring not found")),
        None => Ok(Val::from(-1i64)),
    }
}

fn count(call: &mut Call<'_>) -> Result<Val> {
    let part = arg(call, "sub")?;
    let (start, stop) = bounds(call)?;
    let Some((s, _)) = range(&input(call), start, stop) else { return Ok(Val::from(0i64)) };
    Ok(Val::from(if part.is_empty() { s.chars().count() + 1 } else { s.matches(&*part).count() }))
}

fn replace(call: &mut Call<'_>) -> Result<Val> {
    let old = arg(call, "old")?;
    let new = call.required(1, "new")?;
    let count = call.int_arg(2, "count")?.and_then(|c| usize::try_from(c).ok());
    call.finish()?;
    let Some(new) = new.as_str() else {
        return Err(call.fail(format!("argument 2 must be str, not {}", new.type_name())));
    };
    let s = input(call);
    text(match count {
        None => s.replace(&*old, new),
        Some(count) => s.replacen(&*old, new, count),
    })
}

fn strip(call: &mut Call<'_>, left: bool, right: bool) -> Result<Val> {
    let chars = call.text_arg(0, "chars")?;
    call.finish()?;
    let s = input(call);
    let test = |c: char| chars.as_ref().map_or(c.is_whitespace(), |set| set.contains(c));
    let mut out = &*s;
    if left {
        out = out.trim_start_matches(test);
    }
    if right {
        out = out.trim_end_matches(test);
    }
    text(out)
}

enum Side {
    Left,
    Right,
    Center,
}

fn justify(call: &mut Call<'_>, side: Side) -> Result<Val> {
    let width = call.int_arg(0, "width")?.ok_or_else(|| call.fail("expected a width"))?;
    let fill = call.text_arg(1, "fillchar")?.unwrap_or_else(|| " ".into());
    call.finish()?;
    if fill.chars().count() != 1 {
        return Err(TemplateError::failed("The fill character must be exactly one character long"));
    }
    let s = input(call);
    let len = s.chars().count();
    let width = usize::try_from(width).unwrap_or(0);
    if width > 1 << 24 {
        return Err(call.fail("the width is too large"));
    }
    let missing = width.saturating_sub(len);
    // Python's choice for an odd number of blanks in the middle.
    let before = match side {
        Side::Left => 0,
        Side::Right => missing,
        Side::Center => missing / 2 + (missing & width & 1),
    };
    text(format!("{}{s}{}", fill.repeat(before), fill.repeat(missing - before)))
}

fn zfill(call: &mut Call<'_>) -> Result<Val> {
    let width = call.int_arg(0, "width")?.ok_or_else(|| call.fail("expected a width"))?;
    call.finish()?;
    let s = input(call);
    let missing = usize::try_from(width).unwrap_or(0).min(1 << 24).saturating_sub(s.chars().count());
    let (sign, digits) = match s.chars().next() {
        Some(c @ ('+' | '-')) => (c.to_string(), &s[1..]),
        _ => (String::new(), &*s),
    };
    text(format!("{sign}{}{digits}", "0".repeat(missing)))
}

fn expandtabs(call: &mut Call<'_>) -> Result<Val> {
    let size = call.int_arg(0, "tabsize")?.unwrap_or(8).clamp(0, 1000) as usize;
    call.finish()?;
    let mut out = String::new();
    let mut column = 0;
    for c in input(call).chars() {
        match c {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    text(out)
}
