//! Filters: `value | name(args)`. One table per group; the registry folds over them.

mod absent;
mod combine;
mod comment;
mod crypt;
mod dates;
mod dice;
mod each;
mod encoding;
pub mod json;
pub(crate) mod key;
mod lists;
mod markup;
mod number;
pub(crate) mod paths;
mod presence;
mod regex;
pub(crate) mod rows;
pub(crate) mod sets;
mod text;
mod wrap;
mod yaml;

pub(crate) use crypt::{SALT, password_hash};
pub(crate) use dice::generator;
pub(crate) use lists::flatten_into;
pub(crate) use markup::Url;
pub(crate) use presence::is_true;
pub(crate) use regex::compile;

use super::call::Filter;

/// All filters.
pub const FILTERS: &[&[Filter]] = &[
    presence::FILTERS,
    text::FILTERS,
    lists::FILTERS,
    each::FILTERS,
    rows::FILTERS,
    sets::FILTERS,
    combine::FILTERS,
    number::FILTERS,
    regex::FILTERS,
    paths::FILTERS,
    json::FILTERS,
    yaml::FILTERS,
    encoding::FILTERS,
    crypt::FILTERS,
    dates::FILTERS,
    dice::FILTERS,
    markup::FILTERS,
    comment::FILTERS,
    absent::FILTERS,
];
