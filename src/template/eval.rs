//! `Eval`: one evaluation at one place: where names are looked up, and how values are read.
//!
//! What filters and tests may ask is public here; expressions are evaluated in [`super::expr`], statements in [`super::stmt`].

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Trust, Value};

use super::call::{Args, Call, Result};
use super::environment::{Environment, is_template};
use super::error::{TemplateError, TemplateErrorKind};
use super::files::{Files, source_of};
use super::frame::Frame;
use super::function::Function;
use super::globals;
use super::header;
use super::home::Home;
use super::options::FileOptions;
use super::place::{Place, Source, Span};
use super::scope::{Scope, Var};
use super::text;
use super::val::{HostsRef, Lazy, ListRef, MapRef, Val};
use crate::diag::Diagnostic;

/// Variables nested deeper than this in each other are a mistake (and would overflow the stack).
const MAX_DEPTH: usize = 60;

/// What lives as long as one template is evaluated.
#[derive(Default)]
pub(crate) struct Run {
    /// Lists and maps of scopes that this evaluation has changed, by address; the original is kept alive, so that its address
    /// stays its own.
    changed: RefCell<HashMap<usize, (Value, Val)>>,
    any_changed: Cell<bool>,
    /// Something was used that may differ next time.
    pub impure: Cell<bool>,
    /// Blocks of templates that extend others, innermost first.
    pub blocks: RefCell<HashMap<Arc<str>, Vec<super::stmt::BlockDef>>>,
}

/// A template that is being rendered, for finding loops.
pub(crate) struct Active<'a> {
    address: usize,
    label: Arc<str>,
    up: Option<&'a Active<'a>>,
}

/// One evaluation: the scope, the text, the names set so far.
#[derive(Clone)]
pub struct Eval<'a> {
    pub(crate) home: &'a Arc<Home>,
    pub(crate) source: &'a Source,
    pub(crate) run: &'a Run,
    pub(crate) active: Option<&'a Active<'a>>,
    pub(crate) depth: usize,
    pub(crate) files: Option<&'a Files>,
    pub(crate) frame: Arc<Frame>,
}

