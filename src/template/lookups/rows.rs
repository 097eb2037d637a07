//! Lookups that put lists together: `together`, `nested`, `subelements`.

use adept_wire::Key;

use super::term::flat;
use crate::template::call::{Call, Lookup, Result};
use crate::template::eval::Eval;
use crate::template::filters::rows::{all_of, longest};
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[
    Lookup::new("together", together).pure(),
    Lookup::new("nested", nested).pure(),
    Lookup::new("cartesian", cartesian).pure(),
    Lookup::new("subelements", subelements).pure(),
];

fn lists(call: &mut Call<'_>) -> Result<Vec<Vec<Val>>> {
    let terms = call.rest(0);
    call.finish()?;
    if terms.is_empty() {
        return Err(call.fail("requires at least one list"));
    }
    terms.iter().map(|term| call.eval.items(term)).collect()
}

fn together(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let lists = lists(call)?;
    longest(&lists, &Val::NONE).into_iter().map(|row| flat(call, row).map(Val::list)).collect()
}

fn nested(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let lists = lists(call)?;
    // Rows are flattened with each list that joins them, and once more: an item that is a list loses two levels.
    let mut rows: Vec<Val> = lists[0].clone();
    for list in &lists[1..] {
        let Some(pairs) = all_of(&[rows, list.clone()]) else { return Err(call.fail("the product is too large")) };
        rows = pairs.into_iter().map(|pair| flat(call, pair).map(Val::list)).collect::<Result<_>>()?;
    }
    rows.iter().map(|row| flat(call, call.eval.items(row)?).map(Val::list)).collect()
}

fn cartesian(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let lists = lists(call)?;
    let Some(rows) = all_of(&lists) else { return Err(call.fail("the product is too large")) };
    rows.into_iter().map(|row| flat(call, row).map(Val::list)).collect()
}

/// Each item of the list under a key of each map, with that map, which leaves the list out.
fn subelements(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let terms = call.rest(0);
    call.finish()?;
    let (source, key, flags) = match &terms[..] {
        [source, key] => (source, key, None),
        [source, key, flags] if flags.is_map() => {
            let flag = call.eval.item(flags, &Val::str("skip_missing"))?;
            (source, key, flag.is_defined().then_some(flag))
        }
        _ => return Err(call.fail("expects a list of maps, the name of a key, and perhaps flags")),
    };
    let Some(key) = key.as_str() else {
        return Err(call.fail(format!("the key must be text, not {}", key.type_name())));
    };
    let skip_missing = match flags {
        Some(flag) => match flag.as_value() {
            Some(value) if value.as_str().is_some() => crate::template::filters::is_true(value),
            _ => call.eval.truthy(&flag)?,
        },
        None => false,
    };
    let eval = call.eval;
    let items = if source.is_map() {
        eval.entries(source)?.into_iter().map(|(_, v)| v).collect()
    } else if source.is_list() {
        eval.items(source)?
    } else {
        return Err(call.fail(format!("expects a list or a map first, not {}", source.type_name())));
    };
    let path: Vec<&str> = key.split('.').collect();
    let mut out = Vec::new();
    for item in items {
        if !item.is_map() {
            return Err(call.fail(format!("expects a dictionary, got {}", eval.repr(&item)?)));
        }
        // What a loop before has skipped has nothing to give.
        let skipped = eval.item(&item, &Val::str("skipped"))?;
        if skipped.is_defined() && eval.truthy(&skipped).unwrap_or(false) {
            continue;
        }
        let mut at = item.clone();
        let mut missing = None;
        for part in &path {
            // Only an entry counts: a key may be named as a method is.
            match if at.is_map() { eval.map_item(&at, &Key::from(*part))? } else { None } {
                Some(found) => at = found,
                None => {
                    missing = Some(*part);
                    break;
                }
            }
        }
        if let Some(part) = missing {
            if skip_missing {
                continue;
            }
            return Err(call.fail(format!("could not find '{part}' key in iterated item {}", eval.repr(&item)?)));
        }
        if !at.is_list() {
            return Err(call.fail(format!("the key '{key}' should point to a list, got {}", eval.repr(&at)?)));
        }
        let rest = without(eval, &item, &path)?;
        out.extend(eval.items(&at)?.into_iter().map(|sub| Val::tuple([rest.clone(), sub])));
    }
    Ok(out)
}

fn without(eval: &Eval<'_>, item: &Val, path: &[&str]) -> Result<Val> {
    let [first, rest @ ..] = path else { return Ok(item.clone()) };
    let mut entries = Vec::new();
    for (key, val) in eval.entries(item)? {
        if key.as_str() != Some(first) {
            entries.push((key, val));
        } else if !rest.is_empty() {
            entries.push((Key::from(*first), without(eval, &val, rest)?));
        }
    }
    Ok(Val::map(entries))
}
