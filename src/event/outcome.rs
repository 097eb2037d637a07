//! `TaskOutcome`: what came of a task on a host; `Effect`: what it asks for.

use adept_wire::{Map, Value};
use serde::Serialize;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Done, nothing changed.
    Ok,
    /// Done, something changed.
    Changed,
    /// Not done.
    Skipped,
    /// Failed.
    Failed,
    /// The host could not be reached.
    Unreachable,
}

/// What came of a task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskOutcome {
    /// How it ended.
    pub status: Status,
    /// It failed, and `ignore_errors` says to go on.
    pub ignored: bool,
    /// It failed, and a `rescue` takes over.
    pub rescued: bool,
    /// The result as a registered variable would hold it. With `no_log`, censored.
    pub result: Value,
    /// Differences, as they are shown with `--diff`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<adept_wire::Diff>,
    /// Show the result even without `-v` (`debug`).
    pub always_show: bool,
    /// Where the argument or expression to blame was written.
    #[serde(serialize_with = "super::origin_text")]
    pub origin: Option<adept_wire::Origin>,
}

impl TaskOutcome {
    /// An outcome with this status and result.
    pub fn new(status: Status, result: Value) -> TaskOutcome {
        TaskOutcome {
            status,
            ignored: false,
            rescued: false,
            result,
            diff: Vec::new(),
            always_show: false,
            origin: None,
        }
    }

    /// Is it a failure of any kind, ignored or not?
    pub fn is_failure(&self) -> bool {
        matches!(self.status, Status::Failed | Status::Unreachable)
    }
}

/// What a task asks the engine to do. The engine alone applies effects, when the task has ended.
#[derive(Clone, Debug)]
pub enum Effect {
    /// `set_fact`: variables of the host.
    SetFacts {
        /// The variables.
        vars: Map,
        /// Keep them as facts too (`cacheable`).
        cacheable: bool,
    },
    /// Facts that a module returned (`ansible_facts`).
    Facts(Map),
    /// `include_vars`: variables of the host, at their own precedence.
    IncludeVars(Map),
    /// `add_host`: a host with groups and variables.
    AddHost {
        /// Its name.
        name: String,
        /// Groups to join; created where they don't exist.
        groups: Vec<String>,
        /// Its variables.
        vars: Map,
    },
    /// `group_by`: the host joins a group.
    GroupBy {
        /// The group.
        group: String,
        /// Groups that the group becomes a child of.
        parents: Vec<String>,
    },
    /// Notify handlers by name or topic.
    Notify(Vec<String>),
}
