//! Filters that ask or change each item: `map`, `select`, `rejectattr`, `extract`.

use crate::template::call::{Args, Call, Filter, Result};
use crate::template::val::Val;

use super::key::attribute;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("map", map).takes_undefined(),
    Filter::new("select", |call| pick(call, false, true)).takes_undefined(),
    Filter::new("reject", |call| pick(call, false, false)).takes_undefined(),
    Filter::new("selectattr", |call| pick(call, true, true)).takes_undefined(),
    Filter::new("rejectattr", |call| pick(call, true, false)).takes_undefined(),
    Filter::new("extract", extract),
];

fn map(call: &mut Call<'_>) -> Result<Val> {
    call.input.defined()?;
    let mut out = Vec::new();
    if call.count() == 0
        && let Some(attr) = call.named("attribute")
    {
        let default = call.named("default").filter(|d| !d.is_none());
        call.finish()?;
        for item in call.input_items()? {
            let found = attribute(call.eval, &item, &attr)?;
            out.push(match &default {
                Some(default) if !found.is_defined() => default.clone(),
                _ => found,
            });
        }
        return Ok(Val::list(out));
    }
    let Some(name) = call.arg(0, "filter") else { return Err(call.fail("map requires a filter argument")) };
    let name = call.eval.text(&name)?;
    let args = Args { positional: call.rest(1), named: call.rest_named() };
    for item in call.input_items()? {
        out.push(call.eval.filter(&name, item, args.clone())?);
    }
    Ok(Val::list(out))
}

fn pick(call: &mut Call<'_>, of_attribute: bool, wanted: bool) -> Result<Val> {
    call.input.defined()?;
    let mut at = 0;
    let mut attr = None;
    if of_attribute {
        attr = call.arg(0, "attribute");
        at = 1;
        if attr.is_none() {
            return Err(call.fail("Missing parameter for attribute name"));
        }
    }
    let test = call.arg(at, "test").map(|name| call.eval.text(&name)).transpose()?;
    let args = Args { positional: call.rest(at + 1), named: call.rest_named() };
    let mut out = Vec::new();
    for item in call.input_items()? {
        let asked = match &attr {
            Some(attr) => attribute(call.eval, &item, attr)?,
            None => item.clone(),
        };
        let answer = match &test {
            Some(test) => call.eval.test(test, asked, args.clone())?,
            None => call.eval.truthy(&asked)?,
        };
        if answer == wanted {
            out.push(item);
        }
    }
    Ok(Val::list(out))
}

fn extract(call: &mut Call<'_>) -> Result<Val> {
    let container = call.required(0, "container")?;
    let more = call.arg(1, "morekeys").filter(|m| !m.is_none());
    call.finish()?;
    let mut at = call.eval.item(&container, &call.input)?;
    if let Some(more) = more {
        let keys = if more.is_list() { call.eval.items(&more)? } else { vec![more] };
        for key in keys {
            at = call.eval.item(&at, &key)?;
        }
    }
    Ok(at)
}
