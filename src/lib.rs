//! `adept`: an Ansible-compatible playbook runner and job lifecycle engine.
//!
//! One line per room, in the order in which data walks; a room may use only rooms above it.

pub mod cli;
pub mod diag;
pub mod event;
pub mod inventory;
pub mod template;
pub mod transition;
pub mod yaml;
