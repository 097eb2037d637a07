//! Filters about lists and maps: ends, order, flattening, and from one to the other.

use std::sync::Arc;

use adept_wire::{Data, Key};
use indexmap::IndexMap;

use super::key::{attribute, attributes, compare, folded, sort};
use crate::template::call::{Args, Call, Filter, Result};
use crate::template::error::TemplateError;
use crate::template::eval::Eval;
use crate::template::object::Object;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("list", list),
    Filter::new("length", length),
    Filter::new("count", length),
    Filter::new("first", first),
    Filter::new("last", last),
    Filter::new("join", join),
    Filter::new("reverse", reverse),
    Filter::new("flatten", flatten),
    Filter::new("sort", sorted),
    Filter::new("dictsort", dictsort),
    Filter::new("items", items),
    Filter::new("dict2items", dict2items),
    Filter::new("items2dict", items2dict),
    Filter::new("groupby", groupby),
    Filter::new("batch", batch),
    Filter::new("slice", slice),
    Filter::new("attr", attr),
];

fn list(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    call.input_items().map(Val::list)
}

fn length(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    call.eval.len(&call.input).map(Val::from)
}

fn nothing(which: &str) -> Val {
    Val::undefined(TemplateError::undefined(format!("No {which} item, sequence was empty.")))
}

fn first(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    Ok(call.input_items()?.into_iter().next().unwrap_or_else(|| nothing("first")))
}

fn last(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    Ok(call.input_items()?.pop().unwrap_or_else(|| nothing("last")))
}

fn join(call: &mut Call<'_>) -> Result<Val> {
    let between = call.text_arg(0, "d")?.unwrap_or_default();
    let attr = call.arg(1, "attribute").filter(|a| !a.is_none());
    call.finish()?;
    let mut out = String::new();
    for (i, item) in call.input_items()?.iter().enumerate() {
        if i > 0 {
            out.push_str(&between);
        }
        out.push_str(&match &attr {
            Some(attr) => call.eval.text(&attribute(call.eval, item, attr)?)?,
            None => call.eval.text(item)?,
        });
    }
    Ok(Val::str(out))
}

fn reverse(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    if let Some(text) = call.input.as_str() {
        return Ok(Val::str(text.chars().rev().collect::<String>()));
    }
    let mut items = call.input_items()?;
    items.reverse();
    Ok(Val::list(items))
}

fn flatten(call: &mut Call<'_>) -> Result<Val> {
    let levels = call.int_arg(0, "levels")?;
    let skip_nulls = match call.arg(1, "skip_nulls") {
        Some(skip) => call.eval.truthy(&skip)?,
        None => true,
    };
    call.finish()?;
    let mut out = Vec::new();
    flatten_into(call.eval, call.input_items()?, levels, skip_nulls, &mut out)?;
    Ok(Val::list(out))
}

pub(crate) fn flatten_into(
    eval: &Eval<'_>,
    items: Vec<Val>,
    levels: Option<i64>,
    skip: bool,
    out: &mut Vec<Val>,
) -> Result<()> {
    for item in items {
        // Ansible takes the words for nothing, too.
        let null = item.is_none() || matches!(item.as_str(), Some("None" | "null"));
        if null && skip {
            continue;
        }
        let nested = item.is_list() || matches!(item, Val::Tuple(_));
        match levels {
            _ if !nested => out.push(item),
            None => flatten_into(eval, eval.items(&item)?, None, skip, out)?,
            Some(levels) if levels >= 1 => flatten_into(eval, eval.items(&item)?, Some(levels - 1), skip, out)?,
            Some(_) => out.push(item),
        }
    }
    Ok(())
}

