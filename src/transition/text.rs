//! Values of a transition file as text, as Python's `str()` shows them: every parameter is text in the end.

use adept_wire::{Data, Value};

/// `str(value)`.
pub fn text(value: &Value) -> String {
    match &value.data {
        Data::Str(s) => s.to_string(),
        _ => repr(value),
    }
}

/// `repr(value)`, for lists and maps within messages.
fn repr(value: &Value) -> String {
    let join = |items: Vec<String>| items.join(", ");
    match &value.data {
        Data::Null => "None".to_string(),
        Data::Bool(true) => "True".to_string(),
        Data::Bool(false) => "False".to_string(),
        Data::Str(s) => format!("'{}'", s.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")),
        Data::List(items) => format!("[{}]", join(items.iter().map(repr).collect())),
        Data::Map(map) => {
            let entry = |(k, v): (&adept_wire::Key, &Value)| format!("{}: {}", repr(&k.to_value()), repr(v));
            format!("{{{}}}", join(map.iter().map(entry).collect()))
        }
        _ => format!("{value:?}"),
    }
}
