//! The modules, one file each.

pub mod file;
pub mod stat;
