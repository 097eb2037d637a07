//! `Content`: what is to be written, in memory or in a file on this host.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use adept_wire::Diff;

use super::bytes_of;
use crate::sys::fs::{Replacing, Staged};
use crate::{Args, ModuleError};

/// Above this size, differences aren't shown: Ansible's default.
const MAX_DIFF: u64 = 104_448;

/// New content of a file.
pub(super) enum Content {
    /// Came inside the request.
    Bytes(Vec<u8>),
    /// Lies in a file.
    File(PathBuf),
}

impl Content {
    /// What the controller sent, if it has sent it.
    pub(super) fn from_args(args: &Args) -> Result<Option<Content>, ModuleError> {
        if let Some(bytes) = bytes_of(args, "_content") {
            return Ok(Some(Content::Bytes(bytes)));
        }
        if let Some(path) = bytes_of(args, "_source") {
            return Ok(Some(Content::File(PathBuf::from(std::ffi::OsString::from_vec(path)))));
        }
        if args.str("_checksum").is_none() {
            return Err(ModuleError::new("src (or content) is required").param("src"));
        }
        Ok(None)
    }

    /// Puts it into a temporary file beside the destination.
    pub(super) fn stage(&self, dest: &Path, replacing: Replacing) -> Result<Staged, ModuleError> {
        let mut staged = replacing.stage(dest)?;
        match self {
            Content::Bytes(bytes) => staged.file().write_all(bytes)?,
            Content::File(path) => {
                std::io::copy(&mut fs::File::open(path)?, staged.file())?;
            }
        }
        Ok(staged)
    }

    /// Removes an upload that has been put in place; files of the user stay.
    pub(super) fn discard(&self, run_dir: &Path) {
        if let Content::File(path) = self
            && path.starts_with(run_dir)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Before and after as text; nothing where one side is large or binary.
pub(super) fn diff(dest: &Path, shown: &str, content: &Content) -> Result<Vec<Diff>, ModuleError> {
    let exists = dest.is_file();
    let before = if exists { small_text(dest)? } else { Some(String::new()) };
    let after = match content {
        Content::Bytes(bytes) => text(bytes.clone()),
        Content::File(path) => small_text(path)?,
    };
    let (Some(before), Some(after)) = (before, after) else { return Ok(Vec::new()) };
    Ok(vec![Diff {
        before_header: if exists { shown.to_string() } else { String::new() },
        after_header: shown.to_string(),
        before: before.into(),
        after: after.into(),
    }])
}

fn small_text(path: &Path) -> Result<Option<String>, ModuleError> {
    if fs::metadata(path)?.len() > MAX_DIFF {
        return Ok(None);
    }
    Ok(text(fs::read(path)?))
}

fn text(bytes: Vec<u8>) -> Option<String> {
    if bytes.contains(&0) || bytes.len() as u64 > MAX_DIFF {
        return None;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
