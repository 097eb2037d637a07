//! `Compiler`: from a play's lists to sections, roles and static imports resolved.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use adept_modules::Args;
use adept_modules::args::parse_bool;
use adept_wire::{Key, Map, Value};

use super::files::Files;
use super::role::{LoadedRole, checked_name, load_role};
use crate::actions::{self, IncludeKind, RoleFiles};
use crate::diag::Diagnostic;
use crate::engine::program::{Item, Section};
use crate::playbook::{Block, Frame, FrameKind, Keywords, Node, Placed, RoleEntry, RoleUse, Task, keyword, vars_of};
use crate::template::{Environment, Templar};
use crate::vars::{PlayScope, TaskScope, Vars};

/// Compiles one play.
pub struct Compiler {
    /// Parsed files.
    pub files: Arc<Files>,
    /// For templates in the names of static imports.
    pub env: Arc<Environment>,
    /// Variables that are known before hosts are.
    pub vars: Arc<Vars>,
    /// The play.
    pub scope: Arc<PlayScope>,
    /// Uses of roles that don't run twice, by all that makes them equal.
    seen: Mutex<HashSet<String>>,
}

/// A play, compiled.
#[derive(Debug, Default)]
pub struct Compiled {
    /// What it does.
    pub items: Vec<Item>,
    /// Handlers that came with it, in order.
    pub handlers: Vec<Item>,
}

impl Compiled {
    fn extend(&mut self, other: Compiled) {
        self.items.extend(other.items);
        self.handlers.extend(other.handlers);
    }
}

type Result<T> = std::result::Result<T, Diagnostic>;

/// How a role is included.
#[derive(Clone, Copy, Debug)]
pub struct IncludeFlags {
    /// Its variables are visible to the rest of the play.
    pub public: bool,
    /// It may run more than once.
    pub allow_duplicates: bool,
}

/// Where files are relative to, and which are being imported.
#[derive(Clone, Default)]
struct Place {
    /// Static imports on the way here.
    stack: Vec<PathBuf>,
    handlers: bool,
    /// The role is included or imported by a task.
    included: bool,
}

impl Compiler {
    /// A compiler for one play.
    pub fn new(files: Arc<Files>, env: Arc<Environment>, vars: Arc<Vars>, scope: Arc<PlayScope>) -> Compiler {
        Compiler { files, env, vars, scope, seen: Mutex::default() }
    }

    /// The whole play. With `force_handlers` each part has the flush in its `always`.
    ///
    /// # Errors
    /// When a role or an imported file is missing or has a mistake.
    pub fn play(&self, frame: &Arc<Frame>, force_handlers: bool) -> Result<Compiled> {
        let play = &self.scope.play;
        let mut out = Compiled::default();
        let mut handlers = Vec::new();
        let place = Place::default();
        let mut part = |compiled: Compiled| {
            handlers.extend(compiled.handlers);
            let mut section = Section::plain(compiled.items);
            if force_handlers {
                section.always.push(Item::Flush);
            } else {
                section.body.push(Item::Flush);
            }
            Item::Section(Arc::new(section))
        };
        let pre = self.nodes(&play.pre_tasks, frame, &place)?;
        let pre = part(pre);
        let mut middle = Compiled::default();
        for entry in &play.roles {
            middle.extend(self.role_entry(entry, frame, &[], &place)?.0);
        }
        middle.extend(self.nodes(&play.tasks, frame, &place)?);
        let middle = part(middle);
        let post = part(self.nodes(&play.post_tasks, frame, &place)?);
        out.items = vec![pre, middle, post];
        // The play's own handlers come after those of its roles, and so shadow them.
        let own = self.nodes(&play.handlers, frame, &Place { handlers: true, ..Place::default() })?;
        handlers.extend(own.handlers);
        handlers.extend(own.items);
        out.handlers = handlers;
        Ok(out)
    }

