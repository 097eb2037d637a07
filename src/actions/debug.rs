//! `debug`: shows a message or a variable.

use adept_modules::{Default, Kind, Param, Rule, Spec};
use adept_wire::{Data, Key, Map, Value, map};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "debug",
        "Shows a message or the value of a variable.",
        &[
            Param::new("msg", Kind::Raw),
            Param::new("var", Kind::Raw),
            Param::new("verbosity", Kind::Int).default(Default::Int(0)),
        ],
    )
    .rules(&[Rule::MutuallyExclusive(&["msg", "var"])]),
    bind,
);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let wanted = b.args.int("verbosity").unwrap_or(0);
    if wanted > i64::from(b.verbosity) {
        let result = map! {
            "skipped_reason" => "Verbosity threshold not met.", "skipped" => true,
        };
        let mut outcome = ActionOutcome::ok(result);
        outcome.module.skipped = true;
        return Ok(outcome.into());
    }
    let mut result = Map::new();
    if let Some(var) = b.args.get("var") {
        show(b, var, &mut result)?;
    } else {
        result.insert("msg".into(), b.args.get("msg").cloned().unwrap_or_else(|| "Hello world!".into()));
    }
    Ok(ActionOutcome { always_show: true, ..ActionOutcome::ok(result) }.into())
}

/// `var` names an expression; a list or map of `var: "{{ x }}"` is shown as it is.
fn show(b: &Binding<'_>, var: &Value, result: &mut Map) -> Result<(), ActionError> {
    match &var.data {
        Data::Str(name) => {
            let value = match b.templar.expression(name, var.origin()) {
                Ok(value) => value,
                Err(e) if e.is_undefined() && b.verbosity == 0 => "VARIABLE IS NOT DEFINED!".into(),
                Err(e) if e.is_undefined() => format!("VARIABLE IS NOT DEFINED!: {e}").into(),
                Err(e) => return Err(e.into()),
            };
            result.insert(Key::from(name.clone()), value);
        }
        _ => {
            let name = format!("<class '{}'>", var.type_name());
            result.insert(Key::from(name), var.clone());
        }
    }
    Ok(())
}
