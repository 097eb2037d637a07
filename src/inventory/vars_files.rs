//! `VarsFiles`: `group_vars/` and `host_vars/` beside an inventory or a playbook, read when they are first asked for.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use adept_wire::{Data, Map, Origin, Trust, Value};

use super::error::InventoryError;
use crate::diag::Diagnostic;
use crate::yaml;

/// Endings of vars files in the order in which they are looked for; the first that exists is the only one that is read.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Reads `group_vars/NAME` and `host_vars/NAME` below base folders, each once.
#[derive(Debug, Default)]
pub struct VarsFiles {
    read: Mutex<HashMap<PathBuf, Option<Arc<Map>>>>,
    warnings: Mutex<Vec<Diagnostic>>,
    untrusted: Mutex<HashSet<PathBuf>>,
    merge: bool,
}

impl VarsFiles {
    /// Files of one folder replace each other's variables; with `merge` (`hash_behaviour = merge`) their maps are merged.
    pub fn new(merge: bool) -> VarsFiles {
        VarsFiles { merge, ..VarsFiles::default() }
    }

    /// The variables of a group below a base folder: `base/group_vars/NAME`.
    pub fn group(&self, base: &Path, name: &str) -> Result<Option<Arc<Map>>, InventoryError> {
        self.entity(&base.join("group_vars"), name)
    }

    /// The variables of a host below a base folder: `base/host_vars/NAME`.
    pub fn host(&self, base: &Path, name: &str) -> Result<Option<Arc<Map>>, InventoryError> {
        self.entity(&base.join("host_vars"), name)
    }

    /// This file was not written by the user (a host or a provider gave its content): nothing in it is a template.
    pub fn distrust(&self, path: PathBuf) {
        lock(&self.untrusted).insert(path);
        self.forget();
    }

    /// What was read is read anew (`meta: refresh_inventory`).
    pub fn forget(&self) {
        lock(&self.read).clear();
    }

    /// What was dubious in the files read since the last call.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut lock(&self.warnings))
    }

    /// Lays variables over others: they replace those of the same name, or are merged into them.
    pub fn lay(&self, vars: &Map, over: &mut Map) {
        for (key, value) in vars {
            match over.get(key) {
                Some(old) if self.merge => over.insert(key.clone(), merged(old, value)),
                _ => over.insert(key.clone(), value.clone()),
            };
        }
    }

    fn entity(&self, dir: &Path, name: &str) -> Result<Option<Arc<Map>>, InventoryError> {
        let path = dir.join(name);
        if let Some(known) = lock(&self.read).get(&path) {
            return Ok(known.clone());
        }
        // A name such as `../x` or `a/b` is no file of this folder.
        let vars = if name.contains('/') || !dir.is_dir() { None } else { self.load(&path)? };
        lock(&self.read).insert(path, vars.clone());
        Ok(vars)
    }

    fn load(&self, path: &Path) -> Result<Option<Arc<Map>>, InventoryError> {
        let candidates = ENDINGS.map(|ending| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        });
        let mut found = candidates.iter().filter(|c| c.exists());
        let Some(first) = found.next() else { return Ok(None) };
        for other in found {
            let message = format!("{} is not read, since {} exists", other.display(), first.display());
            lock(&self.warnings)
                .push(Diagnostic::general(message).hint("keep one of them, or put both into the folder"));
        }
        let mut vars = Map::new();
        let mut files = Vec::new();
        if first.is_dir() {
            collect(first, &mut files)?;
        } else {
            files.push(first.clone());
        }
        for file in files {
            self.merge_file(&file, &mut vars)?;
        }
        Ok(Some(Arc::new(vars)))
    }

    fn merge_file(&self, path: &Path, vars: &mut Map) -> Result<(), InventoryError> {
        let text = fs::read(path).map_err(|source| InventoryError::Read { path: path.to_path_buf(), source })?;
        let file = path.to_string_lossy();
        if text.starts_with(b"$ANSIBLE_VAULT") {
            let origin = Some(Origin { file: file.as_ref().into(), line: 1, column: 1 });
            let what = "a vars file that is encrypted as a whole".to_owned();
            return Err(InventoryError::NotSupported { what, origin, hint: None });
        }
        let trust = if lock(&self.untrusted).contains(path) { Trust::Data } else { Trust::Template };
        let (value, mut warnings) = yaml::load_one(text, &file, trust)?;
        lock(&self.warnings).append(&mut warnings);
        match &value.data {
            Data::Map(map) => {
                self.lay(map, vars);
                Ok(())
            }
            _ if !value.is_truthy() => Ok(()),
            _ => Err(InventoryError::Syntax {
                message: format!("a vars file must be a dictionary of variables, this is a {}", value.type_name()),
                origin: value.origin().cloned().unwrap_or(Origin { file: file.as_ref().into(), line: 1, column: 1 }),
                width: 1,
                hint: Some("write 'name: value', without '- '".into()),
            }),
        }
    }
}