fn sorted(call: &mut Call<'_>) -> Result<Val> {
    let reverse = call.bool_arg(0, "reverse")?.unwrap_or(false);
    let case_sensitive = call.bool_arg(1, "case_sensitive")?.unwrap_or(false);
    let attr = call.arg(2, "attribute").filter(|a| !a.is_none());
    call.finish()?;
    let eval = call.eval;
    let mut keyed = Vec::new();
    for item in call.input_items()? {
        let key = match &attr {
            Some(attr) => attributes(eval, &item, attr, case_sensitive)?,
            None if case_sensitive => vec![item.clone()],
            None => vec![folded(item.clone())],
        };
        keyed.push((key, item));
    }
    let mut order = |a: &(Vec<Val>, Val), b: &(Vec<Val>, Val)| {
        if reverse { compare(eval, &b.0, &a.0) } else { compare(eval, &a.0, &b.0) }
    };
    Ok(Val::list(sort(keyed, &mut order)?.into_iter().map(|(_, item)| item).collect()))
}

fn dictsort(call: &mut Call<'_>) -> Result<Val> {
    let case_sensitive = call.bool_arg(0, "case_sensitive")?.unwrap_or(false);
    let by = call.text_arg(1, "by")?.unwrap_or_else(|| "key".into());
    let reverse = call.bool_arg(2, "reverse")?.unwrap_or(false);
    call.finish()?;
    let by_key = match &*by {
        "key" => true,
        "value" => false,
        _ => return Err(call.fail("You can only sort by either \"key\" or \"value\"")),
    };
    let eval = call.eval;
    let pairs: Vec<(Val, Val)> =
        eval.entries(&call.input)?.into_iter().map(|(k, v)| (Val::Value(k.to_value()), v)).collect();
    let key = |pair: &(Val, Val)| {
        let key = if by_key { pair.0.clone() } else { pair.1.clone() };
        if case_sensitive { key } else { folded(key) }
    };
    let mut order = |a: &(Val, Val), b: &(Val, Val)| {
        if reverse { eval.compare(&key(b), &key(a)) } else { eval.compare(&key(a), &key(b)) }
    };
    let pairs = sort(pairs, &mut order)?;
    Ok(Val::list(pairs.into_iter().map(|(k, v)| Val::tuple([k, v])).collect()))
}

fn items(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    if !call.input.is_map() {
        return Err(call.fail("Can only get item pairs from a mapping."));
    }
    let entries = call.eval.entries(&call.input)?;
    Ok(Val::list(entries.into_iter().map(|(k, v)| Val::tuple([Val::Value(k.to_value()), v])).collect()))
}

fn dict2items(call: &mut Call<'_>) -> Result<Val> {
    let key_name = call.text_arg(0, "key_name")?.unwrap_or_else(|| "key".into());
    let value_name = call.text_arg(1, "value_name")?.unwrap_or_else(|| "value".into());
    call.finish()?;
    if !call.input.is_map() {
        return Err(call.fail(format!("requires a dictionary, got {} instead.", call.input.type_name())));
    }
    let item = |(key, val): (Key, Val)| {
        Val::map([(Key::from(key_name.clone()), Val::Value(key.to_value())), (Key::from(value_name.clone()), val)])
    };
    Ok(Val::list(call.eval.entries(&call.input)?.into_iter().map(item).collect()))
}

fn items2dict(call: &mut Call<'_>) -> Result<Val> {
    let key_name = call.text_arg(0, "key_name")?.unwrap_or_else(|| "key".into());
    let value_name = call.text_arg(1, "value_name")?.unwrap_or_else(|| "value".into());
    call.finish()?;
    if !call.input.is_list() && !matches!(call.input, Val::Tuple(_)) {
        return Err(call.fail(format!("requires a list, got {} instead.", call.input.type_name())));
    }
    let mut map = IndexMap::new();
    for item in call.input_items()? {
        let part = |name: &Arc<str>| -> Result<Val> {
            let found = if item.is_map() { call.eval.item(&item, &Val::str(name.clone()))? } else { Val::NONE };
            if !item.is_map() || !found.is_defined() {
                return Err(call.fail(format!(
                    "requires each dictionary in the list to contain the keys '{key_name}' and '{value_name}'"
                )));
            }
            Ok(found)
        };
        map.insert(call.eval.key(&part(&key_name)?)?, part(&value_name)?);
    }
    Ok(Val::map(map))
}

/// What `groupby` gives: a pair, whose halves have names.
struct Group {
    grouper: Val,
    list: Val,
}

