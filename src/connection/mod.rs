//! Connections: how the agent on a host is reached, and the frames to and from it.
//!
//! Invariant: this room knows no variables and no tasks; a [`ConnectionSpec`] is plain data that `engine/bind` made.

mod local;
mod pool;
mod session;
mod spec;
pub mod ssh;

pub use local::{AGENT_ROLE, find_agent};
pub use pool::Pool;
pub use session::{Output, PutError, Session};
pub use spec::{ConnectionSpec, Transport};

/// Why a host could not be reached, or was lost.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The agent could not be started.
    #[error("could not start the agent {program}: {why}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        why: String,
    },
    /// The agent speaks another protocol or is another build.
    #[error("the agent {program} is another build ({theirs}) than this program ({ours})")]
    Build {
        /// The program.
        program: String,
        /// Its build.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// The agent ended or the link broke. A task that was running may have run.
    #[error("the connection to the agent was lost: {why}; the task may have run")]
    Lost {
        /// What was seen.
        why: String,
    },
    /// Something that other runners can and we can't yet.
    #[error("{what} is not supported yet")]
    NotYet {
        /// What.
        what: String,
    },
    /// No runner has a connection of this name.
    #[error("the connection plugin '{name}' was not found{}", .near.map(|n| format!(" (did you mean '{n}'?)")).unwrap_or_default())]
    Unknown {
        /// The name.
        name: String,
        /// A name that it may have been meant to be.
        near: Option<&'static str>,
    },
}
