//! The modules, one file each.

pub mod authorized_key;
pub mod blockinfile;
pub mod command;
pub mod copy;
pub mod file;
pub mod find;
pub mod getent;
pub mod git;
pub mod group;
pub mod known_hosts;
pub mod lineinfile;
pub mod ping;
pub mod raw;
pub mod replace;
pub mod service;
pub mod setup;
pub mod shell;
pub mod slurp;
pub mod stat;
pub mod synchronize;
pub mod systemd;
pub mod tempfile;
pub mod unarchive;
pub mod user;
pub mod wait_for;
