//! Reports: readers of the event stream. The console for people (and for CI that greps Ansible's lines), JSON lines for
//! programs, a recorder for tests; and the masking of secrets, through which all of them get their events.
//!
//! Invariant: a report sees events only, never a task, a variable or a connection; and what a report shows has been through
//! [`Masked`] where secrets are known.

mod console;
mod diff;
mod json;
mod jsonl;
mod live;
mod log;
mod masked;
mod options;
mod paint;
mod recorder;
#[cfg(test)]
mod replay;

pub use console::Console;
pub use jsonl::Jsonl;
pub use log::LogWriter;
pub use masked::{MASK, Masked, Secrets};
pub use options::{ColorChoice, ConsoleOptions};
pub use recorder::Recorder;
