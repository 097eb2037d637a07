//! Making one directory tree like another, by rsync's rules: what `synchronize` does on a host.
//!
//! ```text
//! Filter ──> scan(source) ──> entries, in rsync's order ──> Change (an entry against what is there) ──> Sync applies
//! ```
//!
//! The walk, the filter and the comparison know nothing of modules or hosts' arguments.

mod apply;
mod change;
mod entry;
mod filter;
mod options;
mod rsync_options;

pub use apply::{Report, Sync};
pub use change::Change;
pub use entry::{Entry, EntryKind, Scan, scan};
pub use filter::{Filter, Rule};
pub use options::Options;
pub use rsync_options::parse as parse_rsync_options;
