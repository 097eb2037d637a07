//! Templates: the only place that renders, and the only user of minijinja (its lexer and parser; the evaluator is ours).
//!
//! ```text
//! text -> parse -> ast        once per text, kept in Environment
//! ast + Scope -> Eval -> Val  names come lazily out of the scope, rendered when they are used
//! Val -> Value                what leaves: plain data, never rendered again
//! ```
//!
//! A filter is a function in `filters/` and a row in its table; tests and lookups alike. They see a [`Call`], which has their
//! input, their arguments and the evaluation to ask.
//!
//! Invariant: text is rendered only when a scope gave it with `Trust::Template`; results are data.

/// The stack that a thread needs which renders: enough for variables and macros nested as deep as they may be, unoptimised.
pub const STACK_SIZE: usize = 8 << 20;

mod access;
pub mod ast;
mod call;
#[cfg(test)]
mod cases;
mod condition;
pub mod dates;
mod environment;
mod error;
mod eval;
mod expr;
mod files;
pub mod filters;
mod format;
mod frame;
mod function;
mod glob;
mod globals;
mod header;
mod home;
mod inherit;
mod literal;
pub mod lookups;
mod loops;
mod macros;
mod mersenne;
mod methods;
pub mod number;
mod object;
mod ops;
mod options;
mod parse;
mod place;
mod printf;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod recorded;
mod registry;
pub mod scope;
mod spec;
mod stmt;
mod templar;
pub mod tests;
pub mod text;
mod val;

pub use call::{Args, Call, Filter, Lookup, Result, Test};
pub use environment::{Environment, is_template};
pub use error::{TemplateError, TemplateErrorKind};
pub use eval::Eval;
pub use frame::Frame;
pub use function::{Function, Global};
pub use home::Home;
pub use object::Object;
pub use options::{FileOptions, Syntax};
pub use place::{Place, Source, Span};
pub use printf::percent;
pub use registry::Registry;
pub use scope::{Hosts, Scope, Var};
pub use templar::Templar;
pub use text::str_of;
pub use val::{HostsRef, Lazy, ListRef, MapRef, Undefined, Val};
