//! `Edit`: what `lineinfile`, `blockinfile` and `replace` share: reading a file, validating and writing it, attributes, diffs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use adept_wire::{Diff, Map, ModuleOutcome, map};

use crate::file_params::{AttributeDiff, FileParams, message, reason, text};
use crate::file_text::FileText;
use crate::spec::{Default, Kind, Param};
use crate::sys::fs::{back_up, real_path};
use crate::validate::validate;
use crate::{Args, Host, ModuleError};

/// The file to edit, under each name that Ansible ever gave it.
pub const PATH: Param = Param::new("path", Kind::Path).aliases(&["dest", "destfile", "name"]).required();

/// Keep the old content?
pub const BACKUP: Param = Param::new("backup", Kind::Bool).default(Default::Bool(false));

/// One file being edited.
pub struct Edit<'a> {
    args: &'a Args,
    host: &'a Host<'a>,
    params: FileParams,
    /// The path as results show it.
    pub shown: String,
    /// Where it is.
    pub path: PathBuf,
    /// Is there a file?
    pub exists: bool,
    /// What it holds.
    pub file: FileText,
}

impl<'a> Edit<'a> {
    /// Opens the file; one that isn't there is empty.
    ///
    /// # Errors
    /// When the path is a directory or can't be read.
    pub fn open(args: &'a Args, host: &'a Host<'a>) -> Result<Edit<'a>, ModuleError> {
        let shown = args.str("path").unwrap_or_default().to_string();
        let path = host.path(&shown);
        if path.is_dir() {
            return Err(ModuleError::new(format!("Path {shown} is a directory !"))
                .param("path")
                .result(map! { "rc" => 256 }));
        }
        let exists = path.exists();
        let file = if exists { read(&path)? } else { FileText::default() };
        Ok(Edit { args, host, params: FileParams::from_args(args), shown, path, exists, file })
    }

    /// Makes the directories above a file that is about to be created.
    ///
    /// # Errors
    /// When that fails.
    pub fn make_parents(&self) -> Result<(), ModuleError> {
        let Some(parent) = self.path.parent().filter(|p| !p.exists()) else { return Ok(()) };
        if self.host.check {
            return Ok(());
        }
        fs::create_dir_all(parent).map_err(|e| {
            let why = reason(&e, parent);
            ModuleError::new(format!("Error creating {} ({why})", text(parent))).param("path")
        })
    }

    /// Keeps a copy of the old content, if asked to and if there is any.
    ///
    /// # Errors
    /// When the copy can't be made.
    pub fn back_up(&self) -> Result<Option<String>, ModuleError> {
        if self.host.check || !self.exists || !self.args.bool("backup") {
            return Ok(None);
        }
        Ok(Some(text(&back_up(&self.path)?)))
    }

    /// Puts new text in place, once the validation command agrees. A link is followed.
    ///
    /// # Errors
    /// When validation fails or the file can't be written.
    pub fn write(&self, new: &str) -> Result<(), ModuleError> {
        if self.host.check {
            return Ok(());
        }
        let target = real_path(&self.path);
        let bytes = self.file.to_bytes(new);
        let failed = |e: std::io::Error| ModuleError::new(reason(&e, &target));
        let replacing = self.params.replacing(self.host);
        let mut staged = replacing.stage(&target).map_err(|e| {
            let directory = target.parent().map(text).unwrap_or_default();
            let why = message(&e);
            ModuleError::new(format!(
                "The destination directory ({directory}) is not writable by the current user: {why}"
            ))
            .param("path")
        })?;
        staged.file().write_all(&bytes).map_err(failed)?;
        replacing.prepare(&staged, &target).map_err(failed)?;
        if let Some(command) = self.args.str("validate") {
            let outcome = validate(command, staged.path(), self.host)?;
            if outcome.rc != 0 {
                let why = format!("failed to validate: rc:{} error:{}", outcome.rc, outcome.stderr);
                return Err(ModuleError::new(why).param("validate"));
            }
        }
        replacing.commit(staged, &target).map_err(failed)
    }

    /// Brings mode and owner in order. `remark` gets Ansible's remark if that changed something.
    ///
    /// # Errors
    /// When an attribute is wrong or can't be set.
    pub fn apply_attributes(&self, remark: &mut String, diff: &mut AttributeDiff) -> Result<bool, ModuleError> {
        // In check mode a file that would be created has no attributes yet.
        if !self.path.exists() {
            return Ok(false);
        }
        // A link is followed for its content, but for its attributes only with the old parameter `follow`.
        let path = if self.args.bool("follow") { real_path(&self.path) } else { self.path.clone() };
        let changed = self.params.apply(&path, self.host, Some(diff))?;
        if changed {
            remark.push_str(if remark.is_empty() { "" } else { " and " });
            remark.push_str("ownership, perms or SE linux context changed");
        }
        Ok(changed)
    }

    /// The outcome, with differences of content and attributes where they were asked for.
    pub fn outcome(&self, changed: bool, result: Map, new: &str, attributes: AttributeDiff) -> ModuleOutcome {
        let mut diff = Vec::new();
        if self.host.diff {
            let header = format!("{} (content)", self.shown);
            diff.push(Diff {
                before_header: header.clone(),
                after_header: header,
                before: if changed { self.file.text.as_str().into() } else { "".into() },
                after: if changed { new.into() } else { "".into() },
            });
            diff.push(attributes.into_diff(format!("{} (file attributes)", self.shown)));
        }
        ModuleOutcome { changed, result, diff, ..ModuleOutcome::default() }
    }
}

fn read(path: &Path) -> Result<FileText, ModuleError> {
    let bytes = fs::read(path).map_err(|e| ModuleError::new(reason(&e, path)).param("path"))?;
    FileText::from_bytes(bytes)
}
