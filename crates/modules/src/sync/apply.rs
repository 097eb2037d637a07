//! `Sync`: brings a destination tree to what the scan of the source says.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::change::{Change, same_kind};
use super::entry::{Entry, EntryKind, Scan};
use super::filter::Filter;
use super::options::Options;
use crate::file_params::message;
use crate::sys::fs::{MODE_BITS, Staged, change_mode, change_owner, set_times};

/// One synchronisation.
pub struct Sync<'a> {
    /// What is copied and compared.
    pub options: &'a Options,
    /// What takes part.
    pub filter: &'a Filter,
    /// The directory under which the entries' paths are.
    pub dest: &'a Path,
    /// Where the only entry goes, when it is a file that gets another name.
    pub renamed: Option<&'a Path>,
    /// Report only.
    pub dry_run: bool,
    /// For new files whose modes aren't kept.
    pub umask: u32,
    /// Says that the run should end.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// rsync's itemized lines, and its remarks.
    pub lines: Vec<String>,
    /// Was anything changed?
    pub changed: bool,
    /// What went wrong; the rest was done.
    pub errors: Vec<String>,
}

impl Report {
    fn change(&mut self, line: String) {
        self.lines.push(line);
        self.changed = true;
    }
}

impl Sync<'_> {
    /// Copies, then deletes, then sets the times of directories, which the first two have changed.
    pub fn run(&self, scan: &Scan) -> Report {
        let mut report = Report { lines: scan.skipped.clone(), errors: scan.errors.clone(), ..Report::default() };
        let mut directories = Vec::new();
        let mut left_out: Option<&Path> = None;
        for entry in &scan.entries {
            if (self.cancelled)() {
                report.errors.push("cancelled".into());
                return report;
            }
            // Below a directory that couldn't be made, or wasn't to be made.
            if left_out.is_some_and(|dir| entry.path.starts_with(dir)) {
                continue;
            }
            match self.entry(entry, &mut report) {
                Ok(true) => {
                    if entry.is_dir() {
                        directories.push(entry);
                    }
                }
                Ok(false) => left_out = Some(&entry.path),
                Err(e) => {
                    let at = self.dest.join(&entry.path);
                    report.errors.push(format!("rsync: \"{}\" failed: {}", at.display(), message(&e)));
                    left_out = Some(&entry.path);
                }
            }
        }
        if self.options.delete {
            // What couldn't be read may be missing from the list without being gone.
            if scan.errors.is_empty() {
                for directory in &directories {
                    self.delete_in(&directory.path, scan, &mut report);
                }
            } else {
                report.lines.push("IO error encountered -- skipping file deletion".into());
            }
        }
        if self.options.times && !self.options.omit_dir_times && !self.dry_run {
            for directory in directories.iter().rev() {
                let _ = set_times(&self.dest.join(&directory.path), Some(directory.modified), None);
            }
        }
        report
    }

    /// Says whether what is below the entry is to be looked at.
    fn entry(&self, entry: &Entry, report: &mut Report) -> io::Result<bool> {
        let at = self.at(&entry.path);
        let there = self.look(entry, &at);
        let existed = there.is_some();
        // rsync makes the top all the same.
        let makes_top = entry.path.as_os_str().is_empty() && !self.dry_run;
        if self.options.existing && !existed && !makes_top {
            return Ok(false);
        }
        if existed && !entry.is_dir() {
            let newer = there.as_ref().is_some_and(|t| t.is_file() && t.mtime() > entry.modified.seconds);
            if self.options.ignore_existing || (self.options.update && newer && entry.kind == EntryKind::File) {
                return Ok(true);
            }
        }
        if self.options.ignore_existing && entry.is_dir() && there.as_ref().is_some_and(|t| !t.is_dir()) {
            report.errors.push(format!("rsync: \"{}\" is there, and is no directory", at.display()));
            return Ok(false);
        }
        let entry = &self.with_modes(entry, there.as_ref());
        let Some(change) = Change::of(entry, &at, there.as_ref(), self.options)? else { return Ok(true) };
        if change.new && existed && !self.make_way(entry, &at, report)? {
            return Ok(false);
        }
        report.change(format!("{} {}", change.itemized(entry), entry.shown()));
        if self.dry_run {
            return Ok(true);
        }
        self.put(entry, &at, change)?;
        Ok(true)
    }

    fn at(&self, path: &Path) -> PathBuf {
        if let Some(renamed) = self.renamed {
            return renamed.to_path_buf();
        }
        if path.as_os_str().is_empty() { self.dest.to_path_buf() } else { self.dest.join(path) }
    }

    /// The top may be a link to a directory; everything below is looked at itself.
    fn look(&self, entry: &Entry, at: &Path) -> Option<Metadata> {
        if entry.path.as_os_str().is_empty() { fs::metadata(at).ok() } else { fs::symlink_metadata(at).ok() }
    }

    /// The entry with the mode that it shall have, `--chmod` included.
    fn with_modes(&self, entry: &Entry, there: Option<&Metadata>) -> Entry {
        let mut entry = entry.clone();
        let changes = if entry.is_dir() { &self.options.dir_modes } else { &self.options.file_modes };
        for mode in changes {
            entry.mode = mode.apply(entry.mode, entry.is_dir(), self.umask);
        }
        if !self.options.perms {
            entry.mode = match there {
                Some(there) if same_kind(&entry, there) => there.mode() & MODE_BITS,
                _ => entry.mode & 0o777 & !self.umask,
            };
        }
        entry
    }

    /// Removes what is of another kind; says whether the way is free.
    fn make_way(&self, entry: &Entry, at: &Path, report: &mut Report) -> io::Result<bool> {
        let meta = fs::symlink_metadata(at)?;
        if !meta.is_dir() {
            // A file is replaced by a rename; a directory needs the place.
            if !self.dry_run {
                fs::remove_file(at)?;
            }
            return Ok(true);
        }
        let path = &entry.path;
        let empty =
            if self.options.delete { self.delete_below(path, report) } else { fs::read_dir(at)?.next().is_none() };
        if !empty {
            report.lines.push(format!("cannot delete non-empty directory: {}", path.display()));
            report.errors.push(format!("could not make way for new {}: {}", entry.kind.name(), path.display()));
            return Ok(false);
        }
        if !self.dry_run {
            fs::remove_dir(at)?;
        }
        Ok(true)
    }

    fn put(&self, entry: &Entry, at: &Path, change: Change) -> io::Result<()> {
        match &entry.kind {
            EntryKind::Directory if change.new => fs::create_dir(at)?,
            EntryKind::File if change.content => return self.put_file(entry, at, change),
            EntryKind::Link(target) if change.content => {
                if at.is_symlink() {
                    fs::remove_file(at)?;
                }
                symlink(target, at)?;
            }
            EntryKind::Special | EntryKind::Device if change.content => {
                if !change.new {
                    fs::remove_file(at)?;
                }
                let kind = FileType::from_raw_mode(entry.file_type as _);
                mknodat(CWD, at, kind, Mode::from_raw_mode(entry.mode as _), entry.rdev)?;
            }
            _ => {}
        }
        let link = matches!(entry.kind, EntryKind::Link(_));
        self.put_owner(entry, at);
        // After the owner, whose change takes the set-id bits away.
        if !link && (change.mode || change.new || change.owner || change.group) {
            change_mode(at, entry.mode)?;
        }
        if self.options.times && !entry.is_dir() {
            set_times(at, Some(entry.modified), None)?;
        }
        Ok(())
    }

    fn put_file(&self, entry: &Entry, at: &Path, change: Change) -> io::Result<()> {
        let mut staged = Staged::beside(at)?;
        io::copy(&mut File::open(&entry.source)?, staged.file())?;
        if !change.new
            && let Ok(old) = fs::metadata(at)
        {
            let _ = change_owner(staged.path(), Some(old.uid()), Some(old.gid()));
        }
        self.put_owner(entry, staged.path());
        staged.file().set_permissions(Permissions::from_mode(entry.mode))?;
        if self.options.times {
            set_times(staged.path(), Some(entry.modified), None)?;
        }
        staged.persist(at)
    }

    /// Owners and groups that may not be given stay, as with rsync.
    fn put_owner(&self, entry: &Entry, at: &Path) {
        let uid = self.options.owner.then_some(entry.uid);
        let gid = self.options.may_give(entry.gid).then_some(entry.gid);
        if uid.is_some() || gid.is_some() {
            let _ = change_owner(at, uid, gid);
        }
    }

    /// Deletes what is in one directory of the destination and not in the source's.
    fn delete_in(&self, directory: &Path, scan: &Scan, report: &mut Report) {
        for (path, is_dir) in self.backwards(directory) {
            if scan.present.contains(&path) || self.is_protected(&path, is_dir) {
                continue;
            }
            self.delete(&path, is_dir, report);
        }
    }

    /// What the filter keeps out of the transfer is kept at the destination.
    fn is_protected(&self, path: &Path, is_dir: bool) -> bool {
        !self.options.delete_excluded && self.filter.excludes(path, is_dir)
    }

    fn delete(&self, path: &Path, is_dir: bool, report: &mut Report) {
        let at = self.dest.join(path);
        if is_dir {
            if !self.delete_below(path, report) {
                report.lines.push(format!("cannot delete non-empty directory: {}", path.display()));
                return;
            }
            report.change(format!("*deleting   {}/", path.display()));
        } else {
            report.change(format!("*deleting   {}", path.display()));
        }
        if self.dry_run {
            return;
        }
        let done = if is_dir { fs::remove_dir(&at) } else { fs::remove_file(&at) };
        if let Err(e) = done {
            report.errors.push(format!("rsync: delete \"{}\" failed: {}", at.display(), message(&e)));
        }
    }

    /// Empties a directory that is to be deleted; false when something in it is protected.
    fn delete_below(&self, directory: &Path, report: &mut Report) -> bool {
        let mut empty = true;
        for (path, is_dir) in self.backwards(directory) {
            if self.is_protected(&path, is_dir) {
                empty = false;
                continue;
            }
            self.delete(&path, is_dir, report);
            empty &= self.dry_run || self.dest.join(&path).symlink_metadata().is_err();
        }
        empty
    }

    /// The entries of a directory of the destination from the last to the first, the order in which rsync deletes.
    fn backwards(&self, directory: &Path) -> Vec<(PathBuf, bool)> {
        let mut found: Vec<(bool, PathBuf)> = fs::read_dir(self.at(directory))
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| (e.file_type().is_ok_and(|t| t.is_dir()), directory.join(e.file_name())))
            .collect();
        found.sort();
        found.into_iter().rev().map(|(is_dir, path)| (path, is_dir)).collect()
    }
}
