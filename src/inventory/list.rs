//! What `ansible-inventory --list` shows of the groups.

use adept_wire::{Key, Map, Value};

use super::inventory::Inventory;

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
}
