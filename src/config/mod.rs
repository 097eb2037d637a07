//! Configuration: ansible.cfg, the environment, flags. Every setting knows where its value came from.
//!
//! [`SETTINGS`] is the one table of what there is; [`Config::load`] folds over it. Typed access is in `access`.
//!
//! Invariant: nothing here asks the process for its environment or its current folder, except [`ProcessEnv::current`].

mod access;
#[allow(clippy::module_inception)] // The type's name is the file's name.
mod config;
mod error;
mod ini;
mod process_env;
#[cfg(test)]
mod recorded;
mod setting;
mod settings;
mod value;

pub use access::Gathering;
pub use config::{Config, Found, Source};
pub use error::{ConfigError, WrongValue};
pub use process_env::ProcessEnv;
pub use setting::{Kind, Setting, Status};
pub use settings::SETTINGS;
