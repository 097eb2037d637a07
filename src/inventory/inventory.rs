//! `Inventory`: the hosts and groups of a run, and the questions that are asked of them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use adept_wire::{Key, Map, Origin, Tag, Trust, Value};
use indexmap::IndexMap;

use super::error::InventoryError;
use super::group::Group;
use super::host::Host;

/// Names that mean this machine: a host of such a name exists even where no source has it.
pub(super) const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

static NO_VARS: LazyLock<Arc<Map>> = LazyLock::new(Arc::default);

/// All hosts and groups, in the order in which sources name them. `all` and `ungrouped` always exist.
#[derive(Clone, Debug)]
pub struct Inventory {
    pub(super) hosts: IndexMap<Arc<str>, Host>,
    pub(super) groups: IndexMap<Arc<str>, Group>,
    pub(super) implicit: IndexMap<Arc<str>, Host>,
    pub(super) sources: Vec<Arc<str>>,
    pub(super) vars_dirs: Vec<PathBuf>,
    pub(super) current: Option<(Arc<str>, Option<Arc<str>>)>,
    generation: u64,
}

impl Default for Inventory {
    fn default() -> Inventory {
        Inventory::new()
    }
}

impl Inventory {
    /// An inventory without hosts.
    pub fn new() -> Inventory {
        let mut inventory = Inventory {
            hosts: IndexMap::new(),
            groups: IndexMap::new(),
            implicit: LOCALHOST.iter().map(|name| ((*name).into(), implicit_host(name))).collect(),
            sources: Vec::new(),
            vars_dirs: Vec::new(),
            current: None,
            generation: 0,
        };
        inventory.group_mut("all");
        inventory.group_mut("ungrouped");
        inventory.reconcile();
        inventory
    }

    /// The names of all hosts, in the order of the sources (that of `hostvars`; `groups.all` has its own).
    pub fn hosts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.keys()
    }

    /// Whether no host is written anywhere (the implicit localhost doesn't count).
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// A host by name; for `localhost`, `127.0.0.1` and `::1` the implicit one if no source has it.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(name).or_else(|| self.implicit.get(name))
    }

    /// A group by name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// All groups in the order of the sources, `all` and `ungrouped` first.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The host's variables as inventory sources write them (for implicit localhost: `ansible_connection`).
    pub fn host_vars(&self, host: &str) -> &Arc<Map> {
        self.host(host).map_or(&NO_VARS, |h| &h.vars)
    }

    /// The group's variables as inventory sources write them.
    pub fn group_vars(&self, group: &str) -> &Arc<Map> {
        self.groups.get(group).map_or(&NO_VARS, |g| &g.vars)
    }

    /// All groups of a host, `all` included, in the order in which their variables apply: by depth, priority and name;
    /// later ones win.
    pub fn groups_of(&self, host: &str) -> Vec<Arc<str>> {
        let mut seen: HashSet<&str> = HashSet::from(["all"]);
        let mut found: Vec<&Group> = vec![&self.groups["all"]];
        let mut open: Vec<&Arc<str>> = self.host(host).map_or_else(Vec::new, |h| h.groups.iter().collect());
        while let Some(name) = open.pop() {
            if seen.insert(name)
                && let Some(group) = self.groups.get(name)
            {
                open.extend(&group.parents);
                found.push(group);
            }
        }
        found.sort_by(|a, b| (a.depth, a.priority, &a.name).cmp(&(b.depth, b.priority, &b.name)));
        found.into_iter().map(|g| g.name.clone()).collect()
    }

    /// `group_names`: all groups of a host but `all`, sorted by name.
    pub fn group_names(&self, host: &str) -> Vec<Arc<str>> {
        let mut names = self.groups_of(host);
        names.retain(|n| &**n != "all");
        names.sort();
        names
    }

    /// All hosts of a group and of its children: the group's own first, then level by level. (ansible-core 2.19 has the
    /// levels in this order too, but a random one within the lower levels.)
    pub fn members(&self, group: &str) -> Vec<Arc<str>> {
        let (mut hosts, mut seen_hosts) = (Vec::new(), HashSet::new());
        for group in self.descendants(group) {
            hosts.extend(group.hosts.iter().filter(|h| seen_hosts.insert(*h)).cloned());
        }
        hosts
    }

    /// A group and all groups below it, level by level.
    fn descendants(&self, group: &str) -> Vec<&Group> {
        let mut found: Vec<&Group> = self.groups.get(group).into_iter().collect();
        let mut seen: HashSet<&str> = HashSet::from([group]);
        let mut next = 0;
        while next < found.len() {
            let children = found[next].children.iter().filter(|c| seen.insert(c));
            let children: Vec<&Group> = children.filter_map(|c| self.groups.get(c)).collect();
            found.extend(children);
            next += 1;
        }
        found
    }

    /// `groups`: the hosts of every group.
    pub fn groups_map(&self) -> Map {
        self.groups.keys().map(|name| (Key::from(name.clone()), Value::from(self.members(name)))).collect()
    }

    /// The sources as given, made absolute: `ansible_inventory_sources`.
    pub fn sources(&self) -> &[Arc<str>] {
        &self.sources
    }

    /// The folders whose `group_vars/` and `host_vars/` belong to the inventory, lowest precedence first.
    pub fn vars_dirs(&self) -> &[PathBuf] {
        &self.vars_dirs
    }

    /// Goes up with every change: what was computed from an older generation is out of date.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Adds a host at run time (`add_host`), or groups and variables to one that exists. Returns whether anything changed.
    pub fn add_host(&mut self, name: &str, groups: &[impl AsRef<str>], vars: Map) -> bool {
        let before = self.generation;
        if !self.hosts.contains_key(name) {
            self.current = None;
            self.host_mut(name);
            self.link_host("all", name);
        }
        for (key, value) in vars {
            self.set_host_var(name, key, value);
        }
        for group in groups {
            self.group_mut(group.as_ref());
            self.link_host(group.as_ref(), name);
        }
        let changed = self.generation != before;
        if changed {
            self.reconcile();
        }
        changed
    }

    /// Puts a host into a group at run time (`group_by`), and the group under its parents. Returns whether anything changed.
    pub fn add_to_group(
        &mut self,
        host: &str,
        group: &str,
        parents: &[impl AsRef<str>],
    ) -> Result<bool, InventoryError> {
        let before = self.generation;
        self.group_mut(group);
        for parent in parents {
            self.group_mut(parent.as_ref());
            self.link_groups(parent.as_ref(), group, None)?;
        }
        if !self.hosts.contains_key(host) && self.implicit.contains_key(host) {
            self.host_mut(host);
        }
        self.link_host(group, host);
        let changed = self.generation != before;
        if changed {
            self.reconcile();
        }
        Ok(changed)
    }
}