/// The vars files of a folder and of the folders in it, sorted by name; hidden files, backups and other endings don't count.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), InventoryError> {
    let error = |source| InventoryError::Read { path: dir.to_path_buf(), source };
    let mut entries = fs::read_dir(dir).map_err(error)?.collect::<Result<Vec<_>, _>>().map_err(error)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|e| ["yml", "yaml", "json"].iter().any(|y| e == *y)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Maps merged at every level, the new one on top.
fn merged(old: &Value, new: &Value) -> Value {
    let (Data::Map(a), Data::Map(b)) = (&old.data, &new.data) else { return new.clone() };
    let mut map = (**a).clone();
    for (key, value) in b.iter() {
        let value = map.get(key).map_or_else(|| value.clone(), |old| merged(old, value));
        map.insert(key.clone(), value);
    }
    let value = Value::map(map);
    new.tag().map_or(value.clone(), |tag| value.with_tag(tag.clone()))
}

/// What is behind these locks is whole at any time, so a panic elsewhere doesn't spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, path: &str, text: &str) {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn reads_once_until_told_to_forget() {
        let dir = tempfile::tempdir().unwrap();
        let files = VarsFiles::new(false);
        write(dir.path(), "host_vars/h.yml", "a: 1");
        assert_eq!(files.host(dir.path(), "h").unwrap().unwrap()["a"].as_i64(), Some(1));
        write(dir.path(), "host_vars/h.yml", "a: 2");
        assert_eq!(files.host(dir.path(), "h").unwrap().unwrap()["a"].as_i64(), Some(1));
        files.forget();
        assert_eq!(files.host(dir.path(), "h").unwrap().unwrap()["a"].as_i64(), Some(2));
        assert!(files.group(dir.path(), "h").unwrap().is_none());
        assert!(files.host(dir.path(), "../host_vars/h").unwrap().is_none());
    }

    #[test]
    fn merges_maps_if_told_to() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "group_vars/all/a.yml", "m: {a: {x: 1}, b: 1}");
        write(dir.path(), "group_vars/all/b.yml", "m: {a: {y: 2}}");
        let json =
            |merge| serde_json::to_string(&*VarsFiles::new(merge).group(dir.path(), "all").unwrap().unwrap()).unwrap();
        assert_eq!(json(false), r#"{"m":{"a":{"y":2}}}"#);
        assert_eq!(json(true), r#"{"m":{"a":{"x":1,"y":2},"b":1}}"#);
    }

    #[test]
    fn warns_of_a_file_that_another_one_hides() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "group_vars/web/a.yml", "a: 1");
        write(dir.path(), "group_vars/web.yml", "b: 1");
        let files = VarsFiles::new(false);
        assert_eq!(files.group(dir.path(), "web").unwrap().unwrap().len(), 1);
        assert!(files.take_warnings()[0].message.contains("web.yml is not read"));
    }

    #[test]
    fn distrusted_files_are_data() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "host_vars/h.yml", "a: '{{ x }}'");
        let files = VarsFiles::new(false);
        assert_eq!(files.host(dir.path(), "h").unwrap().unwrap()["a"].trust(), Trust::Template);
        files.distrust(dir.path().join("host_vars/h.yml"));
        assert_eq!(files.host(dir.path(), "h").unwrap().unwrap()["a"].trust(), Trust::Data);
    }
}
