//! Lookups of files: `file`, `fileglob`.

use std::fs;
use std::path::Path;

use super::search;
use super::term::{bool_option, texts};
use crate::template::call::{Call, Lookup, Result};
use crate::template::error::TemplateError;
use crate::template::glob;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("file", file), Lookup::new("fileglob", fileglob)];

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|e| TemplateError::file(format!("can't read {}: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| TemplateError::file(format!("{} is not UTF-8 text", path.display())))
}

fn file(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let rstrip = bool_option(call, "rstrip")?.unwrap_or(true);
    let lstrip = bool_option(call, "lstrip")?.unwrap_or(false);
    let names = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for name in names {
        let Some(path) = search::find(call, "files", &name) else {
            let message = format!("{}: Unable to access the file '{name}': File not found.", call.name);
            let searched = search::candidates(call, "files", &name);
            let places: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
            let error = TemplateError::file(message);
            return Err(if places.len() > 1 { error.hint(format!("searched: {}", places.join(", "))) } else { error });
        };
        let text = read(&path)?;
        let mut text = &text[..];
        if lstrip {
            text = text.trim_start();
        }
        if rstrip {
            text = text.trim_end();
        }
        out.push(Val::str(text));
    }
    Ok(out)
}

fn fileglob(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let patterns = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for pattern in patterns {
        // Only the first folder that has any counts.
        for path in search::candidates(call, "files", &pattern) {
            let found = glob::files(&path.to_string_lossy()).map_err(|e| call.fail(e))?;
            if !found.is_empty() {
                out.extend(found.into_iter().map(Val::from));
                break;
            }
        }
    }
    Ok(out)
}