/// How sources build it.
impl Inventory {
    pub(super) fn group_mut(&mut self, name: &str) -> &mut Group {
        if !self.groups.contains_key(name) {
            self.generation += 1;
            let name: Arc<str> = name.into();
            self.groups.insert(name.clone(), Group::new(name));
        }
        &mut self.groups[name]
    }

    pub(super) fn host_mut(&mut self, name: &str) -> &mut Host {
        if !self.hosts.contains_key(name) {
            self.generation += 1;
            let name: Arc<str> = name.into();
            let mut host = Host::new(name.clone());
            if let Some((file, dir)) = &self.current {
                host.file = Some(file.clone());
                host.dir = dir.clone();
            }
            self.hosts.insert(name, host);
        }
        &mut self.hosts[name]
    }

    pub(super) fn link_host(&mut self, group: &str, host: &str) {
        let (Some(group), Some(host)) = (self.groups.get_mut(group), self.hosts.get_mut(host)) else { return };
        if !group.hosts.contains(&host.name) {
            self.generation += 1;
            group.hosts.push(host.name.clone());
            host.groups.push(group.name.clone());
        }
    }

    /// Makes one group the child of another; both exist.
    pub(super) fn link_groups(
        &mut self,
        parent: &str,
        child: &str,
        origin: Option<&Origin>,
    ) -> Result<(), InventoryError> {
        if self.groups[parent].children.iter().any(|c| &**c == child) {
            return Ok(());
        }
        if let Some(mut chain) = self.way_down(child, parent) {
            chain.insert(0, parent.to_owned());
            let origin = origin.cloned();
            return Err(InventoryError::Cycle { parent: parent.into(), child: child.into(), chain, origin });
        }
        self.generation += 1;
        let (parent_name, child_name) = (self.groups[parent].name.clone(), self.groups[child].name.clone());
        self.groups[parent].children.push(child_name);
        self.groups[child].parents.push(parent_name);
        Ok(())
    }

