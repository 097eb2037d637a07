//! Filters about paths, POSIX's and Windows'.

use std::fs;
use std::path::{Path, PathBuf};

use super::key::texts;
use crate::template::call::{Call, Filter, Result};
use crate::template::glob;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("basename", |call| of_path(call, |p| Val::str(p.rsplit('/').next().unwrap_or(p)))),
    Filter::new("dirname", |call| of_path(call, |p| Val::str(dirname(p)))),
    Filter::new("splitext", |call| of_path(call, splitext)),
    Filter::new("normpath", |call| of_path(call, |p| Val::str(normpath(p)))),
    Filter::new("expanduser", expanduser).impure(),
    Filter::new("expandvars", expandvars).impure(),
    Filter::new("realpath", realpath).impure(),
    Filter::new("relpath", relpath),
    Filter::new("path_join", path_join),
    Filter::new("commonpath", commonpath),
    Filter::new("fileglob", fileglob).impure(),
    Filter::new("win_basename", |call| of_path(call, |p| Val::str(win_split(p).1))),
    Filter::new("win_dirname", |call| of_path(call, |p| Val::str(win_split(p).0))),
    Filter::new("win_splitdrive", |call| of_path(call, win_splitdrive)),
];

fn path<'c>(call: &'c Call<'_>) -> Result<&'c str> {
    call.input.as_str().ok_or_else(|| call.fail(format!("a path must be text, not {}", call.input.type_name())))
}

fn of_path(call: &mut Call<'_>, part: impl Fn(&str) -> Val) -> Result<Val> {
    call.finish()?;
    path(call).map(part)
}

/// Python's `os.path.dirname`.
pub(crate) fn dirname(path: &str) -> &str {
    let head = path.rfind('/').map_or("", |at| &path[..=at]);
    if head.chars().all(|c| c == '/') { head } else { head.trim_end_matches('/') }
}

fn splitext(path: &str) -> Val {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let dot = path[name..].rfind('.').map(|at| name + at);
    // Leading dots don't begin an extension.
    let at = dot.filter(|dot| path[name..*dot].chars().any(|c| c != '.')).unwrap_or(path.len());
    Val::tuple([Val::str(&path[..at]), Val::str(&path[at..])])
}

/// Python's `os.path.normpath`.
pub(crate) fn normpath(path: &str) -> String {
    let root = if path.starts_with("//") && !path.starts_with("///") {
        "//"
    } else if path.starts_with('/') {
        "/"
    } else {
        ""
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

fn absolute(call: &Call<'_>, path: &str) -> String {
    if path.starts_with('/') {
        return normpath(path);
    }
    normpath(&format!("{}/{path}", call.eval.env().basedir.display()))
}

fn expanduser(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let path = path(call)?;
    let Some(rest) = path.strip_prefix('~') else { return Ok(call.input.clone()) };
    let (user, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = if user.is_empty() {
        call.eval.env().env.get("HOME").cloned().or_else(|| home_of(|name, uid| name == "root" && uid == "0"))
    } else {
        home_of(|name, _| name == user)
    };
    Ok(match home {
        Some(home) => {
            let joined = format!("{}{rest}", home.trim_end_matches('/'));
            Val::str(if joined.is_empty() { "/".to_owned() } else { joined })
        }
        None => call.input.clone(),
    })
}

fn home_of(wanted: impl Fn(&str, &str) -> bool) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.len() > 5 && wanted(fields[0], fields[2])).then(|| fields[5].to_owned())
    })
}

fn expandvars(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let mut rest = path(call)?;
    let mut out = String::new();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, length) = match rest[1..].strip_prefix('{') {
            Some(braced) => match braced.find('}') {
                Some(end) => (&braced[..end], end + 3),
                None => ("", 1),
            },
            None => {
                let end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - 1);
                (&rest[1..=end], end + 1)
            }
        };
        match call.eval.env().env.get(name) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    Ok(Val::str(out))
}

fn realpath(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let path = absolute_raw(call, path(call)?);
    Ok(Val::str(resolve(&path).to_string_lossy()))
}

