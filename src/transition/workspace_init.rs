//! Filling a workspace before its first transition: the exekutir's content, its variables, its keys.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::keys::{make_key_pair, new_uuid, public_path, write_new};

/// What went wrong, and with which file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct InitError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Names the file that an error is about.
trait About<T> {
    fn about(self, path: &Path) -> Result<T, InitError>;
}

impl<T> About<T> for io::Result<T> {
    fn about(self, path: &Path) -> Result<T, InitError> {
        self.map_err(|source| InitError { path: path.to_path_buf(), source })
    }
}

/// Copies `content/exekutir/` to the workspace, where what is there stays, and adds default variables and keys where
/// there are none. Gives what was done, line by line. Doing it again changes nothing, but for the exit files of earlier
/// transitions, which are removed: a setup that is cut off must not look like the one before it.
pub fn init_workspace(workspace: &Path, content: &Path, private_key: Option<&Path>) -> Result<Vec<String>, InitError> {
    let mut done = Vec::new();
    forget_outcomes(workspace)?;
    let copied = copy_missing(&content.join("exekutir"), workspace)?;
    done.push(format!("{copied} files were copied to {}", workspace.display()));
    if write_default_vars(workspace, None)? {
        done.push("exekutir_vars.yml was written, with defaults".to_string());
    }
    done.push(keys(workspace, private_key)?);
    Ok(done)
}

/// Writes `exekutir_vars.yml` with a new uuid, unless it is there.
pub fn write_default_vars(workspace: &Path, job_path: Option<&Path>) -> Result<bool, InitError> {
    let path = workspace.join("exekutir_vars.yml");
    if path.exists() {
        return Ok(false);
    }
    let mut text = format!("---\nuuid: \"{}\"\nkommandir_groups:\n    - nocloud\n", new_uuid());
    if let Some(job_path) = job_path {
        text += &job_path_line(job_path);
    }
    write_new(&path, 0o600, text.as_bytes()).about(&path)?;
    Ok(true)
}

/// The line of `exekutir_vars.yml` that names the job.
pub fn job_path_line(job_path: &Path) -> String {
    format!("job_path: {}\n", serde_json::Value::from(job_path.to_string_lossy()))
}

/// Removes what earlier transitions left to be asked for.
fn forget_outcomes(workspace: &Path) -> Result<(), InitError> {
    for entry in fs::read_dir(workspace).about(workspace)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.starts_with("exekutir_") || name.starts_with("kommandir_");
        if (ours && name.ends_with(".exit")) || name == "setup_verdict.yml" {
            fs::remove_file(entry.path()).about(&entry.path())?;
        }
    }
    Ok(())
}

/// Copies a tree; files that are there stay as they are.
fn copy_missing(from: &Path, to: &Path) -> Result<usize, InitError> {
    let mut copied = 0;
    for entry in WalkDir::new(from).min_depth(1).follow_links(true) {
        let entry = entry.map_err(io::Error::other).about(from)?;
        // The walk only gives paths below its root.
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).about(&target)?;
        } else if fs::symlink_metadata(&target).is_err() {
            fs::copy(entry.path(), &target).about(&target)?;
            copied += 1;
        }
    }
    Ok(copied)
}

/// The exekutir's key pair: the user's, the one that is there, or a new one.
fn keys(workspace: &Path, private_key: Option<&Path>) -> Result<String, InitError> {
    let folder = workspace.join("ssh");
    if !folder.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(&folder).about(&folder)?;
    }
    let link = workspace.join(".ssh");
    if fs::symlink_metadata(&link).is_err() {
        symlink("ssh", &link).about(&link)?;
    }
    let key = folder.join("exekutir_key");
    let done = match private_key.filter(|p| fs::File::open(p).is_ok()) {
        Some(theirs) => {
            let private = fs::read(theirs).about(theirs)?;
            write_new(&key, 0o600, &private).about(&key)?;
            // Without the public half only logging in elsewhere is possible, which the user may not need.
            if let Ok(public) = fs::read(public_path(theirs)) {
                write_new(&public_path(&key), 0o600, &public).about(&public_path(&key))?;
            }
            format!("the key {} is used", theirs.display())
        }
        None if make_key_pair(&key, "adept exekutir").about(&key)? => format!("a new key was made: {}", key.display()),
        None => format!("the key {} is kept", key.display()),
    };
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).about(&folder)?;
    for entry in fs::read_dir(&folder).about(&folder)?.flatten().filter(|e| e.path().is_file()) {
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o600)).about(&entry.path())?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn fills_what_is_missing_and_keeps_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let (content, ws) = (dir.path().join("content"), dir.path().join("ws"));
        fs::create_dir_all(content.join("exekutir/roles")).unwrap();
        fs::write(content.join("exekutir/a.yml"), "built in").unwrap();
        fs::write(content.join("exekutir/roles/b.yml"), "built in").unwrap();
        fs::create_dir(&ws).unwrap();
        fs::write(ws.join("a.yml"), "mine").unwrap();
        fs::write(ws.join("kommandir_setup.exit"), "0").unwrap();
        fs::write(ws.join("other.exit"), "0").unwrap();

        init_workspace(&ws, &content, None).unwrap();
        assert_eq!(fs::read_to_string(ws.join("a.yml")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(ws.join("roles/b.yml")).unwrap(), "built in");
        assert!(!ws.join("kommandir_setup.exit").exists() && ws.join("other.exit").exists());
        assert_eq!(mode(&ws.join("ssh")), 0o700);
        assert_eq!(mode(&ws.join("ssh/exekutir_key")), 0o600);
        assert_eq!(mode(&ws.join("exekutir_vars.yml")), 0o600);

        let before = [fs::read(ws.join("ssh/exekutir_key")).unwrap(), fs::read(ws.join("exekutir_vars.yml")).unwrap()];
        init_workspace(&ws, &content, None).unwrap();
        let after = [fs::read(ws.join("ssh/exekutir_key")).unwrap(), fs::read(ws.join("exekutir_vars.yml")).unwrap()];
        assert_eq!(before, after);
    }

    #[test]
    fn takes_the_key_of_the_user() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("content/exekutir")).unwrap();
        fs::create_dir(dir.path().join("ws")).unwrap();
        fs::write(dir.path().join("mine"), "private").unwrap();
        fs::write(dir.path().join("mine.pub"), "public").unwrap();
        let key = dir.path().join("mine");
        init_workspace(&dir.path().join("ws"), &dir.path().join("content"), Some(&key)).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("ws/ssh/exekutir_key")).unwrap(), "private");
        assert_eq!(fs::read_to_string(dir.path().join("ws/ssh/exekutir_key.pub")).unwrap(), "public");
    }
}
