//! What filters order, group and pick items by: `attribute=`, case folding, and a sort that may fail.

use std::cmp::Ordering;

use adept_wire::Value;

use crate::template::call::Result;
use crate::template::eval::Eval;
use crate::template::val::Val;

/// `item.attr` as `attribute=` reads it: `a.b.0`, or an index.
pub(crate) fn attribute(eval: &Eval<'_>, item: &Val, attr: &Val) -> Result<Val> {
    match attr.as_str() {
        Some(path) => eval.path(item, path),
        None => eval.item(item, attr),
    }
}

/// Several attributes, `a,b.c`: what `sort` orders by.
pub(crate) fn attributes(eval: &Eval<'_>, item: &Val, attr: &Val, case_sensitive: bool) -> Result<Vec<Val>> {
    let fold = |val: Val| if case_sensitive { val } else { folded(val) };
    match attr.as_str() {
        Some(paths) => paths.split(',').map(|path| eval.path(item, path).map(fold)).collect(),
        None => Ok(vec![fold(eval.item(item, attr)?)]),
    }
}

/// Text in lower case, everything else as it is.
pub(crate) fn folded(val: Val) -> Val {
    match val.as_str() {
        Some(text) => Val::str(text.to_lowercase()),
        None => val,
    }
}

/// Orders two keys of several parts.
pub(crate) fn compare(eval: &Eval<'_>, a: &[Val], b: &[Val]) -> Result<Ordering> {
    for (a, b) in a.iter().zip(b) {
        let order = eval.compare(a, b)?;
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

/// A stable merge sort whose comparison may fail, and may be no order at all (NaN), which the standard library's refuses.
pub(crate) fn sort<T>(mut items: Vec<T>, order: &mut impl FnMut(&T, &T) -> Result<Ordering>) -> Result<Vec<T>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let (left, right) = (sort(items, order)?, sort(right, order)?);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if order(b, a)?.is_lt() { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// Rows as lists that leave the template as lists: what `zip`, `product` and their like give.
pub(crate) fn rows(rows: Vec<Vec<Val>>) -> Val {
    Val::list(rows.into_iter().map(Val::tuple).collect())
}

/// The string items of a list, or one string.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match (value.as_str(), value.as_list()) {
        (Some(text), _) => vec![text.to_owned()],
        (None, Some(items)) => items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
