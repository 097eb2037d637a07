//! The dumper: values to text, byte for byte as `yaml.dump(.., Dumper=CSafeDumper)`, which is what Ansible's filters call.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Trust, Value};
use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

use super::scalar::Kind;

/// How text is laid out; the names are those of `yaml.dump`. The default is what `yaml.dump` does without options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpOptions {
    /// Spaces per level; outside of 2 to 9 it is 2.
    pub indent: i32,
    /// Lines are folded at this width; negative: never.
    pub width: i32,
    /// Sort keys. Keys that have no order among them (text and numbers) stay as they are.
    pub sort_keys: bool,
    /// Where `[a, b]` and `{a: b}` are used.
    pub default_flow_style: FlowStyle,
    /// The style of all scalars: `'`, `"`, `|` or `>`. `None`: the plainest that says the same.
    pub default_style: Option<char>,
    /// Begin with `---`.
    pub explicit_start: bool,
    /// End with `...`.
    pub explicit_end: bool,
    /// Write characters beyond ASCII as they are.
    pub allow_unicode: bool,
    /// Write a list or map that occurs twice once, as `&id001`, and then as `*id001`, as PyYAML does with the same object.
    pub aliases: bool,
}

/// Which lists and maps are written within a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowStyle {
    /// None (`default_flow_style=False`).
    #[default]
    Block,
    /// Those that hold nothing but scalars (`default_flow_style=None`).
    Leaves,
    /// All (`default_flow_style=True`).
    Flow,
}

impl Default for DumpOptions {
    fn default() -> DumpOptions {
        DumpOptions {
            indent: 2,
            width: 80,
            sort_keys: true,
            default_flow_style: FlowStyle::Block,
            default_style: None,
            explicit_start: false,
            explicit_end: false,
            allow_unicode: false,
            aliases: false,
        }
    }
}

impl DumpOptions {
    /// What the filter `to_yaml` does without options.
    pub fn to_yaml() -> DumpOptions {
        DumpOptions { default_flow_style: FlowStyle::Leaves, allow_unicode: true, ..DumpOptions::default() }
    }

    /// What the filter `to_nice_yaml` does without options.
    pub fn to_nice_yaml() -> DumpOptions {
        DumpOptions { indent: 4, allow_unicode: true, ..DumpOptions::default() }
    }
}

/// The value as the text of one document.
pub fn dump(value: &Value, options: &DumpOptions) -> String {
    dump_all(std::slice::from_ref(value), options)
}

/// The values as the text of a document each.
pub fn dump_all(documents: &[Value], options: &DumpOptions) -> String {
    let mut text = Vec::new();
    let mut emitter = Emitter::new();
    emitter.set_output_string(&mut text);
    emitter.set_indent(options.indent);
    emitter.set_width(options.width);
    emitter.set_unicode(options.allow_unicode);
    let mut dumper = Dumper { emitter, options, anchors: HashMap::new(), beyond_bmp: Vec::new() };
    dumper.emit(Event::stream_start(Encoding::Utf8));
    for value in documents {
        dumper.document(value);
    }
    dumper.emit(Event::stream_end());
    let beyond_bmp = std::mem::take(&mut dumper.beyond_bmp);
    drop(dumper);
    // The emitter writes text that came from `str`, or escapes of it.
    restore(&String::from_utf8_lossy(&text), &beyond_bmp)
}

/// libyaml escapes characters beyond U+FFFF, such as emoji (`"\U0001F600"`), even with `allow_unicode`; its port writes them
/// as they are. So they go in as two characters that are always escaped, as many columns wide and as many bytes long ...
const STAND_IN: &str = "\u{fffe}\u{1}";
/// ... which come out as this, and are exchanged for the right escapes. (Nobody writes a noncharacter and a control character,
/// nor their escapes, beside an emoji.)
const STAND_IN_ESCAPED: &str = "\\uFFFE\\x01";

fn restore(text: &str, beyond_bmp: &[char]) -> String {
    let mut parts = text.split(STAND_IN_ESCAPED);
    let mut restored = parts.next().unwrap_or_default().to_string();
    let mut chars = beyond_bmp.iter();
    for part in parts {
        match chars.next() {
            Some(c) => restored.push_str(&format!("\\U{:08X}", u32::from(*c))),
            None => restored.push_str(STAND_IN_ESCAPED),
        }
        restored.push_str(part);
    }
    restored
}

struct Dumper<'a, 'w> {
    emitter: Emitter<'w>,
    options: &'a DumpOptions,
    /// Lists and maps that occur more than once, by address: the name of the anchor, and whether it was written.
    anchors: HashMap<usize, (String, bool)>,
    /// The characters beyond U+FFFF that stand-ins were written for, in order.
    beyond_bmp: Vec<char>,
}

