//! Counters per host, as the recap shows them.

use indexmap::IndexMap;
use serde::Serialize;

use super::outcome::{Status, TaskOutcome};

/// Counters of one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostStats {
    /// Tasks that ended well, changed ones and ignored failures included.
    pub ok: u32,
    /// Tasks that changed something.
    pub changed: u32,
    /// Times the host was unreachable.
    pub unreachable: u32,
    /// Failed tasks.
    pub failed: u32,
    /// Skipped tasks.
    pub skipped: u32,
    /// Failures that a `rescue` took over.
    pub rescued: u32,
    /// Failures that were ignored.
    pub ignored: u32,
}

/// Counters of all hosts that had a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Stats(pub IndexMap<String, HostStats>);

impl Stats {
    /// Adds the counters of others.
    pub fn add(&mut self, others: Stats) {
        for (host, o) in others.0 {
            let s = self.0.entry(host).or_default();
            s.ok += o.ok;
            s.changed += o.changed;
            s.unreachable += o.unreachable;
            s.failed += o.failed;
            s.skipped += o.skipped;
            s.rescued += o.rescued;
            s.ignored += o.ignored;
        }
    }

    /// Counts a finished task.
    pub fn count(&mut self, host: &str, outcome: &TaskOutcome) {
        let s = self.0.entry(host.to_string()).or_default();
        match outcome.status {
            Status::Ok => s.ok += 1,
            Status::Changed => {
                s.ok += 1;
                s.changed += 1;
            }
            Status::Skipped => s.skipped += 1,
            Status::Failed if outcome.ignored => {
                s.ok += 1;
                s.ignored += 1;
                if outcome.result.get("changed").is_some_and(|c| c.is_truthy()) {
                    s.changed += 1;
                }
            }
            Status::Failed if outcome.rescued => s.rescued += 1,
            Status::Failed => s.failed += 1,
            Status::Unreachable if outcome.ignored => {
                s.skipped += 1;
                s.ignored += 1;
            }
            Status::Unreachable => s.unreachable += 1,
        }
    }
}
