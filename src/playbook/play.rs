//! `Play` and `Playbook`: what was written, unrendered.

use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Map, Origin, Value};

use super::keyword::Keywords;
use super::task::Node;

/// One file with plays.
#[derive(Debug)]
pub struct Playbook {
    /// The file.
    pub path: PathBuf,
    /// Plays and imports in order.
    pub entries: Vec<Entry>,
}

/// A play, or the import of another playbook.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A play.
    Play(Arc<Play>),
    /// `import_playbook`, or the old `include` at the level of plays.
    Import(Arc<Import>),
}

/// The import of another playbook.
#[derive(Debug)]
pub struct Import {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// The file, raw.
    pub file: Value,
    /// `vars`, `when`, `tags`.
    pub keywords: Keywords,
    /// Further `k=v` parameters: variables of the imported plays.
    pub vars: Map,
}

/// One play.
#[derive(Debug, Default)]
pub struct Play {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// All keywords but the lists below.
    pub keywords: Keywords,
    /// `vars`; of a list of maps (old), the merged one.
    pub vars: Map,
    /// `roles`.
    pub roles: Vec<Arc<RoleEntry>>,
    /// `pre_tasks`.
    pub pre_tasks: Vec<Node>,
    /// `tasks`.
    pub tasks: Vec<Node>,
    /// `post_tasks`.
    pub post_tasks: Vec<Node>,
    /// `handlers`.
    pub handlers: Vec<Node>,
}

/// An entry of `roles:` or of a role's `dependencies:`.
#[derive(Debug)]
pub struct RoleEntry {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// The role's name, raw.
    pub name: Value,
    /// Its keywords (`when`, `tags`, `vars`, ...).
    pub keywords: Keywords,
    /// Everything else: parameters.
    pub params: Map,
}
