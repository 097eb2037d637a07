//! Global functions: `range`, `dict`, `namespace`, `cycler`, `joiner`, `lookup`, `query`, `now`, `undef`. One table.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use adept_wire::{Data, Key, Value};

use super::call::{Args, Call, Result};
use super::dates;
use super::error::TemplateError;
use super::eval::Eval;
use super::function::Global;
use super::object::Object;
use super::val::Val;

const fn global(name: &'static str, run: fn(&mut Call<'_>) -> Result<Val>) -> Global {
    Global { name, run, impure: false, takes_undefined: false }
}

/// All global functions.
pub const GLOBALS: &[Global] = &[
    global("range", range),
    Global { takes_undefined: true, ..global("dict", dict) },
    Global { takes_undefined: true, ..global("namespace", namespace) },
    Global { takes_undefined: true, ..global("cycler", cycler) },
    global("joiner", joiner),
    global("lipsum", |call| Err(call.fail("not supported"))),
    Global { takes_undefined: true, ..global("lookup", |call| lookup(call, false)) },
    Global { takes_undefined: true, ..global("query", |call| lookup(call, true)) },
    Global { takes_undefined: true, ..global("q", |call| lookup(call, true)) },
    Global { impure: true, ..global("now", now) },
    global("undef", undef),
];

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Global> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Global>> =
        LazyLock::new(|| GLOBALS.iter().map(|g| (g.name, g)).collect());
    BY_NAME.get(name).copied()
}

fn range(call: &mut Call<'_>) -> Result<Val> {
    let args = call.rest(0);
    call.finish()?;
    let mut numbers = Vec::new();
    for arg in &args {
        match arg.as_value().map(|v| &v.data) {
            Some(Data::Int(i)) => numbers.push(*i),
            Some(Data::Bool(b)) => numbers.push(i64::from(*b)),
            _ => {
                let message = format!("'{}' object cannot be interpreted as an integer", arg.type_name());
                return Err(TemplateError::failed(message));
            }
        }
    }
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, step] => (start, stop, step),
        _ => return Err(call.fail("expected 1 to 3 arguments")),
    };
    if step == 0 {
        return Err(TemplateError::failed("range() arg 3 must not be zero"));
    }
    let distance = if step > 0 { i128::from(stop) - i128::from(start) } else { i128::from(start) - i128::from(stop) };
    let step_size = i128::from(step).abs();
    let count = if distance <= 0 { 0 } else { (distance + step_size - 1) / step_size };
    // Every number is a value: more would rather be a mistake.
    if count > 10_000_000 {
        return Err(TemplateError::failed("range() is limited to 10000000 numbers"));
    }
    Ok(Val::list((0..count as i64).map(|i| Val::from(start + i * step)).collect()))
}

fn dict(call: &mut Call<'_>) -> Result<Val> {
    let from = call.rest(0);
    let named = call.rest_named();
    let map = super::val::MapRef::new(indexmap::IndexMap::new());
    for source in from {
        for (key, val) in call.eval.pairs(&source)? {
            map.lock().insert(key, val);
        }
    }
    map.lock().extend(named.into_iter().map(|(k, v)| (Key::from(k), v)));
    Ok(Val::Map(map))
}

fn lookup(call: &mut Call<'_>, query: bool) -> Result<Val> {
    let name = call.required(0, "name")?;
    let name = call.eval.text(&name)?;
    let args = Args { positional: call.rest(1), named: call.rest_named() };
    call.eval.lookup(&name, args, query)
}

fn undef(call: &mut Call<'_>) -> Result<Val> {
    let hint = call.text_arg(0, "hint")?;
    call.finish()?;
    let message = hint.map_or_else(|| "Mandatory variable has not been overridden".to_owned(), |h| h.to_string());
    Ok(Val::undefined(TemplateError::undefined(message)))
}

fn now(call: &mut Call<'_>) -> Result<Val> {
    let utc = call.bool_arg(0, "utc")?.unwrap_or(false);
    let format = call.text_arg(1, "fmt")?;
    call.finish()?;
    let now = dates::now(utc);
    match format {
        Some(format) => dates::strftime(&now, &format).map(Val::str),
        None => Ok(Val::Value(Value::new(Data::Date(now.into())))),
    }
}

/// `namespace(a=1)`: attributes that can be assigned from within loops.
struct Namespace(Mutex<Vec<(String, Val)>>);

fn namespace(call: &mut Call<'_>) -> Result<Val> {
    let from = call.rest(0);
    let named = call.rest_named();
    let mut attrs: Vec<(String, Val)> = Vec::new();
    for source in from {
        attrs.extend(call.eval.entries(&source)?.into_iter().map(|(k, v)| (k.to_string(), v)));
    }
    attrs.extend(named.into_iter().map(|(k, v)| (k.to_string(), v)));
    Ok(Val::Object(std::sync::Arc::new(Namespace(Mutex::new(attrs)))))
}

impl Object for Namespace {
    fn type_name(&self) -> &'static str {
        "Namespace"
    }
    fn attr(&self, eval: &Eval<'_>, name: &str) -> Option<Val> {
        let attrs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attrs.iter().rev().find(|(n, _)| n == name).map(|(_, v)| eval.fresh(v.clone()))
    }
    fn set_attr(&self, name: &str, value: Val) -> Result<()> {
        let mut attrs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match attrs.iter_mut().find(|(n, _)| n == name) {
            Some(attr) => attr.1 = value,
            None => attrs.push((name.to_owned(), value)),
        }
        Ok(())
    }
}

/// `cycler(a, b)`: each `next()` gives the next one.
struct Cycler {
    items: Vec<Val>,
    at: Mutex<usize>,
}

fn cycler(call: &mut Call<'_>) -> Result<Val> {
    let items = call.rest(0);
    call.finish()?;
    if items.is_empty() {
        return Err(TemplateError::failed("at least one item has to be provided"));
    }
    Ok(Val::Object(std::sync::Arc::new(Cycler { items, at: Mutex::new(0) })))
}

impl Object for Cycler {
    fn type_name(&self) -> &'static str {
        "Cycler"
    }
    fn attr(&self, _eval: &Eval<'_>, name: &str) -> Option<Val> {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (name == "current").then(|| self.items[*at].clone())
    }
    fn call_method(&self, _eval: &Eval<'_>, name: &str, _args: Args) -> Option<Result<Val>> {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        match name {
            "next" => {
                let item = self.items[*at].clone();
                *at = (*at + 1) % self.items.len();
                Some(Ok(item))
            }
            "reset" => {
                *at = 0;
                Some(Ok(Val::NONE))
            }
            _ => None,
        }
    }
}

/// `joiner(', ')`: nothing when first called, then the separator.
struct Joiner {
    separator: Val,
    used: Mutex<bool>,
}

fn joiner(call: &mut Call<'_>) -> Result<Val> {
    let separator = call.arg(0, "sep").unwrap_or_else(|| Val::from(", "));
    call.finish()?;
    Ok(Val::Object(std::sync::Arc::new(Joiner { separator, used: Mutex::new(false) })))
}

impl Object for Joiner {
    fn type_name(&self) -> &'static str {
        "Joiner"
    }
    fn attr(&self, _eval: &Eval<'_>, _name: &str) -> Option<Val> {
        None
    }
    fn call(&self, _eval: &Eval<'_>, _args: Args) -> Result<Val> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !std::mem::replace(&mut *used, true);
        Ok(if first { Val::from("") } else { self.separator.clone() })
    }
}