    /// A file that a task includes at run time.
    ///
    /// # Errors
    /// When it is missing or has a mistake.
    pub fn included_file(&self, file: &Path, frame: &Arc<Frame>, handlers: bool) -> Result<Compiled> {
        let nodes = self.files.tasks(file, handlers)?;
        let place = Place { stack: vec![file.to_path_buf()], ..Place::default() };
        self.nodes(&nodes, frame, &place)
    }

    /// A role that a task includes at run time.
    ///
    /// # Errors
    /// When it is missing or has a mistake.
    pub fn included_role(
        &self,
        name: &str,
        from: &RoleFiles,
        flags: IncludeFlags,
        task: &Arc<Task>,
        frame: &Arc<Frame>,
    ) -> Result<Compiled> {
        let loaded = self.load(name, task.origin.as_ref(), from, frame)?;
        let known =
            !self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(loaded.role.path.display().to_string());
        if known && !flags.allow_duplicates {
            return Ok(Compiled::default());
        }
        let entry = Arc::new(RoleEntry {
            origin: task.origin.clone(),
            name: name.into(),
            keywords: Keywords::default(),
            params: Map::new(),
        });
        let parents = parents_of(frame);
        let (compiled, role) =
            self.role(loaded, entry, Map::new(), parents, frame, &Place { included: true, ..Place::default() })?;
        if flags.public {
            self.scope.roles.write().unwrap_or_else(PoisonError::into_inner).push(role);
        }
        Ok(compiled)
    }

    fn nodes(&self, nodes: &[Node], frame: &Arc<Frame>, place: &Place) -> Result<Compiled> {
        let mut out = Compiled::default();
        for node in nodes {
            match node {
                Node::Task(task) => out.extend(self.task(task, frame, place)?),
                Node::Block(block) => {
                    let (section, handlers) = self.block(block, frame, place)?;
                    out.items.push(Item::Section(Arc::new(section)));
                    out.handlers.extend(handlers);
                }
            }
        }
        Ok(out)
    }

    fn block(&self, block: &Block, frame: &Arc<Frame>, place: &Place) -> Result<(Section, Vec<Item>)> {
        let vars = block.keywords.get("vars").map(vars_of).transpose()?.unwrap_or_default();
        let kind = FrameKind::Block { keywords: block.keywords.clone(), vars };
        let frame = Arc::new(Frame { parent: Some(frame.clone()), kind });
        let mut handlers = Vec::new();
        let mut part = |nodes: &[Node]| -> Result<Vec<Item>> {
            let compiled = self.nodes(nodes, &frame, place)?;
            handlers.extend(compiled.handlers);
            Ok(compiled.items)
        };
        let section = Section { body: part(&block.block)?, rescue: part(&block.rescue)?, always: part(&block.always)? };
        Ok((section, handlers))
    }

    fn task(&self, task: &Arc<Task>, frame: &Arc<Frame>, place: &Place) -> Result<Compiled> {
        let placed = Placed { task: task.clone(), frame: frame.clone() };
        let one = |placed| Compiled { items: vec![Item::Task(placed)], handlers: Vec::new() };
        match task.action.as_str() {
            "import_tasks" => self.import_tasks(&placed, place),
            "include" if is_static_include(task) => self.import_tasks(&placed, place),
            "import_role" => self.import_role(&placed, place),
            _ => Ok(one(placed)),
        }
    }

    /// The frame for what a static import brings: the import's own keywords hold for each of its tasks.
    fn import_frame(&self, placed: &Placed, extra: Map) -> Result<Arc<Frame>> {
        let mut vars = placed.task.keyword("vars").map(vars_of).transpose()?.unwrap_or_default();
        vars.extend(extra);
        let mut keywords = Keywords::default();
        for (kw, value) in placed.task.keywords.iter() {
            if kw.inherit != keyword::Inherit::No {
                keywords.insert(kw, value.clone());
            }
        }
        // The old `include` always gave parameters.
        let dynamic = placed.task.action == "include";
        let kind = FrameKind::Include { task: placed.task.clone(), vars, dynamic, keywords, locals: Map::new() };
        Ok(Arc::new(Frame { parent: Some(placed.frame.clone()), kind }))
    }

