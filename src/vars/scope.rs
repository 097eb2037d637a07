//! `TaskScope`: the variables that one task sees on one host, by reference.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use adept_wire::{Key, Map, Value};
use indexmap::IndexSet;

use super::layer::Layer;
use super::magic;
use super::store::Vars;
use crate::playbook::{Frame, FrameKind, Play, RoleUse, Task};
use crate::template::scope::{Hosts, Scope, Var};

/// What a play knows: its files, its hosts, its roles. Shared by all of its tasks.
pub struct PlayScope {
    /// The play.
    pub play: Arc<Play>,
    /// Its name, rendered.
    pub name: String,
    /// Folder of its playbook.
    pub playbook_dir: PathBuf,
    /// `vars_files`, read: for each host, weakest first.
    pub vars_files: RwLock<HashMap<Arc<str>, Vec<Arc<Map>>>>,
    /// Variables of an `import_playbook`: they override the play's own.
    pub import_vars: Map,
    /// Roles of `roles:` and of includes with `public`: visible to all tasks, the last one wins.
    pub roles: RwLock<Vec<Arc<RoleUse>>>,
    /// `ansible_play_hosts_all`: all hosts of the play.
    pub hosts_all: Vec<Arc<str>>,
    /// `ansible_play_batch`: the hosts of this batch that have not failed.
    pub batch: RwLock<Vec<Arc<str>>>,
    /// `ansible_play_hosts`: the hosts of the play that have not failed.
    pub hosts: RwLock<Vec<Arc<str>>>,
}

/// The variables that one task sees on one host. Nothing is merged: a name is looked up layer by layer.
#[derive(Clone)]
pub struct TaskScope {
    /// The run's variables.
    pub vars: Arc<Vars>,
    /// The host.
    pub host: Arc<str>,
    /// The play; `None` for what `hostvars` shows.
    pub play: Option<Arc<PlayScope>>,
    /// What stands around the task.
    pub frame: Option<Arc<Frame>>,
    /// The task.
    pub task: Option<Arc<Task>>,
    /// The host that does the work, if another one.
    pub delegate: Option<Arc<str>>,
    /// Loop variables and the result of the running attempt.
    pub locals: Map,
    /// What earlier items of the same loop set and registered: the strength of `set_fact`.
    pub learned: Map,
    /// Where lookups, templates and includes search for relative names.
    pub search_path: Arc<[PathBuf]>,
}

impl TaskScope {
    /// What `hostvars[host]` shows: no play, no task.
    pub fn of_host(vars: Arc<Vars>, host: Arc<str>, play: Option<&Arc<PlayScope>>) -> HostScope {
        HostScope {
            scope: TaskScope {
                vars,
                host,
                play: None,
                frame: None,
                task: None,
                delegate: None,
                locals: Map::new(),
                learned: Map::new(),
                search_path: Arc::new([]),
            },
            play: play.cloned(),
        }
    }

    /// The strongest value of a name, and the layer it comes from.
    pub fn find(&self, name: &str) -> Option<(Layer, Var)> {
        Layer::STRONGEST_FIRST.iter().find_map(|layer| self.layer(*layer, name).map(|v| (*layer, v)))
    }

    /// A name in one layer.
    fn layer(&self, layer: Layer, name: &str) -> Option<Var> {
        let in_map = |map: &Map| map.get(name).cloned().map(Var::Value);
        match layer {
            Layer::Locals => in_map(&self.locals),
            Layer::Magic => magic::get(self, name),
            Layer::Extra => in_map(self.vars.extra()),
            Layer::IncludeParams => self.include_params(name).map(Var::Value),
            Layer::RoleParams => self.roles().find_map(|r| in_map(&r.params)),
            Layer::SetFacts => in_map(&self.learned).or_else(|| self.vars.set_fact(&self.host, name).map(Var::Value)),
            Layer::IncludeVars => self.vars.included(&self.host, name).map(Var::Value),
            Layer::TaskVars => self.task_vars(name).map(Var::Value),
            Layer::RoleVars => {
                self.roles().find_map(|r| in_map(&r.vars)).or_else(|| self.role_layer(|r| &r.role.vars, name))
            }
            Layer::PlayVarsFiles => {
                let play = self.play.as_ref()?;
                let files = play.vars_files.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                files.get(&self.host)?.iter().rev().find_map(|m| in_map(m))
            }
            Layer::PlayVars => {
                let play = self.play.as_ref()?;
                in_map(&play.import_vars).or_else(|| in_map(&play.play.vars))
            }
            Layer::Facts => self.vars.fact(&self.host, name).map(Var::Value),
            Layer::RoleDefaults => self.role_layer(|r| &r.role.defaults, name),
            Layer::ConnectionDefaults => magic::connection_default(self, name),
            _ => self.inventory_layer(layer, name).map(Var::Value),
        }
    }