    /// The groups on the way from one down to another, both included.
    fn way_down(&self, from: &str, to: &str) -> Option<Vec<String>> {
        if from == to {
            return Some(vec![from.to_owned()]);
        }
        let mut way = self.groups.get(from)?.children.iter().find_map(|child| self.way_down(child, to))?;
        way.insert(0, from.to_owned());
        Some(way)
    }

    pub(super) fn set_host_var(&mut self, host: &str, key: Key, value: Value) {
        let Some(host) = self.hosts.get_mut(host) else { return };
        if host.vars.get(&key) != Some(&value) {
            self.generation += 1;
            Arc::make_mut(&mut host.vars).insert(key, value);
        }
    }

    pub(super) fn set_group_var(&mut self, group: &str, key: Key, value: Value) -> Result<(), InventoryError> {
        let group = self.group_mut(group);
        if key.as_str() == Some("ansible_group_priority") {
            let number = value.as_i64().or_else(|| value.as_str().and_then(|s| s.trim().parse().ok()));
            group.priority = number.ok_or_else(|| InventoryError::Priority {
                group: group.name.clone(),
                value: value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned),
                origin: value.origin().cloned(),
            })?;
            return Ok(());
        }
        Arc::make_mut(&mut group.vars).insert(key, value);
        Ok(())
    }

    /// After changes: top-level groups hang under `all`, hosts without a group are in `ungrouped`, depths are right.
    pub(super) fn reconcile(&mut self) {
        self.generation += 1;
        let orphans: Vec<Arc<str>> = self
            .groups
            .values()
            .filter(|g| g.parents.is_empty() && &*g.name != "all")
            .map(|g| g.name.clone())
            .collect();
        for name in orphans {
            self.groups["all"].children.push(name.clone());
            self.groups[&*name].parents.push("all".into());
        }
        for host in self.hosts.values_mut() {
            let grouped = host.groups.iter().any(|g| !matches!(&**g, "all" | "ungrouped"));
            let listed = host.groups.iter().any(|g| &**g == "ungrouped");
            let ungrouped = &mut self.groups["ungrouped"].hosts;
            if grouped && listed {
                host.groups.retain(|g| &**g != "ungrouped");
                ungrouped.retain(|h| *h != host.name);
            } else if !grouped && !listed {
                host.groups.push("ungrouped".into());
                ungrouped.push(host.name.clone());
            }
        }
        // Longest way from `all`: no cycles exist, so this ends.
        let mut open: Vec<(Arc<str>, u32)> = vec![("all".into(), 0)];
        for group in self.groups.values_mut() {
            group.depth = 0;
        }
        while let Some((name, depth)) = open.pop() {
            let group = &mut self.groups[&*name];
            if depth == 0 || depth > group.depth {
                group.depth = depth;
                open.extend(group.children.iter().map(|c| (c.clone(), depth + 1)));
            }
        }
    }
}

