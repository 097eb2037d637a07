//! What must agree between two records, and the one table of what can't.

use serde_json::{Map, Value};

use super::case::{Case, Folder};
use super::record::{PlayRecord, Record, ResultRecord, TaskRecord};

/// A result key that is not compared.
#[derive(Clone, Copy, Debug)]
pub struct Dropped {
    /// The key, at the top of a result or of one of its `results`; with `*` at its end a prefix.
    pub key: &'static str,
    /// In results of which actions.
    pub actions: Actions,
    /// In which results.
    pub place: Place,
    /// Why it can't agree.
    pub reason: &'static str,
}

/// Which results a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All.
    All,
    /// Failed ones.
    Failed,
    /// Those of whole tasks, not those of items.
    Task,
}

/// Which actions a row means.
#[derive(Clone, Copy, Debug)]
pub enum Actions {
    /// All.
    Any,
    /// These.
    Of(&'static [&'static str]),
    /// All but these.
    Not(&'static [&'static str]),
}

impl Actions {
    fn include(self, action: &str) -> bool {
        match self {
            Actions::Any => true,
            Actions::Of(list) => list.contains(&action),
            Actions::Not(list) => !list.contains(&action),
        }
    }
}

/// Actions whose result is what the author asked to see: nothing of it may be dropped by a general row.
const SHOWN: &[&str] = &["debug", "set_fact", "include_vars"];

const fn row(key: &'static str, actions: Actions, place: Place, reason: &'static str) -> Dropped {
    Dropped { key, actions, place, reason }
}

/// Everything that is not compared, with the reason.
pub const DROPPED: &[Dropped] = &[
    row("_ansible_*", Actions::Any, Place::All, "for Ansible's own use between its processes"),
    row("start", Actions::Not(SHOWN), Place::All, "the time of the run"),
    row("end", Actions::Not(SHOWN), Place::All, "the time of the run"),
    row("delta", Actions::Not(SHOWN), Place::All, "how long it took"),
    row(
        "invocation",
        Actions::Any,
        Place::All,
        "shown by Ansible with -vvv only; a module's parameters are our own table",
    ),
    row("warnings", Actions::Any, Place::All, "warnings are events of their own"),
    row("deprecations", Actions::Any, Place::All, "warnings are events of their own"),
    row("exception", Actions::Any, Place::All, "a traceback of Python"),
    row("failed_when_suppressed_exception", Actions::Any, Place::All, "a traceback of Python"),
    row("uid", Actions::Not(SHOWN), Place::All, "the user who runs the tests"),
    row("gid", Actions::Not(SHOWN), Place::All, "the user who runs the tests"),
    row("owner", Actions::Not(SHOWN), Place::All, "the user who runs the tests"),
    row("group", Actions::Not(SHOWN), Place::All, "the user who runs the tests"),
    row(
        "md5sum",
        Actions::Of(&["copy", "template"]),
        Place::All,
        "given by Ansible only where a remote Python offers md5",
    ),
    row("src", Actions::Of(&["copy", "template"]), Place::All, "a temporary file on the host; we have none"),
    row("diff", Actions::Any, Place::All, "differences are a part of the event of their own"),
    row("ansible_facts", Actions::Of(&["setup", "gather_facts"]), Place::All, "the machine that runs the tests"),
    row(
        "msg",
        Actions::Not(&["fail", "assert", "command", "shell"]),
        Place::Failed,
        "our texts name the place and a remedy",
    ),
    row("module_stdout", Actions::Any, Place::Failed, "the output of a Python program"),
    row("module_stderr", Actions::Any, Place::Failed, "the output of a Python program"),
    row("message", Actions::Of(&["include_vars"]), Place::Failed, "our texts name the place and a remedy"),
    row("failed", Actions::Any, Place::Task, "the status says it; Ansible's callbacks don't see it"),
    row("skipped", Actions::Any, Place::Task, "the status says it; Ansible's callbacks don't see it"),
];

/// Keys inside `stat` and inside the files of `find` that depend on machine and time.
const FILE_FACTS: &[&str] = &[
    "atime",
    "mtime",
    "ctime",
    "dev",
    "inode",
    "uid",
    "gid",
    "pw_name",
    "gr_name",
    "version",
    "attributes",
    "attr_flags",
    "block_size",
    "blocks",
    "device_type",
    "mimetype",
    "charset",
];

/// Keys that are compared in records of Ansible 2.4, whose results lacked what newer ones have. Of `debug`, all are but those
/// that came later.
const OLD_KEYS: &[&str] = &["stdout", "results", "item", "ansible_facts"];
const NEW_DEBUG_KEYS: &[&str] = &["false_condition", "skip_reason", "ansible_loop_var"];

