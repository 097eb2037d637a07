//! `Change`: how an entry differs from what is at its destination; shown as rsync's `--itemize-changes`.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::entry::{Entry, EntryKind};
use super::options::Options;
use crate::checksum;
use crate::sys::fs::{MODE_BITS, mtime};

/// What differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Nothing of this kind is there.
    pub new: bool,
    /// The content must be copied (of a link: its target).
    pub content: bool,
    /// The content is known to differ: by checksum, or a link's target.
    pub checksum: bool,
    /// The sizes differ.
    pub size: bool,
    /// The times differ, and are kept.
    pub time: bool,
    /// The content is copied and gets the present as its time.
    pub time_now: bool,
    /// The modes differ, and are kept.
    pub mode: bool,
    /// The owners differ, and are kept.
    pub owner: bool,
    /// The groups differ, and are kept.
    pub group: bool,
}

impl Change {
    /// Compares; `None` when all that is kept is equal.
    ///
    /// # Errors
    /// When content that must be compared can't be read.
    pub fn of(entry: &Entry, at: &Path, there: Option<&Metadata>, options: &Options) -> io::Result<Option<Change>> {
        let Some(there) = there.filter(|m| same_kind(entry, m)) else {
            return Ok(Some(Change { new: true, content: true, ..Change::default() }));
        };
        let mut change = Change::default();
        let same_time = mtime(there).seconds == entry.modified.seconds;
        match &entry.kind {
            EntryKind::File => {
                change.size = there.len() != entry.size;
                let equal = if change.size || options.ignore_times {
                    false
                } else if options.checksum {
                    checksum::sha1_of_file(&entry.source)? == checksum::sha1_of_file(at)?
                } else {
                    options.size_only || same_time
                };
                change.content = !equal;
                change.checksum = options.checksum && !equal;
                change.time_now = change.content && !options.times;
            }
            EntryKind::Link(target) => {
                change.content = fs::read_link(at)? != *target;
                change.checksum = change.content;
            }
            EntryKind::Device => change.content = there.rdev() != entry.rdev,
            EntryKind::Directory | EntryKind::Special => {}
        }
        change.time = options.times && !same_time && !(entry.is_dir() && options.omit_dir_times);
        let link = matches!(entry.kind, EntryKind::Link(_));
        change.mode = options.perms && !link && there.mode() & MODE_BITS != entry.mode;
        change.owner = options.owner && there.uid() != entry.uid;
        change.group = options.may_give(entry.gid) && there.gid() != entry.gid;
        Ok((change != Change::default()).then_some(change))
    }

    /// `>f.st......` and its like.
    pub fn itemized(&self, entry: &Entry) -> String {
        let kind = match entry.kind {
            EntryKind::File => 'f',
            EntryKind::Directory => 'd',
            EntryKind::Link(_) => 'L',
            EntryKind::Special => 'S',
            EntryKind::Device => 'D',
        };
        let what = match (self.content, &entry.kind) {
            (false, _) => '.',
            (true, EntryKind::File) => '>',
            (true, _) => 'c',
        };
        if self.new {
            return format!("{what}{kind}+++++++++");
        }
        let flag = |on: bool, letter: char| if on { letter } else { '.' };
        let time = if self.time_now { 'T' } else { flag(self.time, 't') };
        format!(
            "{what}{kind}{}{}{time}{}{}{}...",
            flag(self.checksum, 'c'),
            flag(self.size, 's'),
            flag(self.mode, 'p'),
            flag(self.owner, 'o'),
            flag(self.group, 'g'),
        )
    }
}

/// Is a thing of the entry's kind there?
pub(super) fn same_kind(entry: &Entry, there: &Metadata) -> bool {
    there.mode() & !MODE_BITS == entry.file_type
}
