//! Inventory: hosts and groups, where they come from, and which of them a pattern means.
//!
//! `load` reads the sources (INI, YAML, folders, scripts, `a,b,` lists) into an [`Inventory`]; `pattern` selects hosts from
//! it; [`VarsFiles`] reads the `group_vars/` and `host_vars/` beside it. What `ansible-inventory --list` shows is in `list`.
//!
//! Invariant: nothing here renders a template or merges variables for a host; that is `vars`.

mod address;
mod error;
mod group;
mod host;
mod ini;
#[allow(clippy::module_inception)] // The type's name is the file's name.
mod inventory;
mod list;
mod literal;
mod load;
mod order;
mod pattern;
mod range;
#[cfg(test)]
mod recorded;
mod script;
mod vars_files;
mod words;
mod yaml_source;

pub use error::InventoryError;
pub use group::Group;
pub use host::Host;
pub use inventory::Inventory;
pub use load::{LoadOptions, Unparsed};
pub use order::HostOrder;
pub use pattern::{EMPTY_INVENTORY, NO_TARGETS, split_pattern};
pub use vars_files::VarsFiles;
