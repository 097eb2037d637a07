//! Filters about JSON: text as Python's `json.dumps` writes it, and back.

use adept_wire::{Data, Key, Map, Value};

use crate::template::call::{Call, Filter, Result};
use crate::template::text::float_repr;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("to_json", to_json),
    Filter::new("to_nice_json", to_nice_json),
    Filter::new("tojson", tojson),
    Filter::new("from_json", from_json),
];

/// How JSON is laid out; the names are those of `json.dumps`.
#[derive(Clone, Debug)]
pub struct JsonOptions {
    /// Every item on a line of its own, indented by this.
    pub indent: Option<String>,
    /// Sort keys.
    pub sort_keys: bool,
    /// Write characters beyond ASCII as `\u` escapes.
    pub ensure_ascii: bool,
    /// Between items, and between key and value.
    pub separators: (String, String),
}

impl JsonOptions {
    /// What `json.dumps` does, on one line or indented.
    pub fn new(indent: Option<String>) -> JsonOptions {
        let comma = if indent.is_some() { "," } else { ", " };
        JsonOptions { indent, sort_keys: false, ensure_ascii: true, separators: (comma.into(), ": ".into()) }
    }
}

/// The value as JSON text, as `json.dumps` writes it.
pub fn dumps(value: &Value, options: &JsonOptions) -> String {
    let mut out = String::new();
    write(value, options, 0, &mut out);
    out
}

fn write(value: &Value, options: &JsonOptions, depth: usize, out: &mut String) {
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Data::Int(i) => out.push_str(&i.to_string()),
        Data::BigInt(i) => out.push_str(&i.to_string()),
        Data::Float(f) => out.push_str(&float(*f)),
        Data::Str(s) => quoted(s, options.ensure_ascii, out),
        Data::Bytes(b) => quoted(&String::from_utf8_lossy(b), options.ensure_ascii, out),
        Data::Date(d) => quoted(&d.to_string().replacen(' ', "T", 1), options.ensure_ascii, out),
        Data::List(items) => {
            container(('[', ']'), items.len(), options, depth, out, |i, out| write(&items[i], options, depth + 1, out));
        }
        Data::Map(map) => {
            let mut entries: Vec<(&Key, &Value)> = map.iter().collect();
            if options.sort_keys {
                entries.sort_by_cached_key(|(key, _)| key_text(key));
            }
            container(('{', '}'), entries.len(), options, depth, out, |i, out| {
                quoted(&key_text(entries[i].0), options.ensure_ascii, out);
                out.push_str(&options.separators.1);
                write(entries[i].1, options, depth + 1, out);
            });
        }
    }
}

fn container(
    (open, close): (char, char),
    len: usize,
    options: &JsonOptions,
    depth: usize,
    out: &mut String,
    item: impl Fn(usize, &mut String),
) {
    let newline = |depth: usize, out: &mut String| {
        if let Some(indent) = &options.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(&indent[..], depth));
        }
    };
    out.push(open);
    for i in 0..len {
        if i > 0 {
            out.push_str(&options.separators.0);
        }
        newline(depth + 1, out);
        item(i, out);
    }
    if len > 0 {
        newline(depth, out);
    }
    out.push(close);
}

fn key_text(key: &Key) -> String {
    match &key.to_value().data {
        Data::Float(f) => float(*f),
        _ => key.to_string(),
    }
}

fn float(f: f64) -> String {
    if f.is_nan() {
        "NaN".to_owned()
    } else if f.is_infinite() {
        if f > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_repr(f)
    }
}

