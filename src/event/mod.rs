//! Events: everything that happens in a run, typed and versioned. Console, files and tests are readers of this one stream.
//!
//! Invariant: an event carries what may be shown, never a task, a variable layer or a connection.

mod outcome;
mod sink;
mod stats;

use adept_wire::{Origin, Stream};
use serde::Serialize;

pub use outcome::{Effect, Status, TaskOutcome};
pub use sink::{EventSink, Sender};
pub use stats::{HostStats, Stats};

/// The version of the event stream. Goes up whenever a reader of the old one would misread the new one.
pub const VERSION: u32 = 1;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Seconds since 1970, with microseconds.
    pub time: f64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A stream begins.
    RunStarted {
        /// [`VERSION`].
        version: u32,
        /// The program with its version.
        program: String,
    },
    /// A playbook begins.
    PlaybookStarted {
        /// Its path.
        path: String,
    },
    /// A play begins.
    PlayStarted {
        /// Its name, or its host pattern.
        name: String,
        /// The hosts that it works on.
        hosts: Vec<String>,
    },
    /// The pattern of a play matched no host.
    NoHostsMatched {
        /// The play's name.
        play: String,
    },
    /// A task (or a handler) begins.
    TaskStarted(TaskInfo),
    /// Live output of a command.
    Output {
        /// The task's number in this run.
        task: u64,
        /// The host.
        host: String,
        /// Standard output or error.
        #[serde(serialize_with = "stream_name")]
        stream: Stream,
        /// The text, which may end within a line.
        text: String,
    },
    /// One item of a loop has an outcome.
    ItemFinished(TaskResult),
    /// A task will be tried again (`until`).
    Retrying {
        /// What came of this attempt.
        #[serde(flatten)]
        result: TaskResult,
        /// How many attempts are left.
        left: u32,
    },
    /// A host has finished a task.
    TaskFinished(TaskResult),
    /// A file was included at run time.
    Included {
        /// The file.
        file: String,
        /// For these hosts.
        hosts: Vec<String>,
        /// The item's label, in a loop.
        item: Option<String>,
    },
    /// A handler was notified.
    Notified {
        /// The handler's name or topic.
        handler: String,
        /// By this host.
        host: String,
    },
    /// Something the user should know.
    Warning {
        /// The text.
        message: String,
        /// Where it was written.
        #[serde(serialize_with = "origin_text")]
        origin: Option<Origin>,
    },
    /// Something that will not work in newer Ansible.
    Deprecated {
        /// The text.
        message: String,
        /// Where it was written.
        #[serde(serialize_with = "origin_text")]
        origin: Option<Origin>,
    },
    /// A playbook has ended.
    PlaybookFinished {
        /// Counters per host.
        stats: Stats,
        /// The exit code that follows.
        exit_code: u8,
    },
    /// A transition of a job begins.
    TransitionStarted {
        /// `setup`, `run`, `cleanup`, or any other.
        context: String,
        /// The workspace.
        workspace: String,
    },
    /// A transition has ended.
    TransitionFinished {
        /// The context.
        context: String,
        /// Its exit code.
        exit_code: i32,
        /// How long it took, in seconds.
        seconds: f64,
    },
}

/// A task as it may be shown.
#[derive(Clone, Debug, Serialize)]
pub struct TaskInfo {
    /// Its number in this run.
    pub task: u64,
    /// Its name, rendered.
    pub name: String,
    /// The module or action.
    pub action: String,
    /// The role it comes from.
    pub role: Option<String>,
    /// Is it a handler?
    pub handler: bool,
    /// Where it was written.
    #[serde(serialize_with = "origin_text")]
    pub origin: Option<Origin>,
}

/// What came of a task, or of one item of it, on one host.
#[derive(Clone, Debug, Serialize)]
pub struct TaskResult {
    /// The task's number in this run.
    pub task: u64,
    /// The host.
    pub host: String,
    /// The host that did the work, where `delegate_to` names another one.
    pub delegate: Option<String>,
    /// The item's label, in a loop.
    pub item: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: TaskOutcome,
}

fn origin_text<S: serde::Serializer>(origin: &Option<Origin>, s: S) -> Result<S::Ok, S::Error> {
    match origin {
        Some(origin) => s.collect_str(origin),
        None => s.serialize_none(),
    }
}

fn stream_name<S: serde::Serializer>(stream: &Stream, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    })
}
