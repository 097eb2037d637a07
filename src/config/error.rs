//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use adept_wire::Origin;

use crate::diag::Diagnostic;

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A line of ansible.cfg that isn't one.
    #[error("{message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        origin: Origin,
        /// What would help.
        hint: Option<String>,
    },
    /// A value of the wrong kind.
    #[error("{0}")]
    Value(Box<WrongValue>),
    /// The file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No setting of this name.
    #[error("no setting is called {name}")]
    Unknown {
        /// The name.
        name: String,
    },
}

/// A value that its setting can't have.
#[derive(Debug, thiserror::Error)]
#[error("invalid value '{value}' for the setting {name} ({place}): {expected}")]
pub struct WrongValue {
    /// The setting.
    pub name: &'static str,
    /// What was written.
    pub value: String,
    /// File, environment variable or flag.
    pub place: String,
    /// Where in a file.
    pub origin: Option<Origin>,
    /// What it should be.
    pub expected: String,
    /// What would help.
    pub hint: Option<String>,
}

impl From<ConfigError> for Diagnostic {
    fn from(error: ConfigError) -> Diagnostic {
        let message = error.to_string();
        match error {
            ConfigError::Syntax { origin, hint, .. } => Diagnostic::options(message).at(Some(&origin)).maybe_hint(hint),
            ConfigError::Value(wrong) => {
                let width = wrong.value.chars().count();
                Diagnostic::options(message).at(wrong.origin.as_ref()).width(width).maybe_hint(wrong.hint)
            }
            ConfigError::Read { .. } | ConfigError::Unknown { .. } => Diagnostic::options(message),
        }
    }
}
