//! `Store`: the run directory, and the file content that the controller put there.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use adept_wire::{Put, RequestId};
use tempfile::TempDir;

/// Removes its directory when it is dropped.
pub(crate) struct Store {
    dir: TempDir,
    /// Transfers under way. One that failed stays, as `None`, until its last chunk has come.
    open: HashMap<RequestId, Option<(PathBuf, File)>>,
    count: u64,
}

impl Store {
    /// A directory for the user alone, under `$TMPDIR` or `/tmp`.
    pub(crate) fn new() -> io::Result<Store> {
        let dir = tempfile::Builder::new().prefix("adept-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        Ok(Store { dir, open: HashMap::new(), count: 0 })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Takes a chunk; gives what to answer: once for each transfer, at its end or at its first error.
    pub(crate) fn put(&mut self, put: &Put) -> Option<Result<Vec<u8>, String>> {
        let answer = self.take(put).map_err(|e| format!("can't store a file in {}: {e}", self.path().display()));
        match answer {
            Ok(Some(path)) => Some(Ok(path.as_os_str().as_bytes().to_vec())),
            Ok(None) => None,
            Err(why) => {
                if !put.last {
                    self.open.insert(put.id, None);
                }
                Some(Err(why))
            }
        }
    }

    fn take(&mut self, put: &Put) -> io::Result<Option<PathBuf>> {
        let transfer = match self.open.remove(&put.id) {
            Some(transfer) => transfer,
            None => {
                self.count += 1;
                let path = self.path().join(format!("put-{}", self.count));
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                Some((path, file))
            }
        };
        let Some((path, mut file)) = transfer else {
            if !put.last {
                self.open.insert(put.id, None);
            }
            return Ok(None);
        };
        if let Err(e) = file.write_all(&put.data) {
            let _ = std::fs::remove_file(&path);
            return Err(e);
        }
        if put.last {
            return Ok(Some(path));
        }
        self.open.insert(put.id, Some((path, file)));
        Ok(None)
    }
}
