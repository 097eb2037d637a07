//! `first_found`: the first of some files that exists.

use super::search;
use super::term::bool_option;
use crate::template::call::{Call, Lookup, Result};
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("first_found", first_found).takes_undefined()];

/// Folders in which Ansible looks, by the task that asks; here one after the other.
const FOLDERS: &[&str] = &["files", "templates", "vars", "tasks"];

#[derive(Default)]
struct Search {
    names: Vec<String>,
    skip: bool,
}

fn first_found(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let files = call.named("files");
    let paths = call.named("paths");
    let skip = bool_option(call, "skip")?.unwrap_or(false);
    let terms = call.rest(0);
    call.finish()?;
    let mut search = Search { names: Vec::new(), skip };
    for term in &terms {
        collect(call, term, &mut search)?;
    }
    if files.is_some() || paths.is_some() {
        // With `paths` alone, the terms are the files.
        let named = match files {
            Some(files) => split(call, &files, &[',', ';'])?,
            None => std::mem::take(&mut search.names),
        };
        join(call, named, paths.as_ref(), &mut search)?;
    }
    for name in &search.names {
        for folder in FOLDERS {
            if let Some(path) = search::find(call, folder, name) {
                return Ok(vec![Val::str(path.to_string_lossy())]);
            }
        }
    }
    if search.skip {
        return Ok(Vec::new());
    }
    let error = call.fail("No file was found when using first_found.");
    Err(if search.names.is_empty() { error } else { error.hint(format!("tried: {}", search.names.join(", "))) })
}

fn collect(call: &Call<'_>, term: &Val, search: &mut Search) -> Result<()> {
    let term = term.defined()?;
    if term.is_map() {
        let part = |name: &str| call.eval.item(term, &Val::str(name));
        let (files, paths, skip) = (part("files")?, part("paths")?, part("skip")?);
        if skip.is_defined() && call.eval.truthy(&skip)? {
            search.skip = true;
        }
        let names = if files.is_defined() { split(call, &files, &[',', ';'])? } else { Vec::new() };
        return join(call, names, paths.is_defined().then_some(&paths), search);
    }
    if term.is_list() || matches!(term, Val::Tuple(_)) {
        for item in call.eval.items(term)? {
            collect(call, &item, search)?;
        }
        return Ok(());
    }
    search.names.extend(split(call, term, &[',', ';'])?);
    Ok(())
}

fn join(call: &Call<'_>, names: Vec<String>, paths: Option<&Val>, search: &mut Search) -> Result<()> {
    let paths = match paths.filter(|p| !p.is_none()) {
        Some(paths) => split(call, paths, &[',', ':', ';'])?,
        None => Vec::new(),
    };
    if paths.is_empty() {
        search.names.extend(names);
    } else if names.is_empty() {
        search.names.extend(paths);
    } else {
        search.names.extend(paths.iter().flat_map(|p| names.iter().map(move |n| format!("{p}/{n}"))));
    }
    Ok(())
}

/// A list of names, or one text of several.
fn split(call: &Call<'_>, val: &Val, separators: &[char]) -> Result<Vec<String>> {
    let mut out = Vec::new();
    match val.defined()?.as_str() {
        Some(text) => out.extend(text.split(separators).map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned)),
        None if val.is_list() => {
            for item in call.eval.items(val)? {
                out.extend(split(call, &item, separators)?);
            }
        }
        None => return Err(call.fail(format!("names of files must be text, not {}", val.type_name()))),
    }
    Ok(out)
}