    /// A keyword of the task or of what stands around it.
    pub(super) fn keyword(&self, name: &str) -> Option<&Value> {
        let own = self.task.as_ref().and_then(|t| t.keyword(name));
        own.or_else(|| self.frames().find_map(|f| f.keywords().get(name))).filter(|v| !v.is_null())
    }

    fn frames(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.frame.iter().flat_map(|f| f.chain())
    }

    /// The role of the task and the roles it is a dependency of, nearest first.
    fn roles(&self) -> impl Iterator<Item = &Arc<RoleUse>> {
        self.frame.iter().filter_map(|f| f.role()).flat_map(|r| std::iter::once(r).chain(r.parents.iter()))
    }

    /// What the includes around the task give it, the nearest first. Of a role that includes another one, the parameters
    /// are stronger than the `vars` of that include, as in ansible-core 2.19.
    fn include_params(&self, name: &str) -> Option<Value> {
        self.frames().find_map(|f| {
            let FrameKind::Include { task, vars, dynamic: true, locals, .. } = &f.kind else { return None };
            let includer = f.role().filter(|_| task.action == "include_role");
            let inherited =
                includer.and_then(|r| std::iter::once(r).chain(r.parents.iter()).find_map(|r| r.params.get(name)));
            inherited.or_else(|| vars.get(name)).or_else(|| locals.get(name)).cloned()
        })
    }

    /// `vars` of the task, then of the blocks and imports around it.
    fn task_vars(&self, name: &str) -> Option<Value> {
        if let Some(Value { data: adept_wire::Data::Map(map), .. }) = self.task.as_ref().and_then(|t| t.keyword("vars"))
            && let Some(value) = map.get(name)
        {
            return Some(value.clone());
        }
        self.frames().find_map(|f| match &f.kind {
            FrameKind::Block { vars, .. } | FrameKind::Include { vars, dynamic: false, .. } => vars.get(name).cloned(),
            FrameKind::Include { .. } | FrameKind::Play(_) | FrameKind::Role(_) => None,
        })
    }

    /// A role's files: the task's own role first, with its dependencies and those it belongs to; then the play's roles.
    fn role_layer(&self, of: impl Fn(&RoleUse) -> &Map, name: &str) -> Option<Var> {
        let find = |r: &Arc<RoleUse>| of(r).get(name).cloned().map(Var::Value);
        let deep =
            |r: &Arc<RoleUse>| find(r).or_else(|| r.dependencies.iter().rev().find_map(|d| dependency(d, &of, name)));
        self.roles().find_map(deep).or_else(|| {
            let play = self.play.as_ref()?;
            let roles = play.roles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            roles.iter().rev().find_map(deep)
        })
    }

    fn inventory_layer(&self, layer: Layer, name: &str) -> Option<Value> {
        let inventory = self.vars.inventory();
        let host = &self.host;
        let files = &self.vars;
        let playbook_dir = self.play.as_ref().map(|p| &p.playbook_dir);
        let dirs = inventory.vars_dirs();
        let group_file = |dir: &PathBuf, group: &str| files.group(dir, group)?.get(name).cloned();
        let host_file = |dir: &PathBuf| files.host(dir, host)?.get(name).cloned();
        let in_groups = |find: &dyn Fn(&str) -> Option<Value>| {
            inventory.groups_of(host).iter().rev().filter(|g| &***g != "all").find_map(|g| find(g))
        };
        match layer {
            Layer::HostInline => inventory.host_vars(host).get(name).cloned(),
            Layer::HostInventory => dirs.iter().rev().find_map(host_file),
            Layer::HostPlaybook => playbook_dir.and_then(host_file),
            Layer::GroupAllInline => inventory.group_vars("all").get(name).cloned(),
            Layer::GroupAllInventory => dirs.iter().rev().find_map(|d| group_file(d, "all")),
            Layer::GroupAllPlaybook => playbook_dir.and_then(|d| group_file(d, "all")),
            Layer::GroupsInline => in_groups(&|g| inventory.group_vars(g).get(name).cloned()),
            Layer::GroupsInventory => dirs.iter().rev().find_map(|d| in_groups(&|g| group_file(d, g))),
            Layer::GroupsPlaybook => in_groups(&|g| group_file(playbook_dir?, g)),
            _ => None,
        }
    }

