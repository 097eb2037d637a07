//! The modules, one file each.

pub mod command;
pub mod copy;
pub mod file;
pub mod lineinfile;
pub mod ping;
pub mod shell;
pub mod slurp;
pub mod stat;
