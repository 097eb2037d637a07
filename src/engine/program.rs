//! What a play will do, in order: sections of items. Static imports are resolved; includes are items that add sections
//! while the play runs.

use std::sync::Arc;

use crate::playbook::Placed;

/// A block, or the list of a play's part, or an included file: items with `rescue` and `always`.
#[derive(Debug, Default)]
pub struct Section {
    /// The items.
    pub body: Vec<Item>,
    /// Run when one of them fails.
    pub rescue: Vec<Item>,
    /// Run in any case.
    pub always: Vec<Item>,
}

/// One step of a section.
#[derive(Clone, Debug)]
pub enum Item {
    /// A task.
    Task(Placed),
    /// A nested section.
    Section(Arc<Section>),
    /// Run the handlers that were notified.
    Flush,
    /// A role ends here.
    RoleEnd,
}

/// The parts of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its items.
    Body,
    /// `rescue`.
    Rescue,
    /// `always`.
    Always,
}

impl Section {
    /// A section without `rescue` and `always`.
    pub fn plain(body: Vec<Item>) -> Section {
        Section { body, ..Section::default() }
    }

    /// The items of a part.
    pub fn items(&self, part: Part) -> &[Item] {
        match part {
            Part::Body => &self.body,
            Part::Rescue => &self.rescue,
            Part::Always => &self.always,
        }
    }
}
