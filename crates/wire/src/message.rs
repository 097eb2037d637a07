//! The messages between controller and agent.
//!
//! ```text
//! controller                               agent
//!    |  <----------------- Hello{protocol, build, ..}   first, unasked
//!    |  Run{id, ..} ------------------------->  |        any number at once
//!    |  <------------------ Output{id, ..}      |        while it runs
//!    |  <------------------ Outcome{id, ..}     |        exactly one per Run
//!    |  Put{id, ..}* ------------------------>  |        file content, in order; answered by one Stored
//!    |  Cancel{id} -------------------------->  |        the Run still ends with an Outcome
//!    |  Goodbye ----------------------------->  |        agent exits at once
//! ```

use serde::{Deserialize, Serialize};

use crate::outcome::ModuleOutcome;
use crate::value::Map;

/// The version of frames and messages. A peer with another one is refused with a clear error.
pub const PROTOCOL: u32 = 1;

/// Chosen by the controller, unique within a session.
pub type RequestId = u64;

/// From the controller to the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Run a module.
    Run(Box<Run>),
    /// A piece of a file's content, kept in the agent's run directory until the session ends.
    Put(Put),
    /// End a running module: its process group gets TERM, then KILL after `grace_ms`.
    Cancel {
        /// The `Run` to end.
        id: RequestId,
        /// Time between TERM and KILL.
        grace_ms: u32,
    },
    /// The session is over.
    Goodbye,
}

/// One module run. Whatever a process would inherit is an argument, since runs share one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Names this run in replies.
    pub id: RequestId,
    /// The module's plain name, such as `copy`.
    pub module: String,
    /// Arguments, already rendered.
    pub args: Map,
    /// Check mode: report what would change, change nothing.
    pub check: bool,
    /// Collect differences.
    pub diff: bool,
    /// Working directory, as bytes of a path.
    pub cwd: Option<Vec<u8>>,
    /// Environment variables to set for child processes (on top of the agent's own).
    pub environment: Vec<(String, String)>,
    /// Umask for files and child processes.
    pub umask: Option<u32>,
    /// Send output while it is produced.
    pub live_output: bool,
    /// Ends the run after this time, in milliseconds.
    pub timeout_ms: Option<u64>,
}

/// A chunk of file content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Put {
    /// Names this transfer; later a `Run` refers to the stored file by the path that `Stored` gave.
    pub id: RequestId,
    /// The next bytes.
    pub data: Vec<u8>,
    /// No more follow.
    pub last: bool,
}

/// From the agent to the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The first frame.
    Hello(Hello),
    /// Live output of a run.
    Output {
        /// The run.
        id: RequestId,
        /// Which stream.
        stream: Stream,
        /// The bytes as they came.
        data: Vec<u8>,
    },
    /// The end of a run.
    Outcome {
        /// The run.
        id: RequestId,
        /// What came of it.
        outcome: Box<ModuleOutcome>,
    },
    /// The end of a transfer: where the content lies, or why not.
    Stored {
        /// The transfer.
        id: RequestId,
        /// Path of the stored file as bytes, or an error.
        result: Result<Vec<u8>, String>,
    },
}

/// What the agent is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the agent.
    pub protocol: u32,
    /// `adept_agent::BUILD`: a hash of the agent's sources.
    pub build: String,
    /// Process id.
    pub pid: u32,
}

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}
