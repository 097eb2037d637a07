//! Results as Python's `json.dumps(.., sort_keys=True, ensure_ascii=False)` writes them: what Ansible shows.

use std::fmt::Write as _;

use adept_wire::{Data, Map, Value};

use crate::yaml::float_repr;

/// The value in one line, or with an indent over several.
pub(super) fn dumps(value: &Value, indent: Option<usize>) -> String {
    let mut text = String::new();
    write(&mut text, value, indent, 0);
    text
}

fn write(text: &mut String, value: &Value, indent: Option<usize>, level: usize) {
    match &value.data {
        Data::Null => text.push_str("null"),
        Data::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Data::Int(i) => text.push_str(&i.to_string()),
        Data::BigInt(i) => text.push_str(&i.to_string()),
        Data::Float(f) => text.push_str(&float(*f)),
        Data::Str(s) => quote(text, s),
        Data::Bytes(b) => quote(text, &String::from_utf8_lossy(b)),
        Data::Date(date) => quote(text, &date.to_string().replace(' ', "T")),
        Data::List(items) => {
            block(text, ['[', ']'], items.iter(), indent, level, |text, item| write(text, item, indent, level + 1));
        }
        Data::Map(map) => {
            block(text, ['{', '}'], sorted(map).into_iter(), indent, level, |text, (key, item)| {
                quote(text, &key);
                text.push_str(": ");
                write(text, item, indent, level + 1);
            });
        }
    }
}

fn sorted(map: &Map) -> Vec<(String, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.to_string(), v)).collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries
}

fn block<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    indent: Option<usize>,
    level: usize,
    mut each: impl FnMut(&mut String, T),
) {
    text.push(open);
    let empty = items.len() == 0;
    for (i, item) in items.enumerate() {
        if i > 0 {
            text.push(',');
        }
        match indent {
            Some(n) => new_line(text, n * (level + 1)),
            None if i > 0 => text.push(' '),
            None => {}
        }
        each(text, item);
    }
    if let (Some(n), false) = (indent, empty) {
        new_line(text, n * level);
    }
    text.push(close);
}

fn new_line(text: &mut String, spaces: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', spaces));
}

fn quote(text: &mut String, s: &str) {
    text.push('"');
    for c in s.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\x08' => text.push_str("\\b"),
            '\x0c' => text.push_str("\\f"),
            c if c < ' ' => {
                // Writing to a String can't fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

/// Python's `repr`, with JavaScript's names for what JSON has no numbers for.
fn float(f: f64) -> String {
    if f.is_nan() {
        return "NaN".to_string();
    }
    if f.is_infinite() {
        return if f > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    float_repr(f)
}

#[cfg(test)]
mod tests {
    use adept_wire::{Value, map};

    use super::dumps;

    #[test]
    fn looks_as_python_writes_it() {
        let v = Value::from(map! {
            "b" => vec![Value::from(1), Value::from(1.5), Value::from(1e20), Value::from(1e-7), Value::NULL],
            "a" => map! { "é\n\u{7}\"" => true },
            "c" => Vec::<Value>::new(),
            "d" => map! {},
        });
        // python3 -c 'json.dumps(.., sort_keys=True, ensure_ascii=False)', and with indent=4
        assert_eq!(
            dumps(&v, None),
            "{\"a\": {\"é\\n\\u0007\\\"\": true}, \"b\": [1, 1.5, 1e+20, 1e-07, null], \"c\": [], \"d\": {}}"
        );
        assert_eq!(
            dumps(&v, Some(4)),
            "{\n    \"a\": {\n        \"é\\n\\u0007\\\"\": true\n    },\n    \"b\": [\n        1,\n        1.5,\n        1e+20,\n        1e-07,\n        null\n    ],\n    \"c\": [],\n    \"d\": {}\n}"
        );
    }
}
