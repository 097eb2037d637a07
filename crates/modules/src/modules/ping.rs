//! `ping`: is somebody there?

use adept_wire::{ModuleOutcome, map};

use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[Param::new("data", Kind::Str).default(Default::Str("pong"))];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("ping", "Ask a host for a sign of life", PARAMS), run };

fn run(args: &Args, _host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    match args.str("data").unwrap_or("pong") {
        // Documented by Ansible as a way to test how a crash looks.
        "crash" => panic!("boom"),
        data => Ok(ModuleOutcome::ok(map! { "ping" => data })),
    }
}
