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
mod child;
mod document;
mod environment;
mod error;
mod interrupt;
mod io;
#[cfg(test)]
mod micro;
mod params;
mod runner;
mod substitute;
mod text;
mod words;

pub use action::{PlaybookCall, PlaybookRunner};
pub use adept_path::adept_path;
pub use banner::divided;
pub use error::TransitionError;
pub use io::Io;
pub use params::{Params, Source, short_hostname};
pub use runner::run;