fn implicit_host(name: &str) -> Host {
    let mut host = Host::new(name.into());
    let tag = Arc::new(Tag { origin: None, trust: Trust::Template });
    host.implicit = true;
    host.vars = Arc::new(Map::from_iter([(Key::from("ansible_connection"), Value::str("local").with_tag(tag))]));
    host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::LoadOptions;

    fn load(text: &str) -> Result<Inventory, InventoryError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("hosts.ini"), text).unwrap();
        let options = LoadOptions { cwd: dir.path().to_path_buf(), ..LoadOptions::default() };
        Inventory::load(&["hosts.ini"], &options).map(|(inventory, _)| inventory)
    }

    #[test]
    fn groups_of_a_host_come_in_the_order_of_their_variables() {
        let text = "[b]\nh\n[a]\nh\n[mid:children]\nb\n[late]\nh\n[late:vars]\nansible_group_priority=5\n[early]\nh\n";
        let inventory = load(text).unwrap();
        assert_eq!(inventory.groups_of("h").join(" "), "all a early mid late b");
        assert_eq!(inventory.group_names("h").join(" "), "a b early late mid");
        assert_eq!(inventory.group("b").unwrap().depth(), 2);
    }

    /// The expected texts are what ansible-core 2.19.14 shows of `groups` and `group_names`.
    #[test]
    fn hosts_added_at_run_time() {
        let mut inventory = load("b\nc\n[g]\na\n").unwrap();
        let shown = |inventory: &Inventory| serde_json::to_string(&inventory.groups_map()).unwrap();
        assert!(inventory.add_host("newh", &["ng", "g2"], adept_wire::map! {"v" => 1}));
        assert_eq!(
            shown(&inventory),
            r#"{"all":["newh","b","c","a"],"ungrouped":["b","c"],"g":["a"],"ng":["newh"],"g2":["newh"]}"#
        );
        assert_eq!(inventory.group_names("newh").join(" "), "g2 ng");
        let generation = inventory.generation();
        assert!(!inventory.add_host("newh", &["ng", "g2"], adept_wire::map! {"v" => 1}));
        assert_eq!(inventory.generation(), generation);
        assert!(inventory.add_host("newh", &[""; 0], adept_wire::map! {"v" => 2}));
        assert!(inventory.add_host("lone", &[""; 0], Map::new()));
        assert_eq!(inventory.group_names("lone").join(" "), "ungrouped");
        inventory.add_host("b", &["z"], Map::new());
        assert_eq!(
            shown(&inventory),
            r#"{"all":["newh","lone","c","a","b"],"ungrouped":["c","lone"],"g":["a"],"ng":["newh"],"g2":["newh"],"z":["b"]}"#
        );
        assert!(inventory.add_to_group("c", "os_linux", &["os"]).unwrap());
        assert!(!inventory.add_to_group("c", "os_linux", &["os"]).unwrap());
        assert_eq!(inventory.groups_of("c").join(" "), "all os os_linux");
    }

    #[test]
    fn implicit_localhost_is_no_member_of_all() {
        let inventory = load("h\n").unwrap();
        let localhost = inventory.host("localhost").unwrap();
        assert!(localhost.is_implicit() && localhost.dir().is_none());
        assert_eq!(inventory.host_vars("localhost")["ansible_connection"].as_str(), Some("local"));
        assert_eq!(inventory.hosts().count(), 1);
        assert_eq!(inventory.groups_of("localhost").join(" "), "all");
        assert!(inventory.group_names("localhost").is_empty());
        let written = load("localhost x=1\n").unwrap();
        assert!(!written.host("localhost").unwrap().is_implicit());
        assert!(!written.host_vars("localhost").contains_key("ansible_connection"));
    }

    #[test]
    fn a_cycle_shows_its_chain() {
        let error = load("[a:children]\nb\n[b:children]\nc\n[c:children]\na\n").unwrap_err().to_string();
        assert_eq!(error, "adding group 'a' as child to 'c' creates a recursive dependency loop: c -> a -> b -> c");
    }

    #[test]
    fn errors_show_place_and_help() {
        let shown = |text: &str| {
            let d = crate::diag::Diagnostic::from(load(text).unwrap_err());
            let origin = d.origin.unwrap();
            format!("{}:{} {} ({})", origin.line, origin.column, d.message, d.hint.unwrap_or_default())
        };
        for (text, expected) in [
            ("[web\nh\n", "1:1 section has no closing ']' ([web])"),
            ("[web:chldren]\n", "1:6 Section [web:chldren] has unknown type: chldren (did you mean [web:children]?)"),
            (
                "[web servers]\n",
                "1:1 invalid section entry '[web servers]' (group names have no spaces: [web_servers])",
            ),
            (
                "[a]\nh1 b=1 ; c\n",
                "2:8 Expected key=value host variable assignment, got: ; (a comment behind a host begins with '#')",
            ),
            (
                "  h1 a={{ b }}\n",
                "1:11 Expected key=value host variable assignment, got: b (quote values that have spaces: key=\"{{ value }}\")",
            ),
            (
                "h1 a = 1\n",
                "1:4 Expected key=value host variable assignment, got: a (no spaces around '=' here: key=value)",
            ),
            ("h1 a='x\n", "1:6 this quote is never closed (close it, or write \\ before it if it belongs to the text)"),
            (
                "[web]\n[top:children]\nwbe\n",
                "3:1 Section [top:children] includes undefined group 'wbe' (did you mean 'web'?)",
            ),
            ("[web:vars]\na: 1\n", "2:1 Expected key=value, got: a: 1 (a=1)"),
            (
                "w[01:3]\n",
                "1:1 host range must specify equal-length begin and end formats: 'w[01:3]' (as in web[01:10] or db-[a:f])",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
