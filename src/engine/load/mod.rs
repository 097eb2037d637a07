//! Loading: from files to what a play will do. Static imports are resolved here, with what is known of the play.

mod check;
mod compile;
mod files;
mod playbook;
mod role;

pub use check::{Problem, check_items};
pub use compile::{Compiled, Compiler, IncludeFlags, include_file};
pub use files::Files;
pub use playbook::{LoadedPlay, load_playbook};
pub use role::load_role;