fn absolute_raw(call: &Call<'_>, path: &str) -> PathBuf {
    call.eval.env().basedir.join(path)
}

/// What exists is resolved, link by link; what doesn't is taken as it is written.
pub(crate) fn resolve(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(std::path::Component::Normal(name))) => {
            let parent = resolve(parent);
            // A link to nothing resolves to what it names.
            match fs::read_link(parent.join(name)) {
                Ok(target) => PathBuf::from(normpath(&parent.join(target).to_string_lossy())),
                Err(_) => parent.join(name),
            }
        }
        _ => PathBuf::from(normpath(&path.to_string_lossy())),
    }
}

fn relpath(call: &mut Call<'_>) -> Result<Val> {
    let start = call.text_arg(0, "start")?;
    call.finish()?;
    let to = absolute(call, path(call)?);
    let from = absolute(call, start.as_deref().unwrap_or("."));
    let to: Vec<&str> = to.split('/').filter(|p| !p.is_empty()).collect();
    let from: Vec<&str> = from.split('/').filter(|p| !p.is_empty()).collect();
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let parts: Vec<&str> = from[common..].iter().map(|_| "..").chain(to[common..].iter().copied()).collect();
    Ok(Val::str(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }))
}

fn path_join(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let value = call.input_value()?;
    if value.as_str().is_none() && value.as_list().is_none() {
        return Err(call.fail(format!("expects string or sequence, got {} instead.", value.type_name())));
    }
    let mut out = String::new();
    for part in texts(&value) {
        if part.starts_with('/') {
            out = part;
        } else {
            if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(&part);
        }
    }
    Ok(Val::str(out))
}

fn commonpath(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let value = call.input_value()?;
    if value.as_list().is_none() {
        return Err(call.fail(format!("expects a list of paths, got {} instead.", value.type_name())));
    }
    let paths = texts(&value);
    let absolute = paths.iter().filter(|p| p.starts_with('/')).count();
    if absolute != 0 && absolute != paths.len() {
        return Err(call.fail("Can't mix absolute and relative paths"));
    }
    let split = |p: &String| -> Vec<String> {
        p.split('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect()
    };
    let mut parts = paths.iter().map(split);
    let Some(mut common) = parts.next() else { return Err(call.fail("commonpath() arg is an empty sequence")) };
    for other in parts {
        let same = common.iter().zip(&other).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    Ok(Val::str(format!("{}{}", if absolute > 0 { "/" } else { "" }, common.join("/"))))
}

fn fileglob(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let pattern = absolute_raw(call, path(call)?);
    let found = glob::files(&pattern.to_string_lossy()).map_err(|e| call.fail(e))?;
    Ok(Val::list(found.into_iter().map(Val::from).collect()))
}

/// Drive and rest of a Windows path; the drive of a share is the share.
fn win_drive(path: &str) -> (&str, &str) {
    let slash = |c: char| c == '\\' || c == '/';
    if path.len() > 1 && path.as_bytes()[1] == b':' && path.is_char_boundary(2) {
        return path.split_at(2);
    }
    if path.starts_with(slash) && path[1..].starts_with(slash) && !path[2..].starts_with(slash) {
        let host = path[2..].find(slash).map(|at| at + 2);
        if let Some(host) = host {
            let end = path[host + 1..].find(slash).map_or(path.len(), |at| host + 1 + at);
            return path.split_at(end);
        }
    }
    ("", path)
}

fn win_splitdrive(path: &str) -> Val {
    let (drive, rest) = win_drive(path);
    Val::tuple([Val::str(drive), Val::str(rest)])
}

fn win_split(path: &str) -> (String, &str) {
    let slash = |c: char| c == '\\' || c == '/';
    let (drive, rest) = win_drive(path);
    let at = rest.rfind(slash).map_or(0, |at| at + 1);
    let (head, tail) = rest.split_at(at);
    let trimmed = head.trim_end_matches(slash);
    (format!("{drive}{}", if trimmed.is_empty() { head } else { trimmed }), tail)
}
