//! Diagnostics: what went wrong, where it was written, what would help, and the exit code that follows.
//!
//! Every room has an error enum of its own; at its door it becomes a [`Diagnostic`], which is what a person sees.
//!
//! Invariant: nothing here reads playbooks or variables; a diagnostic is plain data.

mod diagnostic;
pub mod exit;
mod suggest;

pub use diagnostic::Diagnostic;
pub use exit::ErrorKind;
pub use suggest::did_you_mean;
