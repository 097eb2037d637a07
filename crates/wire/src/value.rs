//! `Value`: the one data type that playbooks, variables, templates, modules and frames share.
//!
//! A value is data plus, on the controller only, a [`Tag`]: where it was written (for errors) and whether it may be
//! rendered as a template. The tag is never serialised, so nothing that comes over a wire can claim an origin or trust.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use num_bigint::BigInt;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::date::Date;
use crate::key::Key;

/// An ordered map with scalar keys, as Python's `dict`: insertion order is kept, `1`, `1.0` and `true` are one key.
pub type Map = IndexMap<Key, Value>;

/// Data with an optional tag. Cloning is cheap: text and containers are shared.
#[derive(Clone, Default)]
pub struct Value {
    /// What the value is.
    pub data: Data,
    tag: Option<Arc<Tag>>,
}

/// The kinds of data, as YAML 1.1 and Python know them.
#[derive(Clone, Default)]
pub enum Data {
    /// `null`, Python's `None`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits. Integers that fit are always stored here, never in `BigInt`.
    Int(i64),
    /// An integer beyond 64 bits.
    BigInt(Arc<BigInt>),
    /// A float; may be infinite or NaN.
    Float(f64),
    /// Text.
    Str(Arc<str>),
    /// Bytes (`!!binary`, file content).
    Bytes(Arc<[u8]>),
    /// A date, or a date with a time (`!!timestamp`).
    Date(Arc<Date>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// An ordered map.
    Map(Arc<Map>),
}

/// Where a value was written, and what may be done with it. Lives on the controller only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// File, line and column, where known.
    pub origin: Option<Origin>,
    /// May text of this value be rendered as a template?
    pub trust: Trust,
}

/// A place in a file. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file as the user would name it, or a description such as `<-e>`.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Whether text may be rendered as a template. Only the loaders of playbooks, roles, variables and inventory give trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Never rendered: what a host, a command or a file lookup returned, and `!unsafe`.
    #[default]
    Data,
    /// Written by the user where templates are expected.
    Template,
    /// `!vault` text: encrypted, opaque until it is decrypted.
    Vault,
}

impl Value {
    /// `null`.
    pub const NULL: Value = Value { data: Data::Null, tag: None };

    /// A value without a tag.
    pub fn new(data: Data) -> Value {
        Value { data, tag: None }
    }

    /// Text.
    pub fn str(text: impl Into<Arc<str>>) -> Value {
        Value::new(Data::Str(text.into()))
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::new(Data::List(Arc::new(items)))
    }

    /// A map.
    pub fn map(map: Map) -> Value {
        Value::new(Data::Map(Arc::new(map)))
    }

    /// Bytes.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Value {
        Value::new(Data::Bytes(bytes.into()))
    }

    /// An integer of any size.
    pub fn big_int(n: BigInt) -> Value {
        match i64::try_from(&n) {
            Ok(small) => Value::new(Data::Int(small)),
            Err(_) => Value::new(Data::BigInt(Arc::new(n))),
        }
    }

    /// The same value with this tag.
    pub fn with_tag(mut self, tag: Arc<Tag>) -> Value {
        self.tag = Some(tag);
        self
    }

    /// The same value without origin and trust (this level only; items keep theirs).
    pub fn without_tag(mut self) -> Value {
        self.tag = None;
        self
    }

    /// The tag, if there is one.
    pub fn tag(&self) -> Option<&Arc<Tag>> {
        self.tag.as_ref()
    }

    /// Where the value was written.
    pub fn origin(&self) -> Option<&Origin> {
        self.tag.as_ref().and_then(|t| t.origin.as_ref())
    }

    /// Whether text may be rendered.
    pub fn trust(&self) -> Trust {
        self.tag.as_ref().map_or(Trust::Data, |t| t.trust)
    }

    /// A deep copy in which no value has a tag: for data that must not be rendered any more.
    pub fn untagged(&self) -> Value {
        match &self.data {
            Data::List(items) => Value::list(items.iter().map(Value::untagged).collect()),
            Data::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone().without_tag(), v.untagged())).collect()),
            data => Value::new(data.clone()),
        }
    }

    /// Python's name for the type: `NoneType`, `bool`, `int`, `float`, `str`, `bytes`, `date`, `datetime`, `list`, `dict`.
    pub fn type_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "NoneType",
            Data::Bool(_) => "bool",
            Data::Int(_) | Data::BigInt(_) => "int",
            Data::Float(_) => "float",
            Data::Str(_) => "str",
            Data::Bytes(_) => "bytes",
            Data::Date(d) if d.time.is_none() => "date",
            Data::Date(_) => "datetime",
            Data::List(_) => "list",
            Data::Map(_) => "dict",
        }
    }

    /// Is this `null`?
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The text, of text only.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The boolean, of a boolean only.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The integer, of an integer of 64 bits only.
    pub fn as_i64(&self) -> Option<i64> {
        match self.data {
            Data::Int(i) => Some(i),
            _ => None,
        }
    }

    /// The items, of a list only.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.data {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The entries, of a map only.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    /// `self[key]` of a map with a text key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map().and_then(|m| m.get(key))
    }

    /// Python's truth: empty text and containers, zero and `None` are false.
    pub fn is_truthy(&self) -> bool {
        match &self.data {
            Data::Null => false,
            Data::Bool(b) => *b,
            Data::Int(i) => *i != 0,
            Data::BigInt(_) | Data::Date(_) => true,
            Data::Float(f) => *f != 0.0,
            Data::Str(s) => !s.is_empty(),
            Data::Bytes(b) => !b.is_empty(),
            Data::List(l) => !l.is_empty(),
            Data::Map(m) => !m.is_empty(),
        }
    }
}

