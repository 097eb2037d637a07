//! The loader: libyaml's events to values with origin and trust.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Origin, Tag, Trust, Value};
use libyaml_safer::{Event, EventData, MappingStyle, Mark, Parser, ScalarStyle};

use super::advice::{self, Complaint};
use super::error::{Place, YamlError};
use super::scalar::Kind;
use crate::diag::Diagnostic;

/// Deeper nesting is refused; what walks a value may recurse.
const MAX_DEPTH: usize = 200;
/// More values than this, with aliases expanded, are refused: sharing makes them cheap here, but not where they are written out.
const MAX_VALUES: u64 = 20_000_000;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The documents, in order.
    pub documents: Vec<Value>,
    /// What is dubious: keys given twice.
    pub warnings: Vec<Diagnostic>,
}

/// Reads all documents of a text. Origins name `file`; text may be rendered as `trust` says.
pub fn load(text: impl AsRef<[u8]>, file: &str, trust: Trust) -> Result<Loaded, YamlError> {
    Loader::new(&decode(text.as_ref(), file)?, Some(file.into()), trust).documents()
}

/// Reads the only document of a text; no document is `null`.
pub fn load_one(text: impl AsRef<[u8]>, file: &str, trust: Trust) -> Result<(Value, Vec<Diagnostic>), YamlError> {
    Loader::new(&decode(text.as_ref(), file)?, Some(file.into()), trust).only_document()
}

/// Reads the only document of a file.
pub fn load_file(path: &Path, trust: Trust) -> Result<(Value, Vec<Diagnostic>), YamlError> {
    let text = std::fs::read(path).map_err(|error| YamlError::Read { path: path.to_path_buf(), error })?;
    load_one(text, &path.to_string_lossy(), trust)
}

/// Reads the only document of a short text that isn't in a file, as data: no origins, no trust. (For short text that may be
/// rendered, such as `-e`, there is [`load_one`] with a description for its file.)
pub fn parse_inline(text: &str) -> Result<Value, YamlError> {
    Loader::new(text, None, Trust::Data).only_document().map(|(value, _)| value)
}

/// The text of UTF-8 or, with a byte order mark, UTF-16.
fn decode<'t>(bytes: &'t [u8], file: &str) -> Result<Cow<'t, str>, YamlError> {
    let utf_16 = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xff, 0xfe, ..] => return Ok(utf_16(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Ok(utf_16(u16::from_be_bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| {
        let before = String::from_utf8_lossy(&bytes[..e.valid_up_to()]);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let origin = Origin {
            file: file.into(),
            line: number(before.matches('\n').count() as u64),
            column: number(line.chars().count() as u64),
        };
        let place = Box::new(Place { origin, width: 1, line: line.to_string() });
        YamlError::Syntax { place, message: "this is no UTF-8 text".to_string(), hint: None }
    })
}

/// Reads one text.
struct Loader<'t> {
    text: &'t str,
    parser: Parser<&'t [u8]>,
    /// `None`: values get no origin.
    file: Option<Arc<str>>,
    trust: Trust,
    /// Of the current document.
    anchors: HashMap<String, Anchor>,
    /// Values so far in this document, with aliases expanded.
    values: u64,
    warnings: Vec<Diagnostic>,
    /// Where the last event ended.
    last: Mark,
}

/// What `&name` marks.
struct Anchor {
    line: u32,
    /// `None` while it is being read.
    node: Option<Node>,
}

/// A value, and how much hangs on it.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Levels of nesting below it.
    height: usize,
    /// Values in it, itself included.
    values: u64,
}

/// What a tag asks for.
enum Wanted {
    /// By the node's own kind.
    Implicit,
    Scalar(Kind),
    Binary,
    Vault,
    Unsafe,
    Sequence,
    Mapping,
    Set,
    /// `!!omap`, `!!pairs`.
    Pairs,
}

