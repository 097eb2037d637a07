//! Filters that put lists together, item by item: `zip`, `product`, `subelements` and their like.

use adept_wire::Key;
use indexmap::IndexMap;

use super::key::rows;
use crate::template::call::{Call, Filter, Result};
use crate::template::eval::Eval;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("zip", zip),
    Filter::new("zip_longest", zip_longest),
    Filter::new("product", product),
    Filter::new("permutations", permutations),
    Filter::new("combinations", combinations),
    Filter::new("subelements", subelements),
    Filter::new("rekey_on_member", rekey_on_member),
];

/// More rows than this are a mistake, and more than memory holds.
const MAX_ROWS: usize = 10_000_000;

fn lists(call: &mut Call<'_>) -> Result<Vec<Vec<Val>>> {
    let others = call.rest(0);
    call.finish()?;
    let mut lists = vec![call.input_items()?];
    for other in others {
        lists.push(call.eval.items(&other)?);
    }
    Ok(lists)
}

fn zip(call: &mut Call<'_>) -> Result<Val> {
    // `strict=` of Python 3.10.
    let strict = call.named("strict").map(|v| call.eval.truthy(&v)).transpose()?.unwrap_or(false);
    let lists = lists(call)?;
    let len = lists.iter().map(Vec::len).min().unwrap_or(0);
    if strict && lists.iter().any(|l| l.len() != len) {
        return Err(call.fail("the lists differ in length"));
    }
    Ok(rows((0..len).map(|i| lists.iter().map(|l| l[i].clone()).collect()).collect()))
}

fn zip_longest(call: &mut Call<'_>) -> Result<Val> {
    let fill = call.named("fillvalue").unwrap_or(Val::NONE);
    let lists = lists(call)?;
    Ok(rows(longest(&lists, &fill)))
}

/// Rows as long as the longest list has items.
pub(crate) fn longest(lists: &[Vec<Val>], fill: &Val) -> Vec<Vec<Val>> {
    let len = lists.iter().map(Vec::len).max().unwrap_or(0);
    let at = |list: &Vec<Val>, i: usize| list.get(i).unwrap_or(fill).clone();
    (0..len).map(|i| lists.iter().map(|l| at(l, i)).collect()).collect()
}

fn product(call: &mut Call<'_>) -> Result<Val> {
    let repeat = call.named("repeat").and_then(|v| v.as_i64()).unwrap_or(1);
    let lists = lists(call)?;
    let repeat = usize::try_from(repeat).unwrap_or(0);
    let all: Vec<Vec<Val>> = (0..repeat).flat_map(|_| lists.iter().cloned()).collect();
    match all_of(&all) {
        Some(found) => Ok(rows(found)),
        None => Err(call.fail("the product is too large")),
    }
}

/// One of each, the last list fastest; `None` when that is too much.
pub(crate) fn all_of(lists: &[Vec<Val>]) -> Option<Vec<Vec<Val>>> {
    let count = lists.iter().try_fold(1usize, |n, l| n.checked_mul(l.len()))?;
    if count > MAX_ROWS {
        return None;
    }
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for list in lists {
        rows = rows
            .iter()
            .flat_map(|row| list.iter().map(|item| [&row[..], std::slice::from_ref(item)].concat()))
            .collect();
    }
    Some(rows)
}

fn permutations(call: &mut Call<'_>) -> Result<Val> {
    pick(call, false)
}

fn combinations(call: &mut Call<'_>) -> Result<Val> {
    pick(call, true)
}

fn pick(call: &mut Call<'_>, ordered: bool) -> Result<Val> {
    let size = if ordered { call.required(0, "r").map(Some)? } else { call.arg(0, "r").filter(|r| !r.is_none()) };
    call.finish()?;
    let items = call.input_items()?;
    let size = match size {
        None => items.len(),
        Some(size) => match size.as_i64().and_then(|n| usize::try_from(n).ok()) {
            Some(size) => size,
            None => return Err(call.fail("the length must be a non-negative integer")),
        },
    };
    let mut found = Vec::new();
    if size <= items.len() && !choose(items.len(), size, ordered, &mut Vec::new(), &mut found) {
        return Err(call.fail("there are too many"));
    }
    Ok(rows(found.into_iter().map(|row| row.into_iter().map(|i| items[i].clone()).collect()).collect()))
}

