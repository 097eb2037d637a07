//! Tests about kinds of values.

use adept_wire::Data;

use crate::template::call::{Call, Result, Test};
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("boolean", |call| data(call, |d| matches!(d, Data::Bool(_)))),
    Test::new("integer", |call| data(call, |d| matches!(d, Data::Int(_) | Data::BigInt(_)))),
    Test::new("float", |call| data(call, |d| matches!(d, Data::Float(_)))),
    Test::new("number", |call| {
        data(call, |d| matches!(d, Data::Bool(_) | Data::Int(_) | Data::BigInt(_) | Data::Float(_)))
    }),
    Test::new("string", |call| data(call, |d| matches!(d, Data::Str(_)))),
    Test::new("nan", |call| data(call, |d| matches!(d, Data::Float(f) if f.is_nan()))),
    Test::new("isnan", |call| data(call, |d| matches!(d, Data::Float(f) if f.is_nan()))),
    Test::new("mapping", |call| val(call, Val::is_map)),
    Test::new("sequence", |call| val(call, |v| v.is_map() || is_iterable(v))),
    Test::new("iterable", |call| val(call, is_iterable)),
    Test::new("callable", |call| val(call, |v| matches!(v, Val::Function(_)))),
    Test::new("lower", |call| cased(call, char::is_lowercase, char::is_uppercase)),
    Test::new("upper", |call| cased(call, char::is_uppercase, char::is_lowercase)),
];

fn data(call: &mut Call<'_>, test: impl Fn(&Data) -> bool) -> Result<bool> {
    call.finish()?;
    Ok(call.input.as_value().is_some_and(|v| test(&v.data)))
}

fn val(call: &mut Call<'_>, test: impl Fn(&Val) -> bool) -> Result<bool> {
    call.finish()?;
    Ok(test(&call.input))
}

fn is_iterable(val: &Val) -> bool {
    val.is_map()
        || val.is_list()
        || matches!(val, Val::Tuple(_))
        || matches!(val.as_value().map(|v| &v.data), Some(Data::Str(_) | Data::Bytes(_)))
        || matches!(val, Val::Object(o) if o.to_val().is_some_and(|v| is_iterable(&v)))
}

fn cased(call: &mut Call<'_>, wanted: fn(char) -> bool, other: fn(char) -> bool) -> Result<bool> {
    call.finish()?;
    let text = call.input_text()?;
    Ok(text.chars().any(wanted) && !text.chars().any(other))
}
