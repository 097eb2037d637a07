//! Expressions: the tree is walked, and every error gets the place of the innermost expression that it came from.

use std::sync::Arc;

use adept_wire::{Key, Value};
use indexmap::IndexMap;

use super::ast::{Arg, CompareOp, Expr, FilterCall, FilterKind, LookupCall, Node, TestCall};
use super::call::{Args, Call, Lookup, Result, Test};
use super::error::TemplateError;
use super::eval::{Eval, check_defined};
use super::place::Span;
use super::registry::Registry;
use super::val::{Undefined, Val};

impl Eval<'_> {
    /// The value of an expression.
    pub(crate) fn expr(&self, expr: &Expr) -> Result<Val> {
        match self.node(expr) {
            Ok(Val::Undefined(u)) if u.error.origin_unknown() && self.source.origin.is_some() => {
                Ok(self.placed(&u, expr.span))
            }
            Ok(val) => Ok(val),
            Err(error) => Err(error.at(|| self.place(expr.span))),
        }
    }

    fn placed(&self, u: &Undefined, span: Span) -> Val {
        Val::from(Undefined { error: u.error.clone().at(|| self.place(span)), silent: u.silent })
    }

    // Each arm is a call: this function is on the stack once per level of nesting, and stays small that way.
    fn node(&self, expr: &Expr) -> Result<Val> {
        match &expr.node {
            Node::Var(name) => self.var(name),
            Node::Const(value) => Ok(Val::Value(value.clone())),
            Node::List(items) => self.exprs(items).map(Val::list),
            Node::Tuple(items) => self.exprs(items).map(Val::tuple),
            Node::Map(entries) => self.map_literal(entries),
            Node::Attr(object, name) => self.attr(&self.expr(object)?, name),
            Node::Item(object, key) => self.item_expr(object, key),
            Node::ItemConst(object, value, key) => self.item_const(object, value, key.as_ref()),
            Node::Slice(object, bounds) => self.slice_expr(object, bounds),
            Node::Call(callee, args) => self.call_expr(callee, args),
            Node::Method(object, name, args) => self.method_expr(object, name, args),
            Node::Filter(input, call) => self.filter_call(self.expr(input)?, call),
            Node::Test(input, call) => self.test_call(self.expr(input)?, call).map(Val::from),
            Node::Lookup(call) => self.lookup_call(call),
            Node::Not(inner) => Ok(Val::from(!self.truthy(&self.expr(inner)?)?)),
            Node::Neg(inner) => self.negate(&self.expr(inner)?),
            Node::And(..) | Node::Or(..) | Node::Binary(..) => self.spine(expr),
            Node::Compare(first, rest) => self.comparison(first, rest),
            Node::If(test, then, otherwise) => self.if_expr(test, then, otherwise.as_deref()),
        }
    }

    /// Operators lean to the left: `a + b + c` is walked along that side, not descended into, since a text may have thousands.
    fn spine(&self, expr: &Expr) -> Result<Val> {
        let mut pending = Vec::new();
        let mut leftmost = expr;
        while let Node::And(left, _) | Node::Or(left, _) | Node::Binary(_, left, _) = &leftmost.node {
            pending.push(leftmost);
            leftmost = left;
        }
        let mut val = self.expr(leftmost)?;
        for expr in pending.into_iter().rev() {
            val = self.operator(expr, val).map_err(|e| e.at(|| self.place(expr.span)))?;
        }
        Ok(val)
    }

    fn operator(&self, expr: &Expr, left: Val) -> Result<Val> {
        match &expr.node {
            Node::And(_, right) => {
                if self.truthy(&left)? {
                    self.expr(right)
                } else {
                    Ok(left)
                }
            }
            Node::Or(_, right) => {
                if self.truthy(&left)? {
                    Ok(left)
                } else {
                    self.expr(right)
                }
            }
            Node::Binary(op, _, right) => self.binary(*op, &left, &self.expr(right)?),
            _ => Ok(left),
        }
    }

    fn comparison(&self, first: &Expr, rest: &[(CompareOp, Expr)]) -> Result<Val> {
        let mut left = self.expr(first)?;
        for (op, right) in rest {
            let right = self.expr(right)?;
            if !self.compare_op(*op, &left, &right)? {
                return Ok(Val::from(false));
            }
            left = right;
        }
        Ok(Val::from(true))
    }

    fn if_expr(&self, test: &Expr, then: &Expr, otherwise: Option<&Expr>) -> Result<Val> {
        if self.truthy(&self.expr(test)?)? {
            return self.expr(then);
        }
        match otherwise {
            Some(otherwise) => self.expr(otherwise),
            None => {
                let message = "the inline if-expression evaluated to false and no else section was defined.";
                Ok(Val::from(Undefined { error: TemplateError::undefined(message), silent: true }))
            }
        }
    }

    fn map_literal(&self, entries: &[(Expr, Expr)]) -> Result<Val> {
        let mut map: IndexMap<Key, Val> = IndexMap::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.expr(key)?;
            map.insert(self.key(&key)?, self.expr(value)?);
        }
        Ok(Val::map(map))
    }

    fn item_expr(&self, object: &Expr, key: &Expr) -> Result<Val> {
        let object = self.expr(object)?;
        self.item(&object, &self.expr(key)?)
    }

    fn item_const(&self, object: &Expr, value: &Value, key: Option<&Key>) -> Result<Val> {
        let object = self.expr(object)?;
        // The common case, without a search among attributes.
        if let Some(key) = key
            && object.is_map()
            && let Some(val) = self.map_item(&self.fresh(object.clone()), key)?
        {
            return Ok(val);
        }
        self.item(&object, &Val::Value(value.clone()))
    }

    fn slice_expr(&self, object: &Expr, bounds: &[Option<Box<Expr>>; 3]) -> Result<Val> {
        let object = self.expr(object)?;
        let [a, b, c] = bounds;
        let bound = |b: &Option<Box<Expr>>| b.as_ref().map(|e| self.expr(e)).transpose();
        self.slice(&object, [bound(a)?, bound(b)?, bound(c)?])
    }

    fn call_expr(&self, callee: &Expr, args: &[Arg]) -> Result<Val> {
        let callee = self.expr(callee)?;
        let args = self.args(args)?;
        self.call(&callee, args)
    }

    fn method_expr(&self, object: &Expr, name: &str, args: &[Arg]) -> Result<Val> {
        let object = self.expr(object)?;
        let args = self.args(args)?;
        self.call_method(&object, name, args)
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