/// Python's `==`: numbers of different kinds compare by value, lists by items, maps without regard to order. Tags don't count.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        fn number(v: &Data) -> Option<Number> {
            Some(match v {
                Data::Bool(b) => Number::Int(i64::from(*b)),
                Data::Int(i) => Number::Int(*i),
                Data::Float(f) => Number::Float(*f),
                _ => return None,
            })
        }
        enum Number {
            Int(i64),
            Float(f64),
        }
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Str(a), Data::Str(b)) => a == b,
            (Data::Bytes(a), Data::Bytes(b)) => a == b,
            (Data::Date(a), Data::Date(b)) => a == b,
            (Data::BigInt(a), Data::BigInt(b)) => a == b,
            (Data::BigInt(a), Data::Float(b)) | (Data::Float(b), Data::BigInt(a)) => {
                num_traits::ToPrimitive::to_f64(&**a) == Some(*b)
            }
            (Data::List(a), Data::List(b)) => Arc::ptr_eq(a, b) || a == b,
            (Data::Map(a), Data::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (a, b) => match (number(a), number(b)) {
                (Some(Number::Int(a)), Some(Number::Int(b))) => a == b,
                (Some(Number::Float(a)), Some(Number::Float(b))) => a == b,
                (Some(Number::Int(i)), Some(Number::Float(f))) | (Some(Number::Float(f)), Some(Number::Int(i))) => {
                    int_equals_float(i, f)
                }
                _ => false,
            },
        }
    }
}

