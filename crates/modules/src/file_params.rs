//! `FileParams`: mode, owner, group, SELinux label and attributes, which all modules that make files share.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use adept_wire::{Diff, Map, Value, map};

use crate::file_mode::FileMode;
use crate::sys::fs::{MODE_BITS, PathState, Replacing, change_mode, change_owner, process_umask};
use crate::sys::fs::{selinux_enabled, selinux_label, set_selinux_label};
use crate::sys::user;
use crate::{Args, Host, ModuleError};

/// The shared parameters, as given.
#[derive(Clone, Debug, Default)]
pub struct FileParams {
    /// Octal or symbolic.
    pub mode: Option<String>,
    /// Name or id.
    pub owner: Option<String>,
    /// Name or id.
    pub group: Option<String>,
    /// SELinux user, role, type and level.
    pub label: [Option<String>; 4],
    /// As `chattr` takes them: `+i`, `-a`, `=e`.
    pub attributes: Option<String>,
    /// May a file be written in place where a rename is refused?
    pub unsafe_writes: bool,
}

/// What attributes were and are, for `--diff` and for the results of `file`.
#[derive(Clone, Debug, Default)]
pub struct AttributeDiff {
    /// Before.
    pub before: Map,
    /// After.
    pub after: Map,
}

impl AttributeDiff {
    /// Notes one attribute.
    pub fn note(&mut self, key: &str, before: impl Into<Value>, after: impl Into<Value>) {
        self.before.insert(key.into(), before.into());
        self.after.insert(key.into(), after.into());
    }

    /// As a diff under this header.
    pub fn into_diff(self, header: impl Into<String>) -> Diff {
        let header = header.into();
        Diff {
            before_header: header.clone(),
            after_header: header,
            before: Value::map(self.before),
            after: Value::map(self.after),
        }
    }
}

impl FileParams {
    /// The shared parameters among a module's arguments.
    pub fn from_args(args: &Args) -> FileParams {
        let get = |name| args.str(name).map(String::from);
        FileParams {
            mode: get("mode"),
            owner: get("owner"),
            group: get("group"),
            label: [get("seuser"), get("serole"), get("setype"), get("selevel")],
            attributes: get("attributes"),
            unsafe_writes: args.bool("unsafe_writes"),
        }
    }

    /// How content is replaced under these parameters.
    pub fn replacing(&self, host: &Host<'_>) -> Replacing {
        Replacing { unsafe_writes: self.unsafe_writes, umask: umask(host) }
    }

    /// Brings the path's attributes to what was asked for; says whether anything changed (in check mode: would).
    ///
    /// # Errors
    /// Names the attribute that is wrong or can't be set.
    pub fn apply(
        &self,
        path: &Path,
        host: &Host<'_>,
        mut diff: Option<&mut AttributeDiff>,
    ) -> Result<bool, ModuleError> {
        let mut changed = self.apply_label(path, host, diff.as_deref_mut())?;
        changed |= self.apply_owner(path, host, diff.as_deref_mut())?;
        changed |= self.apply_group(path, host, diff.as_deref_mut())?;
        changed |= self.apply_mode(path, host, diff.as_deref_mut())?;
        changed |= self.apply_attributes(path, host, diff)?;
        Ok(changed)
    }

    fn apply_label(&self, path: &Path, host: &Host<'_>, diff: Option<&mut AttributeDiff>) -> Result<bool, ModuleError> {
        if self.label.iter().all(Option::is_none) || !selinux_enabled() {
            return Ok(false);
        }
        let Some(current) = selinux_label(path) else { return Ok(false) };
        let policy = || policy_label(path);
        let mut parts: Vec<String> = current.splitn(4, ':').map(String::from).collect();
        let mut from_policy: Option<Vec<String>> = None;
        for (i, wanted) in self.label.iter().enumerate() {
            let (Some(wanted), Some(part)) = (wanted, parts.get_mut(i)) else { continue };
            if wanted != "_default" {
                part.clone_from(wanted);
            } else if let Some(default) = from_policy.get_or_insert_with(policy).get(i) {
                part.clone_from(default);
            }
        }
        let wanted = parts.join(":");
        if wanted == current {
            return Ok(false);
        }
        if let Some(diff) = diff {
            diff.note("secontext", current.split(':').collect::<Vec<_>>(), wanted.split(':').collect::<Vec<_>>());
        }
        if !host.check {
            set_selinux_label(path, &wanted).map_err(|e| {
                failure(path, "set selinux context failed", &e).result(map! {
                    "path" => path.to_string_lossy().into_owned(), "new_context" => wanted.as_str(),
                })
            })?;
        }
        Ok(true)
    }

