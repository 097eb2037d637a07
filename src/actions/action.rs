//! `Action` and `Work`: what an action is, and what it wants done.

use adept_modules::{Args, Spec};
use adept_wire::{Map, ModuleOutcome, Value};

use super::copy::CopyPlan;
use super::error::ActionError;
use super::fetch::FetchPlan;
use super::files::SearchPath;
use super::provision::Provision;
use super::unarchive::UnarchivePlan;
use crate::event::Effect;
use crate::playbook::Task;
use crate::template::Templar;

/// The controller's half of a kind of task.
pub struct Action {
    /// Its parameters.
    pub spec: Spec,
    /// Parameters that must not be rendered before `bind` sees them: they hold expressions.
    pub raw_params: &'static [&'static str],
    /// Runs once for all hosts, as `add_host` does.
    pub once: bool,
    /// Turns arguments into work. Plain and synchronous; may render through the binding's templar.
    pub bind: fn(&Binding<'_>) -> Result<Work, ActionError>,
}

impl Action {
    /// An action for each host, all of whose parameters are rendered.
    pub const fn new(spec: Spec, bind: fn(&Binding<'_>) -> Result<Work, ActionError>) -> Action {
        Action { spec, raw_params: &[], once: false, bind }
    }
}

/// What `bind` may use.
pub struct Binding<'a> {
    /// Arguments, rendered and validated.
    pub args: Args,
    /// Arguments, rendered only: what a module is to get as it was given.
    pub given: &'a Map,
    /// Renders what `raw_params` left raw.
    pub templar: &'a Templar,
    /// A templar that knows further variables.
    pub with: &'a dyn Fn(Map) -> Templar,
    /// The task.
    pub task: &'a Task,
    /// Where relative files are searched.
    pub search: SearchPath<'a>,
    /// Check mode.
    pub check: bool,
    /// Verbosity (`-v`).
    pub verbosity: u8,
}

/// What an action wants done.
#[derive(Debug)]
pub enum Work {
    /// Nothing more: this is the outcome.
    Done(Box<ActionOutcome>),
    /// A module on the host.
    Module {
        /// Its plain name.
        name: String,
        /// Its arguments.
        args: Map,
    },
    /// Files to the host.
    Copy(Box<CopyPlan>),
    /// A file from the host.
    Fetch(Box<FetchPlan>),
    /// An archive to the host.
    Unarchive(Box<UnarchivePlan>),
    /// Create or destroy something outside.
    Provision(Box<Provision>),
    /// Tasks or a role.
    Include(Box<Include>),
    /// `meta: NAME`, done by the engine.
    Meta(String),
}

/// Tasks or a role to include.
#[derive(Clone, Debug)]
pub struct Include {
    /// What.
    pub kind: IncludeKind,
    /// Keywords for the included tasks (`apply`).
    pub apply: Map,
    /// Variables given as parameters (`include: x.yml a=b`).
    pub vars: Map,
}

/// What to include.
#[derive(Clone, Debug, PartialEq)]
pub enum IncludeKind {
    /// A tasks file.
    Tasks {
        /// As written, rendered.
        file: String,
    },
    /// A role.
    Role {
        /// Its name.
        name: String,
        /// `tasks_from`, ...: the files instead of `main`.
        from: RoleFiles,
        /// Are its variables visible to the rest of the play?
        public: bool,
        /// May it run more than once with the same parameters?
        allow_duplicates: bool,
    },
}

/// The files of a role to use instead of `main`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoleFiles {
    /// `tasks_from`.
    pub tasks: Option<String>,
    /// `vars_from`.
    pub vars: Option<String>,
    /// `defaults_from`.
    pub defaults: Option<String>,
    /// `handlers_from`.
    pub handlers: Option<String>,
}

/// What came of an action.
#[derive(Clone, Debug, Default)]
pub struct ActionOutcome {
    /// Result, facts, warnings.
    pub module: ModuleOutcome,
    /// What the engine is asked to do.
    pub effects: Vec<Effect>,
    /// Show the result even without `-v`.
    pub always_show: bool,
}

impl ActionOutcome {
    /// Nothing changed.
    pub fn ok(result: Map) -> ActionOutcome {
        ActionOutcome { module: ModuleOutcome::ok(result), ..ActionOutcome::default() }
    }

    /// With an effect.
    pub fn effect(mut self, effect: Effect) -> ActionOutcome {
        self.effects.push(effect);
        self
    }
}

impl From<ModuleOutcome> for ActionOutcome {
    fn from(module: ModuleOutcome) -> ActionOutcome {
        ActionOutcome { module, ..ActionOutcome::default() }
    }
}

impl From<ActionOutcome> for Work {
    fn from(outcome: ActionOutcome) -> Work {
        Work::Done(Box::new(outcome))
    }
}

/// The text of a parameter that may be given free-form.
pub(super) fn free_or<'a>(args: &'a Args, name: &str) -> Option<&'a str> {
    args.str(name).or_else(|| args.get("_raw_params").and_then(Value::as_str))
}
