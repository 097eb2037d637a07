//! Why an action could not be bound or performed.

use adept_wire::{Map, Origin};

use crate::connection::ConnectionError;
use crate::template::TemplateError;

/// A failed action. Every one ends as an outcome of the task.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// A template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The arguments are wrong, or a file is missing: the task fails with this message.
    #[error("{message}")]
    Failed {
        /// The message.
        message: String,
        /// Where the argument to blame was written.
        origin: Option<Origin>,
        /// Further result keys.
        result: Map,
    },
    /// The host could not be reached, or was lost.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
}

impl ActionError {
    /// The task fails with this message.
    pub fn failed(message: impl Into<String>) -> ActionError {
        ActionError::Failed { message: message.into(), origin: None, result: Map::new() }
    }

    /// This place is to blame.
    pub fn at(mut self, place: Option<&Origin>) -> ActionError {
        if let ActionError::Failed { origin, .. } = &mut self {
            *origin = place.cloned();
        }
        self
    }
}
