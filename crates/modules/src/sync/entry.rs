//! `Entry` and `scan`: a source tree as a list, in the order in which rsync goes.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::filter::Filter;
use super::options::Options;
use crate::file_params::message;
use crate::sys::fs::{MODE_BITS, Moment, mtime};

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A link, with its target.
    Link(PathBuf),
    /// A FIFO or a socket.
    Special,
    /// A device.
    Device,
}

impl EntryKind {
    /// rsync's word, for messages.
    pub fn name(&self) -> &'static str {
        match self {
            EntryKind::File => "regular file",
            EntryKind::Directory => "directory",
            EntryKind::Link(_) => "symlink",
            EntryKind::Special => "special file",
            EntryKind::Device => "device file",
        }
    }
}

/// One thing in a tree.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path, relative to the top of the transfer; empty for the top itself.
    pub path: PathBuf,
    /// Where it is read from.
    pub source: PathBuf,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits.
    pub mode: u32,
    /// The type bits of the mode, for devices and FIFOs.
    pub file_type: u32,
    /// Length of the content.
    pub size: u64,
    /// Time of last modification.
    pub modified: Moment,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device numbers.
    pub rdev: u64,
}

impl Entry {
    /// What is at `source`, under the name `path`.
    ///
    /// # Errors
    /// When a link can't be read.
    pub fn new(path: PathBuf, source: PathBuf, meta: &Metadata) -> std::io::Result<Entry> {
        let kind = meta.file_type();
        let kind = if kind.is_symlink() {
            EntryKind::Link(fs::read_link(&source)?)
        } else if kind.is_dir() {
            EntryKind::Directory
        } else if kind.is_file() {
            EntryKind::File
        } else if kind.is_block_device() || kind.is_char_device() {
            EntryKind::Device
        } else {
            EntryKind::Special
        };
        Ok(Entry {
            path,
            source,
            kind,
            mode: meta.mode() & MODE_BITS,
            file_type: meta.mode() & !MODE_BITS,
            size: meta.len(),
            modified: mtime(meta),
            uid: meta.uid(),
            gid: meta.gid(),
            rdev: meta.rdev(),
        })
    }

    /// Is it a directory?
    pub fn is_dir(&self) -> bool {
        self.kind == EntryKind::Directory
    }

    /// The path as rsync shows it: `./` for the top, a slash behind directories, an arrow behind links.
    pub fn shown(&self) -> String {
        let path = self.path.to_string_lossy();
        match &self.kind {
            EntryKind::Directory if path.is_empty() => "./".into(),
            EntryKind::Directory => format!("{path}/"),
            EntryKind::Link(target) => format!("{path} -> {}", target.display()),
            _ => path.into_owned(),
        }
    }
}

/// A source tree.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What takes part: in each directory first what is no directory, then each directory with what is in it.
    pub entries: Vec<Entry>,
    /// What is no file, directory or link, or a link, and isn't asked for.
    pub skipped: Vec<String>,
    /// What couldn't be read. The rest is there, but nothing may be deleted then.
    pub errors: Vec<String>,
    /// Every path of the source that the filter lets through, whether it is copied or not: these are not deleted.
    pub present: BTreeSet<PathBuf>,
}

/// Lists what is at `source` under the name `name` (empty: what is in it is the top of the transfer).
pub fn scan(source: &Path, name: &Path, options: &Options, filter: &Filter) -> Scan {
    let mut scan = Scan::default();
    let mut above = Vec::new();
    visit(source, name.to_path_buf(), options, filter, &mut above, &mut scan);
    scan
}

fn visit(
    source: &Path,
    path: PathBuf,
    options: &Options,
    filter: &Filter,
    above: &mut Vec<(u64, u64)>,
    scan: &mut Scan,
) {
    // The top is what the user named: `src/` is followed if it is a link.
    let follow = options.copy_links || path.as_os_str().is_empty();
    let meta = match if follow { fs::metadata(source) } else { fs::symlink_metadata(source) } {
        Ok(meta) => meta,
        Err(_) if source.is_symlink() => {
            scan.errors.push(format!("symlink has no referent: \"{}\"", source.display()));
            return;
        }
        Err(e) => {
            scan.errors.push(format!("rsync: link_stat \"{}\" failed: {}", source.display(), message(&e)));
            return;
        }
    };
    if !path.as_os_str().is_empty() {
        if filter.excludes(&path, meta.is_dir()) {
            return;
        }
        scan.present.insert(path.clone());
    }
    let entry = match Entry::new(path.clone(), source.to_path_buf(), &meta) {
        Ok(entry) => entry,
        Err(e) => {
            scan.errors.push(format!("rsync: readlink \"{}\" failed: {}", source.display(), message(&e)));
            return;
        }
    };
    let wanted = match entry.kind {
        EntryKind::File | EntryKind::Directory => true,
        EntryKind::Link(_) => options.links,
        EntryKind::Special => options.specials,
        EntryKind::Device => options.devices,
    };
    if !wanted {
        scan.skipped.push(format!("skipping non-regular file \"{}\"", path.display()));
        return;
    }
    let top = path.as_os_str().is_empty();
    if entry.is_dir() && !options.recursive && !options.dirs {
        scan.skipped.push(format!("skipping directory {}", if top { ".".into() } else { path.display().to_string() }));
        return;
    }
    let descend = entry.is_dir() && (options.recursive || top);
    scan.entries.push(entry);
    if !descend {
        return;
    }
    let inode = (meta.dev(), meta.ino());
    if above.contains(&inode) {
        scan.errors.push(format!("the link \"{}\" leads to a directory that it is in", source.display()));
        return;
    }
    let mut names: Vec<PathBuf> = match fs::read_dir(source) {
        Ok(entries) => entries.flatten().map(|e| PathBuf::from(e.file_name())).collect(),
        Err(e) => {
            scan.errors.push(format!("rsync: opendir \"{}\" failed: {}", source.display(), message(&e)));
            return;
        }
    };
    names.sort();
    let is_dir = |name: &PathBuf| {
        let path = source.join(name);
        path.is_dir() && (options.copy_links || !path.is_symlink())
    };
    let (directories, others): (Vec<_>, Vec<_>) = names.into_iter().partition(is_dir);
    above.push(inode);
    for name in others.into_iter().chain(directories) {
        visit(&source.join(&name), path.join(&name), options, filter, above, scan);
    }
    above.pop();
}
