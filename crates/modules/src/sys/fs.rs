//! Files: what the standard library lacks, and the one way in which modules replace a file's content.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

/// Permission bits, set-id bits and sticky bit.
pub const MODE_BITS: u32 = 0o7777;

/// What kind of thing a path is, in the words of Ansible's `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// Nothing is there.
    Absent,
    /// A symbolic link, to anything or nothing.
    Link,
    /// A directory.
    Directory,
    /// A file with more than one name.
    Hard,
    /// Anything else.
    File,
}

impl PathState {
    /// Looks at the path itself; a link is not followed.
    pub fn of(path: &Path) -> PathState {
        match fs::symlink_metadata(path) {
            Err(_) => PathState::Absent,
            Ok(m) if m.is_symlink() => PathState::Link,
            Ok(m) if m.is_dir() => PathState::Directory,
            Ok(m) if m.nlink() > 1 => PathState::Hard,
            Ok(_) => PathState::File,
        }
    }

    /// Ansible's word.
    pub fn name(self) -> &'static str {
        match self {
            PathState::Absent => "absent",
            PathState::Link => "link",
            PathState::Directory => "directory",
            PathState::Hard => "hard",
            PathState::File => "file",
        }
    }
}

/// The path with every link resolved, even where the end of it doesn't exist (Python's `realpath`).
pub fn real_path(path: &Path) -> PathBuf {
    fn walk(path: &Path, links_left: u32) -> PathBuf {
        if let Ok(real) = fs::canonicalize(path) {
            return real;
        }
        if links_left > 0
            && let Ok(target) = fs::read_link(path)
        {
            let base = path.parent().unwrap_or(Path::new("/"));
            return walk(&normalize(&base.join(target)), links_left - 1);
        }
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => walk(parent, links_left).join(name),
            _ => path.to_path_buf(),
        }
    }
    walk(path, 40)
}

/// Removes `.`, and `..` together with the name before it, without looking at the disk.
pub fn normalize(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// The umask of this process, which runs share; a run's own comes first.
pub fn process_umask() -> u32 {
    // Asking by `umask(2)` would change it for a moment, under other threads' feet.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("Umask:"))
        .and_then(|v| u32::from_str_radix(v.trim(), 8).ok())
        .unwrap_or(0o022)
}

/// How a replaced file is written.
#[derive(Clone, Copy, Debug)]
pub struct Replacing {
    /// Fall back to writing in place where a rename is refused (bind-mounted files).
    pub unsafe_writes: bool,
    /// Umask for a file that wasn't there.
    pub umask: u32,
}

impl Replacing {
    /// Replaces the content of `path`, or creates it: a temporary file beside it, then a rename, so that a reader sees the
    /// old content or the new and nothing between. Mode, owner and SELinux label of an existing file stay. A link is replaced,
    /// not followed: callers that follow pass [`real_path`].
    ///
    /// # Errors
    /// When the directory can't be written, or the rename fails and `unsafe_writes` isn't given.
    pub fn write(self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut staged = self.stage(path)?;
        staged.file().write_all(content)?;
        self.put(staged, path)
    }

    /// A temporary file for new content: beside the destination, or with `unsafe_writes` elsewhere where the directory can't be
    /// written, since it is copied then anyway.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn stage(self, path: &Path) -> io::Result<Staged> {
        match Staged::beside(path) {
            Err(_) if self.unsafe_writes && path.exists() => tempfile::NamedTempFile::new().map(Staged),
            staged => staged,
        }
    }

    /// Moves a staged file to `path`, with the mode and owner of what is there.
    ///
    /// # Errors
    /// As [`Replacing::write`].
    pub fn put(self, staged: Staged, path: &Path) -> io::Result<()> {
        self.prepare(&staged, path)?;
        self.commit(staged, path)
    }

    /// Gives a staged file the mode, owner and SELinux label that it will have at `path`: those of the file that is there.
    ///
    /// # Errors
    /// When the mode can't be set.
    pub fn prepare(self, staged: &Staged, path: &Path) -> io::Result<()> {
        let file = staged.0.as_file();
        let old = match fs::symlink_metadata(path) {
            Ok(old) if !old.is_symlink() => old,
            _ => return file.set_permissions(Permissions::from_mode(0o666 & !self.umask)),
        };
        // Only root may give a file away; others keep what they may.
        if fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
            let _ = fchown(file, None, Some(old.gid()));
        }
        file.set_permissions(Permissions::from_mode(old.mode() & MODE_BITS))?;
        if let Some(label) = selinux_label(path) {
            let _ = set_selinux_label(staged.path(), &label);
        }
        Ok(())
    }

    /// Moves a prepared file to `path`.
    ///
    /// # Errors
    /// When the rename fails and `unsafe_writes` isn't given.
    pub fn commit(self, staged: Staged, path: &Path) -> io::Result<()> {
        match staged.0.persist(path) {
            Ok(_) => Ok(()),
            Err(failed) if self.unsafe_writes && is_rename_refusal(&failed.error) => {
                // Writing through the same inode is what the user allowed.
                fs::write(path, fs::read(failed.file.path())?)
            }
            Err(failed) => Err(failed.error),
        }
    }
}

fn is_rename_refusal(e: &io::Error) -> bool {
    [Errno::PERM, Errno::XDEV, Errno::ACCESS, Errno::TXTBSY, Errno::BUSY]
        .iter()
        .any(|errno| e.raw_os_error() == Some(errno.raw_os_error()))
}

