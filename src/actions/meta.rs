//! `meta`: asks the engine itself to do something.

use adept_modules::{Spec, args::text};

use super::action::{Action, Binding, Work};
use super::error::ActionError;
use crate::diag::did_you_mean;

pub(super) const ACTION: Action =
    Action::new(Spec::new("meta", "Asks the engine to do something.", &[]).free_form(), bind);

/// What `meta` can ask for.
const META: &[&str] = &[
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
    "refresh_inventory",
    "reset_connection",
];

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let name = b.args.get("_raw_params").map(text).unwrap_or_default();
    if META.contains(&name.as_str()) {
        return Ok(Work::Meta(name));
    }
    let hint = did_you_mean(&name, META.iter().copied()).map(|m| format!(" (did you mean '{m}'?)")).unwrap_or_default();
    Err(ActionError::failed(format!("invalid meta action requested: {name}{hint}")))
}
