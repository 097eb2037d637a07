//! `combine`: maps over maps.

use adept_wire::Key;
use indexmap::IndexMap;

use super::sets::Set;
use crate::template::call::{Call, Filter, Result};
use crate::template::eval::Eval;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[Filter::new("combine", combine)];

type Entries = IndexMap<Key, Val>;

/// What becomes of two lists under the same key.
#[derive(Clone, Copy, PartialEq)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

const LISTS: &[(&str, Lists)] = &[
    ("replace", Lists::Replace),
    ("keep", Lists::Keep),
    ("append", Lists::Append),
    ("prepend", Lists::Prepend),
    ("append_rp", Lists::AppendNew),
    ("prepend_rp", Lists::PrependNew),
];

fn combine(call: &mut Call<'_>) -> Result<Val> {
    let recursive = call.named("recursive").map(|v| call.eval.truthy(&v)).transpose()?.unwrap_or(false);
    let lists = match call.named("list_merge") {
        None => Lists::Replace,
        Some(name) => match LISTS.iter().find(|(n, _)| name.as_str() == Some(n)) {
            Some((_, lists)) => *lists,
            None => {
                let names: Vec<&str> = LISTS.iter().map(|(n, _)| *n).collect();
                return Err(call.fail(format!("'list_merge' argument can only be one of {}", names.join(", "))));
            }
        },
    };
    let mut terms = vec![call.input.clone()];
    terms.extend(call.rest(0));
    call.finish()?;
    let mut result = Entries::new();
    for term in terms {
        // A list of maps counts as its maps.
        let maps = if term.is_list() || matches!(term, Val::Tuple(_)) { call.eval.items(&term)? } else { vec![term] };
        for map in maps {
            if !map.defined()?.is_map() {
                return Err(
                    call.fail(format!("failed to combine variables, expected dicts but got a '{}'", map.type_name()))
                );
            }
            result = merge(call.eval, result, call.eval.entries(&map)?, recursive, lists)?;
        }
    }
    Ok(Val::map(result))
}

fn merge(eval: &Eval<'_>, mut low: Entries, high: Vec<(Key, Val)>, recursive: bool, lists: Lists) -> Result<Entries> {
    for (key, new) in high {
        let merged = match low.get(&key) {
            Some(old) if recursive && old.is_map() && new.is_map() => {
                let old = eval.entries(old)?.into_iter().collect();
                Val::map(merge(eval, old, eval.entries(&new)?, recursive, lists)?)
            }
            Some(old) if lists != Lists::Replace && old.is_list() && new.is_list() => {
                let (x, y) = (eval.items(old)?, eval.items(&new)?);
                Val::list(match lists {
                    Lists::Replace => y,
                    Lists::Keep => x,
                    Lists::Append => [x, y].concat(),
                    Lists::Prepend => [y, x].concat(),
                    Lists::AppendNew => [without(eval, x, &y)?, y].concat(),
                    Lists::PrependNew => {
                        let x = without(eval, x, &y)?;
                        [y, x].concat()
                    }
                })
            }
            _ => new,
        };
        low.insert(key, merged);
    }
    Ok(low)
}

fn without(eval: &Eval<'_>, items: Vec<Val>, others: &[Val]) -> Result<Vec<Val>> {
    let others = Set::of(eval, others)?;
    let mut left = Vec::new();
    for item in items {
        if !others.contains(&item)? {
            left.push(item);
        }
    }
    Ok(left)
}
