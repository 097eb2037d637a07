//! `set_fact`: sets variables of the host.

use adept_modules::{Spec, args::parse_bool};
use adept_wire::{Key, Map, map};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;
use crate::event::Effect;

pub(super) const ACTION: Action =
    Action::new(Spec::new("set_fact", "Sets variables of the host.", &[]).open().free_form(), bind);

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let mut vars = Map::new();
    let mut cacheable = false;
    for (key, value) in b.args.map() {
        let name = key.to_string();
        match name.as_str() {
            "cacheable" => cacheable = parse_bool(value).unwrap_or(false),
            "_raw_params" => {
                return Err(ActionError::failed(format!(
                    "set_fact needs `name=value` pairs or a map, got {:?}",
                    value.as_str().unwrap_or_default()
                ))
                .at(value.origin()));
            }
            _ => {
                // A name may be a template: `"{{ item.name }}": x`.
                let name = b.templar.render(&key.to_value())?;
                let name = adept_modules::args::text(&name);
                if !is_identifier(&name) {
                    return Err(ActionError::failed(format!(
                        "The variable name '{name}' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores."
                    ))
                    .at(key.origin()));
                }
                vars.insert(Key::from(name), value.clone());
            }
        }
    }
    if vars.is_empty() {
        return Err(ActionError::failed(
            "No key/value pairs provided, at least one is required for this action to succeed",
        ));
    }
    let mut outcome =
        ActionOutcome::ok(map! { "ansible_facts" => vars.clone(), "_ansible_facts_cacheable" => cacheable });
    if !cacheable {
        outcome.module.result.shift_remove("_ansible_facts_cacheable");
    }
    Ok(outcome.effect(Effect::SetFacts { vars, cacheable }).into())
}

/// Is this a name that a variable can have?
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
