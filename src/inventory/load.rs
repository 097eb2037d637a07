//! From sources to an inventory: which reader takes which source, folders, and what happens with a source that nobody can read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_wire::{Data, Key, Origin, Tag, Trust, Value};
use fancy_regex::Regex;

use super::address;
use super::error::InventoryError;
use super::ini;
use super::inventory::Inventory;
use super::{script, yaml_source};
use crate::config::{Config, ProcessEnv};
use crate::diag::{Diagnostic, did_you_mean};
use crate::yaml;

/// What a source that exists and doesn't parse means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unparsed {
    /// An error. (ansible-core 2.19 warns and goes on with the other hosts; a run on half an inventory loses machines.)
    #[default]
    Error,
    /// A warning, as in Ansible.
    Warn,
}

/// How sources are read.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The folder that relative sources start from.
    pub cwd: PathBuf,
    /// The environment of inventory scripts.
    pub env: Vec<(String, String)>,
    /// Endings of files that aren't read from a folder.
    pub ignore_extensions: Vec<String>,
    /// Regular expressions of file names that aren't read from a folder.
    pub ignore_patterns: Vec<String>,
    /// What a source that doesn't parse means.
    pub unparsed: Unparsed,
    /// Is it an error if no source could be read at all (`[inventory] unparsed_is_failed`)?
    pub none_is_error: bool,
    /// Is it worth a warning (`[inventory] inventory_unparsed_warning`)?
    pub none_warns: bool,
}

impl Default for LoadOptions {
    fn default() -> LoadOptions {
        LoadOptions {
            cwd: PathBuf::from("."),
            env: Vec::new(),
            ignore_extensions: IGNORED_EXTENSIONS.iter().map(|e| (*e).to_owned()).collect(),
            ignore_patterns: Vec::new(),
            unparsed: Unparsed::Error,
            none_is_error: false,
            none_warns: true,
        }
    }
}

impl LoadOptions {
    /// As the configuration says. What doesn't parse stays an error, whatever `any_unparsed_is_failed` says.
    pub fn new(config: &Config, env: &ProcessEnv) -> LoadOptions {
        let texts = |list: Vec<Arc<str>>| list.iter().map(|t| t.to_string()).collect();
        LoadOptions {
            cwd: env.cwd.clone(),
            env: env.vars.clone().into_iter().collect(),
            ignore_extensions: texts(config.inventory_ignore_extensions()),
            ignore_patterns: texts(config.inventory_ignore_patterns()),
            unparsed: Unparsed::Error,
            none_is_error: config.inventory_unparsed_is_failed(),
            none_warns: config.inventory_unparsed_warning(),
        }
    }
}

/// Ansible's default of `inventory_ignore_extensions`.
const IGNORED_EXTENSIONS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// Folders beside hosts that hold no hosts.
const NO_SOURCES: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];

impl Inventory {
    /// Reads all sources: paths of files and folders, or lists of hosts (`a,b,`). The warnings name sources that aren't there.
    pub fn load(
        sources: &[impl AsRef<str>],
        options: &LoadOptions,
    ) -> Result<(Inventory, Vec<Diagnostic>), InventoryError> {
        let ignored = options
            .ignore_patterns
            .iter()
            .map(|p| Regex::new(p).map_err(|e| InventoryError::Pattern { pattern: p.clone(), problem: e.to_string() }));
        let mut loader = Loader {
            options,
            ignored: ignored.collect::<Result<_, _>>()?,
            inventory: Inventory::new(),
            warnings: Vec::new(),
        };
        let mut parsed = false;
        for source in sources {
            parsed |= loader.source(source.as_ref())?;
        }
        let Loader { mut inventory, mut warnings, .. } = loader;
        if !parsed && options.none_is_error {
            let sources = sources.iter().map(|s| s.as_ref().to_owned()).collect();
            return Err(InventoryError::NothingParsed { sources });
        }
        if !parsed && options.none_warns {
            warnings.push(Diagnostic::general("No inventory was parsed, only implicit localhost is available"));
        }
        inventory.current = None;
        inventory.reconcile();
        for name in inventory.groups.keys().filter(|g| inventory.hosts.contains_key(&***g)) {
            warnings.push(Diagnostic::general(format!("Found both group and host with same name: {name}")));
        }
        Ok((inventory, warnings))
    }
}

struct Loader<'a> {
    options: &'a LoadOptions,
    ignored: Vec<Regex>,
    inventory: Inventory,
    warnings: Vec<Diagnostic>,
}

