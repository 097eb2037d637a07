//! Lookups: `lookup('name', terms)`. One table per group; the registry folds over them.

mod absent;
mod command;
mod files;
mod found;
mod lists;
mod password;
mod rows;
mod search;
mod sequence;
mod tables;
mod template;
mod term;
mod variables;

use super::call::Lookup;

/// All lookups.
pub const LOOKUPS: &[&[Lookup]] = &[
    lists::LOOKUPS,
    rows::LOOKUPS,
    sequence::LOOKUPS,
    variables::LOOKUPS,
    files::LOOKUPS,
    found::LOOKUPS,
    template::LOOKUPS,
    command::LOOKUPS,
    password::LOOKUPS,
    tables::LOOKUPS,
    absent::LOOKUPS,
];
