//! Working through a transition file.

use std::collections::BTreeMap;

use adept_wire::Value;

use super::action::{Action, Place, PlaybookRunner};
use super::banner;
use super::document::{self, Item};
use super::environment::Environment;
use super::error::TransitionError;
use super::interrupt::Interrupts;
use super::io::Io;
use super::params::Params;
use super::text::text;
use crate::diag::Diagnostic;

/// The exit code of the form's own errors, whatever they are.
const ERROR: i32 = 1;

/// Runs a transition file; gives the exit code: that of the first action that failed.
pub fn run(params: &Params, io: &Io, playbooks: &dyn PlaybookRunner) -> i32 {
    let interrupts = match Interrupts::watch() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            io.tell(&format!("signals can't be handled: {error}\n"));
            return ERROR;
        }
    };
    if !params.quiet() {
        io.tell(&format!("{}\n", banner::parameters(params)));
    }
    let code = work_through(params, io, playbooks, &interrupts).unwrap_or_else(|error| {
        io.tell(&format!("{}\n", Diagnostic::from(error)));
        ERROR
    });
    // A child that was ended because of a signal reports in its own way; what the user did decides.
    interrupts.received().map_or(code, |signal| 128 + signal)
}

fn work_through(
    params: &Params,
    io: &Io,
    playbooks: &dyn PlaybookRunner,
    interrupts: &Interrupts,
) -> Result<i32, TransitionError> {
    let text = document::read(params, &mut &io.stdin)?;
    let mut globals: Environment = BTreeMap::new();
    for item in document::items(params, &text) {
        let Some(mut action) = reached(params, item?, &globals)? else { continue };
        if interrupts.received().is_some() {
            break;
        }
        let banner = action.banner(params);
        if !params.quiet() {
            io.tell(&format!("{banner}\n"));
        }
        let code = action.run(params, io, &mut globals, playbooks, interrupts)?;
        if interrupts.received().is_some() {
            break;
        }
        if code != 0 {
            if params.quiet() {
                io.tell(&banner);
            }
            io.tell(&format!("    exit = {code}\n"));
            return Ok(code);
        }
    }
    Ok(0)
}

/// The action of an item, if it applies to this context. The type is checked even if it doesn't.
fn reached(params: &Params, item: Item, globals: &Environment) -> Result<Option<Action>, TransitionError> {
    let place = Place::of(params, &item)?;
    let mut arguments = item.arguments.as_map().cloned().ok_or_else(|| place.missing_values())?;
    let contexts = arguments.shift_remove("contexts").unwrap_or_else(|| Value::list(Vec::new()));
    let list = contexts
        .as_list()
        .ok_or_else(|| place.item_error(format!("encountered unsupported 'contexts' value: '{}'", text(&contexts))))?;
    if !list.is_empty() && !list.iter().any(|c| c.as_str() == Some(&params.context)) {
        return Ok(None);
    }
    Action::new(params, place, arguments, globals).map(Some)
}