/// All choices of indices in the order of `itertools`; false when there are too many.
fn choose(len: usize, size: usize, ordered: bool, chosen: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) -> bool {
    if chosen.len() == size {
        found.push(chosen.clone());
        return found.len() <= MAX_ROWS;
    }
    let from = if ordered { chosen.last().map_or(0, |i| i + 1) } else { 0 };
    for i in from..len {
        if !ordered && chosen.contains(&i) {
            continue;
        }
        chosen.push(i);
        let more = choose(len, size, ordered, chosen, found);
        chosen.pop();
        if !more {
            return false;
        }
    }
    true
}

fn subelements(call: &mut Call<'_>) -> Result<Val> {
    let path = call.required(0, "subelements")?;
    let skip_missing = call.bool_arg(1, "skip_missing")?.unwrap_or(false);
    call.finish()?;
    let eval = call.eval;
    let items = if call.input.is_map() {
        eval.entries(&call.input)?.into_iter().map(|(_, v)| v).collect()
    } else if call.input.is_list() {
        call.input_items()?
    } else {
        return Err(call.fail("obj must be a list of dicts or a nested dict"));
    };
    let parts: Vec<String> = match (path.as_str(), eval.to_value(&path)?) {
        (Some(text), _) => text.split('.').map(str::to_owned).collect(),
        (None, value) if value.as_list().is_some() => super::key::texts(&value),
        _ => return Err(call.fail("subelements must be a list or a string")),
    };
    let mut out = Vec::new();
    for item in items {
        let mut at = item.clone();
        let mut missing = false;
        for (i, part) in parts.iter().enumerate() {
            let found = if at.is_map() { eval.item(&at, &Val::str(&part[..]))? } else { Val::NONE };
            if !at.is_map() || !found.is_defined() {
                if skip_missing {
                    missing = true;
                    break;
                }
                return Err(call.fail(format!("could not find '{part}' key in iterated item {}", eval.repr(&at)?)));
            }
            let last = i == parts.len() - 1;
            if last && !found.is_list() {
                return Err(call.fail(format!("the key '{part}' should point to a list, got {}", eval.repr(&found)?)));
            }
            at = found;
        }
        if !missing {
            out.extend(eval.items(&at)?.into_iter().map(|sub| vec![item.clone(), sub]));
        }
    }
    Ok(rows(out))
}

fn rekey_on_member(call: &mut Call<'_>) -> Result<Val> {
    let member = call.required(0, "key")?;
    let duplicates = call.text_arg(1, "duplicates")?.unwrap_or_else(|| "error".into());
    call.finish()?;
    let overwrite = match &*duplicates {
        "error" => false,
        "overwrite" => true,
        other => return Err(call.fail(format!("duplicates parameter has unknown value '{other}'"))),
    };
    let eval = call.eval;
    let items = if call.input.is_map() {
        eval.entries(&call.input)?.into_iter().map(|(_, v)| v).collect()
    } else if call.input.is_list() {
        call.input_items()?
    } else {
        return Err(call.fail("Type is not a valid list or dict"));
    };
    let mut map: IndexMap<Key, Val> = IndexMap::new();
    for item in items {
        if !item.is_map() {
            return Err(call.fail("List item is not a valid dict"));
        }
        let key = member_of(eval, &item, &member)?;
        let Some(key) = key else {
            return Err(call.fail(format!("Key '{}' was not found.", eval.text(&member)?)));
        };
        if !overwrite && map.get(&key).is_some_and(|old| eval.truthy(old).unwrap_or(true)) {
            return Err(call.fail(format!("Key '{}' is not unique, cannot convert to dict.", key)));
        }
        map.insert(key, item);
    }
    Ok(Val::map(map))
}

fn member_of(eval: &Eval<'_>, item: &Val, member: &Val) -> Result<Option<Key>> {
    let found = eval.item(item, member)?;
    if found.is_defined() { eval.key(&found).map(Some) } else { Ok(None) }
}
