//! Filters: `value | name(args)`. One table per group; the registry folds over them.

use super::call::Filter;

/// All filters.
pub const FILTERS: &[&[Filter]] = &[];
