//! `Key`: a scalar that can be the key of a map, with Python's equality.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::Equivalent;

use crate::date::Date;
use crate::value::{Data, Origin, Tag, Value, int_equals_float};

/// A map key: null, bool, int, float, text or date. Like a value it may carry the place where it was written.
#[derive(Clone)]
pub struct Key {
    data: KeyData,
    tag: Option<Arc<Tag>>,
}

#[derive(Clone)]
enum KeyData {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    Date(Arc<Date>),
}

impl Key {
    /// The text, of a text key only.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            KeyData::Str(s) => Some(s),
            _ => None,
        }
    }

    /// Where the key was written.
    pub fn origin(&self) -> Option<&Origin> {
        self.tag.as_ref().and_then(|t| t.origin.as_ref())
    }

    /// The same key without its tag.
    pub fn without_tag(mut self) -> Key {
        self.tag = None;
        self
    }

    /// The key as a value, with its tag.
    pub fn to_value(&self) -> Value {
        let value = Value::new(match &self.data {
            KeyData::Null => Data::Null,
            KeyData::Bool(b) => Data::Bool(*b),
            KeyData::Int(i) => Data::Int(*i),
            KeyData::Float(f) => Data::Float(*f),
            KeyData::Str(s) => Data::Str(s.clone()),
            KeyData::Date(d) => Data::Date(d.clone()),
        });
        match &self.tag {
            Some(tag) => value.with_tag(tag.clone()),
            None => value,
        }
    }
}

/// Lists, maps, bytes and integers beyond 64 bits can't be keys.
impl TryFrom<&Value> for Key {
    type Error = ();
    fn try_from(v: &Value) -> Result<Key, ()> {
        let data = match &v.data {
            Data::Null => KeyData::Null,
            Data::Bool(b) => KeyData::Bool(*b),
            Data::Int(i) => KeyData::Int(*i),
            Data::Float(f) => KeyData::Float(*f),
            Data::Str(s) => KeyData::Str(s.clone()),
            Data::Date(d) => KeyData::Date(d.clone()),
            Data::BigInt(_) | Data::Bytes(_) | Data::List(_) | Data::Map(_) => return Err(()),
        };
        Ok(Key { data, tag: v.tag().cloned() })
    }
}

impl From<&str> for Key {
    fn from(s: &str) -> Key {
        Key { data: KeyData::Str(s.into()), tag: None }
    }
}
impl From<String> for Key {
    fn from(s: String) -> Key {
        Key { data: KeyData::Str(s.into()), tag: None }
    }
}
impl From<Arc<str>> for Key {
    fn from(s: Arc<str>) -> Key {
        Key { data: KeyData::Str(s), tag: None }
    }
}
impl From<i64> for Key {
    fn from(i: i64) -> Key {
        Key { data: KeyData::Int(i), tag: None }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        use KeyData::{Bool, Date, Float, Int, Null, Str};
        match (&self.data, &other.data) {
            (Null, Null) => true,
            (Str(a), Str(b)) => a == b,
            (Date(a), Date(b)) => a == b,
            (Float(a), Float(b)) => a == b || a.to_bits() == b.to_bits(),
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (Bool(a), Int(b)) | (Int(b), Bool(a)) => i64::from(*a) == *b,
            (Int(i), Float(f)) | (Float(f), Int(i)) => int_equals_float(*i, *f),
            (Bool(b), Float(f)) | (Float(f), Bool(b)) => f64::from(u8::from(*b)) == *f,
            _ => false,
        }
    }
}
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, h: &mut H) {
        match &self.data {
            // Text hashes as `str` does, so that a map can be asked with `&str`.
            KeyData::Str(s) => s.as_ref().hash(h),
            KeyData::Null => 0u8.hash(h),
            KeyData::Bool(b) => i64::from(*b).hash(h),
            KeyData::Int(i) => i.hash(h),
            KeyData::Float(f) if int_equals_float(*f as i64, *f) => (*f as i64).hash(h),
            KeyData::Float(f) => f.to_bits().hash(h),
            KeyData::Date(d) => d.hash(h),
        }
    }
}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self)
    }
}

/// The key as text, as `str()` shows it in Python: what JSON objects get as their names.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            KeyData::Null => f.write_str("null"),
            KeyData::Bool(b) => write!(f, "{b}"),
            KeyData::Int(i) => write!(f, "{i}"),
            KeyData::Float(x) => write!(f, "{x:?}"),
            KeyData::Str(s) => f.write_str(s),
            KeyData::Date(d) => write!(f, "{d}"),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

/// On the wire as the scalar it is; in JSON and YAML as text.
impl serde::Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.to_value().serialize(s) }
    }
}

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Key, D::Error> {
        let value = Value::deserialize(d)?;
        Key::try_from(&value).map_err(|()| serde::de::Error::custom("a map key must be a scalar"))
    }
}
