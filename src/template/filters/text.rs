//! Filters about text: case, white space, cutting and joining.

use adept_wire::Key;

use super::wrap;
use crate::template::call::{Call, Filter, Result};
use crate::template::printf;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("lower", |call| simple(call, str::to_lowercase)),
    Filter::new("upper", |call| simple(call, str::to_uppercase)),
    Filter::new("capitalize", |call| simple(call, capitalize)),
    Filter::new("title", |call| simple(call, title)),
    Filter::new("string", |call| simple(call, str::to_owned)),
    Filter::new("trim", trim),
    Filter::new("replace", replace),
    Filter::new("center", center),
    Filter::new("truncate", truncate),
    Filter::new("wordwrap", wordwrap),
    Filter::new("wordcount", wordcount),
    Filter::new("indent", indent),
    Filter::new("format", format),
    Filter::new("split", split),
    Filter::new("quote", quote),
    Filter::new("pprint", pprint),
];

fn simple(call: &mut Call<'_>, change: impl Fn(&str) -> String) -> Result<Val> {
    call.finish()?;
    Ok(Val::str(change(&call.input_text()?)))
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for c in text.chars() {
        let breaks = c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
        if first && !breaks {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        first = breaks;
    }
    out
}

fn trim(call: &mut Call<'_>) -> Result<Val> {
    let chars = call.text_arg(0, "chars")?;
    call.finish()?;
    let text = call.input_text()?;
    Ok(Val::str(match chars {
        Some(chars) => text.trim_matches(|c| chars.contains(c)),
        None => text.trim(),
    }))
}

fn replace(call: &mut Call<'_>) -> Result<Val> {
    let old = call.required(0, "old")?;
    let new = call.required(1, "new")?;
    let count = call.int_arg(2, "count")?;
    call.finish()?;
    let (old, new) = (call.eval.text(&old)?, call.eval.text(&new)?);
    let text = call.input_text()?;
    Ok(Val::str(match count.and_then(|c| usize::try_from(c).ok()) {
        Some(count) => text.replacen(&*old, &new, count),
        None => text.replace(&*old, &new),
    }))
}

fn center(call: &mut Call<'_>) -> Result<Val> {
    let width = call.int_arg(0, "width")?.unwrap_or(80);
    call.finish()?;
    let text = call.input_text()?;
    let width = usize::try_from(width).unwrap_or(0);
    let pad = width.saturating_sub(text.chars().count());
    let left = pad / 2 + (pad & width & 1);
    Ok(Val::str(format!("{}{text}{}", " ".repeat(left), " ".repeat(pad - left))))
}

fn truncate(call: &mut Call<'_>) -> Result<Val> {
    let length = call.int_arg(0, "length")?.unwrap_or(255);
    let kill_words = call.bool_arg(1, "killwords")?.unwrap_or(false);
    let end = call.text_arg(2, "end")?.unwrap_or_else(|| "...".into());
    let leeway = call.int_arg(3, "leeway")?.unwrap_or(5);
    call.finish()?;
    let end_length = end.chars().count() as i64;
    if length < end_length {
        return Err(call.fail(format!("expected length >= {end_length}, got {length}")));
    }
    if leeway < 0 {
        return Err(call.fail(format!("expected leeway >= 0, got {leeway}")));
    }
    let text = call.input_text()?;
    if text.chars().count() as i64 <= length + leeway {
        return Ok(Val::str(text));
    }
    let cut: String = text.chars().take((length - end_length) as usize).collect();
    let kept = if kill_words { &cut[..] } else { cut.rsplit_once(' ').map_or(&cut[..], |(words, _)| words) };
    Ok(Val::str(format!("{kept}{end}")))
}

fn wordwrap(call: &mut Call<'_>) -> Result<Val> {
    let width = call.int_arg(0, "width")?.unwrap_or(79);
    let break_long_words = call.bool_arg(1, "break_long_words")?.unwrap_or(true);
    let between = call.text_arg(2, "wrapstring")?.unwrap_or_else(|| "\n".into());
    let break_on_hyphens = call.bool_arg(3, "break_on_hyphens")?.unwrap_or(true);
    call.finish()?;
    let Some(width) = usize::try_from(width).ok().filter(|w| *w > 0) else {
        return Err(call.fail(format!("invalid width {width} (must be > 0)")));
    };
    let wrapped: Vec<String> = call
        .input_text()?
        .lines()
        .map(|line| wrap::wrap(line, width, break_long_words, break_on_hyphens).join(&between))
        .collect();
    Ok(Val::str(wrapped.join(&between)))
}

fn wordcount(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let text = call.input_text()?;
    Ok(text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).count().into())
}

fn indent(call: &mut Call<'_>) -> Result<Val> {
    let width = call.arg(0, "width");
    let first = call.bool_arg(1, "first")?.unwrap_or(false);
    let blank = call.bool_arg(2, "blank")?.unwrap_or(false);
    call.finish()?;
    let by = match &width {
        None => "    ".to_owned(),
        Some(width) => match (width.as_str(), width.as_i64()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(n)) => " ".repeat(usize::try_from(n).unwrap_or(0)),
            (None, None) => {
                return Err(call.fail(format!("width must be an integer or text, not {}", width.type_name())));
            }
        },
    };
    // Every line but the first; a newline at the end stays one, and isn't a line to indent.
    let text = call.input_text()?;
    let mut out = if first { by.clone() } else { String::new() };
    for (i, line) in text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).enumerate() {
        if i > 0 {
            out.push('\n');
            if blank || !line.is_empty() {
                out.push_str(&by);
            }
        }
        out.push_str(line);
    }
    Ok(Val::str(out))
}

fn format(call: &mut Call<'_>) -> Result<Val> {
    let named = call.rest_named();
    let positional = call.rest(0);
    if !named.is_empty() && !positional.is_empty() {
        return Err(call.fail("can't handle positional and keyword arguments at the same time"));
    }
    let text = call.input_text()?;
    let arguments = if named.is_empty() {
        Val::tuple(positional)
    } else {
        Val::map(named.into_iter().map(|(name, val)| (Key::from(name), val)))
    };
    printf::percent(call.eval, &text, &arguments).map(Val::str)
}

fn split(call: &mut Call<'_>) -> Result<Val> {
    let sep = call.text_arg(0, "sep")?;
    let limit = call.int_arg(1, "maxsplit")?.and_then(|n| usize::try_from(n).ok());
    call.finish()?;
    let Some(text) = call.input.as_str() else {
        return Err(call.fail(format!("text is required, not {}", call.input.type_name())));
    };
    let parts: Vec<Val> = match sep {
        Some(sep) if sep.is_empty() => return Err(call.fail("empty separator")),
        Some(sep) => match limit {
            Some(limit) => text.splitn(limit + 1, &*sep).map(Val::from).collect(),
            None => text.split(&*sep).map(Val::from).collect(),
        },
        None => {
            let mut parts = Vec::new();
            let mut rest = text.trim_start();
            while !rest.is_empty() {
                if limit.is_some_and(|limit| parts.len() == limit) {
                    parts.push(Val::str(rest.trim_end()));
                    break;
                }
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                parts.push(Val::str(&rest[..end]));
                rest = rest[end..].trim_start();
            }
            parts
        }
    };
    Ok(Val::list(parts))
}

fn quote(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    if call.input.is_none() {
        return Ok(Val::str("''"));
    }
    Ok(Val::str(shell_quote(&call.input_text()?)))
}

/// Python's `shlex.quote`.
pub(crate) fn shell_quote(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

fn pprint(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    call.eval.repr(&call.input).map(Val::str)
}