    /// All names, the weakest layer's first: the order that `dict` has in Ansible, where layers are merged in turn.
    fn all_names(&self) -> Vec<Arc<str>> {
        let mut names: IndexSet<Arc<str>> = IndexSet::new();
        let mut add = |map: &Map| names.extend(map.keys().filter_map(Key::as_str).map(Arc::from));
        let play_roles: Vec<Arc<RoleUse>> = self.play.as_ref().map(|p| read(&p.roles).clone()).unwrap_or_default();
        let own_roles: Vec<&Arc<RoleUse>> = self.roles().collect();
        for role in play_roles.iter().chain(own_roles.iter().rev().copied()) {
            add(&role.role.defaults);
        }
        let inventory = self.vars.inventory();
        let mut dirs: Vec<&PathBuf> = inventory.vars_dirs().iter().collect();
        dirs.extend(self.play.as_ref().map(|p| &p.playbook_dir));
        for group in inventory.groups_of(&self.host) {
            add(inventory.group_vars(&group));
            dirs.iter().filter_map(|dir| self.vars.group(dir, &group)).for_each(|m| add(&m));
        }
        add(inventory.host_vars(&self.host));
        dirs.iter().filter_map(|dir| self.vars.host(dir, &self.host)).for_each(|m| add(&m));
        let learned = self.vars.learned_names(&self.host);
        if let Some(play) = &self.play {
            add(&play.play.vars);
            add(&play.import_vars);
            read(&play.vars_files).get(&self.host).into_iter().flatten().for_each(|m| add(m));
        }
        for role in play_roles.iter().chain(own_roles.iter().rev().copied()) {
            add(&role.role.vars);
            add(&role.vars);
        }
        let frames: Vec<&Arc<Frame>> = self.frames().collect();
        for frame in frames.into_iter().rev() {
            match &frame.kind {
                FrameKind::Block { vars, .. } => add(vars),
                FrameKind::Include { vars, locals, .. } => {
                    add(vars);
                    add(locals);
                }
                FrameKind::Play(_) | FrameKind::Role(_) => {}
            }
        }
        if let Some(Value { data: adept_wire::Data::Map(map), .. }) = self.task.as_ref().and_then(|t| t.keyword("vars"))
        {
            add(map);
        }
        own_roles.iter().for_each(|role| add(&role.params));
        add(&self.learned);
        add(self.vars.extra());
        add(&self.locals);
        names.extend(learned);
        names.extend(magic::NAMES.iter().map(|n| Arc::from(*n)));
        names.into_iter().collect()
    }
}

/// What a panic elsewhere leaves behind is still whole: writers replace, they don't edit.
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn dependency(role: &Arc<RoleUse>, of: &impl Fn(&RoleUse) -> &Map, name: &str) -> Option<Var> {
    of(role)
        .get(name)
        .cloned()
        .map(Var::Value)
        .or_else(|| role.dependencies.iter().rev().find_map(|d| dependency(d, of, name)))
}

impl Scope for TaskScope {
    fn get(&self, name: &str) -> Option<Var> {
        self.find(name).map(|(_, var)| var)
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.all_names()
    }

    fn search_path(&self) -> &[PathBuf] {
        &self.search_path
    }
}

/// What `hostvars['h']` shows: inventory, facts, what was set - but no play and no task.
pub struct HostScope {
    scope: TaskScope,
    play: Option<Arc<PlayScope>>,
}

impl Scope for HostScope {
    fn get(&self, name: &str) -> Option<Var> {
        // The folder of the playbook counts for its group_vars and host_vars, although the play's own variables don't.
        self.scope.get(name).or_else(|| {
            let play = self.play.as_ref()?;
            let inventory = self.scope.vars.inventory();
            let files = &self.scope.vars;
            let dir = &play.playbook_dir;
            files
                .host(dir, &self.scope.host)
                .and_then(|m| m.get(name).cloned())
                .or_else(|| {
                    inventory
                        .groups_of(&self.scope.host)
                        .iter()
                        .rev()
                        .find_map(|g| files.group(dir, g)?.get(name).cloned())
                })
                .map(Var::Value)
        })
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.scope.all_names()
    }
}

/// `hostvars`.
pub struct AllHosts {
    /// The run's variables.
    pub vars: Arc<Vars>,
    /// The play, for files beside its playbook.
    pub play: Option<Arc<PlayScope>>,
}

impl Hosts for AllHosts {
    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        let inventory = self.vars.inventory();
        let host = inventory.host(name)?.name().clone();
        Some(Arc::new(TaskScope::of_host(self.vars.clone(), host, self.play.as_ref())))
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.vars.inventory().hosts().cloned().collect()
    }
}