    fn apply_owner(&self, path: &Path, host: &Host<'_>, diff: Option<&mut AttributeDiff>) -> Result<bool, ModuleError> {
        let Some(owner) = &self.owner else { return Ok(false) };
        let uid = owner.parse().ok().or_else(|| user::uid_of(owner)).ok_or_else(|| {
            let error = ModuleError::new(format!("chown failed: failed to look up user {owner}")).param("owner");
            error.result(map! { "path" => text(path) })
        })?;
        let old = status(path, host)?.map(|m| m.uid());
        if old == Some(uid) {
            return Ok(false);
        }
        if let Some(diff) = diff {
            diff.note("owner", old, uid);
        }
        if !host.check {
            change_owner(path, Some(uid), None).map_err(|e| failure(path, "chown failed", &e).param("owner"))?;
        }
        Ok(true)
    }

    fn apply_group(&self, path: &Path, host: &Host<'_>, diff: Option<&mut AttributeDiff>) -> Result<bool, ModuleError> {
        let Some(group) = &self.group else { return Ok(false) };
        let gid = group.parse().ok().or_else(|| user::gid_of(group)).ok_or_else(|| {
            let error = ModuleError::new(format!("chgrp failed: failed to look up group {group}")).param("group");
            error.result(map! { "path" => text(path) })
        })?;
        let old = status(path, host)?.map(|m| m.gid());
        if old == Some(gid) {
            return Ok(false);
        }
        if let Some(diff) = diff {
            diff.note("group", old, gid);
        }
        if !host.check {
            change_owner(path, None, Some(gid)).map_err(|e| failure(path, "chgrp failed", &e).param("group"))?;
        }
        Ok(true)
    }

    fn apply_mode(&self, path: &Path, host: &Host<'_>, diff: Option<&mut AttributeDiff>) -> Result<bool, ModuleError> {
        let Some(mode) = &self.mode else { return Ok(false) };
        // In check mode the file may not be there yet: then it would get its mode.
        let Some(old) = status(path, host)? else { return Ok(true) };
        let mode = FileMode::parse(mode).map_err(|why| {
            ModuleError::new("mode must be in octal or symbolic form")
                .param("mode")
                .result(map! { "path" => text(path), "details" => why })
        })?;
        let current = old.mode() & MODE_BITS;
        let wanted = mode.apply(current, old.is_dir(), umask(host)) & MODE_BITS;
        if current == wanted || old.is_symlink() && !host.check {
            return Ok(false);
        }
        if let Some(diff) = diff {
            diff.note("mode", octal(current), octal(wanted));
        }
        if !host.check {
            change_mode(path, wanted).map_err(|e| failure(path, "chmod failed", &e).param("mode"))?;
        }
        Ok(true)
    }

    fn apply_attributes(
        &self,
        path: &Path,
        host: &Host<'_>,
        diff: Option<&mut AttributeDiff>,
    ) -> Result<bool, ModuleError> {
        let Some(wanted) = &self.attributes else { return Ok(false) };
        let existing = ExtendedAttributes::of(path).unwrap_or_default().flags;
        let (operator, flags) = match wanted.chars().next() {
            Some(c @ ('+' | '-' | '=')) => (c, &wanted[1..]),
            _ => ('=', wanted.as_str()),
        };
        // As Ansible compares: `-x` and a flag list that isn't exactly the present one count as a change.
        if existing == flags && operator != '-' {
            return Ok(false);
        }
        if let Some(diff) = diff {
            diff.note("attributes", existing.as_str(), format!("{operator}{flags}"));
        }
        if host.check {
            return Ok(true);
        }
        let output = Command::new("chattr")
            .arg(format!("{operator}{flags}"))
            .arg(path)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| failure(path, "chattr failed", &e).param("attributes"))?;
        if !output.status.success() {
            let details = format!(
                "Error while setting attributes: {}",
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
            );
            return Err(ModuleError::new("chattr failed")
                .param("attributes")
                .result(map! { "path" => text(path), "details" => details }));
        }
        Ok(true)
    }
}

