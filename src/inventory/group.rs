//! `Group`: a named set of hosts and of other groups.

use std::sync::Arc;

use adept_wire::Map;

/// A group with its variables as written in inventory sources.
#[derive(Clone, Debug)]
pub struct Group {
    pub(super) name: Arc<str>,
    pub(super) vars: Arc<Map>,
    pub(super) priority: i64,
    pub(super) depth: u32,
    pub(super) parents: Vec<Arc<str>>,
    pub(super) children: Vec<Arc<str>>,
    pub(super) hosts: Vec<Arc<str>>,
}

impl Group {
    pub(super) fn new(name: Arc<str>) -> Group {
        Group {
            name,
            vars: Arc::default(),
            priority: 1,
            depth: 0,
            parents: Vec::new(),
            children: Vec::new(),
            hosts: Vec::new(),
        }
    }

    /// The name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// `ansible_group_priority`: of two groups of the same depth, the variables of the higher one win.
    pub fn priority(&self) -> i64 {
        self.priority
    }

    /// The length of the longest way from `all` down to this group.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The groups that have this one as a child.
    pub fn parents(&self) -> &[Arc<str>] {
        &self.parents
    }

    /// The child groups, in the order in which they were named.
    pub fn children(&self) -> &[Arc<str>] {
        &self.children
    }

    /// The hosts of the group itself, without those of its children.
    pub fn hosts(&self) -> &[Arc<str>] {
        &self.hosts
    }
}
