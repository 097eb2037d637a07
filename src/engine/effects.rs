//! Effects: the only place where what a task asked for changes the run's state.

use std::sync::Arc;

use adept_wire::{Key, Map};

use super::engine::Engine;
use crate::event::{Effect, EventKind};

/// Applies what a task on a host asked for. `facts_of` is the host that facts belong to. Notifications are returned:
/// they change the play, not the run.
pub fn apply(engine: &Engine, host: &Arc<str>, facts_of: &Arc<str>, effect: &Effect) -> Vec<String> {
    match effect {
        Effect::SetFacts { vars, cacheable } => {
            warn_shadowed(engine, vars);
            engine.vars.learn(facts_of, vars);
            if *cacheable {
                engine.vars.learn_facts(facts_of, vars);
            }
        }
        Effect::Facts(facts) => engine.vars.learn_facts(facts_of, facts),
        Effect::IncludeVars(vars) => {
            warn_shadowed(engine, vars);
            engine.vars.learn_included(facts_of, vars);
        }
        Effect::AddHost { name, groups, vars } => {
            engine.vars.change_inventory(|i| i.add_host(name, groups, vars.clone()));
        }
        Effect::GroupBy { group, parents } => {
            let parents: Vec<&String> = parents.iter().filter(|p| *p != group).collect();
            let joined = engine.vars.change_inventory(|i| i.add_to_group(host, group, &parents));
            if let Err(e) = joined {
                engine
                    .events
                    .send(EventKind::Warning { message: crate::diag::Diagnostic::from(e).to_string(), origin: None });
            }
        }
        Effect::Notify(names) => return names.clone(),
    }
    Vec::new()
}

/// Would `group_by` change the inventory? `None` when the effects don't concern it. (`add_host` is changed each time, as
/// before 2.11; 2.19 says so only of what is new. Recaps of older content count on it.)
pub fn changes_inventory(engine: &Engine, host: &str, effects: &[Effect]) -> Option<bool> {
    let inventory = engine.vars.inventory();
    effects.iter().find_map(|effect| match effect {
        Effect::GroupBy { group, .. } => Some(!inventory.groups_of(host).iter().any(|g| **g == **group)),
        _ => None,
    })
}

/// An extra variable always wins: setting a fact of the same name has no effect, which is worth a word.
fn warn_shadowed(engine: &Engine, vars: &Map) {
    let shadowed: Vec<&str> =
        vars.keys().filter_map(Key::as_str).filter(|name| engine.vars.extra().contains_key(*name)).collect();
    if !shadowed.is_empty() {
        let message = format!(
            "{} {} set, but an extra variable (-e) of the same name stays in force",
            shadowed.join(", "),
            if shadowed.len() == 1 { "was" } else { "were" }
        );
        engine.events.send(EventKind::Warning { message, origin: None });
    }
}
