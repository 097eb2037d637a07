//! `include_vars`: variables from a file or a folder, while the play runs.

use std::path::{Path, PathBuf};

use adept_modules::{Default, Kind, Param, Rule, Spec};
use adept_wire::{Key, Map, Trust, Value, map};

use super::action::{Action, ActionOutcome, Binding, Work, free_or};
use super::error::ActionError;
use super::files::find_file;
use crate::event::Effect;
use crate::yaml;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "include_vars",
        "Loads variables from a file or a folder.",
        &[
            Param::new("file", Kind::Path),
            Param::new("dir", Kind::Path),
            Param::new("name", Kind::Str),
            Param::new("depth", Kind::Int).default(Default::Int(0)),
            Param::new("files_matching", Kind::Str),
            Param::new("ignore_files", Kind::ListOfStr),
            Param::new("extensions", Kind::ListOfStr).default(Default::List(&["yaml", "yml", "json"])),
            Param::new("ignore_unknown_extensions", Kind::Bool).default(Default::Bool(false)),
            Param::new("hash_behaviour", Kind::Str).choices(&["replace", "merge"]),
        ],
    )
    .rules(&[Rule::MutuallyExclusive(&["file", "dir"])])
    .free_form(),
    bind,
);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    include(b).map_err(|mut e| {
        // A failure has the keys of a success, empty, as in Ansible.
        if let ActionError::Failed { result, .. } = &mut e {
            result.extend(
                map! { "ansible_facts" => Map::new(), "ansible_included_var_files" => Value::list(Vec::new()) },
            );
        }
        e
    })
}

fn include(b: &Binding<'_>) -> Result<Work, ActionError> {
    let mut vars = Map::new();
    let mut files = Vec::new();
    if let Some(dir) = b.args.str("dir") {
        let dir = find_file(b.search, "vars", dir)?;
        if !dir.is_dir() {
            return Err(ActionError::failed(format!("{} is not a directory", dir.display())));
        }
        for file in folder(b, &dir)? {
            vars.extend(load(&file)?);
            files.push(file);
        }
    } else {
        let name = free_or(&b.args, "file").ok_or_else(|| ActionError::failed("include_vars needs `file` or `dir`"))?;
        let file = find_file(b.search, "vars", name)?;
        vars = load(&file)?;
        files.push(file);
    }
    if let Some(name) = b.args.str("name").filter(|n| !n.is_empty()) {
        vars = [(Key::from(name), Value::map(vars))].into_iter().collect();
    }
    if b.args.str("hash_behaviour") == Some("merge") {
        for (key, value) in &mut vars {
            let known = key.as_str().map(|name| b.templar.variable(name)).transpose()?.flatten();
            if let Some(known) = known {
                *value = merged(&known, value);
            }
        }
    }
    let files: Vec<String> = files.iter().map(|f| f.to_string_lossy().into_owned()).collect();
    let outcome = ActionOutcome::ok(map! { "ansible_facts" => vars.clone(), "ansible_included_var_files" => files });
    Ok(outcome.effect(Effect::IncludeVars(vars)).into())
}

fn load(file: &Path) -> Result<Map, ActionError> {
    let (value, _warnings) = yaml::load_file(file, Trust::Template)
        .map_err(|e| ActionError::failed(crate::diag::Diagnostic::from(e).to_string()))?;
    match value.as_map() {
        Some(map) => Ok(map.clone()),
        None if value.is_null() => Ok(Map::new()),
        None => Err(ActionError::failed(format!("{} must be stored as a dictionary/hash", file.display()))),
    }
}

/// Maps are merged at any depth; of everything else the newer value holds.
fn merged(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(newer)) = (old.as_map(), new.as_map()) else { return new.clone() };
    let mut out = old.clone();
    for (key, value) in newer {
        let value = old.get(key).map_or_else(|| value.clone(), |o| merged(o, value));
        out.insert(key.clone(), value);
    }
    Value::map(out)
}

/// The files of a folder in Ansible's order: each folder's own files sorted by name, then its subfolders'.
fn folder(b: &Binding<'_>, dir: &Path) -> Result<Vec<PathBuf>, ActionError> {
    let regex = |text: &str| {
        adept_modules::regex::Regex::new(text, adept_modules::regex::Flags::default())
            .map_err(|e| ActionError::failed(format!("invalid regular expression {text:?}: {e}")))
    };
    let matching = b.args.str("files_matching").map(regex).transpose()?;
    let ignored = b.args.strings("ignore_files").into_iter().map(regex).collect::<Result<Vec<_>, _>>()?;
    let extensions = b.args.strings("extensions");
    let depth = usize::try_from(b.args.int("depth").unwrap_or(0)).unwrap_or(0);
    let mut walk = walkdir::WalkDir::new(dir).follow_links(true).sort_by_file_name();
    if depth > 0 {
        walk = walk.max_depth(depth);
    }
    let mut files: Vec<PathBuf> =
        walk.into_iter().flatten().filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
    files.sort_by_key(|f| (f.parent().map(Path::to_path_buf), f.file_name().map(std::ffi::OsStr::to_os_string)));
    let mut out = Vec::new();
    for file in files {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let matches = |r: &adept_modules::regex::Regex| r.search(&name).ok().flatten().is_some();
        if matching.as_ref().is_some_and(|r| !matches(r)) || ignored.iter().any(matches) {
            continue;
        }
        let extension = file.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        if extensions.contains(&extension.as_str()) {
            out.push(file);
        } else if !b.args.bool("ignore_unknown_extensions") && matching.is_none() {
            return Err(ActionError::failed(format!(
                "{} does not have a valid extension: {}",
                file.display(),
                extensions.join(", ")
            )));
        }
    }
    Ok(out)
}
