//! `Captures`: what one match found.

use std::ops::Range;
use std::sync::Arc;

/// The groups of one match; group 0 is the whole.
#[derive(Clone, Debug)]
pub struct Captures<'t> {
    pub(super) text: &'t str,
    pub(super) spans: Vec<Option<(usize, usize)>>,
    pub(super) names: Arc<[Option<Box<str>>]>,
}

impl<'t> Captures<'t> {
    /// The text of a group; `None` where it took no part in the match, or doesn't exist.
    pub fn get(&self, group: usize) -> Option<&'t str> {
        self.range(group).map(|r| &self.text[r])
    }

    /// The text of a named group.
    pub fn name(&self, name: &str) -> Option<&'t str> {
        self.index_of(name).and_then(|i| self.get(i))
    }

    /// The number of a named group.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n.as_deref() == Some(name))
    }

    /// The bytes of the text that a group matched.
    pub fn range(&self, group: usize) -> Option<Range<usize>> {
        self.spans.get(group).copied().flatten().map(|(start, end)| start..end)
    }

    /// The bytes of the text that the whole matched.
    pub fn whole(&self) -> Range<usize> {
        // Group 0 takes part in every match.
        self.range(0).unwrap_or_default()
    }

    /// The number of groups, the whole not counted.
    pub fn groups(&self) -> usize {
        self.spans.len() - 1
    }

    /// Names and numbers of the named groups, in order.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.names.iter().enumerate().filter_map(|(i, n)| n.as_deref().map(|n| (n, i)))
    }
}
