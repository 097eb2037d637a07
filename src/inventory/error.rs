//! What can be wrong with an inventory.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::Origin;

use crate::diag::Diagnostic;
use crate::yaml::YamlError;

/// An inventory source, a vars file or a pattern that can't be meant.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// A place in a file that doesn't parse.
    #[error("{message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        origin: Origin,
        /// How many characters are meant.
        width: usize,
        /// What would help.
        hint: Option<String>,
    },
    /// A file that is no YAML.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A group that is, over some others, its own child.
    #[error("adding group '{child}' as child to '{parent}' creates a recursive dependency loop: {}", chain.join(" -> "))]
    Cycle {
        /// The parent of the link that closes the loop.
        parent: Arc<str>,
        /// Its child.
        child: Arc<str>,
        /// The loop, from the parent to the parent.
        chain: Vec<String>,
        /// Where the link was written.
        origin: Option<Origin>,
    },
    /// `ansible_group_priority` that is no integer.
    #[error("ansible_group_priority of group '{group}' must be an integer, not '{value}'")]
    Priority {
        /// The group.
        group: Arc<str>,
        /// What was written.
        value: String,
        /// Where.
        origin: Option<Origin>,
    },
    /// A file or folder that can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that isn't UTF-8.
    #[error("{file} is not UTF-8 text")]
    NotText {
        /// The file.
        file: String,
    },
    /// Something that Ansible reads and we don't.
    #[error("{what} is not supported yet")]
    NotSupported {
        /// What.
        what: String,
        /// Where.
        origin: Option<Origin>,
        /// What to do instead.
        hint: Option<String>,
    },
    /// An inventory script that fails, or prints something else than an inventory.
    #[error("inventory script {}: {problem}", path.display())]
    Script {
        /// The script.
        path: PathBuf,
        /// What went wrong.
        problem: String,
        /// What it printed on standard error.
        stderr: String,
    },
    /// `--limit @FILE` with a file that can't be read.
    #[error("unable to find limit file {}: {source}", path.display())]
    LimitFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A `~regex` or glob that isn't one.
    #[error("invalid host pattern '{pattern}': {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No source could be parsed, and the configuration says that this is an error.
    #[error("no inventory was parsed: {}", sources.join(", "))]
    NothingParsed {
        /// The sources.
        sources: Vec<String>,
    },
}

impl From<InventoryError> for Diagnostic {
    fn from(error: InventoryError) -> Diagnostic {
        let message = error.to_string();
        match error {
            InventoryError::Syntax { origin, width, hint, .. } => {
                Diagnostic::parse(message).at(Some(&origin)).width(width).maybe_hint(hint)
            }
            InventoryError::Yaml(error) => error.into(),
            InventoryError::Cycle { origin, .. } | InventoryError::Priority { origin, .. } => {
                Diagnostic::parse(message).at(origin.as_ref())
            }
            InventoryError::NotText { .. } => Diagnostic::parse(message),
            InventoryError::NotSupported { origin, hint, .. } => {
                Diagnostic::general(message).at(origin.as_ref()).maybe_hint(hint)
            }
            InventoryError::Script { stderr, .. } => {
                let diagnostic = Diagnostic::parse(message);
                stderr.lines().fold(diagnostic, |d, line| d.note(format!("stderr: {line}")))
            }
            InventoryError::Read { .. }
            | InventoryError::LimitFile { .. }
            | InventoryError::Pattern { .. }
            | InventoryError::NothingParsed { .. } => Diagnostic::general(message),
        }
    }
}
