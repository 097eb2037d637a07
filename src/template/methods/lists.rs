//! Methods of lists and tuples.

use super::super::call::{Call, Result};
use super::super::error::TemplateError;
use super::super::val::{ListRef, Val};
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("append", |call| {
        let item = call.required(0, "object")?;
        call.finish()?;
        own(call)?.lock().push(item);
        Ok(Val::NONE)
    }),
    method("extend", |call| {
        let items = call.required(0, "iterable")?;
        call.finish()?;
        let items = call.eval.items(&items)?;
        own(call)?.lock().extend(items);
        Ok(Val::NONE)
    }),
    method("insert", insert),
    method("pop", pop),
    method("remove", remove),
    method("clear", |call| {
        call.finish()?;
        own(call)?.lock().clear();
        Ok(Val::NONE)
    }),
    method("reverse", |call| {
        call.finish()?;
        own(call)?.lock().reverse();
        Ok(Val::NONE)
    }),
    method("sort", sort),
    method("copy", |call| {
        call.finish()?;
        Ok(Val::list(call.input_items()?))
    }),
    method("index", index),
    method("count", count),
];

pub(crate) const TUPLE_METHODS: &[Method] = &[method("index", index), method("count", count)];

fn own(call: &Call<'_>) -> Result<ListRef> {
    call.eval.own_list(&call.input)?.ok_or_else(|| call.fail(format!("'{}' can't be changed", call.input.type_name())))
}

fn insert(call: &mut Call<'_>) -> Result<Val> {
    let at = call.int_arg(0, "index")?.ok_or_else(|| call.fail("expected an index"))?;
    let item = call.required(1, "object")?;
    call.finish()?;
    let list = own(call)?;
    let mut items = list.lock();
    let len = items.len() as i64;
    let at = if at < 0 { (at + len).max(0) } else { at.min(len) };
    items.insert(at as usize, item);
    Ok(Val::NONE)
}

fn pop(call: &mut Call<'_>) -> Result<Val> {
    let at = call.int_arg(0, "index")?.unwrap_or(-1);
    call.finish()?;
    let list = own(call)?;
    let mut items = list.lock();
    if items.is_empty() {
        return Err(TemplateError::failed("pop from empty list"));
    }
    let index = if at < 0 { at + items.len() as i64 } else { at };
    match usize::try_from(index).ok().filter(|i| *i < items.len()) {
        Some(i) => Ok(items.remove(i)),
        None => Err(TemplateError::failed("pop index out of range")),
    }
}

fn remove(call: &mut Call<'_>) -> Result<Val> {
    let item = call.required(0, "value")?;
    call.finish()?;
    let list = own(call)?;
    for (i, other) in list.items().iter().enumerate() {
        if call.eval.equal(other, &item)? {
            list.lock().remove(i);
            return Ok(Val::NONE);
        }
    }
    Err(TemplateError::failed("list.remove(x): x not in list"))
}

fn sort(call: &mut Call<'_>) -> Result<Val> {
    let reverse = call.named("reverse").map_or(Ok(false), |v| call.eval.truthy(&v))?;
    call.finish()?;
    let list = own(call)?;
    let mut items = list.items();
    sort_items(call, &mut items, reverse)?;
    *list.lock() = items;
    Ok(Val::NONE)
}

/// Sorts as Python does: stable, also in reverse; the first pair without an order is the error.
fn sort_items(call: &Call<'_>, items: &mut [Val], reverse: bool) -> Result<()> {
    let mut failed = None;
    items.sort_by(|a, b| {
        let order = call.eval.compare(a, b).unwrap_or_else(|error| {
            failed.get_or_insert(error);
            std::cmp::Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    failed.map_or(Ok(()), Err)
}

fn index(call: &mut Call<'_>) -> Result<Val> {
    let item = call.required(0, "value")?;
    let start = call.int_arg(1, "start")?.unwrap_or(0);
    let stop = call.int_arg(2, "stop")?.unwrap_or(i64::MAX);
    call.finish()?;
    let items = call.input_items()?;
    let len = items.len() as i64;
    let bound = |i: i64| if i < 0 { (i + len).max(0) } else { i.min(len) };
    for i in bound(start)..bound(stop) {
        if call.eval.equal(&items[i as usize], &item)? {
            return Ok(Val::from(i));
        }
    }
    Err(TemplateError::failed(format!("{} is not in {}", call.eval.repr(&item)?, call.input.type_name())))
}

fn count(call: &mut Call<'_>) -> Result<Val> {
    let item = call.required(0, "value")?;
    call.finish()?;
    let mut count = 0i64;
    for other in call.input_items()? {
        count += i64::from(call.eval.equal(&other, &item)?);
    }
    Ok(Val::from(count))
}
