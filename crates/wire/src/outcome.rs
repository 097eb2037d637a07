//! What a module returns: `ModuleOutcome`.

use serde::{Deserialize, Serialize};

use crate::value::{Map, Value};

/// The outcome of one module run, as it crosses the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModuleOutcome {
    /// Did the module change (or, in check mode, would it change) anything?
    pub changed: bool,
    /// Did it fail? Then `result` has a `msg`.
    pub failed: bool,
    /// Was there nothing to do (`creates` exists, check mode not supported)? Then `result` has a `msg`.
    pub skipped: bool,
    /// The result's keys as Ansible's module returns them, without `changed`, `failed` and `skipped`.
    pub result: Map,
    /// Facts to be set on the host (`ansible_facts`).
    pub facts: Map,
    /// Differences to show with `--diff`.
    pub diff: Vec<Diff>,
    /// Warnings to show.
    pub warnings: Vec<String>,
    /// The parameter that was wrong, so that the controller can show where it was written.
    pub bad_parameter: Option<String>,
}

/// Before and after of one thing, as Ansible's `diff` results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// What `before` is: a path, or a path with a remark.
    pub before_header: String,
    /// What `after` is.
    pub after_header: String,
    /// Text or a map of attributes.
    pub before: Value,
    /// Text or a map of attributes.
    pub after: Value,
}

impl ModuleOutcome {
    /// Nothing changed.
    pub fn ok(result: Map) -> ModuleOutcome {
        ModuleOutcome { result, ..Default::default() }
    }

    /// Changed or not, with result keys.
    pub fn changed(changed: bool, result: Map) -> ModuleOutcome {
        ModuleOutcome { changed, result, ..Default::default() }
    }

    /// Failed with a message.
    pub fn fail(msg: impl Into<String>) -> ModuleOutcome {
        ModuleOutcome { failed: true, result: crate::map! { "msg" => msg.into() }, ..Default::default() }
    }

    /// Skipped with a message.
    pub fn skip(msg: impl Into<String>) -> ModuleOutcome {
        ModuleOutcome { skipped: true, result: crate::map! { "msg" => msg.into() }, ..Default::default() }
    }
}
