//! `assert`: fails unless all conditions hold.

use adept_modules::{Default, Kind, Param, Spec};
use adept_wire::{Map, map};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;

pub(super) const ACTION: Action = Action {
    spec: Spec::new(
        "assert",
        "Fails unless all of its conditions hold.",
        &[
            Param::new("that", Kind::Raw).required(),
            Param::new("fail_msg", Kind::Raw).aliases(&["msg"]),
            Param::new("success_msg", Kind::Raw),
            Param::new("quiet", Kind::Bool).default(Default::Bool(false)),
        ],
    ),
    raw_params: &["that", "fail_msg", "msg", "success_msg"],
    once: false,
    bind,
};

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let that = b.args.get("that").cloned().unwrap_or_default();
    // `that: "{{ list }}"` stands for the list's conditions, each as it was written.
    let conditions = b.templar.conditions(&that)?;
    for condition in &conditions {
        if !b.templar.condition(condition)? {
            let msg = match b.args.get("fail_msg") {
                Some(msg) => b.templar.render(msg)?,
                None => "Assertion failed".into(),
            };
            let mut outcome = ActionOutcome::ok(map! {
                "evaluated_to" => false, "assertion" => condition.untagged(), "msg" => msg,
            });
            outcome.module.failed = true;
            outcome.always_show = !b.args.bool("quiet");
            return Ok(outcome.into());
        }
    }
    let msg = match b.args.get("success_msg") {
        Some(msg) => b.templar.render(msg)?,
        None => "All assertions passed".into(),
    };
    let result: Map = map! { "msg" => msg };
    Ok(ActionOutcome { always_show: !b.args.bool("quiet"), ..ActionOutcome::ok(result) }.into())
}
