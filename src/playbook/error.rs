//! What can be wrong with a playbook's structure.

use adept_wire::Origin;

use super::split::SplitError;
use crate::diag::Diagnostic;

/// A mistake in a playbook, role or tasks file.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookError {
    /// The file itself could not be read or is not YAML.
    #[error("{0}")]
    Yaml(Box<Diagnostic>),
    /// A value has the wrong shape.
    #[error("{message}")]
    Shape {
        /// What is wrong and what was expected.
        message: String,
        /// Where.
        origin: Option<Origin>,
        /// What would help.
        hint: Option<String>,
    },
    /// A key that is no keyword there.
    #[error("'{name}' is not a valid attribute for a {what}")]
    UnknownKeyword {
        /// The key.
        name: String,
        /// Play, Block, Task, ...
        what: &'static str,
        /// Where.
        origin: Option<Origin>,
        /// The nearest keyword, or advice.
        hint: Option<String>,
    },
    /// A module that nobody knows.
    #[error(
        "couldn't resolve module/action '{name}'. This often indicates a misspelling, missing collection, or incorrect module path."
    )]
    UnknownModule {
        /// The name.
        name: String,
        /// Where.
        origin: Option<Origin>,
        /// The nearest name.
        hint: Option<String>,
    },
    /// A task without an action.
    #[error("no module/action detected in task.")]
    NoAction {
        /// Where.
        origin: Option<Origin>,
    },
    /// A task with several.
    #[error("conflicting action statements: {names}")]
    Conflicting {
        /// The actions.
        names: String,
        /// Where.
        origin: Option<Origin>,
    },
    /// Free-form text that does not split.
    #[error("{source}")]
    Split {
        /// Why.
        source: SplitError,
        /// Where.
        origin: Option<Origin>,
    },
}

impl PlaybookError {
    /// A wrong shape, without a hint.
    pub fn shape(message: impl Into<String>, origin: Option<&Origin>) -> PlaybookError {
        PlaybookError::Shape { message: message.into(), origin: origin.cloned(), hint: None }
    }
}

impl From<PlaybookError> for Diagnostic {
    fn from(e: PlaybookError) -> Diagnostic {
        let message = e.to_string();
        match e {
            PlaybookError::Yaml(d) => *d,
            PlaybookError::Shape { origin, hint, .. } => {
                Diagnostic::parse(message).at(origin.as_ref()).maybe_hint(hint)
            }
            PlaybookError::UnknownKeyword { name, origin, hint, .. }
            | PlaybookError::UnknownModule { name, origin, hint } => {
                Diagnostic::parse(message).at(origin.as_ref()).width(name.chars().count()).maybe_hint(hint)
            }
            PlaybookError::NoAction { origin }
            | PlaybookError::Conflicting { origin, .. }
            | PlaybookError::Split { origin, .. } => Diagnostic::parse(message).at(origin.as_ref()),
        }
    }
}
