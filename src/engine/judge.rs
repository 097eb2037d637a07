//! Judging: what an attempt came to. Result, facts and register into the item's scope, then `changed_when`,
//! `failed_when`, `until`.

use adept_wire::{Data, Map, ModuleOutcome, Value};

use super::bind::{BindError, HostTask};
use crate::event::{Effect, Status};
use crate::playbook::Placed;
use crate::template::Templar;

/// The judged result of one attempt.
#[derive(Clone, Debug)]
pub struct Judged {
    /// How it ended.
    pub status: Status,
    /// The result's keys, as `register` stores them.
    pub result: Map,
    /// Does `until` hold? True where there is none.
    pub done: bool,
}

/// The keys of a result, from what a module returned.
pub fn result_of(outcome: &ModuleOutcome) -> Map {
    let mut result = outcome.result.clone();
    result.retain(|k, _| !k.as_str().is_some_and(|k| k.starts_with('_')));
    let failed = outcome.failed || result.get("rc").is_some_and(|rc| !matches!(rc.data, Data::Int(0) | Data::Null));
    result.insert("changed".into(), outcome.changed.into());
    result.insert("failed".into(), failed.into());
    if outcome.skipped {
        result.insert("skipped".into(), true.into());
    }
    for (name, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if let (Some(Data::Str(text)), false) = (result.get(name).map(|v| &v.data), result.contains_key(lines)) {
            let split: Vec<&str> = split_lines(text);
            result.insert(lines.into(), split.into());
        }
    }
    if !outcome.facts.is_empty() {
        result.insert("ansible_facts".into(), outcome.facts.clone().into());
    }
    if !outcome.warnings.is_empty() {
        result.insert("warnings".into(), outcome.warnings.clone().into());
    }
    if let Some(diff) = diff_value(&outcome.diff) {
        result.insert("diff".into(), diff);
    }
    result
}

/// `diff` as results have it: a map, or a list of maps where a module gave several.
fn diff_value(diffs: &[adept_wire::Diff]) -> Option<Value> {
    let one = |d: &adept_wire::Diff| -> Value {
        let mut map = Map::new();
        for (name, header) in [("before_header", &d.before_header), ("after_header", &d.after_header)] {
            if !header.is_empty() {
                map.insert(name.into(), header.as_str().into());
            }
        }
        map.insert("before".into(), d.before.clone());
        map.insert("after".into(), d.after.clone());
        map.into()
    };
    match diffs {
        [] => None,
        [d] => Some(one(d)),
        many => Some(Value::list(many.iter().map(one).collect())),
    }
}

/// Python's `splitlines`.
pub fn split_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end =
            rest.find(['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}']);
        let Some(end) = end else {
            lines.push(rest);
            break;
        };
        lines.push(&rest[..end]);
        let width =
            if rest[end..].starts_with("\r\n") { 2 } else { rest[end..].chars().next().map_or(1, char::len_utf8) };
        rest = &rest[end + width..];
    }
    lines
}

/// The keyword's conditions as a list.
fn conditions(placed: &Placed, name: &str) -> Vec<Value> {
    match placed.task.keyword(name) {
        None => Vec::new(),
        Some(Value { data: Data::List(items), .. }) => items.to_vec(),
        Some(Value { data: Data::Null, .. }) => Vec::new(),
        Some(v) => vec![v.clone()],
    }
}

/// What a result says of a condition that can't be evaluated.
fn conditional(e: &BindError) -> String {
    format!("Error while evaluating conditional: {}", e.message)
}

fn all(templar: &Templar, conditions: &[Value]) -> Result<bool, BindError> {
    for condition in conditions {
        if !templar.condition(condition)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl HostTask {
    /// Judges an attempt. `locals` get the result under the name of `register`, `learned` what it set.
    ///
    /// # Errors
    /// When one of the conditions fails.
    pub fn judge(
        &self,
        mut result: Map,
        effects: &[Effect],
        locals: &mut Map,
        learned: &mut Map,
        attempt: Option<(u32, u32)>,
    ) -> Result<Judged, BindError> {
        if let Some((attempt, _)) = attempt {
            result.insert("attempts".into(), attempt.into());
        }
        for effect in effects {
            if let Effect::SetFacts { vars, .. } | Effect::IncludeVars(vars) | Effect::Facts(vars) = effect {
                learned.extend(vars.clone());
            }
        }
        let register = self.placed.task.keyword("register").and_then(Value::as_str).map(String::from);
        if let Some(name) = &register {
            locals.insert(name.as_str().into(), result.clone().into());
        }
        let skipped = result.get("skipped").is_some_and(Value::is_truthy);
        let changed_when = conditions(&self.placed, "changed_when");
        let failed_when = conditions(&self.placed, "failed_when");
        let has_conditions = !changed_when.is_empty() || !failed_when.is_empty();
        if !skipped && has_conditions {
            // The result's own keys are no variables here, as in Ansible: only the registered name is.
            let templar = self.templar(locals.clone(), learned.clone());
            // A condition that can't be evaluated fails the task and leaves the module's result readable, as in 2.19.
            if !changed_when.is_empty() {
                match all(&templar, &changed_when) {
                    Ok(changed) => result.insert("changed".into(), changed.into()),
                    Err(e) => {
                        result.insert("changed_when_result".into(), conditional(&e).into());
                        result.insert("failed".into(), true.into())
                    }
                };
            }
            if !failed_when.is_empty() {
                let (failed, shown) = match all(&templar, &failed_when) {
                    Ok(failed) => (failed, failed.into()),
                    Err(e) => (true, conditional(&e).into()),
                };
                result.insert("failed".into(), failed.into());
                result.insert("failed_when_result".into(), shown);
            }
            if let Some(name) = &register {
                locals.insert(name.as_str().into(), result.clone().into());
            }
        }
        let flag = |name: &str| result.get(name).is_some_and(Value::is_truthy);
        let mut done = true;
        let status = if flag("unreachable") {
            Status::Unreachable
        } else if flag("failed") {
            Status::Failed
        } else if skipped {
            Status::Skipped
        } else if flag("changed") {
            Status::Changed
        } else {
            Status::Ok
        };
        if let Some((attempt, of)) = attempt {
            let until = conditions(&self.placed, "until");
            done = if until.is_empty() {
                status != Status::Failed
            } else {
                let templar = self.templar(locals.clone(), learned.clone());
                all(&templar, &until)
                    .map_err(|e| BindError { message: format!("Task failed: {}", conditional(&e)), ..e })?
            };
            if !done && attempt >= of {
                // All attempts are used up: that is a failure, whatever the last one returned. Ansible counts one less here.
                result.insert("failed".into(), true.into());
                result.insert("attempts".into(), (of - 1).max(1).into());
                return Ok(Judged { status: Status::Failed, result, done });
            }
        }
        Ok(Judged { status, result, done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_as_in_python() {
        assert_eq!(split_lines("a\nb\r\nc"), ["a", "b", "c"]);
        assert_eq!(split_lines("a\n\n"), ["a", ""]);
        assert_eq!(split_lines(""), Vec::<&str>::new());
    }

    #[test]
    fn a_result_has_lines_and_flags() {
        let outcome =
            ModuleOutcome::changed(true, adept_wire::map! { "stdout" => "a\nb", "rc" => 1, "_internal" => 1 });
        let result = result_of(&outcome);
        assert_eq!(result.get("stdout_lines"), Some(&vec!["a", "b"].into()));
        assert_eq!(result.get("failed"), Some(&true.into()));
        assert!(!result.contains_key("_internal"));
    }
}