impl Object for Group {
    fn type_name(&self) -> &'static str {
        "tuple"
    }
    fn attr(&self, _eval: &Eval<'_>, name: &str) -> Option<Val> {
        match name {
            "grouper" => Some(self.grouper.clone()),
            "list" => Some(self.list.clone()),
            _ => None,
        }
    }
    fn call_method(&self, _eval: &Eval<'_>, _name: &str, _args: Args) -> Option<Result<Val>> {
        None
    }
    fn len(&self) -> Option<usize> {
        Some(2)
    }
    fn to_val(&self) -> Option<Val> {
        Some(Val::tuple([self.grouper.clone(), self.list.clone()]))
    }
}

fn groupby(call: &mut Call<'_>) -> Result<Val> {
    let attr = call.required(0, "attribute")?;
    let default = call.arg(1, "default");
    let case_sensitive = call.bool_arg(2, "case_sensitive")?.unwrap_or(false);
    call.finish()?;
    let eval = call.eval;
    let mut keyed = Vec::new();
    for item in call.input_items()? {
        let mut key = attribute(eval, &item, &attr)?;
        if let Some(default) = default.as_ref().filter(|_| !key.is_defined()) {
            key = default.clone();
        }
        let order = if case_sensitive { key.clone() } else { folded(key.clone()) };
        order.defined()?;
        keyed.push((order, key, item));
    }
    let keyed = sort(keyed, &mut |a: &(Val, Val, Val), b: &(Val, Val, Val)| eval.compare(&a.0, &b.0))?;
    let mut groups: Vec<(Val, Val, Vec<Val>)> = Vec::new();
    for (order, key, item) in keyed {
        match groups.last_mut() {
            Some((last, _, items)) if eval.equal(last, &order)? => items.push(item),
            _ => groups.push((order, key, vec![item])),
        }
    }
    let group =
        |(_, grouper, items): (Val, Val, Vec<Val>)| Val::Object(Arc::new(Group { grouper, list: Val::list(items) }));
    Ok(Val::list(groups.into_iter().map(group).collect()))
}

fn batch(call: &mut Call<'_>) -> Result<Val> {
    let size = call.int_arg(0, "linecount")?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let fill = call.arg(1, "fill_with").filter(|f| !f.is_none());
    call.finish()?;
    let Some(size) = size else { return Err(call.fail("linecount must be a positive integer")) };
    let rows = call.input_items()?.chunks(size).map(<[Val]>::to_vec).collect::<Vec<_>>();
    let filled = |mut row: Vec<Val>| {
        if let Some(fill) = &fill {
            row.resize(size, fill.clone());
        }
        Val::list(row)
    };
    Ok(Val::list(rows.into_iter().map(filled).collect()))
}

fn slice(call: &mut Call<'_>) -> Result<Val> {
    let slices = call.int_arg(0, "slices")?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let fill = call.arg(1, "fill_with").filter(|f| !f.is_none());
    call.finish()?;
    let Some(slices) = slices else { return Err(call.fail("slices must be a positive integer")) };
    let items = call.input_items()?;
    let (each, longer) = (items.len() / slices, items.len() % slices);
    let mut rest = items.into_iter();
    let mut out = Vec::new();
    for i in 0..slices {
        let mut row: Vec<Val> = rest.by_ref().take(each + usize::from(i < longer)).collect();
        if let Some(fill) = fill.as_ref().filter(|_| i >= longer) {
            row.push(fill.clone());
        }
        out.push(Val::list(row));
    }
    Ok(Val::list(out))
}

/// Attributes only: the keys of maps aren't some.
fn attr(call: &mut Call<'_>) -> Result<Val> {
    let name = call.required(0, "name")?;
    call.finish()?;
    let name = call.eval.text(&name)?;
    let found = call.eval.attr(&call.input, &name)?;
    let is_item = call.input.is_map() && !matches!(found, Val::Function(_));
    let date = matches!(call.input.as_value().map(|v| &v.data), Some(Data::Date(_)));
    if is_item && !date {
        return Ok(Val::undefined(TemplateError::undefined(format!(
            "object of type '{}' has no attribute '{name}'",
            call.input.type_name()
        ))));
    }
    Ok(found)
}
