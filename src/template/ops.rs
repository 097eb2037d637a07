//! Operators between values: arithmetic, equality, order, membership.

use std::cmp::Ordering;
use std::sync::Arc;

use adept_wire::{Data, Key, Value};

use super::ast::{BinaryOp, CompareOp};
use super::call::Result;
use super::error::TemplateError;
use super::eval::Eval;
use super::number::Number;
use super::printf;
use super::val::Val;

impl BinaryOp {
    fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "** or pow()",
            BinaryOp::Concat => "~",
        }
    }
}

impl Eval<'_> {
    /// `a op b` for arithmetic.
    ///
    /// # Errors
    /// When the operands are undefined or don't go together.
    pub fn binary(&self, op: BinaryOp, a: &Val, b: &Val) -> Result<Val> {
        let (a, b) = (a.defined()?, b.defined()?);
        if op == BinaryOp::Concat {
            let (a, b) = (self.text(a)?, self.text(b)?);
            return Ok(Val::str([&*a, &*b].concat()));
        }
        if let (Some(x), Some(y)) = (a.as_value(), b.as_value()) {
            if let (Some(x), Some(y)) = (Number::of(x), Number::of(y)) {
                return x.apply(op, &y).map(Val::Value);
            }
            if let (BinaryOp::Add, Some(x), Some(y)) = (op, x.as_str(), y.as_str()) {
                return Ok(Val::str([x, y].concat()));
            }
        }
        match op {
            BinaryOp::Rem if a.is_str() => {
                return printf::percent(self, a.as_str().unwrap_or_default(), b).map(Val::str);
            }
            BinaryOp::Add => {
                if a.is_list() && b.is_list() {
                    let mut items = self.items(a)?;
                    items.extend(self.items(b)?);
                    return Ok(Val::list(items));
                }
                if let (Val::Tuple(x), Val::Tuple(y)) = (a, b) {
                    return Ok(Val::tuple([&x[..], &y[..]].concat()));
                }
                if a.is_str() || a.is_list() {
                    let kind = a.type_name();
                    let other = b.type_name();
                    return Err(TemplateError::failed(format!(
                        "can only concatenate {kind} (not \"{other}\") to {kind}"
                    )));
                }
            }
            BinaryOp::Mul => {
                if let Some(result) = self.repeat(a, b).or_else(|| self.repeat(b, a)) {
                    return result;
                }
                let sequence = |v: &Val| v.is_str() || is_sequence(v);
                if let Some(other) = [(a, b), (b, a)].iter().find(|(x, _)| sequence(x)).map(|(_, y)| y) {
                    return Err(TemplateError::failed(format!(
                        "can't multiply sequence by non-int of type '{}'",
                        other.type_name()
                    )));
                }
            }
            BinaryOp::Sub => {
                if let (Some(Data::Date(x)), Some(Data::Date(y))) =
                    (a.as_value().map(|v| &v.data), b.as_value().map(|v| &v.data))
                {
                    return super::dates::difference(x, y);
                }
            }
            _ => {}
        }
        if let Some(result) = super::dates::arithmetic(op, a, b) {
            return result;
        }
        Err(TemplateError::failed(format!(
            "unsupported operand type(s) for {}: '{}' and '{}'",
            op.symbol(),
            a.type_name(),
            b.type_name()
        )))
    }

    /// `sequence * times`
    fn repeat(&self, sequence: &Val, times: &Val) -> Option<Result<Val>> {
        let times = match times.as_value().map(|v| &v.data) {
            Some(Data::Int(i)) => *i,
            Some(Data::Bool(b)) => i64::from(*b),
            _ => return None,
        };
        let times = usize::try_from(times).unwrap_or(0);
        if !(sequence.is_str() || sequence.is_list() || matches!(sequence, Val::Tuple(_))) {
            return None;
        }
        Some(self.len(sequence).and_then(|len| {
            if len.saturating_mul(times) > 1 << 28 {
                return Err(TemplateError::failed("the result of * is too large"));
            }
            if let Some(text) = sequence.as_str() {
                return Ok(Val::str(text.repeat(times)));
            }
            let items = self.items(sequence)?.repeat_items(times);
            Ok(if matches!(sequence, Val::Tuple(_)) { Val::tuple(items) } else { Val::list(items) })
        }))
    }

    /// `-a`
    ///
    /// # Errors
    /// When it is undefined or no number.
    pub fn negate(&self, a: &Val) -> Result<Val> {
        let a = a.defined()?;
        match a.as_value().and_then(Number::of) {
            Some(n) => Ok(Val::Value(n.negated())),
            None => Err(TemplateError::failed(format!("bad operand type for unary -: '{}'", a.type_name()))),
        }
    }

    /// `a op b` for comparison.
    ///
    /// # Errors
    /// When the operands are undefined or can't be compared.
    pub fn compare_op(&self, op: CompareOp, a: &Val, b: &Val) -> Result<bool> {
        let (a, b) = (a.defined()?, b.defined()?);
        Ok(match op {
            CompareOp::Eq => self.equal(a, b)?,
            CompareOp::Ne => !self.equal(a, b)?,
            CompareOp::Lt => self.order(a, b, "<")?.is_some_and(Ordering::is_lt),
            CompareOp::Le => self.order(a, b, "<=")?.is_some_and(Ordering::is_le),
            CompareOp::Gt => self.order(a, b, ">")?.is_some_and(Ordering::is_gt),
            CompareOp::Ge => self.order(a, b, ">=")?.is_some_and(Ordering::is_ge),
            CompareOp::In => self.contains(b, a)?,
            CompareOp::NotIn => !self.contains(b, a)?,
        })
    }

    /// Python's `==`.
    ///
    /// # Errors
    /// When something in the values is undefined.
    pub fn equal(&self, a: &Val, b: &Val) -> Result<bool> {
        if let (Val::Value(a), Val::Value(b)) = (a, b)
            && !self.any_changed()
        {
            return Ok(a == b);
        }
        match (a, b) {
            (Val::Undefined(u), _) | (_, Val::Undefined(u)) => Err(u.error.clone()),
            (Val::Object(x), Val::Object(y)) => Ok(Arc::ptr_eq(x, y) || x.equals(&**y)),
            (Val::Function(x), Val::Function(y)) => Ok(Arc::ptr_eq(x, y)),
            (Val::Object(_) | Val::Function(_), _) | (_, Val::Object(_) | Val::Function(_)) => Ok(false),
            _ if a.is_map() && b.is_map() => {
                let (a, b) = (self.entries(a)?, self.entries(b)?);
                if a.len() != b.len() {
                    return Ok(false);
                }
                let b: indexmap::IndexMap<Key, Val> = b.into_iter().collect();
                for (key, x) in &a {
                    match b.get(key) {
                        Some(y) if self.equal(x, y)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ if is_sequence(a) && is_sequence(b) => {
                if matches!(a, Val::Tuple(_)) != matches!(b, Val::Tuple(_)) {
                    return Ok(false);
                }
                let (a, b) = (self.items(a)?, self.items(b)?);
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (x, y) in a.iter().zip(&b) {
                    if !self.equal(x, y)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Val::Value(a), Val::Value(b)) => Ok(a == b),
            _ => Ok(false),
        }
    }

    /// Python's order, as `<` and `sorted` see it; NaN counts as equal to everything.
    ///
    /// # Errors
    /// When the values have no order.
    pub fn compare(&self, a: &Val, b: &Val) -> Result<Ordering> {
        Ok(self.order(a, b, "<")?.unwrap_or(Ordering::Equal))
    }

    fn order(&self, a: &Val, b: &Val, symbol: &str) -> Result<Option<Ordering>> {
        let (a, b) = (a.defined()?, b.defined()?);
        if let (Some(x), Some(y)) = (a.as_value(), b.as_value()) {
            if let (Some(x), Some(y)) = (Number::of(x), Number::of(y)) {
                return Ok(x.compare(&y));
            }
            match (&x.data, &y.data) {
                (Data::Str(x), Data::Str(y)) => return Ok(Some(x.cmp(y))),
                (Data::Bytes(x), Data::Bytes(y)) => return Ok(Some(x.cmp(y))),
                (Data::Date(x), Data::Date(y)) if x.time.is_some() == y.time.is_some() => {
                    return Ok(Some(super::dates::key(x).cmp(&super::dates::key(y))));
                }
                _ => {}
            }
        }
        if let (Val::Object(x), Val::Object(y)) = (a, b)
            && let Some(order) = x.compare(&**y)
        {
            return Ok(Some(order));
        }
        let tuples = matches!(a, Val::Tuple(_)) && matches!(b, Val::Tuple(_));
        if tuples || (a.is_list() && b.is_list()) {
            let (x, y) = (self.items(a)?, self.items(b)?);
            for (x, y) in x.iter().zip(&y) {
                if !self.equal(x, y)? {
                    return self.order(x, y, symbol);
                }
            }
            return Ok(Some(x.len().cmp(&y.len())));
        }
        Err(TemplateError::failed(format!(
            "'{symbol}' not supported between instances of '{}' and '{}'",
            a.type_name(),
            b.type_name()
        )))
    }

    /// `item in container`
    ///
    /// # Errors
    /// When the container is none, or something is undefined.
    pub fn contains(&self, container: &Val, item: &Val) -> Result<bool> {
        let (container, item) = (container.defined()?, item.defined()?);
        if let Some(text) = container.as_str() {
            return match item.as_str() {
                Some(part) => Ok(text.contains(part)),
                None => Err(TemplateError::failed(format!(
                    "'in <string>' requires string as left operand, not {}",
                    item.type_name()
                ))),
            };
        }
        match container {
            Val::Scope(home) => return Ok(item.as_str().is_some_and(|name| home.scope.get(name).is_some())),
            Val::Hosts(h) => return Ok(item.as_str().is_some_and(|name| h.home.of_host(&h.hosts, name).is_some())),
            _ if container.is_map() => {
                let key = self.key(item)?;
                return Ok(self.map_has(container, &key));
            }
            _ if is_sequence(container) || matches!(container, Val::Object(_)) => {}
            other => {
                return Err(TemplateError::failed(format!("argument of type '{}' is not iterable", other.type_name())));
            }
        }
        for other in self.items(container)? {
            if self.equal(&other, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A value as the key of a map.
    ///
    /// # Errors
    /// When it can't be one.
    pub fn key(&self, val: &Val) -> Result<Key> {
        let val = val.defined()?;
        let unhashable = || TemplateError::failed(format!("unhashable type: '{}'", val.type_name()));
        val.as_value().ok_or_else(unhashable).and_then(|v: &Value| Key::try_from(v).map_err(|()| unhashable()))
    }
}

pub(crate) fn is_sequence(val: &Val) -> bool {
    val.is_list() || matches!(val, Val::Tuple(_))
}

trait Repeat {
    fn repeat_items(&self, times: usize) -> Vec<Val>;
}

impl Repeat for Vec<Val> {
    fn repeat_items(&self, times: usize) -> Vec<Val> {
        (0..times).flat_map(|_| self.iter().cloned()).collect()
    }
}