impl<'t> Loader<'t> {
    fn new(text: &'t str, file: Option<Arc<str>>, trust: Trust) -> Loader<'t> {
        let mut parser = Parser::new();
        parser.set_input(text.as_bytes());
        Loader {
            text,
            parser,
            file,
            trust,
            anchors: HashMap::new(),
            values: 0,
            warnings: Vec::new(),
            last: Mark::default(),
        }
    }

    fn documents(mut self) -> Result<Loaded, YamlError> {
        let mut documents = Vec::new();
        while let Some((value, _)) = self.document()? {
            documents.push(value);
        }
        Ok(Loaded { documents, warnings: self.warnings })
    }

    fn only_document(mut self) -> Result<(Value, Vec<Diagnostic>), YamlError> {
        let Some((value, _)) = self.document()? else {
            return Ok((self.tagged(Data::Null, Mark::default(), self.trust), self.warnings));
        };
        match self.document()? {
            None => Ok((value, self.warnings)),
            Some((_, mark)) => Err(YamlError::SecondDocument { place: self.place(mark, 3) }),
        }
    }

    fn next(&mut self) -> Result<Event, YamlError> {
        // libyaml-safer 0.3.0 panics where a tag without a value is followed by a comma: `[!x, a]`. What comes from outside
        // must not be able to do that to us; the parser isn't used again then.
        match catch_unwind(AssertUnwindSafe(|| self.parser.parse())) {
            Ok(Ok(event)) => {
                self.last = event.end_mark;
                Ok(event)
            }
            Ok(Err(e)) => Err(self.syntax_error(&e)),
            Err(_) => Err(YamlError::Syntax {
                place: self.place(self.last, 1),
                message: "a tag without a value can't be read here".to_string(),
                hint: Some("give it a value, or put a space before the ','".to_string()),
            }),
        }
    }

    /// The next document and where it begins.
    fn document(&mut self) -> Result<Option<(Value, Mark)>, YamlError> {
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamEnd => return Ok(None),
                EventData::DocumentStart { .. } => {
                    self.anchors.clear();
                    self.values = 0;
                    let first = self.next()?;
                    let node = self.node(first, 0, self.trust)?;
                    return Ok(Some((node.value, event.start_mark)));
                }
                // The stream's start, and the end of the document before.
                _ => {}
            }
        }
    }

    /// The node that begins with this event.
    fn node(&mut self, event: Event, depth: usize, trust: Trust) -> Result<Node, YamlError> {
        let mark = event.start_mark;
        if depth > MAX_DEPTH {
            return Err(YamlError::TooDeep { place: self.place(mark, 1), limit: MAX_DEPTH });
        }
        let (anchor, node) = match event.data {
            EventData::Alias { anchor } => return self.alias(anchor, mark, depth, trust),
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                self.open_anchor(anchor.as_deref(), mark)?;
                let width = one_line_width(&event.start_mark, &event.end_mark);
                // `!unsafe` says nothing about the kind; any other tag, `!` too, does.
                let plain = plain_implicit || (tag.as_deref() == Some("!unsafe") && style == ScalarStyle::Plain);
                (anchor, self.scalar(tag.as_deref(), &value, plain, mark, width, trust)?)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.open_anchor(anchor.as_deref(), mark)?;
                (anchor, self.sequence(tag.as_deref(), mark, depth, trust)?)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                self.open_anchor(anchor.as_deref(), mark)?;
                (anchor, self.mapping(tag.as_deref(), style, mark, depth, trust)?)
            }
            // libyaml's grammar: only these begin a node.
            _ => return Ok(Node { value: Value::NULL, height: 0, values: 1 }),
        };
        if let Some(open) = anchor.and_then(|name| self.anchors.get_mut(&name)) {
            open.node = Some(node.clone());
        }
        Ok(node)
    }

    fn open_anchor(&mut self, name: Option<&str>, mark: Mark) -> Result<(), YamlError> {
        let Some(name) = name else { return Ok(()) };
        // PyYAML refuses this too, though YAML allows it.
        if let Some(first) = self.anchors.get(name) {
            let (name, first) = (name.to_string(), first.line);
            return Err(YamlError::DuplicateAnchor { place: self.place(mark, name.len() + 1), name, first });
        }
        self.anchors.insert(name.to_string(), Anchor { line: line_number(&mark), node: None });
        Ok(())
    }

    fn alias(&mut self, name: String, mark: Mark, depth: usize, trust: Trust) -> Result<Node, YamlError> {
        let width = name.chars().count() + 1;
        let node = match self.anchors.get(&name) {
            None => return Err(YamlError::UnknownAlias { place: self.place(mark, width), name }),
            Some(Anchor { node: None, .. }) => {
                return Err(YamlError::RecursiveAlias { place: self.place(mark, width), name });
            }
            Some(Anchor { node: Some(node), .. }) => node.clone(),
        };
        self.values += node.values;
        if self.values > MAX_VALUES {
            return Err(YamlError::TooLarge { place: self.place(mark, width), limit: MAX_VALUES });
        }
        if depth + node.height > MAX_DEPTH {
            return Err(YamlError::TooDeep { place: self.place(mark, width), limit: MAX_DEPTH });
        }
        // `!unsafe [*x]`: what is below `!unsafe` isn't rendered, wherever it was written.
        Ok(if trust == Trust::Data && self.trust != Trust::Data {
            Node { value: distrusted(&node.value), ..node }
        } else {
            node
        })
    }

    fn scalar(
        &mut self,
        tag: Option<&str>,
        text: &str,
        plain: bool,
        mark: Mark,
        width: usize,
        trust: Trust,
    ) -> Result<Node, YamlError> {
        self.values += 1;
        let (data, trust) = match self.wanted(tag, mark)? {
            Wanted::Implicit if plain => (self.construct(Kind::of_plain(text), text, mark, width)?, trust),
            Wanted::Implicit => (Data::Str(text.into()), trust),
            Wanted::Unsafe if plain => (self.construct(Kind::of_plain(text), text, mark, width)?, Trust::Data),
            Wanted::Unsafe => (Data::Str(text.into()), Trust::Data),
            Wanted::Vault => (Data::Str(text.into()), Trust::Vault),
            Wanted::Scalar(kind) => (self.construct(kind, text, mark, width)?, trust),
            Wanted::Binary => match base64(text) {
                Some(bytes) => (Data::Bytes(bytes.into()), trust),
                None => {
                    let text = text.to_string();
                    return Err(YamlError::Scalar { place: self.place(mark, width), kind: "base64 text", text });
                }
            },
            Wanted::Sequence => return Err(self.wrong_kind(mark, "list", "scalar")),
            Wanted::Pairs => return Err(self.wrong_kind(mark, "list of single pairs", "scalar")),
            Wanted::Mapping | Wanted::Set => return Err(self.wrong_kind(mark, "map", "scalar")),
        };
        Ok(Node { value: self.tagged(data, mark, trust), height: 0, values: 1 })
    }

    fn construct(&self, kind: Kind, text: &str, mark: Mark, width: usize) -> Result<Data, YamlError> {
        let name = match kind {
            Kind::Null | Kind::Str => "text",
            Kind::Bool => "boolean",
            Kind::Int => "integer",
            Kind::Float => "float",
            Kind::Timestamp => "date",
            // PyYAML's SafeLoader has no constructor for it, so Ansible refuses it.
            Kind::Default | Kind::Merge => {
                return Err(YamlError::Syntax {
                    place: self.place(mark, width),
                    message: format!("a single '{text}' has a meaning of its own in YAML and is no value"),
                    hint: Some(format!("quote it: \"{text}\"")),
                });
            }
        };
        kind.construct(text).ok_or_else(|| YamlError::Scalar {
            place: self.place(mark, width),
            kind: name,
            text: text.to_string(),
        })
    }

    fn sequence(&mut self, tag: Option<&str>, mark: Mark, depth: usize, trust: Trust) -> Result<Node, YamlError> {
        let wanted = self.wanted(tag, mark)?;
        let trust = match wanted {
            Wanted::Implicit | Wanted::Sequence | Wanted::Pairs => trust,
            Wanted::Unsafe => Trust::Data,
            Wanted::Mapping | Wanted::Set => return Err(self.wrong_kind(mark, "map", "list")),
            Wanted::Scalar(_) | Wanted::Binary | Wanted::Vault => return Err(self.wrong_kind(mark, "scalar", "list")),
        };
        self.values += 1;
        let before = self.values;
        let mut items = Vec::new();
        let mut height = 0;
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::SequenceEnd) {
                break;
            }
            let item_mark = event.start_mark;
            let item = self.node(event, depth + 1, trust)?;
            height = height.max(item.height + 1);
            if matches!(wanted, Wanted::Pairs) {
                // As in Ansible 2.19, where Python's tuples become lists.
                let Some((key, value)) = item.value.as_map().filter(|m| m.len() == 1).and_then(|m| m.first()) else {
                    return Err(self.wrong_kind(item_mark, "map with a single key", kind_name(&item.value)));
                };
                let pair = Value::list(vec![key.to_value(), value.clone()]);
                items.push(match item.value.tag() {
                    Some(tag) => pair.with_tag(tag.clone()),
                    None => pair,
                });
            } else {
                items.push(item.value);
            }
        }
        let value = self.tagged(Data::List(Arc::new(items)), mark, trust);
        Ok(Node { value, height, values: self.values - before + 1 })
    }

    fn mapping(
        &mut self,
        tag: Option<&str>,
        style: MappingStyle,
        mark: Mark,
        depth: usize,
        trust: Trust,
    ) -> Result<Node, YamlError> {
        let wanted = self.wanted(tag, mark)?;
        let (trust, found) = match wanted {
            Wanted::Unsafe => (Trust::Data, ""),
            Wanted::Implicit | Wanted::Mapping | Wanted::Set => (trust, ""),
            Wanted::Sequence => (trust, "list"),
            Wanted::Pairs => (trust, "list of single pairs"),
            Wanted::Scalar(_) | Wanted::Binary | Wanted::Vault => (trust, "scalar"),
        };
        if !found.is_empty() {
            return Err(self.wrong_kind(mark, found, "map"));
        }
        self.values += 1;
        let before = self.values;
        let mut own = Map::new();
        let mut merged = Map::new();
        let mut height = 0;
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                break;
            }
            let key_mark = event.start_mark;
            let key_width = one_line_width(&event.start_mark, &event.end_mark);
            let merge = match &event.data {
                EventData::Scalar { tag: None, value, plain_implicit: true, .. } => value == "<<",
                EventData::Scalar { tag: Some(tag), .. } => tag == "tag:yaml.org,2002:merge",
                EventData::MappingStart { .. } | EventData::SequenceStart { .. } => {
                    return Err(self.bad_key(&event, style, mark));
                }
                _ => false,
            };
            if merge {
                let event = self.next()?;
                let value_mark = event.start_mark;
                let node = self.node(event, depth, trust)?;
                height = height.max(node.height);
                self.merge(&mut merged, &node.value, value_mark)?;
                continue;
            }
            let key_node = match &event.data {
                // A single `=` is text where it is a key.
                EventData::Scalar { tag: None, value, plain_implicit: true, anchor: None, .. } if value == "=" => {
                    self.scalar(None, "=", false, key_mark, 1, trust)?
                }
                _ => self.node(event, depth + 1, trust)?,
            };
            let key = Key::try_from(&key_node.value).map_err(|()| YamlError::Key {
                place: self.place(key_mark, key_width),
                found: match key_node.value.data {
                    Data::BigInt(_) => "number of more than 64 bits",
                    Data::Bytes(_) => "value of bytes",
                    _ => kind_name(&key_node.value),
                },
            })?;
            let event = self.next()?;
            let value = self.node(event, depth + 1, trust)?;
            height = height.max(value.height + 1);
            self.insert(&mut own, key, value.value, key_mark, key_width);
        }
        if !merged.is_empty() {
            // Merged keys come first, and own ones win in their places: that is the order that PyYAML gives.
            for (key, value) in own {
                replace(&mut merged, key, value);
            }
            own = merged;
        }
        let data = match wanted {
            // Ansible 2.19 makes a list of a set.
            Wanted::Set => Data::List(Arc::new(own.keys().map(Key::to_value).collect())),
            _ => Data::Map(Arc::new(own)),
        };
        Ok(Node { value: self.tagged(data, mark, trust), height, values: self.values - before + 1 })
    }

    /// The last of two equal keys wins, with a warning.
    fn insert(&mut self, map: &mut Map, key: Key, value: Value, mark: Mark, width: usize) {
        if let Some((index, first, _)) = map.get_full(&key) {
            let mut warning =
                Diagnostic::parse(format!("the key '{key}' is given twice in this map; the last one counts"))
                    .at(Some(&self.origin(mark)))
                    .width(width);
            // The key keeps its first place, so where the first one was written may be known only by what it had.
            if let Some(origin) = first.origin().or_else(|| map[index].origin()) {
                warning = warning.note(format!("first given at {origin}"));
            }
            self.warnings.push(warning);
        }
        replace(map, key, value);
    }

    fn merge(&mut self, merged: &mut Map, value: &Value, mark: Mark) -> Result<(), YamlError> {
        match &value.data {
            Data::Map(map) => {
                for (key, value) in map.iter() {
                    replace(merged, key.clone(), value.clone());
                }
                Ok(())
            }
            Data::List(items) => {
                // The first of several maps wins, so it comes last.
                for item in items.iter().rev() {
                    let Data::Map(_) = item.data else {
                        return Err(YamlError::Merge { place: self.place(mark, 1), found: kind_name(item) });
                    };
                    self.merge(merged, item, mark)?;
                }
                Ok(())
            }
            _ => Err(YamlError::Merge { place: self.place(mark, 1), found: kind_name(value) }),
        }
    }

    fn wanted(&self, tag: Option<&str>, mark: Mark) -> Result<Wanted, YamlError> {
        let Some(tag) = tag else { return Ok(Wanted::Implicit) };
        Ok(match tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(tag) {
            "!" => Wanted::Implicit,
            "!unsafe" => Wanted::Unsafe,
            "!vault" | "!vault-encrypted" => Wanted::Vault,
            short if short.len() == tag.len() => return Err(self.unknown_tag(tag, mark)),
            "str" => Wanted::Scalar(Kind::Str),
            "int" => Wanted::Scalar(Kind::Int),
            "float" => Wanted::Scalar(Kind::Float),
            "bool" => Wanted::Scalar(Kind::Bool),
            "null" => Wanted::Scalar(Kind::Null),
            "timestamp" => Wanted::Scalar(Kind::Timestamp),
            "binary" => Wanted::Binary,
            "seq" => Wanted::Sequence,
            "map" => Wanted::Mapping,
            "set" => Wanted::Set,
            "omap" | "pairs" => Wanted::Pairs,
            _ => return Err(self.unknown_tag(tag, mark)),
        })
    }

    fn unknown_tag(&self, tag: &str, mark: Mark) -> YamlError {
        YamlError::Tag { place: self.place(mark, 1), tag: tag.to_string() }
    }

    fn wrong_kind(&self, mark: Mark, expected: &'static str, found: &'static str) -> YamlError {
        YamlError::Kind { place: self.place(mark, 1), expected, found }
    }

    /// A list or map as key, which mostly is an unquoted `{{ x }}`.
    fn bad_key(&self, event: &Event, outer: MappingStyle, outer_mark: Mark) -> YamlError {
        let mark = event.start_mark;
        let map = matches!(event.data, EventData::MappingStart { .. });
        let flow = matches!(event.data, EventData::MappingStart { style: MappingStyle::Flow, .. });
        if flow && outer == MappingStyle::Flow && mark.index == outer_mark.index + 1 {
            return self.advised(advice::unquoted_template(
                self.text,
                outer_mark.line as usize,
                outer_mark.column as usize,
            ));
        }
        // `{{ x }}: value`
        if flow && self.place(mark, 1).line.trim_start().starts_with("{{") {
            return self.advised(advice::unquoted_template(self.text, mark.line as usize, mark.column as usize));
        }
        YamlError::Key { place: self.place(mark, 1), found: if map { "map" } else { "list" } }
    }

    fn syntax_error(&self, error: &libyaml_safer::Error) -> YamlError {
        let Some(at) = error.problem_mark() else {
            // The reader's errors have only an offset, and only in their text. The text is UTF-8, so it is a character.
            let text = error.to_string();
            let offset = text.rsplit_once("offset ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
            let before = self.text.get(..offset.unwrap_or(0)).unwrap_or_default();
            return self.advised(advice::Advice {
                line: before.matches('\n').count(),
                column: before.rsplit('\n').next().map_or(0, |line| line.chars().count()),
                width: 1,
                message: format!("{} here", error.problem()),
                hint: None,
            });
        };
        let within = error.context_mark().unwrap_or(at);
        let complaint = Complaint {
            problem: error.problem(),
            context: error.context().unwrap_or_default(),
            at: (at.line as usize, at.column as usize),
            within: (within.line as usize, within.column as usize),
        };
        self.advised(advice::explain(self.text, &complaint))
    }

    fn advised(&self, advice: advice::Advice) -> YamlError {
        let mut mark = Mark::default();
        mark.line = advice.line as u64;
        mark.column = advice.column as u64;
        YamlError::Syntax { place: self.place(mark, advice.width), message: advice.message, hint: advice.hint }
    }

    fn place(&self, mark: Mark, width: usize) -> Box<Place> {
        let line = self.text.lines().nth(mark.line as usize).unwrap_or_default().to_string();
        Box::new(Place { origin: self.origin(mark), width, line })
    }

    fn origin(&self, mark: Mark) -> Origin {
        let file = self.file.clone().unwrap_or_else(|| "<text>".into());
        Origin { file, line: line_number(&mark), column: number(mark.column) }
    }

    fn tagged(&self, data: Data, mark: Mark, trust: Trust) -> Value {
        let value = Value::new(data);
        if self.file.is_none() && trust == Trust::Data {
            return value;
        }
        let origin = self.file.is_some().then(|| self.origin(mark));
        value.with_tag(Arc::new(Tag { origin, trust }))
    }
}

