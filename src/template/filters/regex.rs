//! Filters about regular expressions, in Python's syntax.

use adept_modules::regex::{Flags, Regex};

use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("regex_replace", regex_replace),
    Filter::new("regex_search", regex_search),
    Filter::new("regex_findall", regex_findall),
    Filter::new("regex_escape", regex_escape),
];

/// Compiles a pattern; the error names what was called.
pub(crate) fn compile(call: &Call<'_>, pattern: &str, flags: Flags) -> Result<Regex> {
    Regex::new(pattern, flags).map_err(|e| call.fail(format!("{e} in '{pattern}'")))
}

fn regex_replace(call: &mut Call<'_>) -> Result<Val> {
    let pattern = call.text_arg(0, "pattern")?.unwrap_or_default();
    let replacement = call.text_arg(1, "replacement")?.unwrap_or_default();
    let ignorecase = call.bool_arg(2, "ignorecase")?.unwrap_or(false);
    let multiline = call.bool_arg(3, "multiline")?.unwrap_or(false);
    let count = call.int_arg(4, "count")?.unwrap_or(0);
    let mandatory = call.int_arg(5, "mandatory_count")?.unwrap_or(0);
    call.finish()?;
    let text = call.input_text()?;
    let regex = compile(call, &pattern, Flags { ignorecase, multiline, ..Flags::default() })?;
    let count = usize::try_from(count).unwrap_or(0);
    let (out, found) = regex.replace(&text, &replacement, count).map_err(|e| call.fail(e))?;
    if mandatory != 0 && i64::try_from(found) != Ok(mandatory) {
        return Err(
            call.fail(format!("'{pattern}' should match {mandatory} times, but matches {found} times in '{text}'"))
        );
    }
    Ok(Val::str(out))
}

fn regex_search(call: &mut Call<'_>) -> Result<Val> {
    let pattern = call.required(0, "regex")?;
    let pattern = call.eval.text(&pattern)?;
    let ignorecase = call.named("ignorecase").map(|v| call.eval.truthy(&v)).transpose()?.unwrap_or(false);
    let multiline = call.named("multiline").map(|v| call.eval.truthy(&v)).transpose()?.unwrap_or(false);
    let groups = call.rest(1);
    call.finish()?;
    let text = call.input_text()?;
    let regex = compile(call, &pattern, Flags { ignorecase, multiline, ..Flags::default() })?;
    let mut wanted = Vec::new();
    for group in &groups {
        let group = call.eval.text(group)?;
        let name = group.strip_prefix("\\g<").and_then(|g| g.strip_suffix('>'));
        let index = match name {
            Some(name) => regex.group_named(name).or_else(|| name.parse().ok()),
            None => group.strip_prefix('\\').and_then(|g| g.parse().ok()),
        };
        match index {
            Some(index) => wanted.push(index),
            None => return Err(call.fail(format!("Unknown argument: {group}"))),
        }
    }
    let Some(found) = regex.search(&text).map_err(|e| call.fail(e))? else { return Ok(Val::NONE) };
    if let Some(index) = wanted.iter().find(|i| **i > regex.groups()) {
        return Err(call.fail(format!("no such group: {index}")));
    }
    let group = |i: usize| found.get(i).map_or(Val::NONE, Val::from);
    Ok(if groups.is_empty() { group(0) } else { Val::list(wanted.into_iter().map(group).collect()) })
}

fn regex_findall(call: &mut Call<'_>) -> Result<Val> {
    let pattern = call.required(0, "regex")?;
    let pattern = call.eval.text(&pattern)?;
    let multiline = call.bool_arg(1, "multiline")?.unwrap_or(false);
    let ignorecase = call.bool_arg(2, "ignorecase")?.unwrap_or(false);
    call.finish()?;
    let text = call.input_text()?;
    let regex = compile(call, &pattern, Flags { ignorecase, multiline, ..Flags::default() })?;
    let single = regex.groups() < 2;
    let found = regex.findall(&text).map_err(|e| call.fail(e))?;
    let row = |groups: Vec<String>| {
        let mut groups: Vec<Val> = groups.into_iter().map(Val::from).collect();
        if single { groups.pop().unwrap_or(Val::NONE) } else { Val::tuple(groups) }
    };
    Ok(Val::list(found.into_iter().map(row).collect()))
}

fn regex_escape(call: &mut Call<'_>) -> Result<Val> {
    let kind = call.text_arg(0, "re_type")?.unwrap_or_else(|| "python".into());
    call.finish()?;
    let special = match &*kind {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c",
        "posix_basic" => "[].^$*\\",
        "posix_extended" => return Err(call.fail("Regex type (posix_extended) not yet implemented")),
        other => return Err(call.fail(format!("Invalid regex type ({other})"))),
    };
    let mut out = String::new();
    for c in call.input_text()?.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Val::str(out))
}
