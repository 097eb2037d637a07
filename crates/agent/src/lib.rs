//! The agent: reads requests, runs modules on threads, replies. `adept-agent` is this and nothing else; `adept` serves
//! in the same role where no agent file is found.
//!
//! Its life today: a goodbye and the end of its input mean the same, that nobody listens any more. What runs is ended
//! with its process groups, the run directory is removed, the agent exits.

mod process;
mod replies;
mod runs;
mod serve;
mod store;

pub use adept_wire::PROTOCOL;
pub use process::main;
pub use serve::serve;

/// A hash over the sources of wire, modules and agent: two programs with the same `BUILD` understand each other.
pub const BUILD: &str = env!("ADEPT_BUILD");
