//! `Config`: the settings of a run, each with the place it came from.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_wire::{Origin, Value};

use super::error::{ConfigError, WrongValue};
use super::ini::Ini;
use super::process_env::ProcessEnv;
use super::setting::{Kind, Setting, Status};
use super::settings::SETTINGS;
use super::value::{self, Base};
use crate::diag::{Diagnostic, did_you_mean};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// ansible.cfg.
    File(Origin),
    /// An environment variable.
    Env(&'static str),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(origin) => write!(f, "{}:{}", origin.file, origin.line),
            Source::Env(name) => write!(f, "env: {name}"),
            Source::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// A setting's value and its source.
#[derive(Clone, Debug)]
pub struct Found {
    /// Bool, int, float, text, list of texts; null where nothing is set and there is no default.
    pub value: Value,
    /// Where it came from.
    pub source: Source,
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Config {
    file: Option<PathBuf>,
    values: HashMap<&'static str, Found>,
    env: ProcessEnv,
}

impl Config {
    /// Reads the file that counts, then the environment: `ANSIBLE_CONFIG` (a file, or a folder that has one), `ansible.cfg` in
    /// the current folder, beside the playbook (ansible-core 2.19 doesn't look there; jobs start playbooks from elsewhere),
    /// `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`. The warnings name, at once, all settings that aren't known or not supported yet.
    pub fn load(env: &ProcessEnv, playbook_dir: Option<&Path>) -> Result<(Config, Vec<Diagnostic>), ConfigError> {
        let mut warnings = Vec::new();
        let file = find(env, playbook_dir, &mut warnings);
        let ini = match &file {
            Some(path) => {
                let text = fs::read(path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
                Ini::parse(&String::from_utf8_lossy(&text), &path.to_string_lossy().into())?
            }
            None => Ini::default(),
        };
        let mut config = Config { file, values: HashMap::new(), env: env.clone() };
        // First: defaults of other settings are built with it.
        let home = SETTINGS.iter().filter(|s| s.name == "ANSIBLE_HOME");
        for setting in home.chain(SETTINGS.iter().filter(|s| s.name != "ANSIBLE_HOME")) {
            let found = config.find(setting, &ini, &mut warnings)?;
            config.values.insert(setting.name, found);
        }
        warnings.extend(unknown(&ini));
        warnings.extend(unknown_variables(env));
        warnings.extend(config.not_yet());
        Ok((config, warnings))
    }

    /// Only defaults: what a run without a file and without an environment has.
    pub fn defaults(env: &ProcessEnv) -> Config {
        let mut config = Config { file: None, values: HashMap::new(), env: env.clone() };
        let home = SETTINGS.iter().filter(|s| s.name == "ANSIBLE_HOME");
        for setting in home.chain(SETTINGS.iter().filter(|s| s.name != "ANSIBLE_HOME")) {
            config.values.insert(setting.name, Found { value: config.default_of(setting), source: Source::Default });
        }
        config
    }

    /// The file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// A setting by the name that `ansible-config dump` shows.
    pub fn get(&self, name: &str) -> Option<&Found> {
        self.values.get(name)
    }

    /// All settings in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, &Found)> {
        SETTINGS.iter().map(|s| (s, &self.values[s.name]))
    }

    /// A flag of the command line, which counts more than anything else.
    pub fn set_flag(&mut self, name: &str, text: &str, flag: &str) -> Result<(), ConfigError> {
        let setting = SETTINGS.iter().find(|s| s.name == name);
        let setting = setting.ok_or_else(|| ConfigError::Unknown { name: name.to_owned() })?;
        let base = Base { env: &self.env, dir: &self.env.cwd, quoted: false };
        let source = Source::Flag(flag.to_owned());
        let (value, _) = value::read(text, setting.kind, &base).map_err(|e| wrong(setting, text, &source, e))?;
        self.values.insert(setting.name, Found { value, source });
        Ok(())
    }

    fn find(&self, setting: &Setting, ini: &Ini, warnings: &mut Vec<Diagnostic>) -> Result<Found, ConfigError> {
        let mut read = |text: &str, source: Source, dir: &Path, quoted: bool| {
            let base = Base { env: &self.env, dir, quoted };
            let (value, warning) =
                value::read(text, setting.kind, &base).map_err(|e| wrong(setting, text, &source, e))?;
            if let Some(warning) = warning {
                let d = Diagnostic::options(format!("{}: {warning}", setting.name)).width(text.chars().count());
                let hint = "write yes or no, without quotes";
                warnings.push(match &source {
                    Source::File(origin) => d.at(Some(origin)).hint(hint),
                    other => d.hint(hint).note(other.to_string()),
                });
            }
            Ok(Found { value, source })
        };
        if let Some((name, text)) = setting.env().rev().find_map(|n| self.env.get(n).map(|text| (n, text))) {
            // As in Ansible an empty number is none at all, and hides the file's; an empty path means nothing.
            let paths = matches!(setting.kind, Kind::Path | Kind::PathSpec | Kind::PathList);
            if !(text.is_empty() && (paths || matches!(setting.kind, Kind::Int | Kind::Float))) {
                return read(text, Source::Env(name), &self.env.cwd, false);
            }
            if !paths {
                return Ok(Found { value: self.default_of(setting), source: Source::Default });
            }
        }
        if let Some(entry) = setting.ini().rev().find_map(|(section, key)| ini.get(section, key)) {
            let dir = self.file.as_deref().and_then(Path::parent).unwrap_or(&self.env.cwd);
            return read(&entry.value, Source::File(entry.origin.clone()), dir, true);
        }
        Ok(Found { value: self.default_of(setting), source: Source::Default })
    }

    fn default_of(&self, setting: &Setting) -> Value {
        let Some(text) = setting.default else { return Value::NULL };
        let home = self.values.get("ANSIBLE_HOME").and_then(|h| h.value.as_str()).unwrap_or("~/.ansible");
        let base = Base { env: &self.env, dir: &self.env.cwd, quoted: false };
        let read = value::read(&text.replace("{{ANSIBLE_HOME}}", home), setting.kind, &base);
        // A test reads every default of the table, so none of them fails.
        read.map_or(Value::NULL, |(value, _)| value)
    }

    /// One warning for all settings that are set, differ from their default, and aren't supported yet.
    fn not_yet(&self) -> Option<Diagnostic> {
        let named: Vec<String> = self
            .all()
            .filter(|(setting, found)| {
                setting.status == Status::NotYet
                    && found.source != Source::Default
                    && found.value != self.default_of(setting)
            })
            .map(|(setting, found)| match &found.source {
                Source::Env(name) => (*name).to_owned(),
                _ => {
                    setting.ini().last().map_or(setting.name.to_owned(), |(section, key)| format!("[{section}] {key}"))
                }
            })
            .collect();
        let message = format!("these settings are not supported yet and have no effect: {}", named.join(", "));
        (!named.is_empty()).then(|| Diagnostic::general(message))
    }
}

fn wrong(setting: &Setting, text: &str, source: &Source, expected: String) -> ConfigError {
    let hint = match setting.kind {
        Kind::Choice(words) => {
            did_you_mean(&text.to_lowercase(), words.iter().copied()).map(|w| format!("did you mean '{w}'?"))
        }
        Kind::Int | Kind::Float if text.contains('#') => Some("a comment behind a value begins with ';'".to_owned()),
        _ => None,
    };
    ConfigError::Value(Box::new(WrongValue {
        name: setting.name,
        value: text.to_owned(),
        place: source.to_string(),
        origin: match source {
            Source::File(origin) => Some(origin.clone()),
            _ => None,
        },
        expected,
        hint,
    }))
}

/// The file that counts.
fn find(env: &ProcessEnv, playbook_dir: Option<&Path>, warnings: &mut Vec<Diagnostic>) -> Option<PathBuf> {
    let named = env.get("ANSIBLE_CONFIG").filter(|c| !c.is_empty()).map(|text| {
        let path = env.path(text, &env.cwd);
        let path = if path.is_dir() { path.join("ansible.cfg") } else { path };
        if !path.is_file() {
            let message = format!("ANSIBLE_CONFIG names {}, which is not there", path.display());
            warnings.push(Diagnostic::options(message).hint("other places are searched for an ansible.cfg"));
        }
        path
    });
    let named = named.filter(|p| p.is_file());
    if named.is_some() {
        return named;
    }
    let beside = |dir: &Path, warnings: &mut Vec<Diagnostic>| {
        let path = dir.join("ansible.cfg");
        if !path.is_file() {
            return None;
        }
        // Anyone could have put it there.
        if fs::metadata(dir).is_ok_and(|m| m.permissions().mode() & 0o002 != 0) {
            let message = format!(
                "Ansible is being run in a world writable directory ({}), ignoring it as an ansible.cfg source.",
                dir.display()
            );
            warnings.push(Diagnostic::general(message).hint("chmod o-w, or name the file by ANSIBLE_CONFIG"));
            return None;
        }
        Some(path)
    };
    beside(&env.cwd, warnings)
        .or_else(|| playbook_dir.filter(|dir| *dir != env.cwd).and_then(|dir| beside(dir, warnings)))
        .or_else(|| env.home().map(|home| home.join(".ansible.cfg")).filter(|p| p.is_file()))
        .or_else(|| Some(PathBuf::from("/etc/ansible/ansible.cfg")).filter(|p| p.is_file()))
}

/// One warning for all names of the file that nobody knows.
fn unknown(ini: &Ini) -> Option<Diagnostic> {
    let known = |section: &str, key: &str| SETTINGS.iter().any(|s| s.ini().any(|i| i == (section, key)));
    let strangers: Vec<_> = ini.entries().filter(|(section, key, _)| !known(section, key)).collect();
    let first = strangers.first()?;
    let names = strangers.iter().map(|(section, key, _)| {
        let keys = || SETTINGS.iter().flat_map(Setting::ini);
        let same_section = did_you_mean(key, keys().filter(|(s, _)| s == section).map(|(_, k)| k));
        let elsewhere = keys().find(|(_, k)| k == key).map(|(s, _)| format!(" (it belongs to [{s}])"));
        let hint = same_section.map(|near| format!(" (did you mean '{near}'?)")).or(elsewhere).unwrap_or_default();
        format!("[{section}] {key}{hint}")
    });
    let message = format!("these settings are not known and have no effect: {}", names.collect::<Vec<_>>().join(", "));
    let line = Origin { column: 1, ..first.2.origin.clone() };
    Some(Diagnostic::options(message).at(Some(&line)).width(first.1.chars().count()))
}

/// Variables that look like a setting with a typing error. Others may be anyone's.
fn unknown_variables(env: &ProcessEnv) -> Option<Diagnostic> {
    let known = || SETTINGS.iter().flat_map(Setting::env);
    let near: Vec<String> = env
        .vars
        .keys()
        .filter(|name| name.starts_with("ANSIBLE_") && *name != "ANSIBLE_CONFIG" && !known().any(|k| k == *name))
        .filter_map(|name| did_you_mean(name, known()).map(|near| format!("{name} (did you mean {near}?)")))
        .collect();
    let message = format!("these environment variables are not known: {}", near.join(", "));
    (!near.is_empty()).then(|| Diagnostic::options(message))
}

/// Kept out of `Config` so that nobody builds half of one.
impl Config {
    pub(super) fn value(&self, name: &'static str) -> &Value {
        // Every row of the table is in `values`; a test calls every getter.
        &self.values[name].value
    }

    pub(super) fn texts(&self, name: &'static str) -> Vec<Arc<str>> {
        let items = self.value(name).as_list().unwrap_or_default();
        items.iter().filter_map(|i| i.as_str().map(Arc::from)).collect()
    }
}
