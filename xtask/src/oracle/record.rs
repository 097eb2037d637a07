//! `Record`: the outcome of a case, as it lies in `expected.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What [`Record::version`] is now.
pub const VERSION: u32 = 1;

/// The outcome of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the format.
    pub version: u32,
    /// What was run.
    pub program: String,
    /// Its exit code.
    pub exit_code: i32,
    /// What it said where no task was run. Shown to readers, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Plays in the order in which they ran.
    pub plays: Vec<PlayRecord>,
    /// Counters per host.
    pub stats: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was left in the scratch directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRecord>,
}

/// One play.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlayRecord {
    /// Its name.
    pub name: String,
    /// Its pattern matched nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_hosts: bool,
    /// Tasks that had results, in the order in which they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskRecord>,
}

/// One task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Its name, rendered, without the role's.
    pub name: String,
    /// The action, without a collection's name.
    pub action: String,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Is it a handler?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handler: bool,
    /// By host.
    pub results: Vec<ResultRecord>,
}

/// One host's result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// The host.
    pub host: String,
    /// `ok`, `changed`, `skipped`, `failed`, `unreachable`.
    pub status: String,
    /// Failed, and ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// The host that did the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// Attempts that were repeated.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Items of a loop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemRecord>,
    /// Files or roles that were included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<String>,
    /// The result, without what can't agree.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub result: Value,
}

/// One item of a loop; its result stands in the task's `results`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemRecord {
    /// Its label.
    pub label: Value,
    /// As [`ResultRecord::status`].
    pub status: String,
}

/// A file that was left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Below the scratch directory; a directory ends in `/`.
    pub path: String,
    /// Octal digits, or `link`.
    pub mode: String,
    /// A small text, or the target of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The hash of anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Record {
    /// The task that began last.
    pub fn current(&mut self) -> Option<&mut TaskRecord> {
        self.plays.last_mut()?.tasks.last_mut()
    }

    /// Removes tasks without results and brings the rest into an order that doesn't depend on timing.
    pub fn tidy(&mut self) {
        self.version = VERSION;
        for play in &mut self.plays {
            for task in &mut play.tasks {
                task.action = short_action(&task.action).to_string();
                task.results.retain(|r| !r.status.is_empty());
                task.results.sort_by(|a, b| a.host.cmp(&b.host));
            }
            // `meta` shows nothing of itself, except a condition that was false, sometimes.
            play.tasks.retain(|task| !task.results.is_empty() && task.action != "meta");
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// As it is written to disk.
    pub fn to_text(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|e| e.to_string())
    }
}

impl TaskRecord {
    /// The result of this host, made if it isn't there.
    pub fn result(&mut self, host: &str) -> &mut ResultRecord {
        let at = self.results.iter().position(|r| r.host == host).unwrap_or_else(|| {
            self.results.push(ResultRecord { host: host.to_string(), ..Default::default() });
            self.results.len() - 1
        });
        &mut self.results[at]
    }

    /// Does it include tasks at run time? Then its result is what was included.
    pub fn is_include(&self) -> bool {
        matches!(short_action(&self.action), "include_tasks" | "include_role" | "include")
    }
}

fn short_action(action: &str) -> &str {
    action.strip_prefix("ansible.builtin.").or_else(|| action.strip_prefix("ansible.legacy.")).unwrap_or(action)
}