fn quoted(text: &str, ensure_ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (ensure_ascii && (c as u32) > 0x7e) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn options(call: &mut Call<'_>, mut options: JsonOptions) -> Result<JsonOptions> {
    if let Some(indent) = call.named("indent") {
        let by = match (indent.as_i64(), indent.as_str()) {
            (Some(n), _) => Some(" ".repeat(usize::try_from(n).unwrap_or(0))),
            (None, text) => text.map(str::to_owned),
        };
        options = JsonOptions { sort_keys: options.sort_keys, ..JsonOptions::new(by) };
    }
    if let Some(sort) = call.named("sort_keys") {
        options.sort_keys = call.eval.truthy(&sort)?;
    }
    if let Some(ascii) = call.named("ensure_ascii") {
        options.ensure_ascii = call.eval.truthy(&ascii)?;
    }
    if let Some(separators) = call.named("separators").filter(|s| !s.is_none()) {
        match &call.eval.items(&separators)?[..] {
            [item, key] => options.separators = (call.eval.text(item)?.to_string(), call.eval.text(key)?.to_string()),
            _ => return Err(call.fail("separators must be a pair")),
        }
    }
    // These speak of Ansible's inner marks, which data has not here.
    for ignored in ["vault_to_text", "preprocess_unsafe", "allow_nan", "skipkeys", "check_circular"] {
        call.named(ignored);
    }
    call.finish()?;
    Ok(options)
}

fn to_json(call: &mut Call<'_>) -> Result<Val> {
    let options = options(call, JsonOptions::new(None))?;
    Ok(Val::str(dumps(&call.input_value()?, &options)))
}

fn to_nice_json(call: &mut Call<'_>) -> Result<Val> {
    let mut defaults = JsonOptions { sort_keys: true, ..JsonOptions::new(Some("    ".to_owned())) };
    if let Some(indent) = call.int_arg(0, "indent")? {
        defaults.indent = Some(" ".repeat(usize::try_from(indent).unwrap_or(0)));
    }
    if let Some(sort) = call.bool_arg(1, "sort_keys")? {
        defaults.sort_keys = sort;
    }
    let options = options(call, defaults)?;
    Ok(Val::str(dumps(&call.input_value()?, &options)))
}

/// Jinja2's: safe within HTML.
fn tojson(call: &mut Call<'_>) -> Result<Val> {
    let indent = call.int_arg(0, "indent")?.map(|n| " ".repeat(usize::try_from(n).unwrap_or(0)));
    call.finish()?;
    let options = JsonOptions { sort_keys: true, ..JsonOptions::new(indent) };
    let text = dumps(&call.input_value()?, &options);
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027");
    Ok(Val::str(text))
}

fn from_json(call: &mut Call<'_>) -> Result<Val> {
    call.rest_named();
    call.finish()?;
    let Some(text) = call.input.as_str() else {
        return Err(call.fail(format!("the JSON object must be str, not {}", call.input.type_name())));
    };
    loads(text).map(Val::Value).map_err(|e| call.fail(e))
}

/// Reads JSON as Python's `json.loads` does: integers of any size, `NaN` and `Infinity`, the last of equal keys.
///
/// # Errors
/// What was expected, and where, in Python's words.
pub fn loads(text: &str) -> std::result::Result<Value, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.blanks();
    let value = reader.value()?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.error("Extra data", reader.at)) } else { Ok(value) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Read<T> = std::result::Result<T, String>;

impl Reader<'_> {
    fn error(&self, what: &str, at: usize) -> String {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("{what}: line {line} column {column} (char {})", before.chars().count())
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let there = self.rest().starts_with(token);
        self.at += if there { token.len() } else { 0 };
        there
    }

    fn value(&mut self) -> Read<Value> {
        let start = self.at;
        match self.rest().chars().next() {
            Some('"') => self.string().map(Value::from),
            Some('[') => self.nested(Reader::list),
            Some('{') => self.nested(Reader::map),
            Some('-' | '0'..='9') => self.number(),
            _ if self.eat("null") => Ok(Value::NULL),
            _ if self.eat("true") => Ok(true.into()),
            _ if self.eat("false") => Ok(false.into()),
            _ if self.eat("NaN") => Ok(f64::NAN.into()),
            _ if self.eat("Infinity") => Ok(f64::INFINITY.into()),
            _ => Err(self.error("Expecting value", start)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        self.depth += 1;
        if self.depth > 500 {
            return Err(self.error("nested too deeply", self.at));
        }
        self.at += 1;
        self.blanks();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        if self.eat("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            if self.eat("]") {
                return Ok(Value::list(items));
            }
            if !self.eat(",") {
                return Err(self.error("Expecting ',' delimiter", self.at));
            }
            self.blanks();
        }
    }

    fn map(&mut self) -> Read<Value> {
        let mut map = Map::new();
        if self.eat("}") {
            return Ok(Value::map(map));
        }
        loop {
            if !self.rest().starts_with('"') {
                return Err(self.error("Expecting property name enclosed in double quotes", self.at));
            }
            let key = self.string()?;
            self.blanks();
            if !self.eat(":") {
                return Err(self.error("Expecting ':' delimiter", self.at));
            }
            self.blanks();
            let value = self.value()?;
            map.insert(Key::from(key), value);
            self.blanks();
            if self.eat("}") {
                return Ok(Value::map(map));
            }
            if !self.eat(",") {
                return Err(self.error("Expecting ',' delimiter", self.at));
            }
            self.blanks();
        }
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("-Infinity") {
            self.at += "-Infinity".len();
            return Ok(f64::NEG_INFINITY.into());
        }
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = usize::from(bytes[0] == b'-');
        // A number begins with no zero but that of zero itself.
        let whole = if bytes.get(end) == Some(&b'0') { 1 } else { digits(end) };
        if whole == 0 {
            return Err(self.error("Expecting value", start));
        }
        end += whole;
        let mut is_float = false;
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
            is_float = true;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(end + 1 + sign) > 0 {
                end += 1 + sign + digits(end + 1 + sign);
                is_float = true;
            }
        }
        let text = &rest[..end];
        let value =
            if is_float { text.parse::<f64>().ok().map(Value::from) } else { text.parse().ok().map(Value::big_int) };
        let value = value.ok_or_else(|| self.error("Expecting value", start))?;
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let at = self.at;
            let Some(c) = self.rest().chars().next() else {
                return Err(self.error("Unterminated string starting at", start));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                c if (c as u32) < 0x20 => return Err(self.error("Invalid control character at", at)),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let at = self.at - 1;
        let Some(c) = self.rest().chars().next() else { return Err(self.error("Unterminated string starting at", at)) };
        self.at += c.len_utf8();
        Ok(match c {
            '"' | '\\' | '/' => c,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if (0xd800..0xdc00).contains(&first) && self.eat("\\u") {
                    let second = self.unit()?;
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second.wrapping_sub(0xdc00) & 0x3ff);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // Half a surrogate pair: text here is UTF-8, which has none.
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.error("Invalid \\escape", at)),
        })
    }

    fn unit(&mut self) -> Read<u32> {
        let code = self.rest().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let Some(code) = code else { return Err(self.error("Invalid \\uXXXX escape", self.at)) };
        self.at += 4;
        Ok(code)
    }
}
