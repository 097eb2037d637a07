//! From a role's name to its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_modules::args::parse_bool;
use adept_wire::{Map, Origin, Value};

use super::files::{Files, yaml_file};
use crate::actions::Names;
use crate::actions::RoleFiles;
use crate::diag::{Diagnostic, did_you_mean};
use crate::playbook::{Node, Parser, PlaybookError, Role, RoleEntry};

/// A role's files, parsed.
pub struct LoadedRole {
    /// What tasks see of it.
    pub role: Arc<Role>,
    /// `tasks/`.
    pub tasks: Arc<Vec<Node>>,
    /// `handlers/`.
    pub handlers: Arc<Vec<Node>>,
    /// `dependencies` of `meta/`.
    pub dependencies: Vec<Arc<RoleEntry>>,
    /// `allow_duplicates` of `meta/`.
    pub allow_duplicates: bool,
}

/// Finds a role: beside the playbook (`roles/`), in `roles_path`, beside the role that uses it, in the playbook's folder.
///
/// # Errors
/// When it is nowhere, or one of its files has a mistake.
pub fn load_role(
    files: &Files,
    name: &str,
    origin: Option<&Origin>,
    from: &RoleFiles,
    playbook_dir: &Path,
    beside: Option<&Path>,
) -> Result<LoadedRole, Diagnostic> {
    let path = find(files, name, origin, playbook_dir, beside)?;
    let part = |folder: &str, wanted: Option<&String>| -> Result<Option<PathBuf>, Diagnostic> {
        let dir = path.join(folder);
        match wanted {
            None => Ok(yaml_file(&dir, "main")),
            Some(wanted) => {
                let stem = wanted.as_str();
                yaml_file(&dir, stem).map(Some).ok_or_else(|| {
                    let message = format!("Could not find specified file in role: {folder}/{stem}");
                    Diagnostic::general(message).at(origin).note(format!("role: {}", path.display()))
                })
            }
        }
    };
    let mut tasks = Arc::new(Vec::new());
    if let Some(file) = part("tasks", from.tasks.as_ref())? {
        tasks = files.tasks(&file, false)?;
    }
    let mut handlers = Arc::new(Vec::new());
    if let Some(file) = part("handlers", from.handlers.as_ref())? {
        handlers = files.tasks(&file, true)?;
    }
    let vars = |folder: &str, wanted: Option<&String>| -> Result<Map, Diagnostic> {
        let dir = path.join(folder).join("main");
        if wanted.is_none() && dir.is_dir() {
            return vars_folder(files, &dir);
        }
        part(folder, wanted)?.map_or_else(|| Ok(Map::new()), |file| files.vars(&file))
    };
    let defaults = vars("defaults", from.defaults.as_ref())?;
    let vars = vars("vars", from.vars.as_ref())?;
    let mut dependencies = Vec::new();
    let mut allow_duplicates = false;
    if let Some(file) = yaml_file(&path.join("meta"), "main") {
        let meta = files.yaml(&file)?;
        if !meta.is_null() && meta.as_map().is_none() {
            return Err(PlaybookError::shape(
                format!("the 'meta/main.yml' for role {name} is not a dictionary"),
                meta.origin(),
            )
            .into());
        }
        if let Some(list) = meta.get("dependencies") {
            dependencies = Parser::new(&Names).roles(list)?;
        }
        allow_duplicates = meta.get("allow_duplicates").and_then(parse_bool).unwrap_or(false);
    }
    if yaml_file(&path.join("meta"), "argument_specs").is_some() {
        files.warn_once(format!("the argument specs of the role {name} are not checked: that is not supported yet"));
    }
    let role = Role { name: role_name(name), path, defaults, vars };
    Ok(LoadedRole { role: Arc::new(role), tasks, handlers, dependencies, allow_duplicates })
}

/// A role given as a path is known by its last part.
fn role_name(name: &str) -> String {
    if name.contains('/') {
        name.trim_end_matches('/').rsplit('/').next().unwrap_or(name).to_string()
    } else {
        name.to_string()
    }
}

fn find(
    files: &Files,
    name: &str,
    origin: Option<&Origin>,
    playbook_dir: &Path,
    beside: Option<&Path>,
) -> Result<PathBuf, Diagnostic> {
    let mut folders = vec![playbook_dir.join("roles")];
    folders.extend(files.roles_path.iter().cloned());
    folders.extend(beside.map(Path::to_path_buf));
    folders.push(playbook_dir.to_path_buf());
    let expanded = adept_modules::args::expand(name);
    for folder in &folders {
        let path = folder.join(&expanded);
        if path.is_dir() {
            return Ok(normal(&path));
        }
    }
    let tried: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    let near: Vec<String> = folders
        .iter()
        .filter_map(|f| std::fs::read_dir(f).ok())
        .flatten()
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    let hint = did_you_mean(name, near.iter().map(String::as_str)).map(|n| format!("did you mean '{n}'?"));
    Err(Diagnostic::general(format!("the role '{name}' was not found in {}", tried.join(":")))
        .at(origin)
        .width(name.chars().count())
        .maybe_hint(hint))
}

/// Without `.` and `..`, links kept.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The files of `defaults/main/` or `vars/main/`, sorted.
fn vars_folder(files: &Files, dir: &Path) -> Result<Map, Diagnostic> {
    let mut vars = Map::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        let yaml = [".yml", ".yaml", ".json"].iter().any(|e| name.ends_with(e)) || !name.contains('.');
        if entry.file_type().is_file() && yaml && !name.starts_with('.') {
            vars.extend(files.vars(entry.path())?);
        }
    }
    Ok(vars)
}

/// The text of a rendered role name.
///
/// # Errors
/// When it is no text, or of a collection.
pub fn checked_name(value: &Value, origin: Option<&Origin>) -> Result<String, Diagnostic> {
    match value.as_str() {
        Some(name) if !name.is_empty() => Ok(name.to_string()),
        _ => Err(Diagnostic::parse("role definitions must contain a role name").at(origin)),
    }
}
