//! What `ansible-inventory` shows: the tree of groups, and the variables of a host as inventory and vars files have them.

use std::path::Path;
use std::sync::Arc;

use adept_wire::{Key, Map, Value};

use super::error::InventoryError;
use super::inventory::Inventory;
use super::vars_files::VarsFiles;

impl Inventory {
    /// The tree of groups as `ansible-inventory --list` prints it, without `_meta`: groups with hosts or children only.
    pub fn list_groups(&self) -> Map {
        let mut list = Map::new();
        for group in self.groups.values() {
            let mut entry = Map::new();
            if &*group.name != "all" && !group.hosts.is_empty() {
                entry.insert(Key::from("hosts"), Value::from(group.hosts.clone()));
            }
            if !group.children.is_empty() {
                entry.insert(Key::from("children"), Value::from(group.children.clone()));
            }
            if !entry.is_empty() {
                list.insert(Key::from(group.name.clone()), Value::map(entry));
            }
        }
        list
    }

    /// The variables of a host, merged, the weakest first: all groups in the sources; group `all` in vars files beside the
    /// inventory, then beside the playbook; other groups in these; the host in the sources, then in vars files. (A run merges
    /// nothing; `vars` asks layer by layer, in the same order.)
    pub fn merged_vars(
        &self,
        host: &str,
        files: &VarsFiles,
        playbook_dir: Option<&Path>,
    ) -> Result<Map, InventoryError> {
        let mut vars = Map::new();
        let mut groups = self.groups_of(host);
        groups.iter().for_each(|g| files.lay(self.group_vars(g), &mut vars));
        let others = groups.split_off(1);
        for groups in [groups, others] {
            for dir in self.all_dirs(playbook_dir) {
                for group in &groups {
                    lay(files, files.group(dir, group)?, &mut vars);
                }
            }
        }
        files.lay(&self.merged_host_vars(host, files, playbook_dir)?, &mut vars);
        Ok(vars)
    }

    /// Only what is said of the host itself.
    pub fn merged_host_vars(
        &self,
        host: &str,
        files: &VarsFiles,
        playbook_dir: Option<&Path>,
    ) -> Result<Map, InventoryError> {
        let mut vars = (**self.host_vars(host)).clone();
        for dir in self.all_dirs(playbook_dir) {
            lay(files, files.host(dir, host)?, &mut vars);
        }
        Ok(vars)
    }

    /// Only what is said of a group.
    pub fn merged_group_vars(
        &self,
        group: &str,
        files: &VarsFiles,
        playbook_dir: Option<&Path>,
    ) -> Result<Map, InventoryError> {
        let mut vars = (**self.group_vars(group)).clone();
        for dir in self.all_dirs(playbook_dir) {
            lay(files, files.group(dir, group)?, &mut vars);
        }
        Ok(vars)
    }

    fn all_dirs<'a>(&'a self, playbook_dir: Option<&'a Path>) -> impl Iterator<Item = &'a Path> {
        self.vars_dirs.iter().map(|d| &**d).chain(playbook_dir)
    }
}

fn lay(files: &VarsFiles, vars: Option<Arc<Map>>, over: &mut Map) {
    if let Some(vars) = vars {
        files.lay(&vars, over);
    }
}
