//! YAML: text to [`Value`](adept_wire::Value) with origin and trust, read as PyYAML's `SafeLoader` does (YAML 1.1), and
//! values to text, byte for byte as PyYAML's `CSafeDumper` writes them.
//!
//! Tokens, events and the layout of dumped text are libyaml's (libyaml-safer); what a scalar means, tags, merge keys and
//! errors are ours.
//!
//! Invariant: nothing here renders a template or decrypts a vault; text is only marked with what may be done with it.

mod advice;
mod dump;
mod error;
mod loader;
#[cfg(test)]
mod loading;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod recorded;
mod scalar;
mod timestamp;

pub(crate) use dump::float_repr;
pub use dump::{DumpOptions, FlowStyle, dump, dump_all};
pub use error::{Place, YamlError};
pub use loader::{Loaded, load, load_file, load_one, parse_inline};
pub use scalar::scalar;
