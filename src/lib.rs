//! `adept`: an Ansible-compatible playbook runner and job lifecycle engine.
//!
//! One line per room, in the order in which data walks; a room may use only rooms above it.

pub mod diag;
pub mod event;
pub mod config;
pub mod yaml;
pub mod report;
pub mod template;
pub mod playbook;
pub mod inventory;
pub mod vars;
pub mod connection;
pub mod actions;
pub mod engine;
pub mod transition;
pub mod cli;