/// Where the two differ; empty if they agree. `theirs` is the record.
pub fn compare(case: &Case, theirs: &Record, ours: &Record) -> Vec<String> {
    let mut found = Vec::new();
    differ(&mut found, "exit code", &theirs.exit_code, &ours.exit_code);
    let names = |plays: &[PlayRecord]| -> Vec<String> { plays.iter().map(|p| p.name.clone()).collect() };
    differ(&mut found, "plays", &names(&theirs.plays), &names(&ours.plays));
    for (a, b) in theirs.plays.iter().zip(&ours.plays) {
        differ(&mut found, &format!("play {:?}: no hosts", a.name), &a.no_hosts, &b.no_hosts);
        for host in hosts(a, b) {
            compare_host(case, &host, a, b, &mut found);
        }
    }
    compare_stats(case, theirs, ours, &mut found);
    for file in &theirs.files {
        match ours.files.iter().find(|f| f.path == file.path) {
            None => found.push(format!("file {}: missing", file.path)),
            Some(ours) => differ(&mut found, &format!("file {}", file.path), file, ours),
        }
    }
    for file in &ours.files {
        if !theirs.files.iter().any(|f| f.path == file.path) {
            found.push(format!("file {}: only ours", file.path));
        }
    }
    found
}

fn hosts(a: &PlayRecord, b: &PlayRecord) -> Vec<String> {
    let mut names: Vec<String> =
        a.tasks.iter().chain(&b.tasks).flat_map(|t| &t.results).map(|r| r.host.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Compares what one host went through, task by task.
fn compare_host(case: &Case, host: &str, theirs: &PlayRecord, ours: &PlayRecord, found: &mut Vec<String>) {
    let walk = |play: &PlayRecord| -> Vec<(TaskRecord, ResultRecord)> {
        let of_host = |task: &TaskRecord| task.results.iter().find(|r| r.host == host).cloned();
        play.tasks.iter().filter_map(|task| of_host(task).map(|r| (task.clone(), r))).collect()
    };
    let (theirs, ours) = (walk(theirs), walk(ours));
    for at in 0..theirs.len().max(ours.len()) {
        match (theirs.get(at), ours.get(at)) {
            (Some((a, x)), Some((b, y))) if title(case, a) == title(case, b) => {
                compare_result(case, host, a, x, y, found)
            }
            (a, b) => {
                let name = |step: Option<&(TaskRecord, ResultRecord)>| {
                    step.map_or("the end".to_string(), |(task, r)| format!("{} ({})", title(case, task), r.status))
                };
                found.push(format!("{host}: step {}: theirs {}, ours {}", at + 1, name(a), name(b)));
                // What follows is shifted, and would only repeat this.
                return;
            }
        }
    }
}

fn title(case: &Case, task: &TaskRecord) -> String {
    let kind = if task.handler { "handler" } else { "task" };
    let name = match task.name.as_str() {
        // 2.4 took `shell` for `command` with a parameter.
        "shell" if case.folder == Folder::Old => "command",
        name => name,
    };
    match &task.role {
        Some(role) => format!("{kind} [{role} : {name}]"),
        None => format!("{kind} [{name}]"),
    }
}

fn compare_result(
    case: &Case,
    host: &str,
    task: &TaskRecord,
    theirs: &ResultRecord,
    ours: &ResultRecord,
    found: &mut Vec<String>,
) {
    let place = format!("{host}: {}", title(case, task));
    differ(found, &format!("{place}: status"), &theirs.status, &ours.status);
    differ(found, &format!("{place}: ignored"), &theirs.ignored, &ours.ignored);
    differ(found, &format!("{place}: included"), &theirs.included, &ours.included);
    if case.folder == Folder::Current {
        // Of a loop, Ansible names no delegate: each item may have its own.
        if theirs.items.is_empty() {
            differ(found, &format!("{place}: delegate"), &theirs.delegate, &ours.delegate);
        }
        differ(found, &format!("{place}: retries"), &theirs.retries, &ours.retries);
    }
    let items = |r: &ResultRecord| -> Vec<(Option<String>, String)> {
        r.items.iter().map(|item| (label(&item.label), item.status.clone())).collect()
    };
    differ(found, &format!("{place}: items"), &items(theirs), &items(ours));
    if !task.is_include() {
        let failed = theirs.status == "failed" || theirs.status == "unreachable";
        let a = comparable(case, &task.action, failed, &theirs.result);
        let b = comparable(case, &task.action, failed, &ours.result);
        differ_value(found, &format!("{place}: result"), &a, &b);
    }
}

/// An item's label as text; one that is a list or a map is shown by each side in its own way.
fn label(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => None,
        // What the console of either shows where `no_log` hides the item.
        Value::String(text) if text.contains("no_log") => Some("None".into()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Null => Some("None".into()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn compare_stats(case: &Case, theirs: &Record, ours: &Record, found: &mut Vec<String>) {
    let mut hosts: Vec<&String> = theirs.stats.keys().chain(ours.stats.keys()).collect();
    hosts.sort();
    hosts.dedup();
    for host in hosts {
        for name in ["ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored"] {
            // 2.4 had no counters for these.
            if case.folder == Folder::Old && matches!(name, "rescued" | "ignored") {
                continue;
            }
            let count = |r: &Record| r.stats.get(host).and_then(|s| s.get(name)).copied().unwrap_or(0);
            differ(found, &format!("{host}: stats: {name}"), &count(theirs), &count(ours));
        }
    }
}

/// A result without what is not compared.
pub fn comparable(case: &Case, action: &str, failed: bool, result: &Value) -> Value {
    at_place(case, action, &[Place::All, Place::Task, Place::Failed][..if failed { 3 } else { 2 }], result)
}

fn at_place(case: &Case, action: &str, places: &[Place], result: &Value) -> Value {
    let Value::Object(map) = result else { return result.clone() };
    let mut kept = Map::new();
    for (key, value) in map {
        if case.settings.drop.contains_key(key) || is_dropped(action, places, key) {
            continue;
        }
        let old =
            if action == "debug" { !NEW_DEBUG_KEYS.contains(&key.as_str()) } else { OLD_KEYS.contains(&key.as_str()) };
        if case.folder == Folder::Old && !old {
            continue;
        }
        let value = match (key.as_str(), value) {
            ("results", Value::Array(list)) => list
                .iter()
                .map(|item| {
                    let failed = item.get("failed").and_then(Value::as_bool).unwrap_or(false);
                    at_place(case, action, &[Place::All, Place::Failed][..if failed { 2 } else { 1 }], item)
                })
                .collect(),
            ("stat", value) if action == "stat" => without_file_facts(value),
            ("files", Value::Array(list)) if action == "find" => {
                let mut files: Vec<Value> = list.iter().map(without_file_facts).collect();
                // In the order of the directory, which is nobody's choice.
                files.sort_by_key(|file| file["path"].to_string());
                Value::Array(files)
            }
            (_, value) if case.folder == Folder::Old => as_text(value),
            (_, value) => value.clone(),
        };
        kept.insert(key.clone(), value);
    }
    Value::Object(kept)
}

fn is_dropped(action: &str, places: &[Place], key: &str) -> bool {
    DROPPED.iter().any(|row| {
        let named = match row.key.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => row.key == key,
        };
        named && row.actions.include(action) && places.contains(&row.place)
    })
}

fn without_file_facts(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let keep = map.iter().filter(|(key, _)| !FILE_FACTS.contains(&key.as_str()));
            Value::Object(keep.map(|(k, v)| (k.clone(), v.clone())).collect())
        }
        other => other.clone(),
    }
}

/// Ansible 2.4 had no native types, and ran on Python 2, whose lists of texts look like `[u'a']`.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Null => "".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => ["[", "(", "{", " "]
            .iter()
            .fold(text.clone(), |text, before| text.replace(&format!("{before}u'"), &format!("{before}'")))
            .into(),
        Value::Array(list) => list.iter().map(as_text).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), as_text(v))).collect()),
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(found: &mut Vec<String>, place: &str, theirs: &T, ours: &T) {
    if theirs != ours {
        found.push(format!("{place}: theirs {theirs:?}, ours {ours:?}"));
    }
}

/// Names the innermost difference, so that a large result can be read.
fn differ_value(found: &mut Vec<String>, place: &str, theirs: &Value, ours: &Value) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => differ_value(found, &format!("{place}.{key}"), value, other),
                    None => found.push(format!("{place}.{key}: theirs {value}, ours missing")),
                }
            }
            for (key, value) in b {
                if !a.contains_key(key) {
                    found.push(format!("{place}.{key}: theirs missing, ours {value}"));
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (x, y)) in a.iter().zip(b).enumerate() {
                differ_value(found, &format!("{place}[{at}]"), x, y);
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{place}: theirs {a}, ours {b}")),
    }
}
