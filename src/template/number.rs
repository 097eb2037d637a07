//! Numbers and arithmetic as Python does them: integers of any size, floor division, true division.

use adept_wire::{BigInt, Data, Value};
use num_traits::{Pow, Signed, ToPrimitive, Zero};

use super::ast::BinaryOp;
use super::call::Result;
use super::error::TemplateError;

/// A number. Booleans count as 0 and 1.
#[derive(Clone, Debug)]
pub enum Number {
    /// Fits 64 bits.
    Int(i64),
    /// Any size.
    Big(BigInt),
    /// A float.
    Float(f64),
}

impl Number {
    /// The number that a value is.
    pub fn of(value: &Value) -> Option<Number> {
        Some(match &value.data {
            Data::Bool(b) => Number::Int(i64::from(*b)),
            Data::Int(i) => Number::Int(*i),
            Data::BigInt(i) => Number::Big((**i).clone()),
            Data::Float(f) => Number::Float(*f),
            _ => return None,
        })
    }

    /// As a float; huge integers become infinite.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Int(i) => *i as f64,
            Number::Big(i) => i.to_f64().unwrap_or(f64::INFINITY),
            Number::Float(f) => *f,
        }
    }

    fn to_big(&self) -> Option<BigInt> {
        match self {
            Number::Int(i) => Some(BigInt::from(*i)),
            Number::Big(i) => Some(i.clone()),
            Number::Float(_) => None,
        }
    }

    /// `-n`
    pub fn negated(&self) -> Value {
        match self {
            Number::Int(i) => i.checked_neg().map_or_else(|| Value::big_int(-BigInt::from(*i)), Value::from),
            Number::Big(i) => Value::big_int(-i),
            Number::Float(f) => Value::from(-f),
        }
    }

    /// Python's ordering; `None` where NaN takes part.
    pub fn compare(&self, other: &Number) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
            (Number::Float(f), int) => int.compare_float(*f).map(std::cmp::Ordering::reverse),
            (int, Number::Float(f)) => int.compare_float(*f),
            (a, b) => Some(a.to_big()?.cmp(&b.to_big()?)),
        }
    }

    /// Exact: the float's floor is an integer.
    fn compare_float(&self, f: f64) -> Option<std::cmp::Ordering> {
        use std::cmp::Ordering::{Greater, Less};
        if f.is_nan() {
            return None;
        }
        if f.is_infinite() {
            return Some(if f > 0.0 { Less } else { Greater });
        }
        let floor: BigInt = num_traits::FromPrimitive::from_f64(f.floor())?;
        Some(self.to_big()?.cmp(&floor).then(if f.fract() == 0.0 { std::cmp::Ordering::Equal } else { Less }))
    }

    /// `self op other`.
    ///
    /// # Errors
    /// On division by zero, and on results too large to be held.
    pub fn apply(&self, op: BinaryOp, other: &Number) -> Result<Value> {
        if let (Some(a), Some(b)) = (self.to_int(), other.to_int())
            && let Some(result) = small(op, a, b)
        {
            return Ok(result);
        }
        match (self.to_big(), other.to_big()) {
            (Some(a), Some(b)) => integers(op, &a, &b),
            _ => floats(op, self.to_f64(), other.to_f64()),
        }
    }

    fn to_int(&self) -> Option<i64> {
        match self {
            Number::Int(i) => Some(*i),
            _ => None,
        }
    }
}

/// The common case; `None` when it overflows, divides by zero, or isn't about integers.
fn small(op: BinaryOp, a: i64, b: i64) -> Option<Value> {
    Some(Value::from(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::FloorDiv => {
            let quotient = a.checked_div(b)?;
            if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
        }
        BinaryOp::Rem => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
        }
        BinaryOp::Div => {
            // Beyond 2^53 the quotient of the floats isn't the rounded quotient; Python's is close enough to be the same text
            // in all but the last digit.
            return (b != 0).then(|| Value::from(a as f64 / b as f64));
        }
        BinaryOp::Pow => a.checked_pow(u32::try_from(b).ok()?)?,
        BinaryOp::Concat => return None,
    }))
}

fn integers(op: BinaryOp, a: &BigInt, b: &BigInt) -> Result<Value> {
    let zero = |message: &str| TemplateError::failed(message);
    Ok(Value::big_int(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::FloorDiv | BinaryOp::Rem if b.is_zero() => {
            return Err(zero(if op == BinaryOp::Rem {
                "integer modulo by zero"
            } else {
                "integer division or modulo by zero"
            }));
        }
        BinaryOp::FloorDiv | BinaryOp::Rem => {
            let (mut quotient, mut rest) = (a / b, a % b);
            if !rest.is_zero() && rest.is_negative() != b.is_negative() {
                quotient -= 1;
                rest += b;
            }
            if op == BinaryOp::Rem { rest } else { quotient }
        }
        BinaryOp::Div => {
            if b.is_zero() {
                return Err(zero("division by zero"));
            }
            return Ok(Value::from(a.to_f64().unwrap_or(f64::INFINITY) / b.to_f64().unwrap_or(f64::INFINITY)));
        }
        BinaryOp::Pow if b.is_negative() => {
            return floats(op, a.to_f64().unwrap_or(f64::INFINITY), b.to_f64().unwrap_or(f64::NEG_INFINITY));
        }
        BinaryOp::Pow => {
            // A megabit is more than anybody means, and computing more would stall the run.
            let exponent = b.to_u32().filter(|e| u64::from(*e) * a.bits() <= 1 << 20);
            let Some(exponent) = exponent else { return Err(TemplateError::failed("result of ** is too large")) };
            Pow::pow(a, exponent)
        }
        BinaryOp::Concat => return Err(TemplateError::failed("unsupported operand")),
    }))
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Result<Value> {
    Ok(Value::from(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 => return Err(TemplateError::failed("float division by zero")),
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv if b == 0.0 => return Err(TemplateError::failed("float floor division by zero")),
        BinaryOp::FloorDiv => (a / b).floor(),
        BinaryOp::Rem if b == 0.0 => return Err(TemplateError::failed("float modulo")),
        BinaryOp::Rem => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        }
        BinaryOp::Pow if a == 0.0 && b < 0.0 => {
            return Err(TemplateError::failed("0.0 cannot be raised to a negative power"));
        }
        BinaryOp::Pow => a.powf(b),
        BinaryOp::Concat => return Err(TemplateError::failed("unsupported operand")),
    }))
}
