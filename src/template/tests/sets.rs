//! Tests about lists: what they contain, and whether all of it holds.

use crate::template::call::{Call, Result, Test};
use crate::template::filters::sets::Set;
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("contains", contains),
    Test::new("subset", |call| within(call, false)),
    Test::new("issubset", |call| within(call, false)),
    Test::new("superset", |call| within(call, true)),
    Test::new("issuperset", |call| within(call, true)),
    Test::new("all", |call| each(call, true)),
    Test::new("any", |call| each(call, false)),
];

fn contains(call: &mut Call<'_>) -> Result<bool> {
    let item = call.required(0, "value")?;
    call.finish()?;
    call.eval.contains(&call.input, &item)
}

fn within(call: &mut Call<'_>, reversed: bool) -> Result<bool> {
    let other = call.required(0, "b")?;
    call.finish()?;
    let (small, large): (&Val, &Val) = if reversed { (&other, &call.input) } else { (&call.input, &other) };
    let large = Set::of(call.eval, &call.eval.items(large)?)?;
    for item in call.eval.items(small)? {
        if !large.contains(&item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn each(call: &mut Call<'_>, all: bool) -> Result<bool> {
    call.finish()?;
    for item in call.input_items()? {
        if call.eval.truthy(&item)? != all {
            return Ok(!all);
        }
    }
    Ok(all)
}
