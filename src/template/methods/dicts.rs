//! Methods of maps.

use adept_wire::Key;

use super::super::call::{Call, Result};
use super::super::error::TemplateError;
use super::super::val::{MapRef, Val};
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method("get", get),
    method("keys", |call| {
        call.finish()?;
        Ok(Val::list(call.input_items()?))
    }),
    method("values", |call| {
        call.finish()?;
        Ok(Val::list(call.eval.entries(&call.input)?.into_iter().map(|(_, v)| v).collect()))
    }),
    method("items", items),
    method("iteritems", items),
    method("copy", |call| {
        call.finish()?;
        Ok(Val::map(call.eval.entries(&call.input)?))
    }),
    method("has_key", |call| {
        let key = call.required(0, "key")?;
        call.finish()?;
        call.eval.contains(&call.input, &key).map(Val::from)
    }),
    method("update", update),
    method("pop", pop),
    method("popitem", |call| {
        call.finish()?;
        match own(call)?.lock().pop() {
            Some((key, val)) => Ok(Val::tuple([Val::Value(key.to_value()), val])),
            None => Err(TemplateError::failed("popitem(): dictionary is empty")),
        }
    }),
    method("setdefault", |call| {
        let key = call.required(0, "key")?;
        let default = call.arg(1, "default").unwrap_or(Val::NONE);
        call.finish()?;
        let key = call.eval.key(&key)?;
        Ok(own(call)?.lock().entry(key).or_insert(default).clone())
    }),
    method("clear", |call| {
        call.finish()?;
        own(call)?.lock().clear();
        Ok(Val::NONE)
    }),
    method("fromkeys", |call| {
        let keys = call.required(0, "iterable")?;
        let value = call.arg(1, "value").unwrap_or(Val::NONE);
        call.finish()?;
        let keys = call.eval.items(&keys)?;
        let entries = keys.iter().map(|k| Ok((call.eval.key(k)?, value.clone()))).collect::<Result<Vec<_>>>()?;
        Ok(Val::map(entries))
    }),
    method("__setitem__", |call| {
        let key = call.required(0, "key")?;
        let val = call.required(1, "value")?;
        call.finish()?;
        let key = call.eval.key(&key)?;
        own(call)?.lock().insert(key, val);
        Ok(Val::NONE)
    }),
];

fn own(call: &Call<'_>) -> Result<MapRef> {
    call.eval.own_map(&call.input)?.ok_or_else(|| call.fail(format!("'{}' can't be changed", call.input.type_name())))
}

fn items(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let entries = call.eval.entries(&call.input)?;
    Ok(Val::list(entries.into_iter().map(|(k, v)| Val::tuple([Val::Value(k.to_value()), v])).collect()))
}

fn get(call: &mut Call<'_>) -> Result<Val> {
    let key = call.required(0, "key")?;
    let default = call.arg(1, "default").unwrap_or(Val::NONE);
    call.finish()?;
    if !key.is_defined() {
        return Ok(key);
    }
    let key = call.eval.key(&key)?;
    Ok(call.eval.map_item(&call.input, &key)?.unwrap_or(default))
}

fn update(call: &mut Call<'_>) -> Result<Val> {
    let from = call.arg(0, "other");
    let named = call.rest_named();
    call.finish()?;
    let mut entries = from.map_or(Ok(Vec::new()), |from| call.eval.pairs(&from))?;
    entries.extend(named.into_iter().map(|(k, v)| (Key::from(k), v)));
    own(call)?.lock().extend(entries);
    Ok(Val::NONE)
}

fn pop(call: &mut Call<'_>) -> Result<Val> {
    let key = call.required(0, "key")?;
    let default = call.arg(1, "default");
    call.finish()?;
    let key = call.eval.key(&key)?;
    let found = own(call)?.lock().shift_remove(&key);
    match found.or(default) {
        Some(val) => Ok(val),
        None => Err(TemplateError::failed(format!("KeyError: {}", super::super::text::repr(&key.to_value())))),
    }
}
