//! The engine: runs playbooks. `load` makes of files what a play will do; `play` is the dispatcher; `bind`, `attempt` and
//! `judge` take one task on one host from what was written to its outcome; `effects` applies what it asked for.
//!
//! Invariant: only the dispatcher (`play`) and `effects` change the state of a run.

mod attempt;
mod bind;
mod cursor;
mod effects;
#[allow(clippy::module_inception)] // The type's name is the file's name.
mod engine;
mod handlers;
mod judge;
pub mod load;
mod play;
mod program;
mod run;
mod strategy;
mod tags;

pub use engine::{Engine, RunOptions};
pub use load::Files;
pub use run::{RunEnd, check_playbooks, run_playbooks};