impl Dumper<'_, '_> {
    fn emit(&mut self, event: Event) {
        // It can fail only on a malformed sequence of events or on output, and `Vec` takes all.
        self.emitter.emit(event).expect("a well-formed sequence of events into memory");
    }

    fn document(&mut self, value: &Value) {
        if self.options.aliases {
            let mut seen = HashMap::new();
            let mut count = 0;
            self.find_shared(value, &mut seen, &mut count);
            self.anchors = seen.into_iter().filter_map(|(address, name)| Some((address, (name?, false)))).collect();
        }
        self.emit(Event::document_start(None, &[], !self.options.explicit_start));
        self.node(value);
        self.emit(Event::document_end(!self.options.explicit_end));
    }

    /// Names what occurs twice in the order in which the second occurrences come.
    fn find_shared(&self, value: &Value, seen: &mut HashMap<usize, Option<String>>, count: &mut u32) {
        let Some(address) = address(value) else { return };
        if let Some(name) = seen.get_mut(&address) {
            name.get_or_insert_with(|| {
                *count += 1;
                format!("id{count:03}")
            });
            return;
        }
        seen.insert(address, None);
        match &value.data {
            Data::List(items) => items.iter().for_each(|item| self.find_shared(item, seen, count)),
            Data::Map(map) => self.entries(map).into_iter().for_each(|(_, v)| self.find_shared(v, seen, count)),
            _ => {}
        }
    }

    fn entries<'m>(&self, map: &'m Map) -> Vec<(&'m Key, &'m Value)> {
        let mut entries: Vec<_> = map.iter().collect();
        if self.options.sort_keys {
            sort(&mut entries);
        }
        entries
    }

    fn node(&mut self, value: &Value) {
        let mut anchor = None;
        if let Some((name, written)) = address(value).and_then(|a| self.anchors.get_mut(&a)) {
            let name = name.clone();
            if std::mem::replace(written, true) {
                return self.emit(Event::alias(&name));
            }
            anchor = Some(name);
        }
        match &value.data {
            Data::List(items) => {
                let style = match self.options.default_flow_style {
                    FlowStyle::Flow => SequenceStyle::Flow,
                    FlowStyle::Leaves if items.iter().all(|item| self.is_plain_scalar(item)) => SequenceStyle::Flow,
                    _ => SequenceStyle::Block,
                };
                self.emit(Event::sequence_start(anchor.as_deref(), Some(libyaml_safer::SEQ_TAG), true, style));
                for item in items.iter() {
                    self.node(item);
                }
                self.emit(Event::sequence_end());
            }
            Data::Map(map) => {
                let style = match self.options.default_flow_style {
                    FlowStyle::Flow => MappingStyle::Flow,
                    FlowStyle::Leaves if self.options.default_style.is_some() && !map.is_empty() => MappingStyle::Block,
                    FlowStyle::Leaves if map.values().all(|item| self.is_plain_scalar(item)) => MappingStyle::Flow,
                    _ => MappingStyle::Block,
                };
                self.emit(Event::mapping_start(anchor.as_deref(), Some(libyaml_safer::MAP_TAG), true, style));
                for (key, item) in self.entries(map) {
                    self.node(&key.to_value());
                    self.node(item);
                }
                self.emit(Event::mapping_end());
            }
            _ => self.scalar(value),
        }
    }

    /// A scalar without a style of its own: what leaves are made of.
    fn is_plain_scalar(&self, value: &Value) -> bool {
        let own_style = matches!(value.data, Data::Bytes(_)) || is_vault(value);
        self.options.default_style.is_none() && !own_style && !matches!(value.data, Data::List(_) | Data::Map(_))
    }

    fn scalar(&mut self, value: &Value) {
        let (tag, mut text, style) = represent(value);
        let style = match style.or(self.options.default_style) {
            Some('\'') => ScalarStyle::SingleQuoted,
            Some('"') => ScalarStyle::DoubleQuoted,
            Some('|') => ScalarStyle::Literal,
            // The port of libyaml loses single line breaks when it folds, so text of several lines is written literally.
            Some('>') if text.contains('\n') => ScalarStyle::Literal,
            Some('>') => ScalarStyle::Folded,
            _ => ScalarStyle::Plain,
        };
        // May the tag be left out, if the text is plain, and if it is not? As PyYAML's resolver would read it.
        let is_text = tag == libyaml_safer::STR_TAG;
        let plain_implicit = match Kind::of_plain(&text) {
            Kind::Str => is_text,
            Kind::Null => tag == libyaml_safer::NULL_TAG,
            Kind::Bool => tag == libyaml_safer::BOOL_TAG,
            Kind::Int => tag == libyaml_safer::INT_TAG,
            Kind::Float => tag == libyaml_safer::FLOAT_TAG,
            Kind::Timestamp => tag == libyaml_safer::TIMESTAMP_TAG,
            Kind::Merge | Kind::Default => false,
        };
        if self.options.allow_unicode && text.chars().any(|c| c > '\u{ffff}') {
            self.beyond_bmp.extend(text.chars().filter(|c| *c > '\u{ffff}'));
            text = text.chars().map(|c| if c > '\u{ffff}' { STAND_IN.to_string() } else { c.to_string() }).collect();
        }
        self.emit(Event::scalar(None, Some(tag), &text, plain_implicit, is_text, style));
    }
}

