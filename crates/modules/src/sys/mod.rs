//! The edge to the operating system. The only place in this crate for `unsafe`, and the one that tests may fake.

pub mod fs;
pub mod net;
pub mod process;
pub mod program;
pub mod user;
