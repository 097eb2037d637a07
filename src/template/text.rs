//! Python's `str()` and `repr()` of plain data.

use std::fmt::Write;
use std::sync::Arc;

use adept_wire::{Data, Date, Value};

/// Python's `str(value)`.
pub fn str_of(value: &Value) -> Arc<str> {
    match &value.data {
        Data::Str(s) => s.clone(),
        Data::Date(d) => d.to_string().into(),
        _ => repr(value).into(),
    }
}

/// Python's `repr(value)`.
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(value, &mut out);
    out
}

/// Appends Python's `repr(value)`.
pub fn write_repr(value: &Value, out: &mut String) {
    match &value.data {
        Data::Null => out.push_str("None"),
        Data::Bool(true) => out.push_str("True"),
        Data::Bool(false) => out.push_str("False"),
        Data::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Data::BigInt(i) => {
            let _ = write!(out, "{i}");
        }
        Data::Float(f) => out.push_str(&float_repr(*f)),
        Data::Str(s) => str_repr(s, out),
        Data::Bytes(b) => bytes_repr(b, out),
        Data::Date(d) => date_repr(d, out),
        Data::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_repr(item, out);
            }
            out.push(']');
        }
        Data::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_repr(&key.to_value(), out);
                out.push_str(": ");
                write_repr(item, out);
            }
            out.push('}');
        }
    }
}

/// Python's `repr` of a float: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on.
pub fn float_repr(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{f:e}");
    // Rust's `{:e}` always has an exponent.
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{f}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// Appends Python's `repr` of text: single quotes unless the text has some and no double ones.
pub fn str_repr(s: &str, out: &mut String) {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let code = c as u32;
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// Python's `str.isprintable` of one character, as far as the standard library tells: no controls, no blanks but the space,
/// no format characters, no private use.
fn is_printable(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || hidden)
}

fn bytes_repr(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.push('b');
    out.push(quote);
    for b in bytes {
        match b {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(*b) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..=0x7e => out.push(char::from(*b)),
            b => {
                let _ = write!(out, "\\x{b:02x}");
            }
        }
    }
    out.push(quote);
}

fn date_repr(d: &Date, out: &mut String) {
    let Some(t) = &d.time else {
        let _ = write!(out, "datetime.date({}, {}, {})", d.year, d.month, d.day);
        return;
    };
    let _ = write!(out, "datetime.datetime({}, {}, {}, {}, {}", d.year, d.month, d.day, t.hour, t.minute);
    if t.second != 0 || t.micro != 0 {
        let _ = write!(out, ", {}", t.second);
    }
    if t.micro != 0 {
        let _ = write!(out, ", {}", t.micro);
    }
    match t.offset {
        Some(0) => out.push_str(", tzinfo=datetime.timezone.utc"),
        Some(offset) => {
            let days = offset.div_euclid(86_400);
            let seconds = offset.rem_euclid(86_400);
            let delta = match days {
                0 => format!("seconds={seconds}"),
                _ => format!("days={days}, seconds={seconds}"),
            };
            let _ = write!(out, ", tzinfo=datetime.timezone(datetime.timedelta({delta}))");
        }
        None => {}
    }
    out.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;
    use adept_wire::map;

    #[test]
    fn floats_as_python_writes_them() {
        // Recorded from CPython 3.
        for (f, expected) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e17, "1e+17"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float_repr(f), expected);
        }
    }

    #[test]
    fn quotes_are_chosen() {
        let v = Value::list(vec!["it's".into(), "a\"b'".into(), "é\n\u{7f}".into(), Value::NULL, true.into()]);
        assert_eq!(repr(&v), "[\"it's\", 'a\"b\\'', 'é\\n\\x7f', None, True]");
        assert_eq!(repr(&Value::map(map! { "a" => 1, 2i64 => 1.5 })), "{'a': 1, 2: 1.5}");
    }
}
