//! `Vars`: what is known of all hosts during one run. The engine's dispatcher is the only writer.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use adept_wire::{Data, Key, Map, Value};

use crate::diag::Diagnostic;
use crate::inventory::{Inventory, InventoryError, VarsFiles};

/// The variables of a run: inventory, files beside it, extra variables, and what hosts learned on the way.
pub struct Vars {
    inventory: RwLock<Arc<Inventory>>,
    files: VarsFiles,
    /// `-e`, merged.
    extra: Map,
    hosts: RwLock<HashMap<Arc<str>, HostVars>>,
    run: RunInfo,
    problem: Mutex<Option<Diagnostic>>,
}

/// What is the same for the whole run; the source of several magic variables.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    /// `omit`'s placeholder, new in every run.
    pub omit: String,
    /// `ansible_check_mode`.
    pub check: bool,
    /// `ansible_diff_mode`.
    pub diff: bool,
    /// `ansible_forks`.
    pub forks: usize,
    /// `ansible_verbosity`.
    pub verbosity: u8,
    /// `ansible_run_tags`.
    pub run_tags: Vec<String>,
    /// `ansible_skip_tags`.
    pub skip_tags: Vec<String>,
    /// `ansible_limit`.
    pub limit: Option<String>,
    /// `ansible_inventory_sources`.
    pub inventory_sources: Vec<String>,
    /// `ansible_config_file`.
    pub config_file: Option<String>,
    /// `ansible_managed`.
    pub managed: String,
    /// The connection's defaults from configuration and command line: `ansible_user`, `ansible_private_key_file`, ...
    pub connection_defaults: Map,
}

/// What one host learned during the run.
#[derive(Clone, Debug, Default)]
struct HostVars {
    /// Facts, with their `ansible_` prefix.
    facts: Map,
    /// `ansible_facts`: the same without the prefix.
    ansible_facts: Arc<Map>,
    include_vars: Map,
    set_facts: Map,
}

impl Vars {
    /// The variables at the start of a run.
    pub fn new(inventory: Inventory, files: VarsFiles, extra: Map, run: RunInfo) -> Vars {
        Vars {
            inventory: RwLock::new(Arc::new(inventory)),
            files,
            extra,
            hosts: RwLock::default(),
            run,
            problem: Mutex::default(),
        }
    }

    /// The inventory as it is now.
    pub fn inventory(&self) -> Arc<Inventory> {
        self.inventory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the inventory (`add_host`, `group_by`).
    pub fn change_inventory<T>(&self, change: impl FnOnce(&mut Inventory) -> T) -> T {
        let mut guard = self.inventory.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut guard))
    }

    /// Extra variables.
    pub fn extra(&self) -> &Map {
        &self.extra
    }

    /// What is the same for the whole run.
    pub fn run(&self) -> &RunInfo {
        &self.run
    }

    /// A group's variables beside an inventory or a playbook. A file that can't be read is reported by [`Vars::problem`].
    pub fn group(&self, dir: &Path, name: &str) -> Option<Arc<Map>> {
        self.files.group(dir, name).unwrap_or_else(|e| self.keep(e))
    }

    /// A host's variables beside an inventory or a playbook.
    pub fn host(&self, dir: &Path, name: &str) -> Option<Arc<Map>> {
        self.files.host(dir, name).unwrap_or_else(|e| self.keep(e))
    }

    /// Reads the files of these hosts and of their groups, so that a mistake in one shows before anything runs.
    pub fn read_files(&self, hosts: &[Arc<str>], playbook_dir: &Path) {
        let inventory = self.inventory();
        let groups: BTreeSet<Arc<str>> = hosts.iter().flat_map(|host| inventory.groups_of(host)).collect();
        for dir in inventory.vars_dirs().iter().map(PathBuf::as_path).chain([playbook_dir]) {
            groups.iter().for_each(|group| drop(self.group(dir, group)));
            hosts.iter().for_each(|host| drop(self.host(dir, host)));
        }
    }

    fn keep(&self, error: InventoryError) -> Option<Arc<Map>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.into());
        None
    }

    /// A variables file that could not be read, if there was one: nobody may go on without it.
    pub fn problem(&self) -> Option<Diagnostic> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Warnings of the files that were read.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        self.files.take_warnings()
    }

    /// Reads the inventory anew (`meta: refresh_inventory`).
    pub fn replace_inventory(&self, inventory: Inventory) {
        self.files.forget();
        *self.inventory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(inventory);
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Arc<str>, HostVars>> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Arc<str>, HostVars>> {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fact of a host, by its name with prefix, or `ansible_facts`.
    pub fn fact(&self, host: &str, name: &str) -> Option<Value> {
        let hosts = self.read();
        if name == "ansible_facts" {
            return Some(Value::new(Data::Map(hosts.get(host).map(|h| h.ansible_facts.clone()).unwrap_or_default())));
        }
        hosts.get(host)?.facts.get(name).cloned()
    }

    /// A variable of a host from `include_vars`.
    pub fn included(&self, host: &str, name: &str) -> Option<Value> {
        self.read().get(host)?.include_vars.get(name).cloned()
    }

    /// A variable of a host from `set_fact` or `register`.
    pub fn set_fact(&self, host: &str, name: &str) -> Option<Value> {
        self.read().get(host)?.set_facts.get(name).cloned()
    }

    /// All names that a host learned.
    pub fn learned_names(&self, host: &str) -> Vec<Arc<str>> {
        let hosts = self.read();
        let Some(h) = hosts.get(host) else { return vec!["ansible_facts".into()] };
        [&h.facts, &h.include_vars, &h.set_facts]
            .iter()
            .flat_map(|m| m.keys())
            .filter_map(Key::as_str)
            .chain(["ansible_facts"])
            .map(Arc::from)
            .collect()
    }

    /// Facts that a module returned. Names get the prefix `ansible_` where they lack it in `ansible_facts` terms.
    pub fn learn_facts(&self, host: &str, facts: &Map) {
        let mut hosts = self.write();
        let h = hosts.entry(host.into()).or_default();
        let plain = Arc::make_mut(&mut h.ansible_facts);
        for (key, value) in facts {
            let name = key.to_string();
            let short =
                name.strip_prefix("ansible_").filter(|s| *s != "local" || name == "ansible_local").unwrap_or(&name);
            plain.insert(Key::from(short), value.clone());
            h.facts.insert(key.clone(), value.clone());
        }
    }

    /// Variables from `include_vars`.
    pub fn learn_included(&self, host: &str, vars: &Map) {
        self.write().entry(host.into()).or_default().include_vars.extend(vars.clone());
    }

    /// Variables from `set_fact` or `register`.
    pub fn learn(&self, host: &str, vars: &Map) {
        self.write().entry(host.into()).or_default().set_facts.extend(vars.clone());
    }

    /// `meta: clear_facts`.
    pub fn clear_facts(&self, host: &str) {
        if let Some(h) = self.write().get_mut(host) {
            h.facts.clear();
            h.ansible_facts = Arc::default();
        }
    }

    /// Has this host any facts?
    pub fn has_facts(&self, host: &str) -> bool {
        self.read().get(host).is_some_and(|h| !h.facts.is_empty())
    }
}

impl std::fmt::Debug for Vars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vars")
    }
}
