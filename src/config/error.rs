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
    #[error("invalid value '{value}' for the setting {name} ({place}): {expected}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was written.
        value: String,
        /// File, environment variable or flag.
        place: String,
        /// Where in a file.
        origin: Option<Origin>,
        /// What it should be.
        expected: String,
        /// What would help.
        hint: Option<String>,
    },
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

impl From<ConfigError> for Diagnostic {
    fn from(error: ConfigError) -> Diagnostic {
        let message = error.to_string();
        match error {
            ConfigError::Syntax { origin, hint, .. } => Diagnostic::options(message).at(Some(&origin)).maybe_hint(hint),
            ConfigError::Value { origin, value, hint, .. } => {
                Diagnostic::options(message).at(origin.as_ref()).width(value.chars().count()).maybe_hint(hint)
            }
            ConfigError::Read { .. } | ConfigError::Unknown { .. } => Diagnostic::options(message),
        }
    }
}