impl Loader<'_> {
    fn source(&mut self, source: &str) -> Result<bool, InventoryError> {
        let path = self.path_of(source);
        if source.contains(',') && !path.exists() {
            self.inventory.sources.push(source.into());
            self.inventory.current = Some((source.into(), None));
            self.host_list(source);
            return Ok(true);
        }
        self.inventory.sources.push(path.to_string_lossy().into());
        let dir = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        if let Some(dir) = dir
            && !self.inventory.vars_dirs.iter().any(|d| d == dir)
        {
            self.inventory.vars_dirs.push(dir.to_path_buf());
        }
        self.path(&path, false)
    }

    fn path_of(&self, source: &str) -> PathBuf {
        let home = || self.options.env.iter().find(|(k, _)| k == "HOME").map(|(_, v)| v.as_str());
        let path = match source.strip_prefix("~/").zip(home()) {
            Some((rest, home)) => Path::new(home).join(rest),
            None => self.options.cwd.join(source),
        };
        // `-i ./inventory` and `-i inventory/` are one place.
        path.components().collect()
    }

    fn path(&mut self, path: &Path, in_folder: bool) -> Result<bool, InventoryError> {
        if path.is_dir() {
            return self.folder(path);
        }
        if !path.exists() {
            self.missing(path);
            return Ok(false);
        }
        let file: Arc<str> = path.to_string_lossy().into();
        let dir = path.parent().map(|d| Arc::from(d.to_string_lossy()));
        self.inventory.current = Some((file.clone(), dir));
        let before = self.inventory.clone();
        match self.file(path, &file) {
            Ok(()) => Ok(true),
            Err(error) if self.options.unparsed == Unparsed::Error && !(in_folder && is_prose(path)) => Err(error),
            Err(error) => {
                self.inventory = before;
                self.warnings.push(error.into());
                let message = format!("Unable to parse {file} as an inventory source");
                self.warnings.push(Diagnostic::general(message));
                Ok(false)
            }
        }
    }

    fn missing(&mut self, path: &Path) {
        let message = format!("Unable to parse {} as an inventory source", path.display());
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside: Vec<String> = path
            .parent()
            .and_then(|dir| fs::read_dir(dir).ok())
            .map(|dir| dir.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect())
            .unwrap_or_default();
        let hint = match did_you_mean(&name, beside.iter().map(String::as_str)) {
            Some(near) => format!("there is no such file; did you mean '{near}'?"),
            None => "there is no such file".to_owned(),
        };
        self.warnings.push(Diagnostic::general(message).hint(hint));
    }

    fn folder(&mut self, path: &Path) -> Result<bool, InventoryError> {
        let read = |source| InventoryError::Read { path: path.to_path_buf(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(read)? {
            names.push(entry.map_err(read)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        let mut parsed = false;
        for name in names {
            let skipped = name.starts_with('.')
                || NO_SOURCES.contains(&name.as_str())
                || self.options.ignore_extensions.iter().any(|e| name.ends_with(e.as_str()))
                || self.ignored.iter().any(|r| r.is_match(&name).unwrap_or(false));
            if !skipped {
                parsed |= self.path(&path.join(name), true)?;
            }
        }
        if !parsed {
            let message = format!("Unable to parse {} as an inventory source", path.display());
            self.warnings.push(Diagnostic::general(message).hint("the folder has no inventory files"));
        }
        Ok(parsed)
    }

    fn file(&mut self, path: &Path, file: &Arc<str>) -> Result<(), InventoryError> {
        let bytes = fs::read(path).map_err(|source| InventoryError::Read { path: path.to_path_buf(), source })?;
        if is_script(path, &bytes) {
            return script::apply(path, self.options, &mut self.inventory, &mut self.warnings);
        }
        let text = String::from_utf8(bytes).map_err(|_| InventoryError::NotText { file: file.to_string() })?;
        match path.extension().and_then(|e| e.to_str()) {
            _ if text.trim().is_empty() => Ok(()),
            Some("toml") => Err(InventoryError::NotSupported {
                what: "inventory in TOML".into(),
                origin: None,
                hint: Some("write it as YAML: groups with 'hosts', 'vars' and 'children'".into()),
            }),
            Some("yml" | "yaml" | "json") => self.yaml_or_ini(&text, file, true),
            None => self.yaml_or_ini(&text, file, false),
            Some(_) => self.ini(&text, file),
        }
    }

    /// Ansible tries YAML, then INI, whatever the file is called. If neither reads it, the error is of the one that was meant.
    fn yaml_or_ini(&mut self, text: &str, file: &Arc<str>, named_yaml: bool) -> Result<(), InventoryError> {
        let yaml_error = match yaml::load_one(text, file, Trust::Template) {
            Ok((value, mut warnings)) => match &value.data {
                Data::Map(groups) => {
                    self.warnings.append(&mut warnings);
                    return yaml_source::apply(groups, &mut self.inventory, &mut self.warnings);
                }
                // ansible-core 2.19 refuses a file of comments; we read it as empty, as INI does.
                Data::Null => return Ok(()),
                _ => InventoryError::Syntax {
                    message: format!(
                        "a YAML inventory must be a dictionary of groups, this is a {}",
                        value.type_name()
                    ),
                    origin: value.origin().cloned().unwrap_or(Origin { file: file.clone(), line: 1, column: 1 }),
                    width: 1,
                    hint: Some("all:\n    hosts:\n      web1:".into()),
                },
            },
            Err(error) => error.into(),
        };
        let before = self.inventory.clone();
        self.ini(text, file).map_err(|ini_error| {
            self.inventory = before;
            let sections = text.lines().any(|l| l.starts_with('['));
            let meant_yaml = named_yaml || (!sections && text.lines().any(|l| l.trim_end().ends_with(':')));
            if meant_yaml { yaml_error } else { ini_error }
        })
    }

    fn ini(&mut self, text: &str, file: &Arc<str>) -> Result<(), InventoryError> {
        ini::parse(text, file, &mut self.inventory, &mut self.warnings)
    }

    /// `-i a,b:2222,`. Ranges are taken as they stand, as in Ansible.
    fn host_list(&mut self, list: &str) {
        let tag = Arc::new(Tag { origin: None, trust: Trust::Template });
        for entry in list.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            let (name, port) = address::parse(entry).map_or((entry, None), |a| (a.host, a.port));
            self.inventory.host_mut(name);
            self.inventory.link_host("ungrouped", name);
            if let Some(port) = port {
                self.inventory.set_host_var(name, Key::from("ansible_port"), Value::from(port).with_tag(tag.clone()));
            }
        }
    }
}

/// Executable, and says by what.
fn is_script(path: &Path, bytes: &[u8]) -> bool {
    let executable = fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o111 != 0);
    executable && (bytes.starts_with(b"#!") || bytes.starts_with(b"\x7fELF"))
}

/// A file of an inventory folder that was hardly meant as an inventory: `README`, `LICENSE`, `notes.py`.
fn is_prose(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    match path.extension().and_then(|e| e.to_str()) {
        None => ["README", "LICENSE", "COPYING", "NOTES", "Makefile"].iter().any(|prose| name.starts_with(prose)),
        Some(extension) => !["ini", "yml", "yaml", "json", "toml"].contains(&extension) && name.split('.').count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, LoadOptions) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let options = LoadOptions { cwd: dir.path().to_path_buf(), ..LoadOptions::default() };
        (dir, options)
    }

    #[test]
    fn a_source_that_does_not_parse_is_an_error_unless_told_otherwise() {
        let (_dir, mut options) = folder(&[("inv/a", "good\n"), ("inv/b", "half\n[web\n")]);
        assert!(matches!(Inventory::load(&["inv"], &options), Err(InventoryError::Syntax { .. })));
        options.unparsed = Unparsed::Warn;
        let (inventory, warnings) = Inventory::load(&["inv"], &options).unwrap();
        assert_eq!(inventory.hosts().map(|h| &**h).collect::<Vec<_>>(), ["good"]);
        assert!(warnings[0].origin.is_some() && warnings[1].message.ends_with("/inv/b as an inventory source"));
    }

    #[test]
    fn prose_beside_an_inventory_is_only_warned_of() {
        let (_dir, options) = folder(&[("inv/README", "This is prose.\n"), ("inv/hosts", "a\n")]);
        let (inventory, warnings) = Inventory::load(&["inv"], &options).unwrap();
        assert_eq!((inventory.hosts().count(), warnings.len()), (1, 2));
        assert!(Inventory::load(&["inv/README"], &options).is_err());
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        let (dir, mut options) = folder(&[("hosts.ini", "a\n")]);
        let (inventory, warnings) = Inventory::load(&["host.ini"], &options).unwrap();
        assert!(inventory.is_empty());
        let expected = format!("Unable to parse {}/host.ini as an inventory source", dir.path().display());
        assert_eq!(warnings[0].message, expected);
        assert_eq!(warnings[0].hint.as_deref(), Some("there is no such file; did you mean 'hosts.ini'?"));
        assert_eq!(warnings[1].message, "No inventory was parsed, only implicit localhost is available");
        options.none_is_error = true;
        assert!(matches!(Inventory::load(&["host.ini"], &options), Err(InventoryError::NothingParsed { .. })));
    }

    /// Measured with ansible-core 2.19.14: the folder is that of the file, and a list has none.
    #[test]
    fn hosts_know_their_source() {
        let (dir, options) = folder(&[("inv/top", "b\n"), ("inv/10/hosts", "a\n")]);
        let (inventory, _) = Inventory::load(&["inv/", "d,e"], &options).unwrap();
        let at = |name: &str| format!("{}/{name}", dir.path().display());
        let place = |host: &str| {
            let host = inventory.host(host).unwrap();
            (host.file().map(ToString::to_string), host.dir().map(ToString::to_string))
        };
        assert_eq!(place("a"), (Some(at("inv/10/hosts")), Some(at("inv/10"))));
        assert_eq!(place("b"), (Some(at("inv/top")), Some(at("inv"))));
        assert_eq!(place("d"), (Some("d,e".into()), None));
        assert_eq!(inventory.sources().join(" "), format!("{} d,e", at("inv")));
        assert_eq!(inventory.vars_dirs(), [dir.path().join("inv")]);
    }

    #[test]
    fn toml_and_plugins_say_that_they_are_not_supported_yet() {
        let (_dir, options) = folder(&[("a.toml", "[web.hosts]\n"), ("c.yml", "plugin: amazon.aws.aws_ec2\n")]);
        let shown = |source: &str| Inventory::load(&[source], &options).unwrap_err().to_string();
        assert_eq!(shown("a.toml"), "inventory in TOML is not supported yet");
        assert_eq!(shown("c.yml"), "the inventory plugin 'amazon.aws.aws_ec2' is not supported yet");
    }
}
