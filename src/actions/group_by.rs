//! `group_by`: puts the host into a group that is named by its variables.

use adept_modules::{Default, Kind, Param, Spec};
use adept_wire::map;

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;
use crate::event::Effect;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "group_by",
        "Puts the host into a group.",
        &[
            Param::new("key", Kind::Str).required(),
            Param::new("parents", Kind::ListOfStr).default(Default::List(&["all"])),
        ],
    ),
    bind,
);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let clean = |name: &str| name.replace(' ', "-");
    let group = clean(b.args.str("key").unwrap_or_default());
    let parents: Vec<String> = b.args.strings("parents").into_iter().map(clean).collect();
    let outcome = ActionOutcome::ok(map! { "add_group" => group.as_str(), "parent_groups" => parents.clone() });
    Ok(outcome.effect(Effect::GroupBy { group, parents }).into())
}
