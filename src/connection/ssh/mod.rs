//! SSH: the way to a host over its sshd, without the system's ssh program.

pub mod config;
pub mod known_hosts;
mod pattern;
