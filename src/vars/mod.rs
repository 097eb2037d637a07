//! Variables: layers in Ansible's order, by reference; facts, magic variables, `hostvars`.
//!
//! [`Layer`] is the precedence table. [`Vars`] holds what all hosts know in a run; [`TaskScope`] is what one task sees on
//! one host.
//!
//! Invariant: nothing is merged or copied per task and host; values here are raw, and rendered only by `template`.

mod layer;
mod magic;
mod scope;
mod store;

pub use layer::Layer;
pub use magic::ANSIBLE_VERSION;
pub use scope::{AllHosts, HostScope, PlayScope, TaskScope};
pub use store::{RunInfo, Vars};
