//! Tests about files on this machine.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::template::call::{Call, Result, Test};
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("directory", |call| path(call, |p| p.is_dir())).impure(),
    Test::new("is_dir", |call| path(call, |p| p.is_dir())).impure(),
    Test::new("file", |call| path(call, |p| p.is_file())).impure(),
    Test::new("is_file", |call| path(call, |p| p.is_file())).impure(),
    Test::new("link", |call| path(call, |p| p.is_symlink())).impure(),
    Test::new("is_link", |call| path(call, |p| p.is_symlink())).impure(),
    Test::new("exists", |call| path(call, |p| p.exists())).impure(),
    Test::new("link_exists", |call| path(call, |p| p.symlink_metadata().is_ok())).impure(),
    Test::new("mount", |call| path(call, is_mount)).impure(),
    Test::new("is_mount", |call| path(call, is_mount)).impure(),
    Test::new("same_file", same_file).impure(),
    Test::new("is_same_file", same_file).impure(),
    Test::new("abs", is_abs),
    Test::new("is_abs", is_abs),
];

fn text<'c>(call: &Call<'_>, val: &'c Val) -> Result<&'c str> {
    val.as_str().ok_or_else(|| call.fail(format!("a path must be text, not {}", val.type_name())))
}

fn path(call: &mut Call<'_>, test: impl Fn(&PathBuf) -> bool) -> Result<bool> {
    call.finish()?;
    let path = text(call, &call.input)?;
    // An empty path is nothing, and not the folder that relative ones begin in.
    Ok(!path.is_empty() && test(&call.eval.env().basedir.join(path)))
}

fn is_abs(call: &mut Call<'_>) -> Result<bool> {
    call.finish()?;
    text(call, &call.input).map(|p| p.starts_with('/'))
}

fn is_mount(path: &PathBuf) -> bool {
    let (Ok(here), Ok(above)) = (fs::symlink_metadata(path), fs::symlink_metadata(path.join(".."))) else {
        return false;
    };
    !here.is_symlink() && (here.dev() != above.dev() || here.ino() == above.ino())
}

fn same_file(call: &mut Call<'_>) -> Result<bool> {
    let other = call.required(0, "other")?;
    call.finish()?;
    let stat = |val: &Val| -> Result<(u64, u64)> {
        let path = call.eval.env().basedir.join(text(call, val)?);
        let meta = fs::metadata(&path).map_err(|e| call.fail(format!("{}: {e}", path.display())))?;
        Ok((meta.dev(), meta.ino()))
    };
    Ok(stat(&call.input)? == stat(&other)?)
}
