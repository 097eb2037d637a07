//! `fail`: ends the task as failed, with a message.

use adept_modules::{Default, Kind, Param, Spec};
use adept_wire::ModuleOutcome;

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "fail",
        "Fails with a message.",
        &[Param::new("msg", Kind::Str).default(Default::Str("Failed as requested from task"))],
    ),
    bind,
);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let message = b.args.str("msg").unwrap_or_default();
    Ok(ActionOutcome::from(ModuleOutcome::fail(message)).into())
}
