//! The built-in content: `playbooks/`, `roles/` and `inventory/` of this repository, embedded, and how it is laid out
//! where it is unpacked (`ADEPT_PATH`).
//!
//! ```text
//! exekutir.xn          the transition
//! exekutir/            goes to the workspace: playbooks, roles/, inventory/, ansible.cfg
//! kommandir/           goes to workspace/kommandir_workspace: the same, and job.xn
//! jobs/NAME/           built-in jobs
//! adept, adept.py      links to this program
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

static PLAYBOOKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/playbooks");
static ROLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/roles");
static INVENTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/inventory");

/// Which side gets a role.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Exekutir,
    Kommandir,
    Both,
}

/// The roles, and who gets them. A test holds it against the folder.
const ROLE_TABLE: [(&str, Side); 8] = [
    ("common", Side::Both),
    ("exekutir_workspace_setup", Side::Exekutir),
    ("failed_peon_result", Side::Kommandir),
    ("peon_common", Side::Kommandir),
    ("peon_created", Side::Kommandir),
    ("peon_destroyed", Side::Kommandir),
    ("setup_verdict", Side::Exekutir),
    ("success_peon_result", Side::Kommandir),
];

/// Where the stamp of unpacked content is kept.
const STAMP: &str = ".stamp";

/// A built-in file.
#[derive(Clone, Debug)]
pub struct BuiltinFile {
    /// Its path below `ADEPT_PATH`.
    pub path: PathBuf,
    /// Where it is in the repository.
    pub source: PathBuf,
    /// What it holds.
    pub contents: &'static [u8],
}

/// All built-in files, sorted by path.
pub fn files() -> Vec<BuiltinFile> {
    let mut files = Vec::new();
    let mut add = |path: PathBuf, room: &str, file: &'static include_dir::File<'static>| {
        files.push(BuiltinFile { path, source: Path::new(room).join(file.path()), contents: file.contents() });
    };
    // `exekutir/...`, `kommandir/...`, `jobs/...` and `exekutir.xn` lie in the repository as they are unpacked.
    walk(&PLAYBOOKS, &mut |file| add(file.path().to_path_buf(), "playbooks", file));
    walk(&INVENTORY, &mut |file| {
        let (first, rest) = split(file.path());
        // What lies outside of the two sides' folders is for both.
        match first.as_str() {
            "exekutir" | "kommandir" => add(Path::new(&first).join("inventory").join(rest), "inventory", file),
            _ => ["exekutir", "kommandir"]
                .iter()
                .for_each(|side| add(Path::new(side).join("inventory").join(file.path()), "inventory", file)),
        }
    });
    walk(&ROLES, &mut |file| {
        let role = split(file.path()).0;
        let side = ROLE_TABLE.iter().find(|(name, _)| *name == role).map(|(_, side)| *side);
        for (name, one) in [("exekutir", Side::Exekutir), ("kommandir", Side::Kommandir)] {
            if side.is_some_and(|side| side == one || side == Side::Both) {
                add(Path::new(name).join("roles").join(file.path()), "roles", file);
            }
        }
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The names of the built-in jobs.
pub fn jobs() -> Vec<String> {
    let jobs = PLAYBOOKS.get_dir("jobs").into_iter().flat_map(Dir::dirs);
    jobs.filter_map(|d| Some(d.path().file_name()?.to_string_lossy().into_owned())).collect()
}

/// Unpacks everything into a folder, with links to `program`. The folder appears complete or not at all; if it holds
/// this version already, nothing is done.
pub fn unpack(into: &Path, program: &Path) -> io::Result<()> {
    let files = files();
    let stamp = stamp(&files, program);
    if fs::read_to_string(into.join(STAMP)).is_ok_and(|s| s == stamp) {
        return Ok(());
    }
    if into.exists() && !into.join(STAMP).exists() && fs::read_dir(into)?.next().is_some() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is not empty, and nothing that was unpacked before", into.display()),
        ));
    }
    let parent = into.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let new = tempfile::Builder::new().prefix(".unpack-").tempdir_in(parent)?;
    for file in &files {
        let path = new.path().join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, file.contents)?;
        let mode = if file.contents.starts_with(b"#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    for name in ["adept", "adept.py"] {
        symlink(program, new.path().join(name))?;
    }
    fs::write(new.path().join(STAMP), stamp)?;
    fs::set_permissions(new.path(), fs::Permissions::from_mode(0o755))?;
    // The old folder moves into a temporary one, which is removed when it is dropped.
    let old = tempfile::Builder::new().prefix(".replaced-").tempdir_in(parent)?;
    if into.exists() {
        fs::rename(into, old.path().join("content"))?;
    }
    fs::rename(new.keep(), into)
}

/// Changes with every byte of the content, and with the program that it belongs to.
fn stamp(files: &[BuiltinFile], program: &Path) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.path.to_string_lossy().as_bytes());
        hash.update([0]);
        hash.update((file.contents.len() as u64).to_le_bytes());
        hash.update(file.contents);
    }
    hash.update(program.to_string_lossy().as_bytes());
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    format!("1 {hex}\n")
}

fn walk(dir: &'static Dir<'static>, visit: &mut dyn FnMut(&'static include_dir::File<'static>)) {
    dir.files().for_each(&mut *visit);
    dir.dirs().for_each(|d| walk(d, visit));
}

/// The first part of a path, and the rest.
fn split(path: &Path) -> (String, &Path) {
    let first = path.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let rest = path.strip_prefix(&first).unwrap_or(path);
    (first, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_goes_somewhere() {
        let mut roles: Vec<String> = ROLES.dirs().map(|d| d.path().to_string_lossy().into_owned()).collect();
        roles.sort();
        assert_eq!(roles, ROLE_TABLE.map(|(name, _)| name.to_string()));
    }

    #[test]
    fn unpacks_once_and_again_when_something_changed() {
        let dir = tempfile::tempdir().unwrap();
        let into = dir.path().join("a/content");
        unpack(&into, Path::new("/bin/one")).unwrap();
        for path in [
            "exekutir.xn",
            "exekutir/setup_before_job.yml",
            "exekutir/roles/common/tasks/main.yml",
            "exekutir/inventory/defaults.yml",
            "kommandir/job.xn",
            "kommandir/roles/common/tasks/main.yml",
            "kommandir/inventory/defaults.yml",
            "jobs/quickstart/run.yml",
        ] {
            assert!(into.join(path).is_file(), "{path}");
        }
        assert!(!into.join("kommandir/roles/setup_verdict").exists());
        assert_eq!(fs::read_link(into.join("adept.py")).unwrap(), Path::new("/bin/one"));
        assert_ne!(fs::metadata(into.join("jobs/peons/bin/folder_peon")).unwrap().permissions().mode() & 0o111, 0);

        fs::write(into.join("mark"), "").unwrap();
        unpack(&into, Path::new("/bin/one")).unwrap();
        assert!(into.join("mark").exists(), "the same version is left alone");
        unpack(&into, Path::new("/bin/two")).unwrap();
        assert!(!into.join("mark").exists());
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1, "nothing temporary is left");
    }

    #[test]
    fn leaves_other_folders_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("precious"), "").unwrap();
        assert!(unpack(dir.path(), Path::new("/bin/one")).is_err());
        assert!(dir.path().join("precious").exists());
    }
}
