//! Lookups: `lookup('name', terms)`. One table per group; the registry folds over them.

use super::call::Lookup;

/// All lookups.
pub const LOOKUPS: &[&[Lookup]] = &[];
