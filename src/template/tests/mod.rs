//! Tests: `value is name(args)`. One table per group; the registry folds over them.

use super::call::Test;

/// All tests.
pub const TESTS: &[&[Test]] = &[];

/// Tests that may also be written as filters, as before Ansible 2.9: `result | success`.
pub const AS_FILTERS: &[&str] = &[];
