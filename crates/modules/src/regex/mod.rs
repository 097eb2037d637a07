//! Regular expressions as Python's `re` has them: what `lineinfile`, `replace` and the `regex_*` filters promise.
//!
//! [`Regex::new`] translates Python's syntax to fancy-regex's; matching, replacing and splitting follow `re` also where
//! other engines differ (`$` before a final newline, empty matches next to others, `\g<name>` in replacements).

mod captures;
mod pattern;
mod replacement;
mod translate;

pub use captures::Captures;
pub use pattern::{Flags, Regex};
pub use replacement::Replacement;