/// Sets a key; of two equal texts the last one's origin stays, as its value does.
fn replace(map: &mut Map, key: Key, value: Value) {
    match map.get_index_of(&key) {
        Some(index) => {
            map[index] = value;
            // Equal keys of different types keep the first one, as Python's dict does.
            if key.as_str().is_some() {
                // The index holds an equal key, the only case in which this succeeds.
                let _ = map.replace_index(index, key);
            }
        }
        None => {
            map.insert(key, value);
        }
    }
}

/// The value with no trust at any depth, and its origins. Vault text stays what it is.
fn distrusted(value: &Value) -> Value {
    let data = match &value.data {
        Data::List(items) => Data::List(Arc::new(items.iter().map(distrusted).collect())),
        Data::Map(map) => Data::Map(Arc::new(map.iter().map(|(k, v)| (k.clone(), distrusted(v))).collect())),
        data => data.clone(),
    };
    let new = Value::new(data);
    match value.tag() {
        Some(tag) if tag.trust == Trust::Template => {
            new.with_tag(Arc::new(Tag { origin: tag.origin.clone(), trust: Trust::Data }))
        }
        Some(tag) => new.with_tag(tag.clone()),
        None => new,
    }
}

fn kind_name(value: &Value) -> &'static str {
    match value.data {
        Data::List(_) => "list",
        Data::Map(_) => "map",
        _ => "scalar",
    }
}

fn number(zero_based: u64) -> u32 {
    u32::try_from(zero_based + 1).unwrap_or(u32::MAX)
}

fn line_number(mark: &Mark) -> u32 {
    number(mark.line)
}

fn one_line_width(start: &Mark, end: &Mark) -> usize {
    if start.line == end.line { (end.column - start.column) as usize } else { 1 }
}

/// Base64 as Python's `base64.decodebytes` reads it: what isn't of the alphabet is skipped, what follows the padding too.
fn base64(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count, mut padding) = (0u32, 0, 0);
    for b in text.bytes() {
        let six = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if count >= 2 && count + padding >= 4 {
                    break;
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        bits = bits << 6 | u32::from(six);
        count += 1;
        match count {
            2 => bytes.push((bits >> 4) as u8),
            3 => bytes.push((bits >> 2) as u8),
            4 => {
                bytes.push(bits as u8);
                count = 0;
            }
            _ => {}
        }
    }
    let complete = count == 0 || (count >= 2 && count + padding >= 4);
    complete.then_some(bytes)
}