/// What `lsattr` shows.
#[derive(Clone, Debug, Default)]
pub struct ExtendedAttributes {
    /// The file's version number.
    pub version: Option<String>,
    /// The flags that are set, as letters.
    pub flags: String,
}

impl ExtendedAttributes {
    /// Asks `lsattr`; `None` where there is no such program or the file system has no attributes.
    pub fn of(path: &Path) -> Option<ExtendedAttributes> {
        let output = Command::new("lsattr").arg("-vd").arg(path).stdin(Stdio::null()).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut words = text.split_whitespace();
        let version = words.next()?.to_string();
        let flags = words.next()?.replace('-', "");
        Some(ExtendedAttributes { version: Some(version), flags })
    }

    /// The names of the flags, as Ansible's `attributes` result has them.
    pub fn names(&self) -> Vec<&'static str> {
        self.flags.chars().filter_map(flag_name).collect()
    }
}

fn flag_name(flag: char) -> Option<&'static str> {
    Some(match flag {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}

/// The run's umask.
pub fn umask(host: &Host<'_>) -> u32 {
    host.umask.unwrap_or_else(process_umask)
}

/// A mode as most results show it: a zero, then three digits or more.
pub fn octal(mode: u32) -> String {
    format!("0{:03o}", mode & MODE_BITS)
}

/// A mode as `stat` and `find` show it: four digits.
pub fn four_digits(mode: u32) -> String {
    format!("{:04o}", mode & MODE_BITS)
}

/// Adds what Ansible adds to each result that names a `path` or `dest`: owner, group, mode, size, state.
pub fn add_path_info(result: &mut Map, path: &Path) {
    let (Ok(meta), true) = (fs::symlink_metadata(path), path.exists()) else { return };
    let mut add = |key: &str, value: Value| {
        result.insert(key.into(), value);
    };
    add("uid", meta.uid().into());
    add("gid", meta.gid().into());
    add("owner", user::user_name(meta.uid()).unwrap_or_else(|| meta.uid().to_string()).into());
    add("group", user::group_name(meta.gid()).unwrap_or_else(|| meta.gid().to_string()).into());
    add("mode", octal(meta.mode()).into());
    add("state", PathState::of(path).name().into());
    add("size", meta.len().into());
    if let Some(label) = selinux_label(path) {
        add("secontext", label.into());
    }
}

/// As [`add_path_info`], for whatever path the result of a failure names.
pub fn add_info_of_named_path(result: &mut Map, host: &Host<'_>) {
    if let Some(path) = result.get("path").or_else(|| result.get("dest")).and_then(Value::as_str) {
        let path = host.path(path);
        add_path_info(result, &path);
    }
}

/// The path's own status; in check mode a path that isn't there is `None`.
fn status(path: &Path, host: &Host<'_>) -> Result<Option<Metadata>, ModuleError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(_) if host.check => Ok(None),
        Err(e) => Err(failure(path, "can't look at the file", &e)),
    }
}

fn policy_label(path: &Path) -> Vec<String> {
    let output = Command::new("matchpathcon").arg("-n").arg(path).stdin(Stdio::null()).output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()).unwrap_or_default();
    text.splitn(4, ':').map(String::from).collect()
}

fn failure(path: &Path, what: &str, e: &std::io::Error) -> ModuleError {
    ModuleError::new(what).result(map! { "path" => text(path), "details" => reason(e, path) })
}

/// A path for results.
pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// An OS error in Python's words, which playbooks match on: `[Errno 2] No such file or directory: '/x'`.
pub fn reason(e: &std::io::Error, path: &Path) -> String {
    match e.raw_os_error() {
        Some(number) => format!("[Errno {number}] {}: '{}'", message(e), path.display()),
        None => e.to_string(),
    }
}

/// An OS error's text alone.
pub fn message(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}
