//! `linear`: all hosts do a task before any does the next one.

use crate::engine::cursor::Cursor;

/// The hosts (by index) that are furthest behind, all at one position; empty when everybody is done.
pub fn next<'a>(cursors: impl Iterator<Item = (usize, &'a Cursor)>) -> Vec<usize> {
    let mut best = None;
    let mut hosts = Vec::new();
    for (host, cursor) in cursors.filter(|(_, c)| c.current().is_some()) {
        let position = cursor.position();
        match &best {
            Some(b) if position > *b => continue,
            Some(b) if position == *b => {}
            _ => {
                hosts.clear();
                best = Some(position);
            }
        }
        hosts.push(host);
    }
    hosts
}
