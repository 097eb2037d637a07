//! `Val`: a value while a template is evaluated: plain data, or what only an evaluation knows.
//!
//! ```text
//! Value      plain data; text in it is never rendered again
//! Lazy       a list or map out of a scope; its items render when they are used, in that scope
//! List, Map  a list or map of this evaluation: can be changed, and every alias sees the change
//! Undefined  something that isn't there: chains, and fails when it is used
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adept_wire::{Data, Key, Map, Value};
use indexmap::IndexMap;

use super::error::TemplateError;
use super::function::Function;
use super::home::Home;
use super::object::Object;
use super::scope::Hosts;

/// A value within an evaluation. Cheap to clone: everything large is shared.
#[derive(Clone)]
pub enum Val {
    /// Plain data. Text in it is data: never rendered.
    Value(Value),
    /// A list or map out of a scope, items as they were written.
    Lazy(Lazy),
    /// Something that isn't there.
    Undefined(Arc<Undefined>),
    /// A list of this evaluation.
    List(ListRef),
    /// A map of this evaluation.
    Map(MapRef),
    /// A tuple. Becomes a list when it leaves the evaluation.
    Tuple(Arc<[Val]>),
    /// The variables of a scope as a mapping: `hostvars['web1']`, `vars`.
    Scope(Arc<Home>),
    /// `hostvars`.
    Hosts(HostsRef),
    /// A macro, a method, a global function.
    Function(Arc<Function>),
    /// `namespace()`, `loop`, `cycler()`, `joiner()`.
    Object(Arc<dyn Object>),
}

/// A list or map out of a scope: trusted text in it is rendered when it is used, in that scope.
#[derive(Clone)]
pub struct Lazy {
    pub(crate) raw: Value,
    pub(crate) home: Arc<Home>,
}

/// `hostvars`, with the home from which hosts' scopes take their environment.
#[derive(Clone)]
pub struct HostsRef {
    pub(crate) hosts: Arc<dyn Hosts>,
    pub(crate) home: Arc<Home>,
}

/// Something that isn't there: what to say when it is used after all.
#[derive(Clone, Debug)]
pub struct Undefined {
    /// The error that using it gives.
    pub error: TemplateError,
    /// An inline `if` without `else`: prints as nothing.
    pub silent: bool,
}

/// A list that can be changed; clones are aliases.
#[derive(Clone)]
pub struct ListRef(Arc<Mutex<Vec<Val>>>);

/// A map that can be changed; clones are aliases.
#[derive(Clone)]
pub struct MapRef(Arc<Mutex<IndexMap<Key, Val>>>);

impl ListRef {
    /// A list of these items.
    pub fn new(items: Vec<Val>) -> ListRef {
        ListRef(Arc::new(Mutex::new(items)))
    }
    /// The items. Hold it briefly: never while evaluating.
    pub fn lock(&self) -> MutexGuard<'_, Vec<Val>> {
        // A panic while the lock is held can't leave a vector half-changed in a way that matters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A copy of the items.
    pub fn items(&self) -> Vec<Val> {
        self.lock().clone()
    }
    /// Are these the same list?
    pub fn is(&self, other: &ListRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl MapRef {
    /// A map of these entries.
    pub fn new(entries: IndexMap<Key, Val>) -> MapRef {
        MapRef(Arc::new(Mutex::new(entries)))
    }
    /// The entries. Hold it briefly: never while evaluating.
    pub fn lock(&self) -> MutexGuard<'_, IndexMap<Key, Val>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A copy of the entries.
    pub fn entries(&self) -> Vec<(Key, Val)> {
        self.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }
    /// Are these the same map?
    pub fn is(&self, other: &MapRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Val {
    /// `none`.
    pub const NONE: Val = Val::Value(Value::NULL);

    /// A new list.
    pub fn list(items: Vec<Val>) -> Val {
        Val::List(ListRef::new(items))
    }

    /// A new map.
    pub fn map(entries: impl IntoIterator<Item = (Key, Val)>) -> Val {
        Val::Map(MapRef::new(entries.into_iter().collect()))
    }

    /// A tuple.
    pub fn tuple(items: impl Into<Arc<[Val]>>) -> Val {
        Val::Tuple(items.into())
    }

    /// Text.
    pub fn str(text: impl Into<Arc<str>>) -> Val {
        Val::Value(Value::str(text))
    }

    /// Something that isn't there; using it fails with this error.
    pub fn undefined(error: TemplateError) -> Val {
        Val::Undefined(Arc::new(Undefined { error, silent: false }))
    }

    /// Is it there?
    pub fn is_defined(&self) -> bool {
        !matches!(self, Val::Undefined(_))
    }

    /// The value itself, or the error of something undefined.
    ///
    /// # Errors
    /// When the value is undefined.
    pub fn defined(&self) -> Result<&Val, TemplateError> {
        match self {
            Val::Undefined(u) => Err(u.error.clone()),
            other => Ok(other),
        }
    }

    /// The plain data, of plain data only (lists and maps may come in other forms: ask the evaluation).
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Val::Value(v) => Some(v),
            _ => None,
        }
    }

    /// The text, of text only.
    pub fn as_str(&self) -> Option<&str> {
        self.as_value().and_then(Value::as_str)
    }

    /// The integer, of an integer of 64 bits only.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_value().and_then(Value::as_i64)
    }

    /// Is it `none`?
    pub fn is_none(&self) -> bool {
        matches!(self, Val::Value(Value { data: Data::Null, .. }))
    }

    /// Is it a list (a tuple isn't)?
    pub fn is_list(&self) -> bool {
        self.type_name() == "list"
    }

    /// Is it a map?
    pub fn is_map(&self) -> bool {
        matches!(self, Val::Map(_) | Val::Scope(_) | Val::Hosts(_)) || self.type_name() == "dict"
    }

    /// Is it text?
    pub fn is_str(&self) -> bool {
        self.as_str().is_some()
    }

    /// Python's name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Val::Value(v) => v.type_name(),
            Val::Lazy(l) => l.raw.type_name(),
            Val::Undefined(_) => "Undefined",
            Val::List(_) => "list",
            Val::Map(_) => "dict",
            Val::Tuple(_) => "tuple",
            Val::Scope(_) => "HostVarsVars",
            Val::Hosts(_) => "HostVars",
            Val::Function(f) => f.type_name(),
            Val::Object(o) => o.type_name(),
        }
    }
}

impl From<Value> for Val {
    fn from(v: Value) -> Val {
        Val::Value(v)
    }
}
impl From<Map> for Val {
    fn from(m: Map) -> Val {
        Val::Value(Value::map(m))
    }
}
impl From<Vec<Val>> for Val {
    fn from(items: Vec<Val>) -> Val {
        Val::list(items)
    }
}
macro_rules! from_scalar {
    ($($t:ty),*) => { $( impl From<$t> for Val { fn from(v: $t) -> Val { Val::Value(Value::from(v)) } } )* };
}
from_scalar!(bool, i64, i32, u32, u64, usize, f64, &str, String, Arc<str>);

impl fmt::Debug for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Val::Value(v) => v.fmt(f),
            Val::Lazy(l) => write!(f, "lazy {:?}", l.raw),
            Val::Undefined(u) => write!(f, "undefined: {}", u.error),
            Val::List(l) => f.debug_list().entries(l.items()).finish(),
            Val::Map(m) => f.debug_map().entries(m.entries()).finish(),
            Val::Tuple(t) => f.debug_tuple("").field(t).finish(),
            other => write!(f, "<{}>", other.type_name()),
        }
    }
}
