//! Tests about equality, order, membership and arithmetic.

use std::sync::Arc;

use adept_wire::Data;

use crate::template::ast::{BinaryOp, CompareOp};
use crate::template::call::{Call, Result, Test};
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("eq", |call| compare(call, CompareOp::Eq)),
    Test::new("==", |call| compare(call, CompareOp::Eq)),
    Test::new("equalto", |call| compare(call, CompareOp::Eq)),
    Test::new("ne", |call| compare(call, CompareOp::Ne)),
    Test::new("!=", |call| compare(call, CompareOp::Ne)),
    Test::new("lt", |call| compare(call, CompareOp::Lt)),
    Test::new("<", |call| compare(call, CompareOp::Lt)),
    Test::new("lessthan", |call| compare(call, CompareOp::Lt)),
    Test::new("le", |call| compare(call, CompareOp::Le)),
    Test::new("<=", |call| compare(call, CompareOp::Le)),
    Test::new("gt", |call| compare(call, CompareOp::Gt)),
    Test::new(">", |call| compare(call, CompareOp::Gt)),
    Test::new("greaterthan", |call| compare(call, CompareOp::Gt)),
    Test::new("ge", |call| compare(call, CompareOp::Ge)),
    Test::new(">=", |call| compare(call, CompareOp::Ge)),
    Test::new("in", |call| compare(call, CompareOp::In)),
    Test::new("sameas", sameas),
    Test::new("divisibleby", divisibleby),
    Test::new("even", |call| parity(call, 0)),
    Test::new("odd", |call| parity(call, 1)),
];

fn compare(call: &mut Call<'_>, op: CompareOp) -> Result<bool> {
    let other = call.required(0, "other")?;
    call.finish()?;
    call.eval.compare_op(op, &call.input, &other)
}

/// Python's `is`: the same list or map, or plain data that nobody can tell apart.
fn sameas(call: &mut Call<'_>) -> Result<bool> {
    let other = call.required(0, "other")?;
    call.finish()?;
    Ok(match (&call.input, &other) {
        (Val::List(a), Val::List(b)) => a.is(b),
        (Val::Map(a), Val::Map(b)) => a.is(b),
        (Val::Object(a), Val::Object(b)) => Arc::ptr_eq(a, b),
        (Val::Function(a), Val::Function(b)) => Arc::ptr_eq(a, b),
        (Val::Lazy(a), Val::Lazy(b)) => same_data(&a.raw.data, &b.raw.data),
        (Val::Value(a), Val::Value(b)) => same_data(&a.data, &b.data),
        _ => false,
    })
}

fn same_data(a: &Data, b: &Data) -> bool {
    match (a, b) {
        (Data::List(a), Data::List(b)) => Arc::ptr_eq(a, b),
        (Data::Map(a), Data::Map(b)) => Arc::ptr_eq(a, b),
        (Data::Null, Data::Null) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Int(a), Data::Int(b)) => a == b,
        (Data::Float(a), Data::Float(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        _ => false,
    }
}

fn remainder(call: &Call<'_>, by: &Val) -> Result<Val> {
    call.eval.binary(BinaryOp::Rem, &call.input, by)
}

fn divisibleby(call: &mut Call<'_>) -> Result<bool> {
    let by = call.required(0, "num")?;
    call.finish()?;
    call.eval.equal(&remainder(call, &by)?, &Val::from(0i64))
}

fn parity(call: &mut Call<'_>, wanted: i64) -> Result<bool> {
    call.finish()?;
    call.eval.equal(&remainder(call, &Val::from(2i64))?, &Val::from(wanted))
}
