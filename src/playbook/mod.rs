//! Playbooks: what was written, one file at a time - plays, blocks, tasks, handlers, roles.
//!
//! Invariant: nothing here is rendered, and nothing changes after it was parsed.

mod error;
mod frame;
pub mod keyword;
mod parse;
mod play;
pub mod split;
mod task;

pub use error::PlaybookError;
pub use frame::{Frame, FrameKind, Placed, Role, RoleUse};
pub use keyword::{KEYWORDS, Keyword, Keywords, Levels, Support};
pub use parse::{ActionNames, Known, Parser, vars_of};
pub use play::{Entry, Import, Play, Playbook, RoleEntry};
pub use task::{Block, Loop, Node, Task, TaskArgs};
