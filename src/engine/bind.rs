//! Binding: from what was written to what will be done for this host, this item, now.
//!
//! The phases are Ansible's: loop source (an undefined one is forgiven when `when` is false) -> per item: `delegate_to`,
//! `when`, arguments, connection (the delegate's variables). What follows an attempt stands in `judge`.
//!
//! Everything here is plain and synchronous, and runs on a blocking pool: lookups may wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_modules::Args;
use adept_modules::args::{parse_bool, text};
use adept_wire::{Data, Key, Map, Origin, Run, Value};

use super::engine::Engine;
use crate::actions::{self, ActionError, Binding, Names, SearchPath, Work};
use crate::connection::{ConnectionSpec, Transport};
use crate::playbook::{ActionNames, FrameKind, Known, Placed};
use crate::template::{Templar, TemplateError};
use crate::vars::{PlayScope, TaskScope};

/// A task on a host, before it is bound.
#[derive(Clone)]
pub struct HostTask {
    /// What the run shares.
    pub engine: Arc<Engine>,
    /// What the play shares.
    pub play: Arc<PlayScope>,
    /// The task, with what stands around it.
    pub placed: Placed,
    /// The host.
    pub host: Arc<str>,
    /// The task's number in this run.
    pub number: u64,
}

/// What will be done, now.
#[derive(Debug)]
pub struct BoundTask {
    /// The work.
    pub work: Work,
    /// The plain name of the module or action.
    pub action: String,
    /// The host that does it, if another one.
    pub delegate: Option<Arc<str>>,
    /// How to reach that host.
    pub spec: ConnectionSpec,
    /// The request without module and arguments.
    pub request: Run,
}

/// What binding came to.
#[derive(Debug)]
pub enum Bound {
    /// A condition is false: the result's keys.
    Skip(Map),
    /// To be done.
    Task(Box<BoundTask>),
}

/// Why a task could not be bound: it fails on this host, with this message.
#[derive(Debug)]
pub struct BindError {
    /// The message.
    pub message: String,
    /// Where it was written.
    pub origin: Option<Origin>,
    /// Further result keys.
    pub result: Map,
}

impl From<TemplateError> for BindError {
    fn from(e: TemplateError) -> BindError {
        BindError { message: e.to_string(), origin: e.origin(), result: Map::new() }
    }
}

impl From<ActionError> for BindError {
    fn from(e: ActionError) -> BindError {
        match e {
            ActionError::Template(e) => e.into(),
            ActionError::Failed { message, origin, result } => BindError { message, origin, result },
            ActionError::Connection(e) => BindError { message: e.to_string(), origin: None, result: Map::new() },
        }
    }
}

impl BindError {
    /// With a message.
    pub fn new(message: impl Into<String>, origin: Option<&Origin>) -> BindError {
        BindError { message: message.into(), origin: origin.cloned(), result: Map::new() }
    }
}

/// A loop's variables: names and settings.
#[derive(Clone, Debug)]
pub struct LoopControl {
    /// `loop_var`.
    pub var: String,
    /// `index_var`.
    pub index_var: Option<String>,
    /// `label`, raw.
    pub label: Option<Value>,
    /// `pause`, in seconds.
    pub pause: f64,
    /// `extended`.
    pub extended: bool,
    /// `extended_allitems`.
    pub all_items: bool,
    /// `break_when`.
    pub break_when: Vec<Value>,
}

impl HostTask {
    /// The variables that this task sees.
    pub fn scope(&self, locals: Map, learned: Map) -> TaskScope {
        TaskScope {
            vars: self.engine.vars.clone(),
            host: self.host.clone(),
            play: Some(self.play.clone()),
            frame: Some(self.placed.frame.clone()),
            task: Some(self.placed.task.clone()),
            delegate: None,
            locals,
            learned,
            search_path: search_path(&self.placed, &self.play.playbook_dir).into(),
        }
    }

    /// Renders with those variables.
    pub fn templar(&self, locals: Map, learned: Map) -> Templar {
        Templar::new(self.engine.env.clone(), Arc::new(self.scope(locals, learned)))
    }

