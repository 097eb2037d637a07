//! From YAML values to plays, blocks and tasks: structure only, nothing is rendered.

use std::path::Path;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Origin, Value};

use super::error::PlaybookError;
use super::keyword::{self, Keywords, Levels};
use super::play::{Entry, Import, Play, Playbook, RoleEntry};
use super::split;
use super::task::{Block, Loop, Node, Task, TaskArgs};
use crate::diag::did_you_mean;

/// What is known of a module or action name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// We have it.
    Here {
        /// Its plain name.
        name: &'static str,
        /// Does it take free-form text?
        free_form: bool,
        /// The `k=v` names that count in free-form text; `None` for all.
        only: Option<&'static [&'static str]>,
    },
    /// Ansible has it, we don't yet.
    Elsewhere,
    /// Nobody has it.
    Unknown,
}

/// Which names are modules or actions. The table stands in `actions`; this room only asks.
pub trait ActionNames: Sync {
    /// What is known of a name as written (`copy`, `ansible.builtin.copy`, ...).
    fn find(&self, name: &str) -> Known;

    /// All plain names that we have, for "did you mean".
    fn all(&self) -> Vec<&'static str>;
}

/// Reads plays and tasks.
pub struct Parser<'a> {
    names: &'a dyn ActionNames,
}

type Result<T> = std::result::Result<T, PlaybookError>;

/// The names of actions that include or import plays.
const PLAY_IMPORTS: &[&str] =
    &["import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook", "include"];

