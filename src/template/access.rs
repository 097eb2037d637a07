//! Attributes, items and slices: `a.b`, `a['b']`, `a[1:2]`.

use std::sync::Arc;

use adept_wire::{Data, Key, Value};

use super::call::Result;
use super::error::TemplateError;
use super::eval::Eval;
use super::function::Function;
use super::methods;
use super::val::Val;

impl Eval<'_> {
    /// `object.name`: an attribute or method first, then an item.
    ///
    /// # Errors
    /// When a variable on the way can't be rendered; what isn't there is undefined, no error.
    pub fn attr(&self, object: &Val, name: &str) -> Result<Val> {
        let object = &self.fresh(object.clone());
        if let Some(val) = self.attribute(object, name)? {
            return Ok(val);
        }
        if let Some(val) = self.map_item(object, &Key::from(name))? {
            return Ok(val);
        }
        Ok(self.missing(object, &Val::str(name)))
    }

    /// `object[key]`: an item first, then an attribute.
    ///
    /// # Errors
    /// As [`Eval::attr`].
    pub fn item(&self, object: &Val, key: &Val) -> Result<Val> {
        let object = &self.fresh(object.clone());
        if !object.is_defined() {
            return Ok(object.clone());
        }
        let key = key.defined()?;
        let found = match key.as_value().map(|v| &v.data) {
            Some(Data::Int(index)) if !object.is_map() => self.index(object, *index)?,
            Some(Data::Bool(b)) if !object.is_map() => self.index(object, i64::from(*b))?,
            _ => match key.as_value().and_then(|v| Key::try_from(v).ok()) {
                Some(k) => self.map_item(object, &k)?,
                None => None,
            },
        };
        if let Some(val) = found {
            return Ok(val);
        }
        if let Some(name) = key.as_str()
            && let Some(val) = self.attribute(object, name)?
        {
            return Ok(val);
        }
        Ok(self.missing(object, key))
    }

    /// `object.a.b.0`, as `map(attribute='a.b.0')` reads it: parts of digits are indices.
    ///
    /// # Errors
    /// As [`Eval::attr`].
    pub fn path(&self, object: &Val, path: &str) -> Result<Val> {
        let mut at = object.clone();
        for part in path.split('.') {
            at = match part.parse::<i64>() {
                Ok(index) if part.bytes().all(|b| b.is_ascii_digit()) => self.item(&at, &Val::from(index))?,
                _ => self.item(&at, &Val::str(part))?,
            };
        }
        Ok(at)
    }

    fn missing(&self, object: &Val, key: &Val) -> Val {
        match object {
            Val::Undefined(_) => object.clone(),
            Val::Hosts(_) | Val::Scope(_) => {
                let name = key.as_str().unwrap_or_default();
                Val::undefined(TemplateError::undefined(format!(
                    "object of type '{}' has no attribute '{name}'",
                    object.type_name()
                )))
            }
            _ if key.as_i64().is_some() && !object.is_str() && !super::ops::is_sequence(object) => {
                let index = key.as_i64().unwrap_or_default();
                let message = format!("{} object has no element {index}", object.type_name());
                Val::undefined(TemplateError::undefined(message))
            }
            _ => {
                let key = self.repr(key).unwrap_or_else(|_| "?".to_owned());
                Val::undefined(TemplateError::undefined(format!(
                    "object of type '{}' has no attribute {key}",
                    object.type_name()
                )))
            }
        }
    }

    /// Attributes proper: methods, and what objects have.
    fn attribute(&self, object: &Val, name: &str) -> Result<Option<Val>> {
        Ok(match object {
            Val::Function(f) => f.attr(name),
            Val::Undefined(_) => Some(object.clone()),
            Val::Object(o) => o.attr(self, name),
            _ if name.starts_with("__") => None,
            _ => methods::attribute(object, name).or_else(|| {
                methods::has(object, name)
                    .then(|| Val::Function(Arc::new(Function::Method { object: object.clone(), name: name.into() })))
            }),
        })
    }

    /// The item of a map, of any kind of map.
    pub(crate) fn map_item(&self, object: &Val, key: &Key) -> Result<Option<Val>> {
        Ok(match object {
            Val::Value(v) => v.as_map().and_then(|m| m.get(key)).map(|v| self.fresh(Val::Value(v.clone()))),
            Val::Lazy(l) => match l.raw.as_map().and_then(|m| m.get(key)) {
                Some(raw) => Some(self.force(&l.home, raw, key.as_str())?),
                None => None,
            },
            Val::Map(m) => m.lock().get(key).cloned(),
            Val::Scope(home) => match key.as_str().and_then(|name| Some((name, home.scope.get(name)?))) {
                Some((name, var)) => Some(self.variable(home, var, name)?),
                None => None,
            },
            Val::Hosts(h) => key.as_str().and_then(|name| h.home.of_host(&h.hosts, name)).map(Val::Scope),
            _ => None,
        })
    }

    pub(crate) fn map_has(&self, object: &Val, key: &Key) -> bool {
        match &self.fresh(object.clone()) {
            Val::Value(v) => v.as_map().is_some_and(|m| m.contains_key(key)),
            Val::Lazy(l) => l.raw.as_map().is_some_and(|m| m.contains_key(key)),
            Val::Map(m) => m.lock().contains_key(key),
            _ => false,
        }
    }

    /// The item of a sequence, counted from the end when negative.
    fn index(&self, object: &Val, index: i64) -> Result<Option<Val>> {
        let at = |len: usize| {
            let index = if index < 0 { index + len as i64 } else { index };
            usize::try_from(index).ok().filter(|i| *i < len)
        };
        Ok(match object {
            Val::Value(Value { data: Data::List(l), .. }) => at(l.len()).map(|i| self.fresh(Val::Value(l[i].clone()))),
            Val::Value(Value { data: Data::Str(s), .. }) => {
                at(s.chars().count()).and_then(|i| s.chars().nth(i)).map(|c| Val::str(c.to_string()))
            }
            Val::Value(Value { data: Data::Bytes(b), .. }) => at(b.len()).map(|i| Val::from(i64::from(b[i]))),
            Val::Lazy(l) => match l.raw.as_list() {
                Some(items) => at(items.len()).map(|i| self.force(&l.home, &items[i], None)).transpose()?,
                None => None,
            },
            Val::List(l) => {
                let items = l.lock();
                at(items.len()).map(|i| items[i].clone())
            }
            Val::Tuple(t) => at(t.len()).map(|i| t[i].clone()),
            Val::Object(o) => match o.to_val() {
                Some(val) => self.index(&val, index)?,
                None => None,
            },
            _ => None,
        })
    }

    /// `object[start:stop:step]`
    ///
    /// # Errors
    /// When the object has no order, or a bound is no integer.
    pub fn slice(&self, object: &Val, bounds: [Option<Val>; 3]) -> Result<Val> {
        if !object.is_defined() {
            return Ok(object.clone());
        }
        let mut numbers = [None; 3];
        for (number, bound) in numbers.iter_mut().zip(&bounds) {
            *number = match bound.as_ref().map(Val::defined).transpose()? {
                None => None,
                Some(v) if v.is_none() => None,
                Some(v) => match v.as_i64().or_else(|| v.as_value().and_then(Value::as_bool).map(i64::from)) {
                    Some(i) => Some(i),
                    None => {
                        return Err(TemplateError::failed(
                            "slice indices must be integers or None or have an __index__ method",
                        ));
                    }
                },
            };
        }
        let len = self.len(object).map_err(|_| not_subscriptable(object))?;
        let picked = indices(len, numbers)?;
        if let Some(text) = object.as_str() {
            let chars: Vec<char> = text.chars().collect();
            return Ok(Val::str(picked.into_iter().map(|i| chars[i]).collect::<String>()));
        }
        if object.is_map() {
            return Err(not_subscriptable(object));
        }
        let items = self.items(object)?;
        let part: Vec<Val> = picked.into_iter().map(|i| items[i].clone()).collect();
        Ok(if matches!(object, Val::Tuple(_)) { Val::tuple(part) } else { Val::list(part) })
    }
}

fn not_subscriptable(object: &Val) -> TemplateError {
    TemplateError::failed(format!("'{}' object is not subscriptable", object.type_name()))
}

/// The indices that a slice picks, as Python's `slice.indices`.
fn indices(len: usize, [start, stop, step]: [Option<i64>; 3]) -> Result<Vec<usize>> {
    let len = len as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(TemplateError::failed("slice step cannot be zero"));
    }
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |i: i64| (if i < 0 { i.saturating_add(len) } else { i }).clamp(low, high);
    let (first, last) = if step > 0 { (0, len) } else { (len - 1, -1) };
    let mut at = start.map_or(first, clamp);
    let stop = stop.map_or(last, clamp);
    let mut picked = Vec::new();
    while if step > 0 { at < stop } else { at > stop } {
        picked.push(at as usize);
        at = at.saturating_add(step);
    }
    Ok(picked)
}
