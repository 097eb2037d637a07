//! Tests about results of tasks: `result is failed`.

use crate::template::call::{Call, Result, Test};
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("failed", |call| flag(call, "failed", false)),
    Test::new("failure", |call| flag(call, "failed", false)),
    Test::new("success", |call| flag(call, "failed", false).map(|f| !f)),
    Test::new("succeeded", |call| flag(call, "failed", false).map(|f| !f)),
    Test::new("successful", |call| flag(call, "failed", false).map(|f| !f)),
    Test::new("changed", changed),
    Test::new("change", changed),
    Test::new("skipped", |call| flag(call, "skipped", false)),
    Test::new("skip", |call| flag(call, "skipped", false)),
    Test::new("unreachable", |call| flag(call, "unreachable", false)),
    Test::new("reachable", |call| flag(call, "unreachable", false).map(|f| !f)),
    Test::new("timedout", timedout),
    // A result that says nothing of it comes from a task that wasn't asynchronous.
    Test::new("finished", |call| flag(call, "finished", true)),
    Test::new("started", |call| flag(call, "started", true)),
];

/// `result[key]`; `None` when the result hasn't it.
fn field(call: &Call<'_>, key: &str) -> Result<Option<Val>> {
    if !call.input.is_map() {
        return Err(call.fail(format!(
            "The '{}' test expects a dictionary, not {}",
            call.name,
            call.input.type_name()
        )));
    }
    let found = call.eval.item(&call.input, &Val::str(key))?;
    Ok((found.is_defined() && !matches!(found, Val::Function(_))).then_some(found))
}

fn flag(call: &mut Call<'_>, key: &str, default: bool) -> Result<bool> {
    call.finish()?;
    match field(call, key)? {
        Some(val) => call.eval.truthy(&val),
        None => Ok(default),
    }
}

/// A loop's result has changed when an item's has.
fn changed(call: &mut Call<'_>) -> Result<bool> {
    call.finish()?;
    if let Some(val) = field(call, "changed")? {
        return call.eval.truthy(&val);
    }
    let Some(results) = field(call, "results")?.filter(Val::is_list) else { return Ok(false) };
    for item in call.eval.items(&results)? {
        if item.is_map() {
            let val = call.eval.item(&item, &Val::str("changed"))?;
            if val.is_defined() && call.eval.truthy(&val)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn timedout(call: &mut Call<'_>) -> Result<bool> {
    call.finish()?;
    let Some(timedout) = field(call, "timedout")?.filter(Val::is_map) else { return Ok(false) };
    let period = call.eval.item(&timedout, &Val::str("period"))?;
    if period.is_defined() { call.eval.truthy(&period) } else { Ok(false) }
}
