//! The agent: reads requests, runs modules on threads, replies. `adept-agent` is this and nothing else; `adept` serves
//! in the same role where no agent file is found.

/// A hash over the sources of wire, modules and agent: two programs with the same `BUILD` understand each other.
pub const BUILD: &str = env!("ADEPT_BUILD");