/// Where a list or a map lies, to know it again.
fn address(value: &Value) -> Option<usize> {
    match &value.data {
        Data::List(items) => Some(Arc::as_ptr(items) as usize),
        Data::Map(map) => Some(Arc::as_ptr(map) as usize),
        _ => None,
    }
}

fn is_vault(value: &Value) -> bool {
    value.trust() == Trust::Vault && matches!(value.data, Data::Str(_))
}

/// Tag, text and style of a scalar.
fn represent(value: &Value) -> (&'static str, String, Option<char>) {
    match &value.data {
        Data::Str(text) if is_vault(value) => ("!vault", text.to_string(), Some('|')),
        Data::Str(text) => (libyaml_safer::STR_TAG, text.to_string(), None),
        Data::Bool(b) => (libyaml_safer::BOOL_TAG, b.to_string(), None),
        Data::Int(i) => (libyaml_safer::INT_TAG, i.to_string(), None),
        Data::BigInt(i) => (libyaml_safer::INT_TAG, i.to_string(), None),
        Data::Float(f) => (libyaml_safer::FLOAT_TAG, float(*f), None),
        Data::Date(date) => (libyaml_safer::TIMESTAMP_TAG, date.to_string(), None),
        Data::Bytes(bytes) => ("tag:yaml.org,2002:binary", base64(bytes), Some('|')),
        // Lists and maps don't come here.
        Data::Null | Data::List(_) | Data::Map(_) => (libyaml_safer::NULL_TAG, "null".to_string(), None),
    }
}

/// Python's `repr`, with the dot that YAML wants before an exponent.
fn float(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_string();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_string();
    }
    let repr = float_repr(f);
    match repr.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => repr,
    }
}

/// Python's `repr` of a finite float: the shortest text that gives it back, with an exponent where Python has one.
pub(crate) fn float_repr(f: f64) -> String {
    let scientific = format!("{f:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return format!("{f:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Base64 in lines of 76 characters, as Python's `base64.encodebytes`.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let bits = group.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - group.len()));
            for i in 0..4 {
                let six = (bits >> (18 - 6 * i) & 63) as usize;
                text.push(if i <= group.len() { ALPHABET[six] as char } else { '=' });
            }
        }
        text.push('\n');
    }
    text
}

/// Python's order, if all keys can be compared with each other; else nothing moves.
fn sort(entries: &mut Vec<(&Key, &Value)>) {
    let values: Vec<Value> = entries.iter().map(|(key, _)| key.to_value()).collect();
    let comparable = |a: &Value, b: &Value| compare(a, b).is_some();
    if values.windows(2).all(|w| comparable(&w[0], &w[1])) {
        entries.sort_by(|a, b| compare(&a.0.to_value(), &b.0.to_value()).unwrap_or(Ordering::Equal));
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    fn number(data: &Data) -> Option<f64> {
        match data {
            Data::Bool(b) => Some(f64::from(u8::from(*b))),
            Data::Int(i) => Some(*i as f64),
            Data::Float(f) => Some(*f),
            _ => None,
        }
    }
    match (&a.data, &b.data) {
        (Data::Str(a), Data::Str(b)) => Some(a.cmp(b)),
        (Data::Int(a), Data::Int(b)) => Some(a.cmp(b)),
        (Data::Date(a), Data::Date(b)) => {
            let day = (a.year, a.month, a.day).cmp(&(b.year, b.month, b.day));
            let seconds = |t: &adept_wire::Time| {
                i64::from(t.hour) * 3600 + i64::from(t.minute) * 60 + i64::from(t.second)
                    - i64::from(t.offset.unwrap_or(0))
            };
            match (&a.time, &b.time) {
                (None, None) => Some(day),
                (Some(s), Some(t)) if s.offset.is_some() == t.offset.is_some() => {
                    Some(day.then((seconds(s), s.micro).cmp(&(seconds(t), t.micro))))
                }
                _ => None,
            }
        }
        (a, b) => number(a)?.partial_cmp(&number(b)?),
    }
}
