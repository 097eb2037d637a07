//! Filters that take lists as sets. Ansible's order is that of Python's sets, which is none; ours is that of the input.

use std::collections::HashSet;

use adept_wire::Key;

use super::key::{attribute, folded};
use crate::template::call::{Call, Filter, Result};
use crate::template::eval::Eval;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("unique", unique),
    Filter::new("union", union),
    Filter::new("intersect", |call| pick(call, true)),
    Filter::new("difference", |call| pick(call, false)),
    Filter::new("symmetric_difference", symmetric_difference),
];

/// Items to ask for: by hash where they can be keys, else one by one.
pub(crate) struct Set<'e> {
    eval: &'e Eval<'e>,
    keys: HashSet<Key>,
    others: Vec<Val>,
}

impl<'e> Set<'e> {
    /// An empty set.
    pub(crate) fn new(eval: &'e Eval<'e>) -> Set<'e> {
        Set { eval, keys: HashSet::new(), others: Vec::new() }
    }

    /// The set of these items.
    pub(crate) fn of(eval: &'e Eval<'e>, items: &[Val]) -> Result<Set<'e>> {
        let mut set = Set::new(eval);
        for item in items {
            set.insert(item)?;
        }
        Ok(set)
    }

    pub(crate) fn contains(&self, item: &Val) -> Result<bool> {
        if let Ok(key) = self.eval.key(item.defined()?) {
            return Ok(self.keys.contains(&key));
        }
        for other in &self.others {
            if self.eval.equal(other, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds it; was it new?
    pub(crate) fn insert(&mut self, item: &Val) -> Result<bool> {
        if self.contains(item)? {
            return Ok(false);
        }
        match self.eval.key(item) {
            Ok(key) => {
                self.keys.insert(key);
            }
            Err(_) => self.others.push(item.clone()),
        }
        Ok(true)
    }
}

fn distinct(eval: &Eval<'_>, items: impl IntoIterator<Item = Val>) -> Result<Vec<Val>> {
    let mut seen = Set::new(eval);
    let mut out = Vec::new();
    for item in items {
        if seen.insert(&item)? {
            out.push(item);
        }
    }
    Ok(out)
}

fn unique(call: &mut Call<'_>) -> Result<Val> {
    let case_sensitive = call.bool_arg(0, "case_sensitive")?;
    let attr = call.arg(1, "attribute").filter(|a| !a.is_none());
    call.finish()?;
    let items = call.input_items()?;
    let eval = call.eval;
    let mut keys = Vec::with_capacity(items.len());
    for item in &items {
        let key = match &attr {
            Some(attr) => attribute(eval, item, attr)?,
            None => item.clone(),
        };
        keys.push(if case_sensitive.unwrap_or(false) { key } else { folded(key) });
    }
    let plain = keys.iter().all(|k| eval.key(k).is_ok());
    if !plain {
        if attr.is_some() || case_sensitive.is_some() {
            return Err(
                call.fail("lists and maps can only be compared as a whole: without attribute and case_sensitive")
            );
        }
        return distinct(eval, items).map(Val::list);
    }
    let mut seen = Set::new(eval);
    let mut out = Vec::new();
    for (item, key) in items.into_iter().zip(keys) {
        if seen.insert(&key)? {
            out.push(item);
        }
    }
    Ok(Val::list(out))
}

fn other(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let other = call.required(0, "b")?;
    call.finish()?;
    call.eval.items(&other)
}

fn union(call: &mut Call<'_>) -> Result<Val> {
    let other = other(call)?;
    distinct(call.eval, call.input_items()?.into_iter().chain(other)).map(Val::list)
}

fn pick(call: &mut Call<'_>, wanted: bool) -> Result<Val> {
    let other = other(call)?;
    let other = Set::of(call.eval, &other)?;
    let mut picked = Vec::new();
    for item in call.input_items()? {
        if other.contains(&item)? == wanted {
            picked.push(item);
        }
    }
    distinct(call.eval, picked).map(Val::list)
}

fn symmetric_difference(call: &mut Call<'_>) -> Result<Val> {
    let b = other(call)?;
    let a = call.input_items()?;
    let (in_a, in_b) = (Set::of(call.eval, &a)?, Set::of(call.eval, &b)?);
    let mut picked = Vec::new();
    for item in a {
        if !in_b.contains(&item)? {
            picked.push(item);
        }
    }
    for item in b {
        if !in_a.contains(&item)? {
            picked.push(item);
        }
    }
    distinct(call.eval, picked).map(Val::list)
}
