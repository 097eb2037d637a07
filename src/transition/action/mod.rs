//! The three types of actions. Each is set up when it is reached, shown, and then executed.

mod command;
mod output;
mod playbook;
mod variable;

use adept_wire::{Map, Value};

use super::document::Item;
use super::environment::Environment;
use super::error::TransitionError;
use super::interrupt::Interrupts;
use super::io::Io;
use super::params::Params;
use crate::diag;

use command::Command;
use playbook::Playbook;
pub use playbook::{EMPTY_FAILS, PlaybookCall, PlaybookRunner};
use variable::Variable;

/// An action, ready to be executed.
pub enum Action {
    /// Sets a global variable, or asserts that it is set.
    Variable(Variable),
    /// Runs a program.
    Command(Command),
    /// Runs a playbook.
    Playbook(Playbook),
}

impl Action {
    /// Sets up an action from its arguments.
    pub fn new(params: &Params, place: Place, args: Map, globals: &Environment) -> Result<Action, TransitionError> {
        Ok(match place.class {
            "Variable" => Action::Variable(Variable::new(place, args)?),
            "Command" => Action::Command(Command::new(params, place, args)?),
            _ => Action::Playbook(Playbook::new(params, place, args, globals)?),
        })
    }

    /// What is about to be done.
    pub fn banner(&self, params: &Params) -> String {
        match self {
            Action::Variable(a) => a.banner(params),
            Action::Command(a) => a.banner(params),
            Action::Playbook(a) => a.banner(params),
        }
    }

    /// Does it. The code is 0 where it was written to an `exitfile`.
    pub fn run(
        &mut self,
        params: &Params,
        io: &Io,
        globals: &mut Environment,
        playbooks: &dyn PlaybookRunner,
        interrupts: &Interrupts,
    ) -> Result<i32, TransitionError> {
        match self {
            Action::Variable(a) => a.run(params, globals),
            Action::Command(a) => a.run(params, io, globals, interrupts),
            Action::Playbook(a) => a.run(params, globals, playbooks),
        }
    }
}

/// Which item an action was written in: for its errors and its banner.
#[derive(Clone, Debug)]
pub struct Place {
    file: String,
    context: String,
    index: usize,
    class: &'static str,
}

/// The types as they are written, and the names that banners and errors give them.
const TYPES: [(&str, &str); 3] = [("command", "Command"), ("playbook", "Playbook"), ("variable", "Variable")];

impl Place {
    /// The place of an item, if its type exists.
    pub fn of(params: &Params, item: &Item) -> Result<Place, TransitionError> {
        let (file, context, index) = (params.xn.to_string(), params.context.clone(), item.index);
        match TYPES.iter().find(|(kind, _)| *kind == item.kind) {
            Some((_, class)) => Ok(Place { file, context, index, class }),
            None => {
                let hint = diag::did_you_mean(&item.kind, TYPES.map(|(kind, _)| kind)).map(str::to_string);
                Err(TransitionError::UnknownType { file, context, kind: item.kind.clone(), index, hint })
            }
        }
    }

    /// An error of this action, while `doing` something.
    pub fn error(&self, doing: &str, problem: impl Into<String>) -> TransitionError {
        TransitionError::Action {
            doing: doing.to_string(),
            class: self.class,
            index: self.index,
            file: self.file.clone(),
            context: self.context.clone(),
            problem: problem.into(),
        }
    }

    /// An error of the item as it is written.
    pub fn item_error(&self, problem: impl Into<String>) -> TransitionError {
        TransitionError::Item {
            file: self.file.clone(),
            context: self.context.clone(),
            index: self.index,
            problem: problem.into(),
        }
    }

    /// A required value is missing.
    pub fn missing_values(&self) -> TransitionError {
        self.item_error(format!("{} node is missing required values, see documentation", self.class))
    }

    /// Takes a required value, as text.
    fn required(&self, args: &mut Map, key: &str) -> Result<String, TransitionError> {
        optional(args, key).ok_or_else(|| self.missing_values())
    }

    /// Refuses keys that nothing has taken.
    fn no_more(&self, args: &Map) -> Result<(), TransitionError> {
        if args.is_empty() {
            return Ok(());
        }
        let keys = Value::list(args.keys().map(|k| k.to_value()).collect());
        let problem = format!("received unknown/unsupported key(s): {}", super::text::text(&keys));
        Err(self.error(&format!("parsing {} node", self.class), problem))
    }

    /// The banner's lines that say where the action was written.
    fn shown(&self) -> [(&'static str, String); 2] {
        [("transition item", self.index.to_string()), ("transition file", self.file.clone())]
    }
}

/// Takes a value, as text. `null` is as good as absent.
fn optional(args: &mut Map, key: &str) -> Option<String> {
    args.shift_remove(key).filter(|v| !v.is_null()).map(|v| super::text::text(&v))
}