    /// A keyword that is a boolean, or a template of one.
    ///
    /// # Errors
    /// When the template fails or gives no boolean.
    pub fn flag(&self, templar: &Templar, name: &str) -> Result<Option<bool>, BindError> {
        let Some(raw) = self.placed.keyword(name) else { return Ok(None) };
        let value = templar.render(raw)?;
        if value.is_null() || value.as_str() == Some("") || self.is_omit(&value) {
            return Ok(None);
        }
        match parse_bool(&value) {
            Some(b) => Ok(Some(b)),
            None => Err(BindError::new(
                format!(
                    "the field '{name}' has an invalid value, which could not be converted to bool: {}",
                    text(&value)
                ),
                raw.origin(),
            )),
        }
    }

    /// A keyword that is text, or a template of it.
    ///
    /// # Errors
    /// When the template fails.
    pub fn text(&self, templar: &Templar, name: &str) -> Result<Option<String>, BindError> {
        let Some(raw) = self.placed.keyword(name) else { return Ok(None) };
        let value = templar.render(raw)?;
        Ok((!value.is_null() && !self.is_omit(&value)).then(|| text(&value)))
    }

    /// A keyword that is a number, or a template of one.
    ///
    /// # Errors
    /// When the template fails or gives no number.
    pub fn number(&self, templar: &Templar, name: &str) -> Result<Option<f64>, BindError> {
        let Some(text) = self.text(templar, name)? else { return Ok(None) };
        let origin = self.placed.keyword(name).and_then(Value::origin);
        text.trim().parse::<f64>().map(Some).map_err(|_| {
            BindError::new(
                format!("the field '{name}' has an invalid value, which could not be converted to a number: {text}"),
                origin,
            )
        })
    }

