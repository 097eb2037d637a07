//! `Task` and `Block`: what was written, unrendered.

use std::sync::Arc;

use adept_wire::{Map, Origin, Value};

use super::keyword::Keywords;

/// One task or handler.
#[derive(Debug)]
pub struct Task {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// The module or action, by its plain name where we know it, else as written. May be a template (`action:`).
    pub action: String,
    /// The action as it was written (`ansible.builtin.copy`): what a task without a name is called.
    pub written: String,
    /// Its arguments.
    pub args: TaskArgs,
    /// The loop.
    pub loop_over: Option<Loop>,
    /// All keywords besides the action and the loop.
    pub keywords: Keywords,
    /// Is it a handler?
    pub handler: bool,
    /// Made by us, not written by the user (`Gathering Facts`).
    pub implicit: bool,
}

/// A task's arguments as written.
#[derive(Clone, Debug, Default)]
pub struct TaskArgs {
    /// The arguments, `args:` included. Free-form text stands under `_raw_params`.
    pub map: Map,
    /// A template that gives the whole map (`args: "{{ x }}"`, or a module's value that is one template).
    pub whole: Option<Value>,
}

/// A loop as written.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The lookup: `items` of `with_items`; `None` for `loop:`.
    pub lookup: Option<String>,
    /// What is looped over.
    pub source: Value,
}

impl Task {
    /// The raw value of a keyword of this task.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords.get(name)
    }

    /// The name as written.
    pub fn name(&self) -> Option<&Value> {
        self.keywords.get("name")
    }
}

/// A group of tasks with `rescue` and `always`.
#[derive(Debug, Default)]
pub struct Block {
    /// Where it was written.
    pub origin: Option<Origin>,
    /// Its keywords.
    pub keywords: Keywords,
    /// The tasks.
    pub block: Vec<Node>,
    /// What runs when one of them fails.
    pub rescue: Vec<Node>,
    /// What runs in any case.
    pub always: Vec<Node>,
}

/// A task or a block.
#[derive(Clone, Debug)]
pub enum Node {
    /// A task.
    Task(Arc<Task>),
    /// A block.
    Block(Arc<Block>),
}
