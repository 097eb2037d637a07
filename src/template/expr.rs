//! Expressions: the tree is walked, and every error gets the place of the innermost expression that it came from.

use std::sync::Arc;

use adept_wire::{Key, Value};
use indexmap::IndexMap;

use super::ast::{Arg, Expr, FilterCall, FilterKind, LookupCall, Node, TestCall};
use super::call::{Args, Call, Lookup, Result, Test};
use super::error::TemplateError;
use super::eval::{Eval, check_defined};
use super::registry::Registry;
use super::val::{Undefined, Val};

impl Eval<'_> {
    /// The value of an expression.
    pub(crate) fn expr(&self, expr: &Expr) -> Result<Val> {
        match self.node(expr) {
            Ok(Val::Undefined(u)) if u.error.origin_unknown() && self.source.origin.is_some() => {
                let error = u.error.clone().at(|| self.place(expr.span));
                Ok(Val::Undefined(Arc::new(Undefined { error, silent: u.silent })))
            }
            Ok(val) => Ok(val),
            Err(error) => Err(error.at(|| self.place(expr.span))),
        }
    }

    fn node(&self, expr: &Expr) -> Result<Val> {
        Ok(match &expr.node {
            Node::Var(name) => self.var(name)?,
            Node::Const(value) => Val::Value(value.clone()),
            Node::List(items) => Val::list(self.exprs(items)?),
            Node::Tuple(items) => Val::tuple(self.exprs(items)?),
            Node::Map(entries) => {
                let mut map: IndexMap<Key, Val> = IndexMap::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.expr(key)?;
                    map.insert(self.key(&key)?, self.expr(value)?);
                }
                Val::map(map)
            }
            Node::Attr(object, name) => {
                let object = self.expr(object)?;
                self.attr(&object, name)?
            }
            Node::Item(object, key) => {
                let object = self.expr(object)?;
                let key = self.expr(key)?;
                self.item(&object, &key)?
            }
            Node::ItemConst(object, value, key) => {
                let object = self.expr(object)?;
                match key {
                    // The common case, without a search among attributes.
                    Some(key) if object.is_map() => match self.map_item(&self.fresh(object.clone()), key)? {
                        Some(val) => val,
                        None => self.item(&object, &Val::Value(value.clone()))?,
                    },
                    _ => self.item(&object, &Val::Value(value.clone()))?,
                }
            }
            Node::Slice(object, bounds) => {
                let object = self.expr(object)?;
                let [a, b, c] = bounds;
                let bound = |b: &Option<Box<Expr>>| b.as_ref().map(|e| self.expr(e)).transpose();
                self.slice(&object, [bound(a)?, bound(b)?, bound(c)?])?
            }
            Node::Call(callee, args) => {
                let callee = self.expr(callee)?;
                let args = self.args(args)?;
                self.call(&callee, args)?
            }
            Node::Method(object, name, args) => {
                let object = self.expr(object)?;
                let args = self.args(args)?;
                self.call_method(&object, name, args)?
            }
            Node::Filter(input, call) => {
                let input = self.expr(input)?;
                self.filter_call(input, call)?
            }
            Node::Test(input, call) => {
                let input = self.expr(input)?;
                Val::from(self.test_call(input, call)?)
            }
            Node::Lookup(call) => self.lookup_call(call)?,
            Node::Not(inner) => Val::from(!self.truthy(&self.expr(inner)?)?),
            Node::Neg(inner) => self.negate(&self.expr(inner)?)?,
            Node::And(a, b) => {
                let a = self.expr(a)?;
                if self.truthy(&a)? { self.expr(b)? } else { a }
            }
            Node::Or(a, b) => {
                let a = self.expr(a)?;
                if self.truthy(&a)? { a } else { self.expr(b)? }
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.expr(a)?, self.expr(b)?);
                self.binary(*op, &a, &b)?
            }
            Node::Compare(first, rest) => {
                let mut left = self.expr(first)?;
                for (op, right) in rest {
                    let right = self.expr(right)?;
                    if !self.compare_op(*op, &left, &right)? {
                        return Ok(Val::from(false));
                    }
                    left = right;
                }
                Val::from(true)
            }
            Node::If(test, then, otherwise) => {
                if self.truthy(&self.expr(test)?)? {
                    self.expr(then)?
                } else if let Some(otherwise) = otherwise {
                    self.expr(otherwise)?
                } else {
                    let message = "the inline if-expression evaluated to false and no else section was defined.";
                    let error = TemplateError::undefined(message);
                    Val::Undefined(Arc::new(Undefined { error, silent: true }))
                }
            }
        })
    }

    fn exprs(&self, exprs: &[Expr]) -> Result<Vec<Val>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    pub(crate) fn args(&self, args: &[Arg]) -> Result<Args> {
        let mut out = Args { positional: Vec::with_capacity(args.len()), named: Vec::new() };
        for arg in args {
            match arg {
                Arg::Positional(e) => out.positional.push(self.expr(e)?),
                Arg::Named(name, e) => {
                    let val = self.expr(e)?;
                    out.named.push((name.clone(), val));
                }
                Arg::Splat(e) => out.positional.extend(self.items(&self.expr(e)?)?),
                Arg::NamedSplat(e) => {
                    for (key, val) in self.entries(&self.expr(e)?)? {
                        let Some(name) = key.as_str() else {
                            return Err(TemplateError::failed("keywords must be strings"));
                        };
                        out.named.push((name.into(), val));
                    }
                }
            }
        }
        for (i, (name, _)) in out.named.iter().enumerate() {
            if out.named[..i].iter().any(|(n, _)| n == name) {
                return Err(TemplateError::failed(format!("got multiple values for keyword argument '{name}'")));
            }
        }
        Ok(out)
    }

    pub(crate) fn filter_call(&self, input: Val, call: &FilterCall) -> Result<Val> {
        let args = self.args(&call.args)?;
        self.apply_filter(&call.name, call.filter, input, args).map_err(|e| e.at(|| self.place(call.span)))
    }

    pub(crate) fn apply_filter(&self, name: &str, kind: FilterKind, input: Val, args: Args) -> Result<Val> {
        match kind {
            FilterKind::Filter(filter) => {
                if !filter.takes_undefined {
                    // Something undefined goes through filters unharmed, so that `x | trim | default('')` works.
                    let all = args.positional.iter().chain(args.named.iter().map(|(_, v)| v));
                    if let Some(undefined) = std::iter::once(&input).chain(all).find(|v| !v.is_defined()) {
                        return Ok(undefined.clone());
                    }
                }
                if filter.impure {
                    self.mark_impure();
                }
                (filter.run)(&mut Call::new(self, filter.name, input, args))
            }
            FilterKind::Test(test) => self.apply_test(test, input, args).map(Val::from),
            FilterKind::Unknown => Err(Registry::get().unknown("filter", name)),
        }
    }

    fn test_call(&self, input: Val, call: &TestCall) -> Result<bool> {
        let args = self.args(&call.args)?;
        match call.test {
            Some(test) => self.apply_test(test, input, args),
            None => Err(Registry::get().unknown("test", &call.name)),
        }
    }

    pub(crate) fn apply_test(&self, test: &'static Test, input: Val, args: Args) -> Result<bool> {
        if !test.takes_undefined {
            input.defined()?;
            check_defined(&args)?;
        }
        if test.impure {
            self.mark_impure();
        }
        (test.run)(&mut Call::new(self, test.name, input, args))
    }

    fn lookup_call(&self, call: &LookupCall) -> Result<Val> {
        let args = self.args(&call.args)?;
        match call.lookup {
            Some(lookup) => self.apply_lookup(lookup, args, call.query),
            None => Err(Registry::get().unknown("lookup", &call.name)),
        }
    }

    /// Runs a lookup by name: `query` always gives a list.
    ///
    /// # Errors
    /// When there is no such lookup, or it fails.
    pub fn lookup(&self, name: &str, args: Args, query: bool) -> Result<Val> {
        match Registry::get().lookup(name) {
            Some(lookup) => self.apply_lookup(lookup, args, query),
            None => Err(Registry::get().unknown("lookup", name)),
        }
    }

    fn apply_lookup(&self, lookup: &'static Lookup, mut args: Args, query: bool) -> Result<Val> {
        let mut take = |name: &str| {
            let at = args.named.iter().position(|(n, _)| &**n == name)?;
            Some(args.named.remove(at).1)
        };
        let wantlist = take("wantlist").map_or(Ok(query), |v| self.truthy(&v))?;
        let errors = take("errors").map_or(Ok(Arc::from("strict")), |v| self.text(&v))?;
        if !lookup.takes_undefined {
            check_defined(&args)?;
        }
        if !lookup.pure {
            self.mark_impure();
        }
        self.env().check_cancelled()?;
        let found = match (lookup.run)(&mut Call::new(self, lookup.name, Val::NONE, args)) {
            Ok(found) => found,
            Err(error) if error.is_undefined() || &*errors == "strict" => return Err(error),
            Err(error) => {
                if &*errors == "warn" {
                    self.warn(error.into());
                }
                return Ok(if wantlist { Val::list(Vec::new()) } else { Val::NONE });
            }
        };
        if wantlist {
            return Ok(Val::list(found));
        }
        if let [only] = &found[..] {
            return Ok(only.clone());
        }
        if !found.is_empty() && found.iter().all(Val::is_str) {
            let texts: Vec<&str> = found.iter().filter_map(Val::as_str).collect();
            return Ok(Val::str(texts.join(",")));
        }
        Ok(Val::list(found))
    }
}

/// Plain data as a literal would give it.
impl From<Undefined> for Val {
    fn from(u: Undefined) -> Val {
        Val::Undefined(Arc::new(u))
    }
}

/// A list of plain data.
impl From<Vec<Value>> for Val {
    fn from(items: Vec<Value>) -> Val {
        Val::Value(Value::list(items))
    }
}
