//! The modules, one file each.

pub mod command;
pub mod file;
pub mod ping;
pub mod shell;
pub mod stat;
