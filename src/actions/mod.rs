//! Actions: the controller's half of a task. A task whose name isn't in [`ACTIONS`] is a module, run by the agent as it is.
//!
//! An action has two halves: `bind`, a plain function that turns rendered arguments into [`Work`], and [`perform()`], which
//! does what needs the host.
//!
//! Invariant: an action changes no run state; what it wants changed it returns as effects.

mod action;
mod add_host;
mod assert;
mod copy;
mod debug;
mod error;
mod fail;
mod fetch;
mod files;
mod group_by;
mod include;
mod include_vars;
mod meta;
mod names;
mod perform;
mod provision;
mod set_fact;
mod synchronize;
mod template;
mod unarchive;

pub use action::{Action, ActionOutcome, Binding, Include, IncludeKind, RoleFiles, Work};
pub use error::ActionError;
pub use files::{SearchPath, find_file};
pub use include::role_include;
pub use names::Names;
pub use perform::{Performer, perform};
pub use provision::Provision;

/// Every action, by plain name in alphabetical order.
pub const ACTIONS: &[Action] = &[
    add_host::ACTION,
    assert::ACTION,
    copy::ACTION,
    debug::ACTION,
    fail::ACTION,
    fetch::ACTION,
    group_by::ACTION,
    include::IMPORT_ROLE,
    include::IMPORT_TASKS,
    include::INCLUDE,
    include::INCLUDE_ROLE,
    include::INCLUDE_TASKS,
    include_vars::ACTION,
    meta::ACTION,
    provision::ACTION,
    set_fact::ACTION,
    synchronize::ACTION,
    template::ACTION,
    unarchive::ACTION,
];

/// The action of this plain name.
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|a| a.spec.name == name)
}