    fn is_omit(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|s| s == self.engine.vars.run().omit)
    }

    /// The conditions of `when`, the outermost first.
    fn conditions(&self) -> Vec<Value> {
        self.placed
            .keyword_all("when")
            .into_iter()
            .flat_map(|v| match &v.data {
                Data::List(items) => items.to_vec(),
                _ => vec![v.clone()],
            })
            .collect()
    }

    /// The result's keys when `when` is false, `None` when all conditions hold.
    ///
    /// # Errors
    /// When a condition fails.
    pub fn skipped(&self, templar: &Templar) -> Result<Option<Map>, BindError> {
        for condition in self.conditions() {
            if !templar.condition(&condition)? {
                return Ok(Some(adept_wire::map! {
                    "changed" => false, "skipped" => true, "skip_reason" => "Conditional result was False",
                    "false_condition" => condition.untagged(),
                }));
            }
        }
        Ok(None)
    }

    /// What a loop runs over; `None` without a loop.
    ///
    /// # Errors
    /// When the source fails or is no list.
    pub fn loop_items(&self, templar: &Templar) -> Result<Option<Vec<Value>>, BindError> {
        let Some(l) = &self.placed.task.loop_over else { return Ok(None) };
        let source = templar.render(&l.source)?;
        let Some(lookup) = &l.lookup else {
            return match &source.data {
                Data::List(items) => Ok(Some(items.to_vec())),
                _ => Err(BindError::new(
                    format!(
                        "Invalid data passed to 'loop', it requires a list, got this instead: {}. Hint: If you passed a list/dict of just one element, try adding wantlist=True to your lookup invocation or use q/query instead of lookup.",
                        text(&source)
                    ),
                    l.source.origin(),
                )),
            };
        };
        let terms = match source.data {
            Data::List(items) => items.to_vec(),
            _ => vec![source],
        };
        let found = templar.lookup(lookup, terms, Map::new())?;
        match found.data {
            Data::List(items) => Ok(Some(items.to_vec())),
            _ => Ok(Some(vec![found])),
        }
    }

    /// `loop_control`.
    ///
    /// # Errors
    /// When a value in it has the wrong shape.
    pub fn loop_control(&self, templar: &Templar) -> Result<LoopControl, BindError> {
        let mut control = LoopControl {
            var: "item".into(),
            index_var: None,
            label: None,
            pause: 0.0,
            extended: false,
            all_items: true,
            break_when: Vec::new(),
        };
        let Some(raw) = self.placed.task.keyword("loop_control") else { return Ok(control) };
        let Some(map) = raw.as_map() else {
            return Err(BindError::new("the `loop_control` value must be specified as a dictionary", raw.origin()));
        };
        for (key, value) in map {
            match key.as_str() {
                Some("label") => control.label = Some(value.clone()),
                Some("loop_var") => control.var = text(&templar.render(value)?),
                Some("index_var") => control.index_var = Some(text(&templar.render(value)?)),
                Some("pause") => control.pause = text(&templar.render(value)?).parse().unwrap_or(0.0),
                Some("extended") => control.extended = parse_bool(&templar.render(value)?).unwrap_or(false),
                Some("extended_allitems") => control.all_items = parse_bool(&templar.render(value)?).unwrap_or(true),
                Some("break_when") => {
                    control.break_when = match &value.data {
                        Data::List(items) => items.to_vec(),
                        _ => vec![value.clone()],
                    }
                }
                _ => {
                    let name = key.to_string();
                    let names =
                        ["label", "loop_var", "index_var", "pause", "extended", "extended_allitems", "break_when"];
                    let hint = crate::diag::did_you_mean(&name, names).map(|n| format!(" (did you mean '{n}'?)"));
                    return Err(BindError::new(
                        format!("'{name}' is not a valid attribute for a LoopControl{}", hint.unwrap_or_default()),
                        key.origin(),
                    ));
                }
            }
        }
        Ok(control)
    }

    /// Binds the task for one item (or none).
    ///
    /// # Errors
    /// When a template fails or an argument is wrong.
    pub fn bind(&self, locals: &Map, learned: &Map) -> Result<Bound, BindError> {
        let templar = self.templar(locals.clone(), learned.clone());
        if let Some(result) = self.skipped(&templar)? {
            return Ok(Bound::Skip(result));
        }
        let delegate: Option<Arc<str>> = match self.text(&templar, "delegate_to")? {
            Some(name) if name.is_empty() => {
                return Err(BindError::new(
                    "Empty hostname produced from delegate_to",
                    self.placed.keyword("delegate_to").and_then(Value::origin),
                ));
            }
            name => name.map(Arc::from),
        };
        let templar = match &delegate {
            Some(delegate) => {
                let scope =
                    TaskScope { delegate: Some(delegate.clone()), ..self.scope(locals.clone(), learned.clone()) };
                Templar::new(self.engine.env.clone(), Arc::new(scope))
            }
            None => templar,
        };
        let task = &self.placed.task;
        let action = self.action_name(&templar)?;
        let check = self.flag(&templar, "check_mode")?.unwrap_or(self.engine.options.check);
        let diff = self.flag(&templar, "diff")?.unwrap_or(self.engine.options.diff);
        let args = self.args(&templar, &action)?;
        self.hide_secrets(&action, &args);
        let work = match actions::find(&action) {
            Some(found) => {
                let given = args;
                let args = Args::parse(&found.spec, &given).map_err(|e| self.bad_args(&e))?;
                if check && !found.spec.check_mode {
                    return Ok(Bound::Skip(adept_wire::map! {
                        "changed" => false, "skipped" => true, "msg" => format!("{action} does not support check mode"),
                    }));
                }
                let path = search_path(&self.placed, &self.play.playbook_dir);
                let with = |vars: Map| {
                    let mut locals = locals.clone();
                    locals.extend(vars);
                    self.templar(locals, learned.clone())
                };
                let binding = Binding {
                    args,
                    given: &given,
                    templar: &templar,
                    with: &with,
                    task,
                    search: SearchPath(&path),
                    check,
                    verbosity: self.engine.options.verbosity,
                };
                (found.bind)(&binding)?
            }
            None => Work::Module { name: action.clone(), args },
        };
        let needs_host = !matches!(work, Work::Done(_) | Work::Include(_) | Work::Meta(_));
        let spec = if needs_host { self.spec(&delegate, locals, learned)? } else { LOCAL };
        let request = Run {
            check,
            diff,
            // Local commands run in the playbook's folder, as in Ansible.
            cwd: (spec.transport == Transport::Local).then(|| path_bytes(&self.play.playbook_dir)),
            environment: if needs_host { self.environment(&templar)? } else { Vec::new() },
            timeout_ms: self.number(&templar, "timeout")?.filter(|t| *t > 0.0).map(|t| (t * 1000.0) as u64),
            ..Run::default()
        };
        for warning in templar.take_warnings() {
            self.engine
                .events
                .send(crate::event::EventKind::Warning { message: warning.message, origin: warning.origin });
        }
        Ok(Bound::Task(Box::new(BoundTask { work, action, delegate, spec, request })))
    }

    /// The action's plain name; `action: "{{ x }}"` is resolved now.
    fn action_name(&self, templar: &Templar) -> Result<String, BindError> {
        let task = &self.placed.task;
        let mut name = task.action.clone();
        if name.contains("{{") {
            let tagged = match &task.origin {
                Some(origin) => Value::str(name.as_str()).with_tag(Arc::new(adept_wire::Tag {
                    origin: Some(origin.clone()),
                    trust: adept_wire::Trust::Template,
                })),
                None => Value::str(name.as_str()),
            };
            name = text(&templar.render(&tagged)?);
        }
        match Names.find(&name) {
            Known::Here { name, .. } => Ok(name.to_string()),
            Known::Elsewhere => {
                Err(BindError::new(format!("the module '{name}' is not supported yet"), task.origin.as_ref()))
            }
            Known::Unknown => {
                Err(BindError::new(format!("couldn't resolve module/action '{name}'"), task.origin.as_ref()))
            }
        }
    }

    /// Arguments with `module_defaults`, rendered, without what is omitted.
    fn args(&self, templar: &Templar, action: &str) -> Result<Map, BindError> {
        let task = &self.placed.task;
        let raw_params = actions::find(action).map_or(&[][..], |a| a.raw_params);
        let mut args = Map::new();
        for defaults in self.placed.keyword_all("module_defaults") {
            let maps: Vec<Value> = match &defaults.data {
                Data::List(items) => items.to_vec(),
                _ => vec![defaults.clone()],
            };
            for map in maps {
                let map = templar.render(&map)?;
                for (name, given) in map.as_map().into_iter().flatten() {
                    let same = name
                        .as_str()
                        .is_some_and(|n| matches!(Names.find(n), Known::Here { name, .. } if name == action));
                    if let (true, Some(given)) = (same, given.as_map()) {
                        args.extend(given.clone());
                    }
                }
            }
        }
        if let Some(whole) = &task.args.whole {
            let rendered = templar.render(whole)?;
            match rendered.as_map() {
                Some(map) => args.extend(map.clone()),
                None if rendered.is_null() => {}
                None => {
                    return Err(BindError::new(
                        format!(
                            "the arguments of '{action}' must be a map, the template gave a {}",
                            rendered.type_name()
                        ),
                        whole.origin(),
                    ));
                }
            }
        }
        for (key, value) in &task.args.map {
            let raw = key.as_str().is_some_and(|k| raw_params.contains(&k));
            let value = if raw { value.clone() } else { templar.render(value)? };
            args.insert(key.clone(), value);
        }
        let omit = &self.engine.vars.run().omit;
        Ok(without(&args, omit))
    }

    /// The values of secret parameters never reach a log.
    fn hide_secrets(&self, action: &str, args: &Map) {
        let spec = actions::find(action).map(|a| a.spec).or_else(|| adept_modules::find(action).map(|m| m.spec));
        for param in spec.iter().flat_map(|s| s.params).filter(|p| p.secret) {
            let given = std::iter::once(&param.name).chain(param.aliases).find_map(|name| args.get(*name));
            if let Some(secret) = given.and_then(Value::as_str) {
                self.engine.secrets.add(secret);
            }
        }
    }

    fn bad_args(&self, e: &adept_modules::ArgError) -> BindError {
        let args = &self.placed.task.args.map;
        let origin = e
            .param
            .as_ref()
            .and_then(|p| args.get_key_value(p.as_str()))
            .and_then(|(k, v)| v.origin().or(k.origin()).cloned());
        BindError {
            message: e.message.clone(),
            origin: origin.or_else(|| self.placed.task.origin.clone()),
            result: Map::new(),
        }
    }

    /// `environment` of everything around the task, the outermost first.
    fn environment(&self, templar: &Templar) -> Result<Vec<(String, String)>, BindError> {
        let mut out: Vec<(String, String)> = Vec::new();
        for raw in self.placed.keyword_all("environment") {
            let value = templar.render(raw)?;
            let maps: Vec<Value> = match &value.data {
                Data::Null => Vec::new(),
                Data::List(items) => items.to_vec(),
                _ => vec![value.clone()],
            };
            for map in maps {
                let Some(map) = map.as_map() else {
                    if map.is_null() || map.as_str() == Some("") || self.is_omit(&map) {
                        continue;
                    }
                    return Err(BindError::new(
                        format!("environment must be a dictionary, received {}", text(&map)),
                        raw.origin(),
                    ));
                };
                for (k, v) in map.iter().filter(|(_, v)| !self.is_omit(v)) {
                    let name = k.to_string();
                    out.retain(|(n, _)| *n != name);
                    out.push((name, text(v)));
                }
            }
        }
        Ok(out)
    }

    /// How to reach the host that does the work, by its own variables.
    fn spec(&self, delegate: &Option<Arc<str>>, locals: &Map, learned: &Map) -> Result<ConnectionSpec, BindError> {
        let mut scope = self.scope(locals.clone(), learned.clone());
        if let Some(delegate) = delegate {
            scope.host = delegate.clone();
        }
        let templar = Templar::new(self.engine.env.clone(), Arc::new(scope));
        let var = |name: &str| -> Result<Option<Value>, BindError> {
            match templar.variable(name)? {
                Some(v) if v.is_null() || self.is_omit(&v) => Ok(None),
                v => Ok(v),
            }
        };
        let connection = match var("ansible_connection")? {
            Some(v) => text(&v),
            None => match self.text(&templar, "connection")? {
                Some(name) => name,
                None => self.engine.options.connection.clone(),
            },
        };
        let transport = match connection.rsplit('.').next().unwrap_or_default() {
            "local" => Transport::Local,
            other => Transport::NotYet(other.to_string()),
        };
        let becomes = match var("ansible_become")? {
            Some(v) => parse_bool(&v).unwrap_or(false),
            None => self.flag(&templar, "become")?.unwrap_or(self.engine.options.become_default),
        };
        let become_user = match (becomes, var("ansible_become_user")?) {
            (false, _) => None,
            (true, Some(v)) => Some(text(&v)),
            (true, None) => {
                Some(self.text(&templar, "become_user")?.unwrap_or_else(|| self.engine.options.become_user.clone()))
            }
        };
        // Becoming who one is already needs nothing.
        let own = transport == Transport::Local && rustix::process::geteuid().is_root();
        Ok(ConnectionSpec { transport, become_user: become_user.filter(|u| !(own && u == "root")) })
    }
}