    fn args(&self, placed: &Placed) -> Result<Args> {
        let task = &placed.task;
        let templar = self.templar(&placed.frame, Some(task));
        let mut raw = Map::new();
        for (k, v) in &task.args.map {
            if !is_variable_of_include(task, k) {
                raw.insert(k.clone(), templar.render(v).map_err(Diagnostic::from)?);
            }
        }
        let action = actions::find(&task.action)
            .ok_or_else(|| Diagnostic::general(format!("'{}' is no import", task.action)))?;
        Args::parse(&action.spec, &raw).map_err(|e| Diagnostic::parse(e.message).at(task.origin.as_ref()))
    }

    fn import_tasks(&self, placed: &Placed, place: &Place) -> Result<Compiled> {
        let task = &placed.task;
        if task.loop_over.is_some() {
            return Err(Diagnostic::parse(
                "You cannot use loops on 'import_tasks' statements. You should use 'include_tasks' instead.",
            )
            .at(task.origin.as_ref()));
        }
        let args = self.args(placed)?;
        let name = args.str("file").or_else(|| args.str("_raw_params")).unwrap_or_default().to_string();
        if name.is_empty() {
            return Err(Diagnostic::parse("No file specified for import_tasks").at(task.origin.as_ref()));
        }
        let file = include_file(&name, placed, &self.scope.playbook_dir)?;
        if place.stack.contains(&file) {
            let chain: Vec<String> = place.stack.iter().chain([&file]).map(|p| p.display().to_string()).collect();
            return Err(Diagnostic::parse("these files import each other without end")
                .at(task.origin.as_ref())
                .note(chain.join(" -> ")));
        }
        let variables = task.args.map.iter().filter(|(k, _)| is_variable_of_include(task, k));
        let extra: Map = variables.map(|(k, v)| (k.clone(), v.clone())).collect();
        let frame = self.import_frame(placed, extra)?;
        let nodes = self.files.tasks(&file, place.handlers)?;
        let mut stack = place.stack.clone();
        stack.push(file);
        self.nodes(&nodes, &frame, &Place { stack, handlers: place.handlers, included: false })
    }

    fn import_role(&self, placed: &Placed, place: &Place) -> Result<Compiled> {
        let task = &placed.task;
        if task.loop_over.is_some() {
            return Err(Diagnostic::parse(
                "You cannot use loops on 'import_role' statements. You should use 'include_role' instead.",
            )
            .at(task.origin.as_ref()));
        }
        let args = self.args(placed)?;
        let include = actions::role_include(&args);
        let IncludeKind::Role { name, from, .. } = include.kind else {
            return Err(Diagnostic::general("import_role without a role").at(task.origin.as_ref()));
        };
        let frame = self.import_frame(placed, Map::new())?;
        let loaded = self.load(&name, task.origin.as_ref(), &from, &frame)?;
        let entry = Arc::new(RoleEntry {
            origin: task.origin.clone(),
            name: name.into(),
            keywords: Keywords::default(),
            params: Map::new(),
        });
        let (compiled, role) = self.role(
            loaded,
            entry,
            Map::new(),
            parents_of(&frame),
            &frame,
            &Place { included: true, ..place.clone() },
        )?;
        // The variables of an imported role are visible to the whole play, as those of `roles:` are.
        self.scope.roles.write().unwrap_or_else(PoisonError::into_inner).push(role);
        Ok(compiled)
    }

