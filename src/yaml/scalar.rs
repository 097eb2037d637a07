//! What a scalar means: PyYAML's implicit resolvers and constructors of YAML 1.1.

use std::sync::Arc;

use adept_wire::{BigInt, Data, Value};

use super::timestamp;

/// What a plain scalar is, judged by its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    /// `<<`
    Merge,
    /// `=`
    Default,
    Str,
}

impl Kind {
    /// The kind of an unquoted text.
    pub(super) fn of_plain(text: &str) -> Kind {
        let Some(first) = text.bytes().next() else { return Kind::Null };
        match first {
            b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => Kind::Null,
            b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if boolean(text).is_some() => {
                Kind::Bool
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' if is_float(text) => Kind::Float,
            b'0'..=b'9' | b'+' | b'-' if is_int(text) => Kind::Int,
            b'0'..=b'9' if timestamp::looks_like(text) => Kind::Timestamp,
            b'<' if text == "<<" => Kind::Merge,
            b'=' if text == "=" => Kind::Default,
            _ => Kind::Str,
        }
    }

    /// The data of this kind that the text names; `None` where it names none (`!!int x`, `2001-13-41`).
    pub(super) fn construct(self, text: &str) -> Option<Data> {
        match self {
            Kind::Null => Some(Data::Null),
            Kind::Bool => any_case_boolean(text).map(Data::Bool),
            Kind::Int => int(text),
            Kind::Float => float(text).map(Data::Float),
            Kind::Timestamp => timestamp::parse(text).map(|d| Data::Date(Arc::new(d))),
            Kind::Merge | Kind::Default | Kind::Str => Some(Data::Str(text.into())),
        }
    }
}

/// The value of plain text as YAML reads an unquoted scalar; text that it would refuse (`2001-13-41`) stays text.
pub fn scalar(text: &str) -> Value {
    Value::new(Kind::of_plain(text).construct(text).unwrap_or_else(|| Data::Str(text.into())))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Under an explicit `!!bool` PyYAML ignores case.
fn any_case_boolean(text: &str) -> Option<bool> {
    boolean(text).or_else(|| boolean(&text.to_ascii_lowercase()))
}

fn unsigned(text: &str) -> &[u8] {
    text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes()
}

fn digit_or_underscore(b: &u8) -> bool {
    b.is_ascii_digit() || *b == b'_'
}

/// `(?::[0-5]?[0-9])+`
fn is_sexagesimal_tail(tail: &[u8]) -> bool {
    !tail.is_empty()
        && tail[0] == b':'
        && tail[1..].split(|b| *b == b':').all(|part| match part {
            [d] => d.is_ascii_digit(),
            [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
            _ => false,
        })
}

fn is_int(text: &str) -> bool {
    match unsigned(text) {
        [b'0'] => true,
        [b'0', b'b', rest @ ..] if !rest.is_empty() => rest.iter().all(|b| matches!(b, b'0' | b'1' | b'_')),
        [b'0', b'x', rest @ ..] if !rest.is_empty() => rest.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_'),
        [b'0', rest @ ..] => rest.iter().all(|b| matches!(b, b'0'..=b'7' | b'_')),
        [b'1'..=b'9', rest @ ..] => {
            let tail = &rest[rest.iter().take_while(|b| digit_or_underscore(b)).count()..];
            tail.is_empty() || is_sexagesimal_tail(tail)
        }
        _ => false,
    }
}

fn is_float(text: &str) -> bool {
    fn is_exponent(b: &[u8]) -> bool {
        match b {
            [] => true,
            [b'e' | b'E', b'-' | b'+', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        }
    }
    fn after_digits(b: &[u8]) -> &[u8] {
        &b[b.iter().take_while(|b| digit_or_underscore(b)).count()..]
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let b = unsigned(text);
    match b {
        b".inf" | b".Inf" | b".INF" => true,
        // No sign here: PyYAML reads `-.5` as text.
        [b'.', b'0'..=b'9', ..] if b.len() == text.len() => is_exponent(after_digits(&b[1..])),
        [b'0'..=b'9', ..] => match after_digits(b) {
            [b'.', rest @ ..] => is_exponent(after_digits(rest)),
            tail @ [b':', ..] => match tail.iter().position(|b| *b == b'.') {
                Some(dot) => is_sexagesimal_tail(&tail[..dot]) && after_digits(&tail[dot + 1..]).is_empty(),
                None => false,
            },
            _ => false,
        },
        _ => false,
    }
}

fn int(text: &str) -> Option<Data> {
    let clean = text.replace('_', "");
    let (negative, digits) = match clean.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, clean.strip_prefix('+').unwrap_or(&clean)),
    };
    let parse = |digits: &str, radix: u32| -> Option<BigInt> {
        // A second sign is no digit.
        digits.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| BigInt::parse_bytes(digits.as_bytes(), radix))?
    };
    let n = if digits == "0" {
        BigInt::ZERO
    } else if let Some(binary) = digits.strip_prefix("0b") {
        parse(binary, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        parse(hex, 16)?
    } else if digits.starts_with('0') {
        parse(digits, 8)?
    } else if digits.contains(':') {
        digits.split(':').try_fold(BigInt::ZERO, |n, part| Some(n * 60 + parse(part, 10)?))?
    } else {
        parse(digits, 10)?
    };
    Some(Value::big_int(if negative { -n } else { n }).data)
}

fn float(text: &str) -> Option<f64> {
    let clean = text.replace('_', "").to_ascii_lowercase();
    let (sign, digits) = match clean.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, clean.strip_prefix('+').unwrap_or(&clean)),
    };
    match digits {
        ".inf" => Some(sign * f64::INFINITY),
        ".nan" => Some(f64::NAN),
        _ if digits.contains(':') => {
            // From the right, as Python does: the order of additions decides the last bit.
            let mut base = 1.0;
            let mut n = 0.0;
            for part in digits.rsplit(':') {
                n += part.parse::<f64>().ok()? * base;
                base *= 60.0;
            }
            Some(sign * n)
        }
        _ => digits.parse::<f64>().ok().map(|f| sign * f),
    }
}
