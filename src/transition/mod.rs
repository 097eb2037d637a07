//! Transitions: the `.xn` file and its runner, the built-in content, and the job's lifecycle setup -> run -> cleanup.
//!
//! A `.xn` file is a list of `variable`, `command` and `playbook` actions. [`run`] works through it as the original
//! `adept.py` does, to the letter of its messages, except where that crashed. Playbooks go through the
//! [`PlaybookRunner`] that is passed in, in process; commands are children that share the terminal.
//!
//! Invariant: nothing here knows what a playbook is; a playbook is a command line, a folder and an environment.

mod action;
mod adept_path;
mod banner;
pub mod builtin;
mod child;
mod document;
mod environment;
mod error;
pub mod explain;
mod interrupt;
mod io;
pub mod job;
mod keys;
#[cfg(test)]
mod micro;
mod params;
mod runner;
mod substitute;
mod text;
mod words;
mod workspace_init;

pub use action::{PlaybookCall, PlaybookRunner};
pub use adept_path::adept_path;
pub use banner::divided;
pub use error::TransitionError;
pub use io::Io;
pub use keys::make_key_pair;
pub use params::{Params, QUIET, Source, short_hostname};
pub use runner::run;
pub use workspace_init::{InitError, init_workspace};