    /// An entry of `roles:` or `dependencies:`.
    fn role_entry(
        &self,
        entry: &Arc<RoleEntry>,
        frame: &Arc<Frame>,
        parents: &[Arc<RoleUse>],
        place: &Place,
    ) -> Result<(Compiled, Arc<RoleUse>)> {
        let templar = self.templar(frame, None);
        let name = templar.render(&entry.name).map_err(Diagnostic::from)?;
        let name = checked_name(&name, entry.name.origin())?;
        let loaded = self.load(&name, entry.name.origin(), &RoleFiles::default(), frame)?;
        // Only dependencies can't be conditional; a role that includes itself may know when to stop.
        let dependents = parents.iter().take_while(|p| !p.included);
        if !place.included && dependents.clone().any(|p| p.role.path == loaded.role.path) {
            let chain: Vec<&str> = dependents.map(|p| p.role.name.as_str()).collect();
            return Err(Diagnostic::parse("these roles depend on each other without end")
                .at(entry.name.origin().or(entry.origin.as_ref()))
                .note(format!(
                    "{} -> {}",
                    chain.into_iter().rev().collect::<Vec<_>>().join(" -> "),
                    loaded.role.name
                )));
        }
        let vars = entry.keywords.get("vars").map(vars_of).transpose()?.unwrap_or_default();
        // `allow_duplicates: false` of an include counts these uses too.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(loaded.role.path.display().to_string());
        let identity = identity(&loaded.role.path, entry);
        if !loaded.allow_duplicates && !self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(identity) {
            // It runs once; its variables count here all the same.
            let used = RoleUse {
                role: loaded.role,
                params: entry.params.clone(),
                entry: entry.clone(),
                vars,
                parents: parents.to_vec(),
                included: false,
                dependencies: Vec::new(),
            };
            return Ok((Compiled::default(), Arc::new(used)));
        }
        let (compiled, role) = self.role(loaded, entry.clone(), vars, parents.to_vec(), frame, place)?;
        if parents.is_empty() {
            self.scope.roles.write().unwrap_or_else(PoisonError::into_inner).push(role.clone());
        }
        Ok((compiled, role))
    }

    /// A role's dependencies, then its tasks.
    fn role(
        &self,
        loaded: LoadedRole,
        entry: Arc<RoleEntry>,
        vars: Map,
        parents: Vec<Arc<RoleUse>>,
        frame: &Arc<Frame>,
        place: &Place,
    ) -> Result<(Compiled, Arc<RoleUse>)> {
        if parents.iter().filter(|p| p.role.path == loaded.role.path).count() > 20 {
            let chain: Vec<&str> = parents.iter().rev().map(|p| p.role.name.as_str()).collect();
            return Err(Diagnostic::parse("these roles depend on each other without end")
                .at(entry.origin.as_ref())
                .note(chain.join(" -> ")));
        }
        let included = place.included;
        // Dependencies see this role as their parent, before it knows them.
        let draft = Arc::new(RoleUse {
            role: loaded.role.clone(),
            entry: entry.clone(),
            params: entry.params.clone(),
            vars: vars.clone(),
            parents: parents.clone(),
            included,
            dependencies: Vec::new(),
        });
        let draft_frame = Arc::new(Frame { parent: Some(frame.clone()), kind: FrameKind::Role(draft.clone()) });
        let mut out = Compiled::default();
        let mut dependencies = Vec::new();
        let mut chain = vec![draft];
        chain.extend(parents.iter().cloned());
        for dependency in &loaded.dependencies {
            let (compiled, used) =
                self.role_entry(dependency, &draft_frame, &chain, &Place { included: false, ..place.clone() })?;
            out.extend(compiled);
            dependencies.push(used);
        }
        let params = entry.params.clone();
        let used = Arc::new(RoleUse { role: loaded.role, entry, params, vars, parents, included, dependencies });
        let frame = Arc::new(Frame { parent: Some(frame.clone()), kind: FrameKind::Role(used.clone()) });
        let handlers = self.nodes(&loaded.handlers, &frame, &Place { handlers: true, ..Place::default() })?;
        out.handlers.extend(handlers.handlers);
        out.handlers.extend(handlers.items);
        let tasks = self.nodes(&loaded.tasks, &frame, &Place { stack: place.stack.clone(), ..Place::default() })?;
        let mut body = tasks.items;
        body.push(Item::RoleEnd);
        out.items.push(Item::Section(Arc::new(Section::plain(body))));
        out.handlers.extend(tasks.handlers);
        Ok((out, used))
    }

    fn load(
        &self,
        name: &str,
        origin: Option<&adept_wire::Origin>,
        from: &RoleFiles,
        frame: &Arc<Frame>,
    ) -> Result<LoadedRole> {
        let beside = frame.role().and_then(|r| r.role.path.parent());
        load_role(&self.files, name, origin, from, &self.scope.playbook_dir, beside)
    }