impl<'a> Parser<'a> {
    /// A parser that asks this table for action names.
    pub fn new(names: &'a dyn ActionNames) -> Parser<'a> {
        Parser { names }
    }

    /// A whole playbook.
    ///
    /// # Errors
    /// When the document is not a list of plays, or one of them has a mistake.
    pub fn playbook(&self, path: &Path, document: &Value) -> Result<Playbook> {
        let list = match &document.data {
            Data::List(list) => list,
            Data::Null => {
                return Err(PlaybookError::shape(format!("Empty playbook, nothing to do: {}", path.display()), None));
            }
            _ => {
                return Err(PlaybookError::shape(
                    format!("A playbook must be a list of plays, got a {} instead", document.type_name()),
                    document.origin(),
                ));
            }
        };
        let entries = list.iter().map(|v| self.entry(v)).collect::<Result<Vec<_>>>()?;
        Ok(Playbook { path: path.to_path_buf(), entries })
    }

    fn entry(&self, value: &Value) -> Result<Entry> {
        let map = value.as_map().ok_or_else(|| {
            PlaybookError::shape(
                format!(
                    "playbook entries must be either valid plays or 'import_playbook' statements, got a {}",
                    value.type_name()
                ),
                value.origin(),
            )
        })?;
        if let Some((key, file)) = map.iter().find(|(k, _)| k.as_str().is_some_and(|k| PLAY_IMPORTS.contains(&k))) {
            return self.import(key, file, map).map(|i| Entry::Import(Arc::new(i)));
        }
        self.play(map, value.origin()).map(|p| Entry::Play(Arc::new(p)))
    }

    fn import(&self, key: &Key, file: &Value, map: &Map) -> Result<Import> {
        let mut keywords = Keywords::default();
        let mut vars = Map::new();
        let mut file = file.clone();
        if let Some(text) = file.as_str() {
            let kv = split::key_values(text, None)
                .map_err(|source| PlaybookError::Split { source, origin: file.origin().cloned() })?;
            if !kv.pairs.is_empty() {
                vars.extend(kv.pairs.iter().map(|(k, v)| (Key::from(k.as_str()), tagged(v, &file))));
                file = tagged(&kv.free, &file);
            }
        }
        for (k, v) in map {
            let name = text_key(k)?;
            match name {
                _ if k == key => {}
                "name" | "when" | "tags" | "vars" => match keyword::find(name) {
                    Some(kw) => keywords.insert(kw, v.clone()),
                    None => unreachable!("these four are in the table"),
                },
                _ => {
                    return Err(PlaybookError::UnknownKeyword {
                        name: name.into(),
                        what: "PlaybookInclude",
                        origin: k.origin().cloned(),
                        hint: did_you_mean(name, ["name", "when", "tags", "vars"]).map(meant),
                    });
                }
            }
        }
        Ok(Import { origin: key.origin().cloned(), file, keywords, vars })
    }

    fn play(&self, map: &Map, origin: Option<&Origin>) -> Result<Play> {
        let mut play = Play { origin: origin.cloned(), ..Play::default() };
        for (key, value) in map {
            let name = text_key(key)?;
            let keyword = self.keyword(key, Levels::PLAY, "Play")?;
            match name {
                "pre_tasks" => play.pre_tasks = self.tasks(value, false)?,
                "tasks" => play.tasks = self.tasks(value, false)?,
                "post_tasks" => play.post_tasks = self.tasks(value, false)?,
                "handlers" => play.handlers = self.tasks(value, true)?,
                "roles" => play.roles = self.roles(value)?,
                "vars" => play.vars = vars_of(value)?,
                _ => play.keywords.insert(keyword, value.clone()),
            }
        }
        match play.keywords.get("hosts") {
            None => Err(PlaybookError::shape("the field 'hosts' is required but was not set", origin)),
            Some(v) if v.is_null() || v.as_str() == Some("") || v.as_list().is_some_and(<[Value]>::is_empty) => {
                let origin = v.origin().or(origin);
                Err(PlaybookError::shape("Hosts list cannot be empty. Please check your playbook", origin))
            }
            Some(_) => Ok(play),
        }
    }

    /// The entries of `roles:` or `dependencies:`.
    ///
    /// # Errors
    /// When the value is not a list of names and maps.
    pub fn roles(&self, value: &Value) -> Result<Vec<Arc<RoleEntry>>> {
        let Some(list) = value.as_list() else {
            if value.is_null() {
                return Ok(Vec::new());
            }
            return Err(PlaybookError::shape(
                "A malformed role declaration was encountered: roles must be a list.",
                value.origin(),
            ));
        };
        list.iter().map(|v| self.role(v).map(Arc::new)).collect()
    }

    fn role(&self, value: &Value) -> Result<RoleEntry> {
        match &value.data {
            Data::Str(text) => {
                // The old form `name,version` of dependency lists.
                let name = text.split(',').next().unwrap_or(text).trim();
                Ok(RoleEntry {
                    origin: value.origin().cloned(),
                    name: tagged(name, value),
                    keywords: Keywords::default(),
                    params: Map::new(),
                })
            }
            Data::Map(map) => {
                let mut keywords = Keywords::default();
                let mut params = Map::new();
                let mut name = None;
                for (key, v) in map.iter() {
                    match text_key(key)? {
                        "role" => name = Some(v.clone()),
                        "name" if !map.contains_key("role") => name = Some(v.clone()),
                        text => match keyword::find(text).filter(|k| k.levels.has(Levels::ROLE)) {
                            Some(kw) => keywords.insert(kw, v.clone()),
                            None => {
                                params.insert(key.clone(), v.clone());
                            }
                        },
                    }
                }
                let name = name
                    .filter(|n| n.as_str().is_some_and(|n| !n.is_empty()))
                    .ok_or_else(|| PlaybookError::shape("role definitions must contain a role name", value.origin()))?;
                Ok(RoleEntry { origin: value.origin().cloned(), name, keywords, params })
            }
            _ => Err(PlaybookError::shape(
                format!("a role must be a name or a map with `role:`, got a {}", value.type_name()),
                value.origin(),
            )),
        }
    }

    /// A list of tasks and blocks.
    ///
    /// # Errors
    /// When the value is not a list of maps, or one of them has a mistake.
    pub fn tasks(&self, value: &Value, handlers: bool) -> Result<Vec<Node>> {
        match &value.data {
            Data::Null => Ok(Vec::new()),
            Data::List(list) => list.iter().filter(|v| !v.is_null()).map(|v| self.node(v, handlers)).collect(),
            _ => Err(PlaybookError::Shape {
                message: format!("A list of tasks was expected here, got a {}", value.type_name()),
                origin: value.origin().cloned(),
                hint: Some("begin each task with `- `".into()),
            }),
        }
    }

    fn node(&self, value: &Value, handlers: bool) -> Result<Node> {
        let map = value.as_map().ok_or_else(|| {
            PlaybookError::shape(
                format!("A task must be a map of keywords and one action, got a {}", value.type_name()),
                value.origin(),
            )
        })?;
        if map.contains_key("block") {
            return self.block(map, value.origin(), handlers).map(|b| Node::Block(Arc::new(b)));
        }
        if let Some((key, _)) = map.iter().find(|(k, _)| matches!(k.as_str(), Some("rescue" | "always"))) {
            return Err(PlaybookError::Shape {
                message: format!("'{key}' keyword cannot be used without 'block'"),
                origin: key.origin().cloned(),
                hint: None,
            });
        }
        self.task(map, value.origin(), handlers).map(|t| Node::Task(Arc::new(t)))
    }

    fn block(&self, map: &Map, origin: Option<&Origin>, handlers: bool) -> Result<Block> {
        let mut block = Block { origin: origin.cloned(), ..Block::default() };
        for (key, value) in map {
            let keyword = self.keyword(key, Levels::BLOCK, "Block")?;
            match keyword.name {
                "block" => block.block = self.tasks(value, handlers)?,
                "rescue" => block.rescue = self.tasks(value, handlers)?,
                "always" => block.always = self.tasks(value, handlers)?,
                _ => block.keywords.insert(keyword, value.clone()),
            }
        }
        Ok(block)
    }

    fn keyword(&self, key: &Key, level: Levels, what: &'static str) -> Result<&'static keyword::Keyword> {
        let name = text_key(key)?;
        keyword::find(name).filter(|k| k.levels.has(level)).ok_or_else(|| {
            let hint = did_you_mean(name, keyword::names_at(level)).map(meant).or_else(|| match name {
                "sudo" | "sudo_user" | "su" | "su_user" => Some("use `become` and `become_user`".into()),
                _ => None,
            });
            PlaybookError::UnknownKeyword { name: name.into(), what, origin: key.origin().cloned(), hint }
        })
    }

    fn task(&self, map: &Map, origin: Option<&Origin>, handler: bool) -> Result<Task> {
        let level = if handler { Levels::HANDLER } else { Levels::TASK };
        let mut task = Task {
            origin: origin.cloned(),
            action: String::new(),
            written: String::new(),
            args: TaskArgs::default(),
            loop_over: None,
            keywords: Keywords::default(),
            handler,
            implicit: false,
        };
        let mut action: Option<(&Key, &Value)> = None;
        let mut others: Vec<&Key> = Vec::new();
        for (key, value) in map {
            let name = text_key(key)?;
            if let Some(lookup) = name.strip_prefix("with_") {
                if task.loop_over.is_some() {
                    return Err(PlaybookError::shape(format!("duplicate loop in task: {lookup}"), key.origin()));
                }
                task.loop_over = Some(Loop { lookup: Some(lookup.to_string()), source: value.clone() });
                continue;
            }
            match keyword::find(name).filter(|k| k.levels.has(level)) {
                Some(kw) if kw.name == "loop" => {
                    if task.loop_over.is_some() {
                        return Err(PlaybookError::shape("duplicate loop in task: loop", key.origin()));
                    }
                    task.loop_over = Some(Loop { lookup: None, source: value.clone() });
                }
                Some(kw) if matches!(kw.name, "action" | "local_action") => {
                    if let Some((first, _)) = action {
                        return Err(conflict(&[first, key]));
                    }
                    action = Some((key, value));
                }
                Some(kw) => task.keywords.insert(kw, value.clone()),
                None if action.is_none() && self.names.find(name) != Known::Unknown => action = Some((key, value)),
                None => others.push(key),
            }
        }
        match (action, others.as_slice()) {
            (Some((key, value)), []) => self.action(&mut task, key, value)?,
            (Some((key, _)), [other, ..]) => {
                let name = text_key(other)?;
                if self.names.find(name) != Known::Unknown {
                    return Err(conflict(&[key, other]));
                }
                let hint = did_you_mean(name, keyword::names_at(level)).map(meant);
                return Err(PlaybookError::UnknownKeyword {
                    name: name.into(),
                    what: "Task",
                    origin: other.origin().cloned(),
                    hint,
                });
            }
            (None, []) => return Err(PlaybookError::NoAction { origin: origin.cloned() }),
            // Of several unknown keys the last is most likely the module, as it usually follows `name`.
            (None, [.., last]) => {
                let name = text_key(last)?;
                let hint = did_you_mean(name, self.names.all()).map(meant).or_else(|| {
                    did_you_mean(name, keyword::names_at(level)).map(|k| format!("did you mean the keyword '{k}'?"))
                });
                return Err(PlaybookError::UnknownModule { name: name.into(), origin: last.origin().cloned(), hint });
            }
        }
        Ok(task)
    }

    /// Fills in the action and its arguments.
    fn action(&self, task: &mut Task, key: &Key, value: &Value) -> Result<()> {
        let name = text_key(key)?;
        let extra = match task.keywords.get("args") {
            None => Map::new(),
            Some(v) if v.is_null() => Map::new(),
            Some(v) => match &v.data {
                Data::Map(m) => (**m).clone(),
                Data::Str(s) if s.contains("{{") => {
                    task.args.whole = Some(v.clone());
                    Map::new()
                }
                Data::Str(_) => self.text_args(v, None)?,
                _ => return Err(PlaybookError::shape("`args` must be a map", v.origin())),
            },
        };
        let (name, args) = if matches!(name, "action" | "local_action") {
            if name == "local_action"
                && let Some(kw) = keyword::find("delegate_to")
            {
                task.keywords.insert(kw, Value::str("localhost"));
            }
            self.action_of(value)?
        } else {
            (name.to_string(), value.clone())
        };
        let (plain, free_form, only) = match self.names.find(&name) {
            Known::Here { name, free_form, only } => (name.to_string(), free_form, only),
            Known::Elsewhere => (name.clone(), true, None),
            Known::Unknown if name.contains("{{") => (name.clone(), true, None),
            Known::Unknown => {
                let hint = did_you_mean(&name, self.names.all()).map(meant);
                return Err(PlaybookError::UnknownModule { name, origin: value.origin().cloned(), hint });
            }
        };
        let given = match &args.data {
            Data::Null => Map::new(),
            Data::Map(m) => (**m).clone(),
            Data::Str(s) if !free_form && is_one_template(s) => {
                task.args.whole = Some(args.clone());
                Map::new()
            }
            Data::Str(_) => {
                let map = self.text_args(&args, only)?;
                if let (false, Some(free)) = (free_form, map.get("_raw_params")) {
                    return Err(PlaybookError::Shape {
                        message: format!(
                            "this task '{plain}' has extra params, which is only allowed for actions that take free-form text: {free:?}"
                        ),
                        origin: args.origin().cloned(),
                        hint: Some("write its parameters as `key: value` lines below it".into()),
                    });
                }
                map
            }
            // `command: 5` and the like.
            Data::Int(_) | Data::Float(_) | Data::Bool(_) if free_form => {
                adept_wire::map! { "_raw_params" => args.clone() }
            }
            Data::List(_) if free_form => adept_wire::map! { "_raw_params" => args.clone() },
            _ => {
                return Err(PlaybookError::shape(
                    format!("the arguments of '{plain}' must be a map, got a {}", args.type_name()),
                    args.origin(),
                ));
            }
        };
        task.action = plain;
        task.written = name;
        task.args.map = extra;
        task.args.map.extend(given);
        Ok(())
    }

    /// `action: copy src=a` or `action: {module: copy, src: a}`.
    fn action_of(&self, value: &Value) -> Result<(String, Value)> {
        match &value.data {
            Data::Str(text) => {
                let text = text.trim();
                // The name ends at white space outside of a template.
                let mut end = text.len();
                let mut depth = 0i32;
                for (i, c) in text.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        c if c.is_whitespace() && depth == 0 => {
                            end = i;
                            break;
                        }
                        _ => {}
                    }
                }
                Ok((text[..end].to_string(), tagged(text[end..].trim_start(), value)))
            }
            Data::Map(map) => {
                let mut map = (**map).clone();
                let module = map
                    .shift_remove("module")
                    .ok_or_else(|| PlaybookError::shape("`action` as a map needs `module:`", value.origin()))?;
                let text = module.as_str().unwrap_or_default().trim();
                // `module: copy src=a` is allowed here as well.
                let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                let mut args = self.text_args(&tagged(rest, value), None)?;
                args.extend(map);
                Ok((name.to_string(), Value::map(args)))
            }
            _ => Err(PlaybookError::shape(
                format!("unexpected parameter type in action: {}", value.type_name()),
                value.origin(),
            )),
        }
    }

