//! `Scope`: how templates ask for variables. `vars` implements it; templates know nothing else of variables.

use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::Value;

/// What a name stands for.
#[derive(Clone)]
pub enum Var {
    /// A raw value: trusted text in it (at any depth) is still to be rendered, in this scope, when it is used.
    Value(Value),
    /// A mapping whose values are another scope's variables, rendered there: `hostvars['web1']`, `vars`.
    Scope(Arc<dyn Scope>),
    /// `hostvars` itself.
    Hosts(Arc<dyn Hosts>),
}

/// The variables that one evaluation sees. Cheap to ask: nothing is merged or copied.
pub trait Scope: Send + Sync {
    /// The variable of this name, unrendered.
    fn get(&self, name: &str) -> Option<Var>;

    /// All names, for `vars`, `varnames` and "did you mean".
    fn names(&self) -> Vec<Arc<str>>;

    /// Folders in which relative file names of lookups, templates and includes are searched, in order.
    fn search_path(&self) -> &[PathBuf] {
        &[]
    }
}

/// `hostvars`: a scope per host.
pub trait Hosts: Send + Sync {
    /// The scope of this host.
    fn host(&self, name: &str) -> Option<Arc<dyn Scope>>;

    /// All hosts, in inventory order.
    fn names(&self) -> Vec<Arc<str>>;
}