impl<'a> Eval<'a> {
    /// The same evaluation with names of its own.
    pub(crate) fn within(&self, frame: Arc<Frame>) -> Eval<'a> {
        Eval { frame, ..self.clone() }
    }

    /// The same evaluation in another text.
    pub(crate) fn in_source<'b>(&self, source: &'b Source, frame: Arc<Frame>) -> Eval<'b>
    where
        'a: 'b,
    {
        Eval { source, frame, ..self.clone() }
    }

    /// The environment of the run.
    pub fn env(&self) -> &Environment {
        &self.home.shared.env
    }

    /// The scope in which this is evaluated.
    pub fn scope(&self) -> &Arc<dyn Scope> {
        &self.home.scope
    }

    /// Notes that the result may be another one next time.
    pub fn mark_impure(&self) {
        self.run.impure.set(true);
    }

    /// A warning, once per text and place.
    pub fn warn(&self, warning: Diagnostic) {
        self.home.warn(warning);
    }

    pub(crate) fn place(&self, span: Span) -> Option<Place> {
        Place::new(self.source, span)
    }

    pub(crate) fn any_changed(&self) -> bool {
        self.run.any_changed.get()
    }

    // ---- names -------------------------------------------------------------------------------------------------

    /// The value of a name: set in the template, a variable, or a global function.
    ///
    /// # Errors
    /// When rendering the variable fails for another reason than something undefined.
    pub fn var(&self, name: &str) -> Result<Val> {
        if let Some(val) = self.frame.get(name) {
            return Ok(self.fresh(val));
        }
        if let Some(var) = self.home.scope.get(name) {
            return self.variable(self.home, var, name);
        }
        Ok(match globals::find(name) {
            Some(global) => Val::Function(Arc::new(Function::Global(global))),
            None if name == "self" => Val::Object(Arc::new(super::inherit::Blocks)),
            None => self.undefined_name(name),
        })
    }

    pub(crate) fn undefined_name(&self, name: &str) -> Val {
        Val::undefined(TemplateError::undefined(format!("'{name}' is undefined")).missing(name))
    }

    pub(crate) fn variable(&self, home: &Arc<Home>, var: Var, name: &str) -> Result<Val> {
        match var {
            Var::Value(raw) => self.force(home, &raw, Some(name)),
            Var::Scope(scope) => Ok(Val::Scope(home.of_scope(scope))),
            Var::Hosts(hosts) => Ok(Val::Hosts(HostsRef { hosts, home: home.clone() })),
        }
    }

    /// A value as it was written, rendered as far as it shows: text now, items of lists and maps when they are used.
    pub(crate) fn force(&self, home: &Arc<Home>, raw: &Value, name: Option<&str>) -> Result<Val> {
        match &raw.data {
            Data::Str(text) if raw.trust() == Trust::Template && is_template(text) => {
                match self.render_nested(home, raw, text, name) {
                    // Something undefined within a variable is undefined where the variable is used.
                    Err(error) if error.is_undefined() => Ok(Val::undefined(error)),
                    other => other,
                }
            }
            Data::List(_) | Data::Map(_) => Ok(self.fresh(Val::Lazy(Lazy { raw: raw.clone(), home: home.clone() }))),
            _ => Ok(Val::Value(raw.clone())),
        }
    }

    fn render_nested(&self, home: &Arc<Home>, raw: &Value, text: &Arc<str>, name: Option<&str>) -> Result<Val> {
        let address = text.as_ptr() as usize;
        if let Some(val) = home.remembered_value(address) {
            return Ok(self.fresh(val));
        }
        let label: Arc<str> = name.map_or_else(|| text.clone(), Arc::from);
        let mut up = self.active;
        let mut chain = vec![label.to_string()];
        while let Some(active) = up {
            chain.push(active.label.to_string());
            if active.address == address {
                chain.reverse();
                let source = Source { text: text.clone(), origin: raw.origin().cloned(), exact: false };
                let error = TemplateError::new(TemplateErrorKind::Loop(chain));
                return Err(error.at(|| Place::new(&source, Span::default())));
            }
            up = active.up;
        }
        if self.depth >= MAX_DEPTH {
            return Err(TemplateError::failed(format!("variables are nested more than {MAX_DEPTH} deep at {label}")));
        }
        let source = Source { text: text.clone(), origin: raw.origin().cloned(), exact: false };
        let active = Active { address, label: label.clone(), up: self.active };
        let run = Run::default();
        let inner = Eval {
            home,
            source: &source,
            run: &run,
            active: Some(&active),
            depth: self.depth + 1,
            files: None,
            frame: Frame::root(),
        };
        let val = inner.inline().map_err(|e| e.through(&label))?;
        if run.impure.get() {
            self.mark_impure();
        } else {
            home.remember(address, raw, &val);
        }
        Ok(val)
    }

    /// Renders the text of this evaluation's source; the result is settled: nothing in it can be changed any more.
    pub(crate) fn inline(&self) -> Result<Val> {
        let template = self.env().inline(self.source)?;
        let val = self.output(&template)?;
        let val = self.settle(val)?;
        Ok(match val.as_str() {
            // The parser drops one newline at the end; text keeps it, other values don't have one.
            Some(text) => match missing_newlines(&self.source.text, text) {
                0 => val,
                missing => Val::str(format!("{text}{}", "\n".repeat(missing))),
            },
            None => val,
        })
    }

    /// Renders a value as it was written, in the scope of this evaluation: trusted text, at any depth when it is used.
    ///
    /// # Errors
    /// When it can't be rendered.
    pub fn render(&self, raw: &Value) -> Result<Val> {
        self.force(self.home, raw, None)
    }

    /// Renders the text of a template file, to a native value where it puts out just one: what `lookup('template')` gives.
    ///
    /// # Errors
    /// When it can't be rendered.
    pub fn render_file(&self, text: &str, file: &Path, options: &FileOptions, vars: &[(Arc<str>, Val)]) -> Result<Val> {
        let (text, syntax, line) = header::read(text, &options.syntax)?;
        let source = source_of(file, text.into(), line);
        let files = Files::of(file, self.search_path(), syntax.clone());
        let run = Run::default();
        let frame = Frame::root();
        for (name, val) in vars {
            frame.set(name, val.clone());
        }
        if self.depth >= MAX_DEPTH {
            return Err(TemplateError::failed(format!("templates are nested more than {MAX_DEPTH} deep")));
        }
        let inner = Eval {
            home: self.home,
            source: &source,
            run: &run,
            active: self.active,
            depth: self.depth + 1,
            files: Some(&files),
            frame,
        };
        let template = inner.env().file(&source, &syntax)?;
        let val = inner.settle(inner.output(&template)?)?;
        if run.impure.get() {
            self.mark_impure();
        }
        Ok(match val.as_str().map(|text| (text, missing_newlines(&source.text, text))) {
            Some((text, missing)) if missing > 0 => Val::str(format!("{text}{}", "\n".repeat(missing))),
            _ => val,
        })
    }

    /// What may be kept beyond this evaluation.
    pub(crate) fn settle(&self, val: Val) -> Result<Val> {
        Ok(match val {
            Val::Value(_) | Val::Lazy(_) if !self.run.any_changed.get() => val,
            Val::Undefined(_) | Val::Scope(_) | Val::Hosts(_) => val,
            other => Val::Value(self.to_value(&other)?),
        })
    }

    // ---- lists and maps that were changed ----------------------------------------------------------------------

    /// The value itself, or what this evaluation has made of it.
    pub(crate) fn fresh(&self, val: Val) -> Val {
        if !self.run.any_changed.get() {
            return val;
        }
        match address(&val) {
            Some(address) => self.run.changed.borrow().get(&address).map_or(val, |(_, changed)| changed.clone()),
            None => val,
        }
    }

    /// The list to change: a list of this evaluation, or a copy that stands for the scope's from now on.
    pub(crate) fn own_list(&self, val: &Val) -> Result<Option<ListRef>> {
        match self.fresh(val.clone()) {
            Val::List(list) => Ok(Some(list)),
            shared if shared.type_name() == "list" => {
                let list = ListRef::new(self.items(&shared)?);
                self.replace(&shared, Val::List(list.clone()));
                Ok(Some(list))
            }
            _ => Ok(None),
        }
    }

    /// The map to change.
    pub(crate) fn own_map(&self, val: &Val) -> Result<Option<MapRef>> {
        match self.fresh(val.clone()) {
            Val::Map(map) => Ok(Some(map)),
            shared if shared.type_name() == "dict" => {
                let map = MapRef::new(self.entries(&shared)?.into_iter().collect());
                self.replace(&shared, Val::Map(map.clone()));
                Ok(Some(map))
            }
            _ => Ok(None),
        }
    }

    fn replace(&self, shared: &Val, changed: Val) {
        let (Some(address), Val::Value(raw) | Val::Lazy(Lazy { raw, .. })) = (address(shared), shared) else { return };
        self.run.changed.borrow_mut().insert(address, (raw.clone(), changed));
        self.run.any_changed.set(true);
    }

    // ---- reading values ----------------------------------------------------------------------------------------

    /// Plain data, rendered throughout: what leaves the evaluation, and what most filters work on.
    ///
    /// # Errors
    /// When something in it is undefined, can't be rendered, or is no data (a macro, a method).
    pub fn to_value(&self, val: &Val) -> Result<Value> {
        match val {
            Val::Value(v) if !self.run.any_changed.get() => Ok(v.clone()),
            Val::Value(v) => match &v.data {
                Data::List(_) | Data::Map(_) => match self.fresh(val.clone()) {
                    Val::Value(_) => self.container_to_value(val),
                    changed => self.to_value(&changed),
                },
                _ => Ok(v.clone()),
            },
            Val::Lazy(lazy) => match self.fresh(val.clone()) {
                Val::Lazy(_) if !self.run.any_changed.get() && !has_templates(&lazy.raw) => Ok(lazy.raw.clone()),
                Val::Lazy(_) => self.container_to_value(val),
                changed => self.to_value(&changed),
            },
            Val::Undefined(u) => Err(u.error.clone()),
            Val::List(_) | Val::Tuple(_) | Val::Map(_) => self.container_to_value(val),
            Val::Scope(home) => self.scope_to_value(val, home),
            Val::Hosts(_) => self.container_to_value(val),
            Val::Function(f) => {
                let message = format!("Type '{}' is unsupported for variable storage.", f.type_name());
                Err(TemplateError::failed(message).hint(match &**f {
                    Function::Method { name, .. } => format!("call it: {name}(), or read the item: ['{name}']"),
                    _ => "call it".to_owned(),
                }))
            }
            Val::Object(o) => match o.to_val() {
                Some(val) => self.to_value(&val),
                None => {
                    Err(TemplateError::failed(format!("Type '{}' is unsupported for variable storage.", o.type_name())))
                }
            },
        }
    }

    /// All variables of a scope, to be looked at: what can't be rendered stays as it was written.
    fn scope_to_value(&self, val: &Val, home: &Arc<Home>) -> Result<Value> {
        let mut map = Map::new();
        for (key, item) in self.entries(val)? {
            let value = match (self.to_value(&item), key.as_str().and_then(|name| home.scope.get(name))) {
                (Err(error), Some(Var::Value(raw))) if error.is_undefined() => raw.untagged(),
                (value, _) => value?,
            };
            map.insert(key, value);
        }
        Ok(Value::map(map))
    }

    fn container_to_value(&self, val: &Val) -> Result<Value> {
        if val.is_map() {
            let entries = self.entries(val)?;
            Ok(Value::map(entries.into_iter().map(|(k, v)| Ok((k, self.to_value(&v)?))).collect::<Result<_>>()?))
        } else {
            Ok(Value::list(self.items(val)?.iter().map(|v| self.to_value(v)).collect::<Result<_>>()?))
        }
    }

    /// The items that a loop goes through: of a list, a tuple, a map (its keys), text (its characters).
    ///
    /// # Errors
    /// When the value is undefined or can't be iterated.
    pub fn items(&self, val: &Val) -> Result<Vec<Val>> {
        match val {
            Val::Value(v) => match &v.data {
                Data::List(_) | Data::Map(_) if self.run.any_changed.get() => match self.fresh(val.clone()) {
                    Val::Value(v) => Ok(v.as_list().map_or_else(
                        || v.as_map().into_iter().flat_map(|m| m.keys().map(|k| Val::Value(k.to_value()))).collect(),
                        |l| l.iter().map(|i| self.fresh(Val::Value(i.clone()))).collect(),
                    )),
                    changed => self.items(&changed),
                },
                Data::List(l) => Ok(l.iter().cloned().map(Val::Value).collect()),
                Data::Map(m) => Ok(m.keys().map(|k| Val::Value(k.to_value())).collect()),
                Data::Str(s) => Ok(s.chars().map(|c| Val::str(c.to_string())).collect()),
                Data::Bytes(b) => Ok(b.iter().map(|b| Val::from(i64::from(*b))).collect()),
                _ => Err(TemplateError::failed(format!("'{}' object is not iterable", v.type_name()))),
            },
            Val::Lazy(lazy) => match self.fresh(val.clone()) {
                Val::Lazy(_) => match &lazy.raw.data {
                    Data::List(l) => l.iter().map(|i| self.force(&lazy.home, i, None)).collect(),
                    _ => Ok(lazy
                        .raw
                        .as_map()
                        .into_iter()
                        .flat_map(|m| m.keys().map(|k| Val::Value(k.to_value())))
                        .collect()),
                },
                changed => self.items(&changed),
            },
            Val::Undefined(u) => Err(u.error.clone()),
            Val::List(l) => Ok(l.items()),
            Val::Tuple(t) => Ok(t.to_vec()),
            Val::Map(m) => Ok(m.lock().keys().map(|k| Val::Value(k.to_value())).collect()),
            Val::Scope(home) => Ok(home.scope.names().into_iter().map(Val::from).collect()),
            Val::Hosts(h) => Ok(h.hosts.names().into_iter().map(Val::from).collect()),
            Val::Object(o) => match o.to_val() {
                Some(val) => self.items(&val),
                None => Err(TemplateError::failed(format!("'{}' object is not iterable", o.type_name()))),
            },
            Val::Function(_) => Err(TemplateError::failed(format!("'{}' object is not iterable", val.type_name()))),
        }
    }

    /// The entries of a map.
    ///
    /// # Errors
    /// When the value is undefined or no map.
    pub fn entries(&self, val: &Val) -> Result<Vec<(Key, Val)>> {
        match self.fresh(val.clone()) {
            Val::Value(v) if v.as_map().is_some() => Ok(v
                .as_map()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), self.fresh(Val::Value(v.clone()))))
                .collect()),
            Val::Lazy(lazy) if lazy.raw.as_map().is_some() => lazy
                .raw
                .as_map()
                .into_iter()
                .flatten()
                .map(|(k, v)| Ok((k.clone(), self.force(&lazy.home, v, k.as_str())?)))
                .collect(),
            Val::Map(m) => Ok(m.entries()),
            Val::Scope(home) => home
                .scope
                .names()
                .into_iter()
                .filter_map(|name| home.scope.get(&name).map(|var| (name, var)))
                // Variables that are scopes themselves (`vars`, `hostvars`) would repeat everything without end.
                .filter(|(_, var)| matches!(var, Var::Value(_)))
                .map(|(name, var)| Ok((Key::from(name.clone()), self.variable(&home, var, &name)?)))
                .collect(),
            Val::Hosts(h) => Ok(h
                .hosts
                .names()
                .into_iter()
                .filter_map(|name| {
                    let home = h.home.of_host(&h.hosts, &name)?;
                    Some((Key::from(name), Val::Scope(home)))
                })
                .collect()),
            Val::Undefined(u) => Err(u.error.clone()),
            other => Err(TemplateError::failed(format!("a dict is required, not {}", other.type_name()))),
        }
    }

    /// How many items it has.
    ///
    /// # Errors
    /// When the value is undefined or has no length.
    pub fn len(&self, val: &Val) -> Result<usize> {
        Ok(match val {
            Val::Value(v) if !self.run.any_changed.get() => match &v.data {
                Data::Str(s) => s.chars().count(),
                Data::Bytes(b) => b.len(),
                Data::List(l) => l.len(),
                Data::Map(m) => m.len(),
                _ => return Err(TemplateError::failed(format!("object of type '{}' has no len()", v.type_name()))),
            },
            Val::Lazy(l) if !self.run.any_changed.get() => {
                l.raw.as_list().map_or_else(|| l.raw.as_map().map_or(0, |m| m.len()), <[Value]>::len)
            }
            Val::List(l) => l.lock().len(),
            Val::Map(m) => m.lock().len(),
            Val::Tuple(t) => t.len(),
            Val::Object(o) if o.len().is_some() => o.len().unwrap_or(0),
            Val::Undefined(u) => return Err(u.error.clone()),
            other => match other.as_value().map(|v| &v.data) {
                Some(Data::Str(s)) => s.chars().count(),
                Some(Data::Bytes(b)) => b.len(),
                Some(Data::List(_) | Data::Map(_)) => self.items(other)?.len(),
                None if !matches!(other, Val::Function(_) | Val::Object(_)) => self.items(other)?.len(),
                _ => {
                    return Err(TemplateError::failed(format!("object of type '{}' has no len()", other.type_name())));
                }
            },
        })
    }

    /// Python's `str(value)`.
    ///
    /// # Errors
    /// When the value is undefined, or something in it is.
    pub fn text(&self, val: &Val) -> Result<Arc<str>> {
        match val {
            Val::Value(v) if !matches!(v.data, Data::List(_) | Data::Map(_)) => Ok(text::str_of(v)),
            Val::Object(o) => match o.to_val() {
                Some(val) => self.text(&val),
                None => Ok(format!("<{} object>", o.type_name()).into()),
            },
            Val::Function(f) => Ok(format!("<{}>", f.type_name()).into()),
            _ => self.repr(val).map(Arc::from),
        }
    }

    /// Python's `repr(value)`.
    ///
    /// # Errors
    /// When the value is undefined, or something in it is.
    pub fn repr(&self, val: &Val) -> Result<String> {
        match val {
            // The only kind whose text isn't that of the data which it becomes.
            Val::Tuple(items) => {
                let inner = items.iter().map(|i| self.repr(i)).collect::<Result<Vec<_>>>()?;
                Ok(if inner.len() == 1 { format!("({},)", inner[0]) } else { format!("({})", inner.join(", ")) })
            }
            Val::List(l) => {
                let inner = l.items().iter().map(|i| self.repr(i)).collect::<Result<Vec<_>>>()?;
                Ok(format!("[{}]", inner.join(", ")))
            }
            Val::Map(m) => {
                let entries = m.entries();
                let inner =
                    entries.iter().map(|(k, v)| Ok(format!("{}: {}", text::repr(&k.to_value()), self.repr(v)?)));
                Ok(format!("{{{}}}", inner.collect::<Result<Vec<_>>>()?.join(", ")))
            }
            Val::Object(_) | Val::Function(_) => self.text(val).map(|t| t.to_string()),
            other => self.to_value(other).map(|v| text::repr(&v)),
        }
    }

    /// Python's truth of a value.
    ///
    /// # Errors
    /// When the value is undefined.
    pub fn truthy(&self, val: &Val) -> Result<bool> {
        Ok(match val {
            Val::Value(v) if !self.run.any_changed.get() => v.is_truthy(),
            Val::Undefined(u) if u.silent => false,
            Val::Undefined(u) => return Err(u.error.clone()),
            Val::Function(_) => true,
            Val::Object(o) => o.truthy(),
            Val::Value(v) if !matches!(v.data, Data::List(_) | Data::Map(_)) => v.is_truthy(),
            other => self.len(other)? > 0,
        })
    }

    // ---- calling ------------------------------------------------------------------------------------------------

    /// Calls a filter by name, as `map('name')` does.
    ///
    /// # Errors
    /// When there is no such filter, or it fails.
    pub fn filter(&self, name: &str, input: Val, args: Args) -> Result<Val> {
        self.apply_filter(name, super::registry::Registry::get().filter(name), input, args)
    }

    /// Calls a test by name, as `select('name')` does.
    ///
    /// # Errors
    /// When there is no such test, or it fails.
    pub fn test(&self, name: &str, input: Val, args: Args) -> Result<bool> {
        match super::registry::Registry::get().test(name) {
            Some(test) => self.apply_test(test, input, args),
            None => Err(super::registry::Registry::get().unknown("test", name)),
        }
    }

    /// Calls something callable.
    ///
    /// # Errors
    /// When it isn't callable, or fails.
    pub fn call(&self, callee: &Val, args: Args) -> Result<Val> {
        match callee {
            Val::Undefined(_) => Ok(callee.clone()),
            Val::Function(f) => match &**f {
                Function::Global(g) => {
                    if !g.takes_undefined {
                        check_defined(&args)?;
                    }
                    if g.impure {
                        self.mark_impure();
                    }
                    (g.run)(&mut Call::new(self, g.name, Val::NONE, args))
                }
                Function::Method { object, name } => self.call_method(object, name, args),
                Function::Macro { decl, frame, source } => self.call_macro(decl, frame, source, args),
            },
            Val::Object(o) => o.call(self, args),
            other => Err(TemplateError::failed(format!("'{}' object is not callable", other.type_name()))),
        }
    }
}

/// How many newlines at the end of a template are missing in its result.
pub(crate) fn missing_newlines(template: &str, result: &str) -> usize {
    let newlines = |s: &str| s.len() - s.trim_end_matches('\n').len();
    newlines(template).saturating_sub(newlines(result))
}

pub(crate) fn check_defined(args: &Args) -> Result<()> {
    let mut all = args.positional.iter().chain(args.named.iter().map(|(_, v)| v));
    all.try_for_each(|v| v.defined().map(|_| ()))
}

/// The address of a list or map that scopes share.
fn address(val: &Val) -> Option<usize> {
    match val {
        Val::Value(v) | Val::Lazy(Lazy { raw: v, .. }) => match &v.data {
            Data::List(l) => Some(Arc::as_ptr(l) as usize),
            Data::Map(m) => Some(Arc::as_ptr(m) as usize),
            _ => None,
        },
        _ => None,
    }
}

/// Is there anything to render in it?
pub(crate) fn has_templates(value: &Value) -> bool {
    match &value.data {
        Data::Str(s) => value.trust() == Trust::Template && is_template(s),
        Data::List(l) => l.iter().any(has_templates),
        Data::Map(m) => m.values().any(has_templates),
        _ => false,
    }
}
