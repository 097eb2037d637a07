//! `Files`: tasks files and roles, each parsed once per run.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use adept_wire::{Map, Trust, Value};

use crate::actions::Names;
use crate::diag::Diagnostic;
use crate::event::{EventKind, Sender};
use crate::playbook::{Node, Parser, PlaybookError};
use crate::yaml;

/// What was parsed so far.
pub struct Files {
    /// Where warnings go.
    pub events: Sender,
    /// `roles_path` of the configuration.
    pub roles_path: Vec<PathBuf>,
    tasks: Mutex<TaskFiles>,
    /// Warnings that were given already.
    said: Mutex<HashSet<String>>,
}

/// The tasks of each file, or its handlers: the same file may be read as both.
type TaskFiles = HashMap<(PathBuf, bool), Arc<Vec<Node>>>;

impl Files {
    /// Nothing parsed yet.
    pub fn new(events: Sender, roles_path: Vec<PathBuf>) -> Files {
        Files { events, roles_path, tasks: Mutex::default(), said: Mutex::default() }
    }

    /// A file's document, with trust; its warnings become events.
    ///
    /// # Errors
    /// When it can't be read or is not YAML.
    pub fn yaml(&self, path: &Path) -> Result<Value, Diagnostic> {
        let (value, warnings) = yaml::load_file(path, Trust::Template).map_err(Diagnostic::from)?;
        for warning in warnings {
            self.events.send(EventKind::Warning { message: warning.message, origin: warning.origin });
        }
        Ok(value)
    }

    /// Warns, once for each text.
    pub fn warn_once(&self, message: String) {
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone()) {
            self.events.send(EventKind::Warning { message, origin: None });
        }
    }

    /// The tasks (or handlers) of a file.
    ///
    /// # Errors
    /// When it can't be read, is not YAML, or has a mistake.
    pub fn tasks(&self, path: &Path, handlers: bool) -> Result<Arc<Vec<Node>>, Diagnostic> {
        let key = (path.to_path_buf(), handlers);
        if let Some(nodes) = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(nodes.clone());
        }
        let document = self.yaml(path)?;
        let nodes = Arc::new(Parser::new(&Names).tasks(&document, handlers)?);
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).insert(key, nodes.clone());
        Ok(nodes)
    }

    /// A map of variables from a file; an empty file is an empty map.
    ///
    /// # Errors
    /// When it can't be read, is not YAML, or is no map.
    pub fn vars(&self, path: &Path) -> Result<Map, Diagnostic> {
        let value = self.yaml(path)?;
        match value.as_map() {
            Some(map) => Ok(map.clone()),
            None if value.is_null() => Ok(Map::new()),
            None => Err(PlaybookError::shape(
                format!("variables must be a map, got a {}: {}", value.type_name(), path.display()),
                value.origin(),
            )
            .into()),
        }
    }
}

/// `main` or another name in a folder, with any of YAML's extensions.
pub fn yaml_file(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(name);
    ["yml", "yaml", "json"]
        .iter()
        .map(|ext| folder.join(format!("{name}.{ext}")))
        .find(|p| p.is_file())
        .or_else(|| exact.is_file().then_some(exact))
}
