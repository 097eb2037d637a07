//! Lookups that hand on what they are given: `items`, `list`, `dict`, `flattened`, `indexed_items`, `random_choice`.

use adept_wire::Key;

use super::term::flat;
use crate::template::call::{Call, Lookup, Result};
use crate::template::filters::{flatten_into, generator};
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[
    Lookup::new("items", items).pure().takes_undefined(),
    Lookup::new("list", list).pure().takes_undefined(),
    Lookup::new("flattened", flattened).pure(),
    Lookup::new("indexed_items", indexed_items).pure(),
    Lookup::new("dict", dict).pure(),
    Lookup::new("random_choice", random_choice),
];

fn items(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    flat(call, terms)
}

fn list(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    Ok(terms)
}

fn flattened(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    let mut out = Vec::new();
    flatten_into(call.eval, terms, None, true, &mut out)?;
    Ok(out)
}

fn indexed_items(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    let items = flat(call, terms)?;
    Ok(items.into_iter().enumerate().map(|(i, item)| Val::tuple([Val::from(i), item])).collect())
}

fn dict(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    let mut out = Vec::new();
    for term in terms {
        if !term.is_map() {
            return Err(call.fail(format!("expects a dictionary, got {}", call.eval.repr(&term)?)));
        }
        for (key, val) in call.eval.entries(&term)? {
            out.push(Val::map([(Key::from("key"), Val::Value(key.to_value())), (Key::from("value"), val)]));
        }
    }
    Ok(out)
}

fn random_choice(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    if terms.is_empty() {
        return Ok(terms);
    }
    let picked = generator(call, None)?.below(terms.len() as u64);
    Ok(vec![terms[picked as usize].clone()])
}