/// A temporary file beside its destination, removed unless it is put in place.
#[derive(Debug)]
pub struct Staged(tempfile::NamedTempFile);

impl Staged {
    /// In the directory of `path`, readable by its owner only.
    ///
    /// # Errors
    /// When the directory can't be written.
    pub fn beside(path: &Path) -> io::Result<Staged> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut suffix = OsString::from("-");
        suffix.push(path.file_name().unwrap_or_default());
        // The whole name must stay below 255 bytes.
        if suffix.len() > 200 {
            suffix = OsString::new();
        }
        tempfile::Builder::new().prefix(".adept-").suffix(&suffix).tempfile_in(parent).map(Staged)
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts it in place as it is.
    ///
    /// # Errors
    /// When the rename fails.
    pub fn persist(self, path: &Path) -> io::Result<()> {
        self.0.persist(path).map(|_| ()).map_err(|e| e.error)
    }

    /// To write its content.
    pub fn file(&mut self) -> &mut File {
        self.0.as_file_mut()
    }
}

/// Copies a file with mode, owner and times, beside itself: `path.PID.YYYY-MM-DD@HH:MM:SS~`.
///
/// # Errors
/// When the copy can't be made.
pub fn back_up(path: &Path) -> io::Result<PathBuf> {
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%d@%H:%M:%S~").to_string();
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{}.{stamp}", std::process::id()));
    let backup = PathBuf::from(name);
    copy_preserving(path, &backup)?;
    Ok(backup)
}

/// Copies content, mode, owner (where allowed), times and SELinux label of a file.
///
/// # Errors
/// When content or mode can't be copied.
pub fn copy_preserving(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::metadata(from)?;
    fs::copy(from, to)?;
    if lchown(to, Some(meta.uid()), Some(meta.gid())).is_err() {
        let _ = lchown(to, None, Some(meta.gid()));
    }
    fs::set_permissions(to, Permissions::from_mode(meta.mode() & MODE_BITS))?;
    if let Some(label) = selinux_label(from) {
        let _ = set_selinux_label(to, &label);
    }
    set_times(to, Some(mtime(&meta)), Some(atime(&meta)))
}

/// Changes the owner or group of the path itself.
///
/// # Errors
/// When that isn't allowed.
pub fn change_owner(path: &Path, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    lchown(path, uid, gid)
}

/// Changes the mode. A link has none of its own and is left alone.
///
/// # Errors
/// When that isn't allowed.
pub fn change_mode(path: &Path, mode: u32) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// A moment as seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970; negative before.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanos: i64,
}

impl Moment {
    /// The present.
    pub fn now() -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment { seconds: since.as_secs() as i64, nanos: i64::from(since.subsec_nanos()) }
    }

    /// As a float, the way Python's `stat` gives times.
    pub fn as_f64(self) -> f64 {
        // Python computes it so, and the last digits show in results.
        self.seconds as f64 + 1e-9 * self.nanos as f64
    }
}

/// The time of last modification.
pub fn mtime(meta: &Metadata) -> Moment {
    Moment { seconds: meta.mtime(), nanos: meta.mtime_nsec() }
}

/// The time of last access.
pub fn atime(meta: &Metadata) -> Moment {
    Moment { seconds: meta.atime(), nanos: meta.atime_nsec() }
}

/// The time of the last change of status.
pub fn ctime(meta: &Metadata) -> Moment {
    Moment { seconds: meta.ctime(), nanos: meta.ctime_nsec() }
}

/// Sets the times of the path itself; `None` leaves one as it is.
///
/// # Errors
/// When that isn't allowed.
pub fn set_times(path: &Path, modified: Option<Moment>, accessed: Option<Moment>) -> io::Result<()> {
    let spec = |m: Option<Moment>| match m {
        Some(m) => Timespec { tv_sec: m.seconds, tv_nsec: m.nanos as _ },
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    let times = Timestamps { last_access: spec(accessed), last_modification: spec(modified) };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// May this process read, write or execute (`r`, `w`, `x`) the path?
pub fn may(path: &Path, what: char) -> bool {
    use rustix::fs::{Access, accessat};
    let access = match what {
        'r' => Access::READ_OK,
        'w' => Access::WRITE_OK,
        _ => Access::EXEC_OK,
    };
    accessat(CWD, path, access, AtFlags::empty()).is_ok()
}

/// Is SELinux on?
pub fn selinux_enabled() -> bool {
    Path::new("/sys/fs/selinux/enforce").exists()
}

/// The SELinux label of the path itself (`user:role:type:level`), where there is one.
pub fn selinux_label(path: &Path) -> Option<String> {
    if !selinux_enabled() {
        return None;
    }
    let mut buffer = vec![0u8; 4096];
    let len = rustix::fs::lgetxattr(path, "security.selinux", &mut buffer[..]).ok()?;
    buffer.truncate(len);
    Some(String::from_utf8_lossy(&buffer).trim_end_matches('\0').to_string())
}

/// Sets the SELinux label of the path itself.
///
/// # Errors
/// When the policy or the file system refuses it.
pub fn set_selinux_label(path: &Path, label: &str) -> io::Result<()> {
    let mut value = label.as_bytes().to_vec();
    value.push(0);
    Ok(rustix::fs::lsetxattr(path, "security.selinux", &value, rustix::fs::XattrFlags::empty())?)
}
