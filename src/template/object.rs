//! `Object`: things with state that only templates know: `namespace()`, `loop`, `cycler()`, `joiner()`.

use super::call::{Args, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::val::Val;

/// A thing with attributes that may be called or assigned to.
// `len` is Python's: most objects have none, so there is no `is_empty` to go with it.
#[allow(clippy::len_without_is_empty)]
pub trait Object: Send + Sync {
    /// Python's name of the type.
    fn type_name(&self) -> &'static str;

    /// `object.name`; `None` when there is no such attribute.
    fn attr(&self, eval: &Eval<'_>, name: &str) -> Option<Val>;

    /// `{% set object.name = value %}`.
    ///
    /// # Errors
    /// When the object takes no assignments.
    fn set_attr(&self, _name: &str, _value: Val) -> Result<()> {
        Err(TemplateError::failed("cannot assign attribute on non-namespace object"))
    }

    /// `object.name(args)`; `None` when there is no such method.
    fn call_method(&self, _eval: &Eval<'_>, _name: &str, _args: Args) -> Option<Result<Val>> {
        None
    }

    /// `object(args)`.
    ///
    /// # Errors
    /// When the object can't be called.
    fn call(&self, _eval: &Eval<'_>, _args: Args) -> Result<Val> {
        Err(TemplateError::failed(format!("'{}' object is not callable", self.type_name())))
    }

    /// `object | length`, where it has one.
    fn len(&self) -> Option<usize> {
        None
    }

    /// Its truth.
    fn truthy(&self) -> bool {
        true
    }

    /// The data that it stands for when it is printed or gone through, where there is some.
    fn to_val(&self) -> Option<Val> {
        None
    }

    /// `self == other`, for objects that are values (time spans).
    fn equals(&self, _other: &dyn Object) -> bool {
        false
    }

    /// The order of objects that are values.
    fn compare(&self, _other: &dyn Object) -> Option<std::cmp::Ordering> {
        None
    }

    /// The microseconds of a time span.
    fn micros(&self) -> Option<i128> {
        None
    }
}
