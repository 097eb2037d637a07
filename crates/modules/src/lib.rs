//! The modules that run on a host. Synchronous; no network, no templates. One file per module in `modules/`; everything
//! that knows "all modules" folds over [`MODULES`].

pub mod args;
pub mod cancel;
pub mod checksum;
pub mod edit;
pub mod file_mode;
pub mod file_params;
pub mod file_text;
pub mod fnmatch;
pub mod facts;
pub mod glob;
pub mod host;
pub mod modules;
pub mod regex;
pub mod spec;
pub mod sync;
pub mod sys;
pub mod validate;
pub mod words;

use adept_wire::{Map, ModuleOutcome};

pub use args::{ArgError, Args};
pub use cancel::{Cancel, Ending};
pub use host::Host;
pub use spec::{Default, Kind, Param, Rule, Spec};

/// A module: what it accepts, and what it does.
pub struct Module {
    /// Its declaration.
    pub spec: Spec,
    /// Does the work. A failure is an outcome with `failed`, or an `Err` with a message (both end as `failed`).
    pub run: fn(&Args, &Host<'_>) -> Result<ModuleOutcome, ModuleError>,
}

/// Why a module failed, when it has no result keys to give besides a message.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ModuleError {
    /// One sentence.
    pub message: String,
    /// The parameter to blame, so that the controller can show where it was written.
    pub param: Option<&'static str>,
    /// Further result keys.
    pub result: Map,
}

impl ModuleError {
    /// With a message.
    pub fn new(message: impl Into<String>) -> ModuleError {
        ModuleError { message: message.into(), param: None, result: Map::new() }
    }

    /// This parameter is to blame.
    pub fn param(mut self, param: &'static str) -> ModuleError {
        self.param = Some(param);
        self
    }

    /// With further result keys.
    pub fn result(mut self, result: Map) -> ModuleError {
        self.result = result;
        self
    }
}

impl From<std::io::Error> for ModuleError {
    fn from(e: std::io::Error) -> ModuleError {
        ModuleError::new(e.to_string())
    }
}

/// Every module, by plain name in alphabetical order.
pub const MODULES: &[Module] = &[
    modules::authorized_key::MODULE,
    modules::blockinfile::MODULE,
    modules::command::MODULE,
    modules::copy::MODULE,
    modules::file::MODULE,
    modules::find::MODULE,
    modules::getent::MODULE,
    modules::git::MODULE,
    modules::group::MODULE,
    modules::known_hosts::MODULE,
    modules::lineinfile::MODULE,
    modules::ping::MODULE,
    modules::raw::MODULE,
    modules::replace::MODULE,
    modules::service::MODULE,
    modules::setup::MODULE,
    modules::shell::MODULE,
    modules::slurp::MODULE,
    modules::stat::MODULE,
    modules::synchronize::MODULE,
    modules::systemd::SYSTEMD,
    modules::systemd::MODULE,
    modules::tempfile::MODULE,
    modules::unarchive::MODULE,
    modules::user::MODULE,
    modules::wait_for::MODULE,
];

/// The module of this plain name.
pub fn find(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|m| m.spec.name == name)
}

/// Validates the arguments and runs the module; every end is an outcome.
pub fn run(name: &str, args: &Map, host: &Host<'_>) -> ModuleOutcome {
    let Some(module) = find(name) else {
        return ModuleOutcome::fail(format!("this agent has no module '{name}'"));
    };
    let args = match Args::parse_in(&module.spec, args, &|name| host.env(name)) {
        Ok(args) => args,
        Err(e) => return ModuleOutcome { bad_parameter: e.param, ..ModuleOutcome::fail(e.message) },
    };
    if host.check && !module.spec.check_mode {
        return ModuleOutcome::skip(format!("remote module ({name}) does not support check mode"));
    }
    match (module.run)(&args, host) {
        Ok(outcome) => outcome,
        Err(e) => {
            let mut outcome = ModuleOutcome::fail(e.message);
            outcome.result.extend(e.result);
            file_params::add_info_of_named_path(&mut outcome.result, host);
            outcome.bad_parameter = e.param.map(String::from);
            outcome
        }
    }
}
