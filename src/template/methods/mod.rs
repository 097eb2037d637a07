//! Methods of values, as Python has them: `text.split(',')`, `list.append(1)`, `map.items()`. One table per type.

mod dicts;
mod lists;
mod others;
mod strings;

use std::sync::Arc;

use adept_wire::{Data, Value};

use super::call::{Args, Call, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::val::Val;

/// A method. One row of a table; the call's input is the object.
pub(crate) struct Method {
    pub name: &'static str,
    pub run: fn(&mut Call<'_>) -> Result<Val>,
}

const fn method(name: &'static str, run: fn(&mut Call<'_>) -> Result<Val>) -> Method {
    Method { name, run }
}

fn table(object: &Val) -> &'static [Method] {
    match object {
        Val::List(_) => lists::METHODS,
        Val::Map(_) | Val::Scope(_) | Val::Hosts(_) => dicts::METHODS,
        Val::Tuple(_) => lists::TUPLE_METHODS,
        Val::Value(v) | Val::Lazy(super::val::Lazy { raw: v, .. }) => match &v.data {
            Data::Str(_) => strings::METHODS,
            Data::List(_) => lists::METHODS,
            Data::Map(_) => dicts::METHODS,
            Data::Bytes(_) => others::BYTES_METHODS,
            Data::Int(_) | Data::BigInt(_) | Data::Bool(_) => others::INT_METHODS,
            Data::Float(_) => others::FLOAT_METHODS,
            Data::Date(_) => others::DATE_METHODS,
            Data::Null => &[],
        },
        _ => &[],
    }
}

/// Has this kind of value such a method?
pub(crate) fn has(object: &Val, name: &str) -> bool {
    table(object).iter().any(|m| m.name == name)
}

/// Attributes that are values: the year of a date, the real part of a number.
pub(crate) fn attribute(object: &Val, name: &str) -> Option<Val> {
    let Val::Value(Value { data, .. }) = object else { return None };
    match data {
        Data::Date(d) => others::date_attribute(d, name),
        Data::Int(_) | Data::BigInt(_) | Data::Bool(_) | Data::Float(_) => match name {
            "real" => Some(object.clone()),
            "imag" => Some(Val::from(0i64)),
            _ => None,
        },
        _ => None,
    }
}

impl Eval<'_> {
    /// `object.name(args)`
    ///
    /// # Errors
    /// When there is no such method, or it fails.
    pub fn call_method(&self, object: &Val, name: &str, args: Args) -> Result<Val> {
        let object = self.fresh(object.clone());
        match &object {
            Val::Undefined(_) => return Ok(object),
            Val::Object(o) => {
                if let Some(result) = o.call_method(self, name, args.clone()) {
                    return result;
                }
            }
            _ => {
                if let Some(method) = table(&object).iter().find(|m| m.name == name) {
                    if let Some(undefined) = args.positional.iter().find(|v| !v.is_defined())
                        && !matches!(name, "append" | "insert" | "get" | "setdefault" | "pop")
                    {
                        undefined.defined()?;
                    }
                    return (method.run)(&mut Call::new(self, method.name, object, args));
                }
            }
        }
        let callee = self.attr(&object, name)?;
        self.call(&callee, args)
    }

    /// The entries of a map, or of a list of pairs: what `dict()` and `update()` take.
    ///
    /// # Errors
    /// When it is neither.
    pub fn pairs(&self, val: &Val) -> Result<Vec<(adept_wire::Key, Val)>> {
        if val.is_map() {
            return self.entries(val);
        }
        self.items(val)?
            .iter()
            .enumerate()
            .map(|(i, pair)| match &self.items(pair)?[..] {
                [key, value] => Ok((self.key(key)?, value.clone())),
                other => Err(TemplateError::failed(format!(
                    "dictionary update sequence element #{i} has length {}; 2 is required",
                    other.len()
                ))),
            })
            .collect()
    }
}

/// Text of a method's own making.
fn text(s: impl Into<Arc<str>>) -> Result<Val> {
    Ok(Val::str(s))
}
