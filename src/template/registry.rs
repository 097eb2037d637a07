//! `Registry`: all filters, tests and lookups by name, folded once from the tables.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::ast::FilterKind;
use super::call::{Filter, Lookup, Test};
use super::error::{TemplateError, TemplateErrorKind};
use super::{filters, lookups, tests};
use crate::diag::did_you_mean;

/// Names of tables, as templates write them.
pub struct Registry {
    filters: HashMap<&'static str, &'static Filter>,
    tests: HashMap<&'static str, &'static Test>,
    lookups: HashMap<&'static str, &'static Lookup>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry {
    filters: filters::FILTERS.iter().copied().flatten().map(|f| (f.name, f)).collect(),
    tests: tests::TESTS.iter().copied().flatten().map(|t| (t.name, t)).collect(),
    lookups: lookups::LOOKUPS.iter().copied().flatten().map(|l| (l.name, l)).collect(),
});

/// Namespaces whose names we have without them.
const NAMESPACES: &[&str] =
    &["ansible.builtin.", "ansible.legacy.", "ansible.utils.", "community.general.", "ansible.posix."];

fn short(name: &str) -> &str {
    NAMESPACES.iter().find_map(|n| name.strip_prefix(n)).unwrap_or(name)
}

impl Registry {
    /// The one registry: the tables are constants.
    pub fn get() -> &'static Registry {
        &REGISTRY
    }

    /// What this filter's name stands for: a filter, or a test in the old spelling (`result | success`).
    pub fn filter(&self, name: &str) -> FilterKind {
        match self.filters.get(short(name)) {
            Some(filter) => FilterKind::Filter(filter),
            None if tests::AS_FILTERS.contains(&short(name)) => {
                self.tests.get(short(name)).map_or(FilterKind::Unknown, |t| FilterKind::Test(t))
            }
            None => FilterKind::Unknown,
        }
    }

    /// The test of this name.
    pub fn test(&self, name: &str) -> Option<&'static Test> {
        self.tests.get(short(name)).copied()
    }

    /// The lookup of this name.
    pub fn lookup(&self, name: &str) -> Option<&'static Lookup> {
        self.lookups.get(short(name)).copied()
    }

    /// All names of a table, for documentation.
    pub fn names(&self, what: &str) -> Vec<&'static str> {
        let mut names: Vec<_> = match what {
            "filter" => self.filters.keys().copied().chain(tests::AS_FILTERS.iter().copied()).collect(),
            "test" => self.tests.keys().copied().collect(),
            _ => self.lookups.keys().copied().collect(),
        };
        names.sort_unstable();
        names
    }

    /// The error about a name that no table has, with the nearest one.
    pub fn unknown(&self, what: &'static str, name: &str) -> TemplateError {
        let error = TemplateError::new(TemplateErrorKind::Unknown { what, name: name.to_owned() });
        match did_you_mean(short(name), self.names(what)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error,
        }
    }
}