const LOCAL: ConnectionSpec = ConnectionSpec { transport: Transport::Local, become_user: None };

/// The folders that relative names are searched in: the task's roles from the nearest outwards, the folder of the tasks
/// file, the playbook's.
pub fn search_path(placed: &Placed, playbook_dir: &Path) -> Vec<PathBuf> {
    let mut path: Vec<PathBuf> = Vec::new();
    let mut add = |p: &Path| {
        if !path.iter().any(|known| known == p) {
            path.push(p.to_path_buf());
        }
    };
    if let Some(role) = placed.frame.role() {
        add(&role.role.path);
        role.parents.iter().for_each(|p| add(&p.role.path));
    }
    if let Some(dir) = placed.task.origin.as_ref().and_then(|o| Path::new(&*o.file).parent()) {
        add(dir);
    }
    for frame in placed.frame.chain() {
        if let FrameKind::Include { task, .. } = &frame.kind
            && let Some(dir) = task.origin.as_ref().and_then(|o| Path::new(&*o.file).parent())
        {
            add(dir);
        }
    }
    add(playbook_dir);
    path
}

fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// Without everything that is omitted, at any depth.
fn without(map: &Map, omit: &str) -> Map {
    let omitted = |v: &Value| v.as_str() == Some(omit);
    map.iter().filter(|(_, v)| !omitted(v)).map(|(k, v)| (Key::clone(k), prune(v, omit))).collect()
}

fn prune(value: &Value, omit: &str) -> Value {
    fn has(value: &Value, omit: &str) -> bool {
        match &value.data {
            Data::Str(s) => s.contains(omit),
            Data::List(items) => items.iter().any(|v| has(v, omit)),
            Data::Map(map) => map.values().any(|v| has(v, omit)),
            _ => false,
        }
    }
    // Copies only what holds an omitted value.
    if !has(value, omit) {
        return value.clone();
    }
    match &value.data {
        Data::List(items) => {
            Value::list(items.iter().filter(|v| v.as_str() != Some(omit)).map(|v| prune(v, omit)).collect())
        }
        Data::Map(map) => Value::map(without(map, omit)),
        // Within a longer text it stands for nothing.
        Data::Str(s) => Value::str(s.replace(omit, "")),
        _ => value.clone(),
    }
}