/// Exact comparison: `2**53 + 1 == float(2**53)` is false, as in Python.
pub(crate) fn int_equals_float(i: i64, f: f64) -> bool {
    f.fract() == 0.0 && (-(2f64.powi(63))..2f64.powi(63)).contains(&f) && f as i64 == i
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Null => f.write_str("null"),
            Data::Bool(b) => write!(f, "{b}"),
            Data::Int(i) => write!(f, "{i}"),
            Data::BigInt(i) => write!(f, "{i}"),
            Data::Float(x) => write!(f, "{x:?}"),
            Data::Str(s) => write!(f, "{s:?}"),
            Data::Bytes(b) => write!(f, "b{:?}", String::from_utf8_lossy(b)),
            Data::Date(d) => write!(f, "{d}"),
            Data::List(l) => f.debug_list().entries(l.iter()).finish(),
            Data::Map(m) => f.debug_map().entries(m.iter()).finish(),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::new(Data::Bool(b))
    }
}
impl From<i64> for Value {
    fn from(i: i64) -> Value {
        Value::new(Data::Int(i))
    }
}
impl From<i32> for Value {
    fn from(i: i32) -> Value {
        Value::new(Data::Int(i.into()))
    }
}
impl From<u32> for Value {
    fn from(i: u32) -> Value {
        Value::new(Data::Int(i.into()))
    }
}
impl From<u64> for Value {
    fn from(i: u64) -> Value {
        i64::try_from(i).map_or_else(|_| Value::big_int(i.into()), Value::from)
    }
}
impl From<usize> for Value {
    fn from(i: usize) -> Value {
        Value::from(i as u64)
    }
}
impl From<f64> for Value {
    fn from(f: f64) -> Value {
        Value::new(Data::Float(f))
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Value {
        Value::str(s)
    }
}
impl From<String> for Value {
    fn from(s: String) -> Value {
        Value::str(s)
    }
}
impl From<Arc<str>> for Value {
    fn from(s: Arc<str>) -> Value {
        Value::str(s)
    }
}
impl From<Map> for Value {
    fn from(m: Map) -> Value {
        Value::map(m)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        Value::list(items.into_iter().map(Into::into).collect())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Value {
        v.map_or(Value::NULL, Into::into)
    }
}

/// A map literal: `map! { "changed" => true, "rc" => 0 }`.
#[macro_export]
macro_rules! map {
    () => { $crate::Map::new() };
    ($($key:expr => $value:expr),+ $(,)?) => {{
        let mut map = $crate::Map::new();
        $( map.insert($crate::Key::from($key), $crate::Value::from($value)); )+
        map
    }};
}

/// On the wire each kind has a number of its own; in JSON and YAML a value is written as plain data.
#[derive(serde::Serialize, serde::Deserialize)]
enum Wire {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    Str(Arc<str>),
    Bytes(Vec<u8>),
    Date(Date),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if !s.is_human_readable() {
            return match &self.data {
                Data::Null => Wire::Null,
                Data::Bool(b) => Wire::Bool(*b),
                Data::Int(i) => Wire::Int(*i),
                Data::BigInt(i) => Wire::BigInt((**i).clone()),
                Data::Float(f) => Wire::Float(*f),
                Data::Str(t) => Wire::Str(t.clone()),
                Data::Bytes(b) => Wire::Bytes(b.to_vec()),
                Data::Date(d) => Wire::Date((**d).clone()),
                Data::List(l) => Wire::List((**l).clone()),
                Data::Map(m) => Wire::Map(m.iter().map(|(k, v)| (k.to_value(), v.clone())).collect()),
            }
            .serialize(s);
        }
        match &self.data {
            Data::Null => s.serialize_unit(),
            Data::Bool(b) => s.serialize_bool(*b),
            Data::Int(i) => s.serialize_i64(*i),
            Data::BigInt(i) => s.serialize_str(&i.to_string()),
            Data::Float(f) => s.serialize_f64(*f),
            Data::Str(t) => s.serialize_str(t),
            Data::Bytes(b) => s.serialize_str(&String::from_utf8_lossy(b)),
            Data::Date(d) => s.serialize_str(&d.to_string()),
            Data::List(l) => {
                let mut seq = s.serialize_seq(Some(l.len()))?;
                for item in l.iter() {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Data::Map(m) => {
                let mut map = s.serialize_map(Some(m.len()))?;
                for (k, v) in m.iter() {
                    map.serialize_entry(&k.to_string(), v)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Value, D::Error> {
        if d.is_human_readable() {
            return d.deserialize_any(PlainVisitor);
        }
        Ok(match Wire::deserialize(d)? {
            Wire::Null => Value::NULL,
            Wire::Bool(b) => b.into(),
            Wire::Int(i) => i.into(),
            Wire::BigInt(i) => Value::big_int(i),
            Wire::Float(f) => f.into(),
            Wire::Str(t) => Value::str(t),
            Wire::Bytes(b) => Value::bytes(b),
            Wire::Date(date) => Value::new(Data::Date(Arc::new(date))),
            Wire::List(l) => Value::list(l),
            Wire::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (k, v) in entries {
                    let key = Key::try_from(&k).map_err(|()| de::Error::custom("a map key must be a scalar"))?;
                    map.insert(key, v);
                }
                Value::map(map)
            }
        })
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain data")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(b.into())
    }
    fn visit_i64<E>(self, i: i64) -> Result<Value, E> {
        Ok(i.into())
    }
    fn visit_u64<E>(self, i: u64) -> Result<Value, E> {
        Ok(i.into())
    }
    fn visit_f64<E>(self, f: f64) -> Result<Value, E> {
        Ok(f.into())
    }
    fn visit_str<E>(self, s: &str) -> Result<Value, E> {
        Ok(s.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::list(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((k, v)) = access.next_entry::<Value, Value>()? {
            let key = Key::try_from(&k).map_err(|()| de::Error::custom("a map key must be a scalar"))?;
            map.insert(key, v);
        }
        Ok(Value::map(map))
    }
}
