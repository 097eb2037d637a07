//! `Frame`: what stands around a task - play, roles, blocks, includes - as a chain from the inside out.

use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Map, Value};

use super::keyword::{Inherit, Keywords};
use super::play::{Play, RoleEntry};
use super::task::Task;

/// One link of the chain.
#[derive(Debug)]
pub struct Frame {
    /// The next one outwards.
    pub parent: Option<Arc<Frame>>,
    /// What it is.
    pub kind: FrameKind,
}

/// What stands around a task.
#[derive(Debug)]
pub enum FrameKind {
    /// The play.
    Play(Arc<Play>),
    /// A role, by an entry in `roles:`, a dependency, or an include.
    Role(Arc<RoleUse>),
    /// A block's keywords and variables.
    Block {
        /// Its keywords.
        keywords: Keywords,
        /// Its `vars`.
        vars: Map,
    },
    /// A file or role that a task included or imported.
    Include {
        /// The task.
        task: Arc<Task>,
        /// Its variables: `vars`, and what `apply` or `k=v` gave.
        vars: Map,
        /// Included while the play runs: its variables are parameters. Those of an import are as strong as a block's.
        dynamic: bool,
        /// Keywords that hold for the included tasks: of an import the task's own, of an include those of `apply`.
        keywords: Keywords,
        /// Loop variables at the moment of the include; they don't outrank extra variables.
        locals: Map,
    },
}

/// A role as it is used at one place: its files are shared, its parameters are not.
#[derive(Debug)]
pub struct RoleUse {
    /// The loaded role.
    pub role: Arc<Role>,
    /// The entry that used it, for keywords.
    pub entry: Arc<RoleEntry>,
    /// Parameters: what the entry gives beside keywords.
    pub params: Map,
    /// `vars` of the entry: a little stronger than the role's own `vars`, and seen by its dependencies too.
    pub vars: Map,
    /// The roles that this one is a dependency of, or was included by: nearest first.
    pub parents: Vec<Arc<RoleUse>>,
    /// Used by `include_role` or `import_role`: its parents are then those that include it.
    pub included: bool,
    /// Dependencies, in order.
    pub dependencies: Vec<Arc<RoleUse>>,
}

/// A role's files, loaded once.
#[derive(Debug)]
pub struct Role {
    /// Its name as users know it.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// `defaults`.
    pub defaults: Map,
    /// `vars`.
    pub vars: Map,
}

impl Frame {
    /// The chain from this frame outwards.
    pub fn chain(self: &Arc<Frame>) -> impl Iterator<Item = &Arc<Frame>> {
        std::iter::successors(Some(self), |f| f.parent.as_ref())
    }

    /// This frame's own keywords.
    pub fn keywords(&self) -> &Keywords {
        match &self.kind {
            FrameKind::Play(play) => &play.keywords,
            FrameKind::Role(role) => &role.entry.keywords,
            FrameKind::Block { keywords, .. } | FrameKind::Include { keywords, .. } => keywords,
        }
    }

    /// The nearest role.
    pub fn role(self: &Arc<Frame>) -> Option<&Arc<RoleUse>> {
        self.chain().find_map(|f| match &f.kind {
            FrameKind::Role(role) => Some(role),
            _ => None,
        })
    }

    /// The play.
    pub fn play(self: &Arc<Frame>) -> Option<&Arc<Play>> {
        self.chain().find_map(|f| match &f.kind {
            FrameKind::Play(play) => Some(play),
            _ => None,
        })
    }
}

/// A task with what stands around it.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The task.
    pub task: Arc<Task>,
    /// What stands around it.
    pub frame: Arc<Frame>,
}

impl Placed {
    /// The value of a keyword that the nearest one decides: the task's own, else inherited. Keywords that aren't
    /// inherited are the task's own only.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        if let Some(value) = self.task.keywords.get(name) {
            return Some(value);
        }
        let inherits = super::keyword::find(name).is_some_and(|k| k.inherit == Inherit::Nearest);
        if !inherits {
            return None;
        }
        self.frame.chain().find_map(|f| f.keywords().get(name))
    }

    /// The values of a keyword that adds up (`when`, `tags`, `environment`), the outermost first.
    pub fn keyword_all(&self, name: &str) -> Vec<&Value> {
        let mut values: Vec<&Value> = self.task.keywords.get(name).into_iter().collect();
        values.extend(self.frame.chain().filter_map(|f| f.keywords().get(name)));
        values.reverse();
        values
    }
}
