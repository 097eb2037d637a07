//! `shell`: run a line in a shell. The same as `command` but for who reads the line.

use crate::{Module, Spec};

use super::command::{PARAMS, run_shell};

/// The module. It runs in check mode, where `creates` and `removes` decide what is reported.
pub const MODULE: Module =
    Module { spec: Spec::new("shell", "Run a line in a shell", PARAMS).free_form(), run: run_shell };