    /// Renders with what is known before hosts are: extra variables, the play's, the roles'.
    fn templar(&self, frame: &Arc<Frame>, task: Option<&Arc<Task>>) -> Templar {
        let scope = TaskScope {
            vars: self.vars.clone(),
            host: "".into(),
            play: Some(self.scope.clone()),
            frame: Some(frame.clone()),
            task: task.cloned(),
            delegate: None,
            locals: Map::new(),
            learned: Map::new(),
            search_path: Arc::new([]),
        };
        Templar::new(self.env.clone(), Arc::new(scope))
    }
}

/// The roles around a frame, nearest first.
fn parents_of(frame: &Arc<Frame>) -> Vec<Arc<RoleUse>> {
    let mut parents: Vec<Arc<RoleUse>> = Vec::new();
    if let Some(role) = frame.role() {
        parents.push(role.clone());
        parents.extend(role.parents.iter().cloned());
    }
    parents
}

/// All that makes two uses of a role equal.
fn identity(path: &Path, entry: &RoleEntry) -> String {
    let keywords: Vec<String> =
        entry.keywords.iter().filter(|(k, _)| k.name != "name").map(|(k, v)| format!("{}={v:?}", k.name)).collect();
    format!("{}|{:?}|{}", path.display(), entry.params, keywords.join("|"))
}

/// An `include` without a loop whose file name needs no host's variables is static, as before 2.8; `static: no` says otherwise.
fn is_static_include(task: &Task) -> bool {
    if let Some(value) = task.keyword("static") {
        return parse_bool(value).unwrap_or(false) && task.loop_over.is_none();
    }
    let name = task.args.map.get("_raw_params").or_else(|| task.args.map.get("file"));
    task.loop_over.is_none() && !name.and_then(Value::as_str).unwrap_or_default().contains("{{")
}

/// The old `include` takes variables for its tasks beside the file; they are rendered where they are used.
fn is_variable_of_include(task: &Task, parameter: &Key) -> bool {
    task.action == "include" && !matches!(parameter.as_str(), Some("file" | "_raw_params" | "static"))
}

/// The file of an include: relative to the file that includes it; within a role also to its `tasks/`; then to the playbook.
///
/// # Errors
/// When it is nowhere.
pub fn include_file(name: &str, placed: &Placed, playbook_dir: &Path) -> Result<PathBuf> {
    let expanded = adept_modules::args::expand(name);
    let mut folders: Vec<PathBuf> = Vec::new();
    let own = placed.task.origin.as_ref().and_then(|o| Path::new(&*o.file).parent().map(Path::to_path_buf));
    if let Some(role) = placed.frame.role() {
        let part = if placed.task.handler { "handlers" } else { "tasks" };
        folders.extend(own);
        folders.push(role.role.path.join(part));
        folders.extend(role.parents.iter().map(|p| p.role.path.join(part)));
    } else {
        folders.extend(own);
        // A file that was included from another folder is also looked for beside the files that led there.
        folders.extend(placed.frame.chain().filter_map(|f| match &f.kind {
            FrameKind::Include { task, .. } => Path::new(&*task.origin.as_ref()?.file).parent().map(Path::to_path_buf),
            _ => None,
        }));
    }
    folders.push(playbook_dir.to_path_buf());
    let mut seen = HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    for folder in &folders {
        let path = folder.join(&expanded);
        if path.is_file() {
            return Ok(path);
        }
        if path.is_dir() {
            return Err(Diagnostic::general(format!(
                "{} is a directory, a file of tasks was expected",
                path.display()
            ))
            .at(placed.task.origin.as_ref()));
        }
    }
    let first = folders.first().map(|f| f.join(&expanded)).unwrap_or_default();
    let tried: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    Err(Diagnostic::general(format!("Could not find or access '{}' on the Ansible Controller.", first.display()))
        .at(placed.task.origin.as_ref())
        .note(format!("searched in: {}", tried.join(", "))))
}
