//! `fail`: ends the task as failed, with a message.

use adept_modules::{Default, Kind, Param, Spec};
use adept_wire::ModuleOutcome;

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "fail",
        "Fails with a message.",
        &[Param::new("msg", Kind::Raw).default(Default::Str("Failed as requested from task"))],
    ),
    bind,
);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    // A message that is a map or a list stays one.
    let mut outcome = ModuleOutcome::fail("");
    outcome.result.insert("msg".into(), b.args.get("msg").cloned().unwrap_or_default());
    Ok(ActionOutcome::from(outcome).into())
}
