//! `Host`: one host as the inventory sources describe it.

use std::sync::Arc;

use adept_wire::Map;

/// A host: its variables as written in inventory sources, the groups that name it, and where it was first seen.
#[derive(Clone, Debug)]
pub struct Host {
    pub(super) name: Arc<str>,
    pub(super) vars: Arc<Map>,
    pub(super) groups: Vec<Arc<str>>,
    pub(super) file: Option<Arc<str>>,
    pub(super) dir: Option<Arc<str>>,
    pub(super) implicit: bool,
}

impl Host {
    pub(super) fn new(name: Arc<str>) -> Host {
        Host { name, vars: Arc::default(), groups: Vec::new(), file: None, dir: None, implicit: false }
    }

    /// The name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The source in which the host was first seen: `inventory_file`.
    pub fn file(&self) -> Option<&Arc<str>> {
        self.file.as_ref()
    }

    /// The folder of that source: `inventory_dir`. A list of hosts (`-i a,b`) has none.
    pub fn dir(&self) -> Option<&Arc<str>> {
        self.dir.as_ref()
    }

    /// Is this the localhost that exists without being written anywhere?
    pub fn is_implicit(&self) -> bool {
        self.implicit
    }
}