    fn text_args(&self, value: &Value, only: Option<&[&str]>) -> Result<Map> {
        let text = value.as_str().unwrap_or_default();
        let kv = split::key_values(text, only)
            .map_err(|source| PlaybookError::Split { source, origin: value.origin().cloned() })?;
        let mut map: Map = kv.pairs.iter().map(|(k, v)| (Key::from(k.as_str()), tagged(v, value))).collect();
        if !kv.free.is_empty() {
            map.insert(Key::from("_raw_params"), tagged(&kv.free, value));
        }
        Ok(map)
    }
}

/// `vars:` as a map, or in the old form as a list of maps.
///
/// # Errors
/// When it is neither.
pub fn vars_of(value: &Value) -> Result<Map> {
    match &value.data {
        Data::Null => Ok(Map::new()),
        Data::Map(m) => Ok((**m).clone()),
        Data::List(list) => {
            let mut out = Map::new();
            for item in list.iter() {
                out.extend(vars_of(item)?);
            }
            Ok(out)
        }
        _ => Err(PlaybookError::shape("Vars in a Play must be specified as a dictionary", value.origin())),
    }
}

fn text_key(key: &Key) -> Result<&str> {
    key.as_str().ok_or_else(|| PlaybookError::shape(format!("a keyword must be text, got {key:?}"), key.origin()))
}

fn tagged(text: &str, like: &Value) -> Value {
    let value = Value::str(text);
    match like.tag() {
        Some(tag) => value.with_tag(tag.clone()),
        None => value,
    }
}

fn is_one_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}")
}

fn meant(name: &str) -> String {
    format!("did you mean '{name}'?")
}

fn conflict(keys: &[&Key]) -> PlaybookError {
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    PlaybookError::Conflicting { names: names.join(", "), origin: keys.last().and_then(|k| k.origin().cloned()) }
}
