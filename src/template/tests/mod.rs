//! Tests: `value is name(args)`. One table per group; the registry folds over them.

mod files;
mod matching;
mod order;
mod presence;
mod results;
mod sets;
mod types;
mod versions;

use super::call::Test;

/// All tests.
pub const TESTS: &[&[Test]] = &[
    presence::TESTS,
    types::TESTS,
    order::TESTS,
    results::TESTS,
    matching::TESTS,
    versions::TESTS,
    files::TESTS,
    sets::TESTS,
];

/// Tests that may also be written as filters, as before Ansible 2.9: `result | success`.
pub const AS_FILTERS: &[&str] = &[
    "any",
    "all",
    "change",
    "changed",
    "exists",
    "failed",
    "failure",
    "finished",
    "is_abs",
    "is_dir",
    "is_file",
    "is_link",
    "is_mount",
    "is_same_file",
    "issubset",
    "issuperset",
    "link_exists",
    "match",
    "reachable",
    "regex",
    "search",
    "skip",
    "skipped",
    "started",
    "succeeded",
    "success",
    "successful",
    "unreachable",
    "version",
    "version_compare",
];
