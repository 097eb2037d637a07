//! `TransitionError`: why a transition could not go on. The texts are the original's: scripts look for them.

use std::path::PathBuf;

use crate::diag::Diagnostic;
use crate::yaml::YamlError;

/// Everything that can be wrong with a command line or a transition file.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    /// The command line: shown with the usage.
    #[error("{message}\n{usage}")]
    Usage {
        /// What is wrong.
        message: String,
        /// How it should be called.
        usage: String,
    },
    /// An item of the file, while it was set up or executed.
    #[error("Error: While {doing} for {class} action item #{index} in {file} with context {context}: {problem}")]
    Action {
        /// `initializing`, `parsing ... node` or `executing`.
        doing: String,
        /// `Command`, `Playbook` or `Variable`.
        class: &'static str,
        /// The item's number.
        index: usize,
        /// The transition file.
        file: String,
        /// The context.
        context: String,
        /// What happened.
        problem: String,
    },
    /// An action of a type that doesn't exist.
    #[error("Error: While processing {file}, in context {context}, encountered unsupported action type {kind} item #{index}{}", .hint.as_ref().map(|h| format!(" (did you mean '{h}'?)")).unwrap_or_default())]
    UnknownType {
        /// The transition file.
        file: String,
        /// The context.
        context: String,
        /// The type as written.
        kind: String,
        /// The item's number.
        index: usize,
        /// A type of nearly that name.
        hint: Option<String>,
    },
    /// An item of a form that can't be meant.
    #[error("Error: While processing {file}, in context {context}, index #{index}, {problem}")]
    Item {
        /// The transition file.
        file: String,
        /// The context.
        context: String,
        /// The item's number.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The file can't be read.
    #[error("Error: {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file isn't text.
    #[error("Error: {file} is not text (UTF-8)")]
    NotText {
        /// The file.
        file: String,
    },
    /// The file isn't YAML.
    #[error(transparent)]
    Yaml(Box<YamlError>),
}

impl From<TransitionError> for Diagnostic {
    fn from(error: TransitionError) -> Diagnostic {
        match error {
            TransitionError::Yaml(error) => (*error).into(),
            error => Diagnostic::general(error.to_string()),
        }
    }
}
