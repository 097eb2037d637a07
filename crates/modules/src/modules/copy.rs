//! `copy`: puts content at a path. The host's half; `template` and everything else that makes files ends here too.
//!
//! What the controller's half sends besides the user's parameters (all internal, so they start with `_`):
//!
//! - `_checksum`: SHA-1 of the content, in hexadecimal. Always.
//! - `_original_basename`: the source's file name, or its path below the copied directory. Set when `src` was given; without
//!   it the content came from `content:`, and a directory as `dest` is an error.
//! - `_content`: the content itself (bytes or text), or
//! - `_source`: the path (bytes or text) where the content lies on this host. Below the run directory it is an upload, and
//!   is removed afterwards; elsewhere (the controller works on its own machine) it stays.
//!
//! ```text
//! controller                                          module
//!   small:  {dest, .., _checksum, _content}      ->   outcome
//!   large:  {dest, .., _checksum}                ->   {_needs_content: true}, nothing done; or the outcome, if the content
//!                                                     is there already, `force: no` leaves it, or check mode says enough
//!           Put ..                               ->   stored path
//!           {dest, .., _checksum, _source: path} ->   outcome
//! ```
//!
//! The controller finds `src`, resolves `mode: preserve` to octal text, and walks directories: each directory by `file` with
//! `directory_mode` as mode, each file by this module with a `dest` that ends in `/`. `remote_src` is done here alone.

mod content;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use adept_wire::{Data, Diff, ModuleOutcome, map};

use crate::checksum;
use crate::file_params::{AttributeDiff, FileParams, add_path_info, text};
use crate::spec::{self, FILE_PARAMS};
use crate::sys::fs::{Replacing, Staged, back_up, change_mode, may, real_path};
use crate::validate::validate;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};
use content::Content;

const OWN: &[Param] = &[
    Param::new("src", Kind::Path),
    Param::new("content", Kind::Raw),
    Param::new("dest", Kind::Path).required(),
    Param::new("backup", Kind::Bool).default(Default::Bool(false)),
    Param::new("force", Kind::Bool).default(Default::Bool(true)),
    Param::new("validate", Kind::Str),
    Param::new("directory_mode", Kind::Mode),
    Param::new("remote_src", Kind::Bool).default(Default::Bool(false)),
    Param::new("local_follow", Kind::Bool),
    Param::new("follow", Kind::Bool).default(Default::Bool(false)),
    Param::new("checksum", Kind::Str),
    Param::new("decrypt", Kind::Bool).default(Default::Bool(true)),
    Param::new("_checksum", Kind::Str),
    Param::new("_content", Kind::Raw).secret(),
    Param::new("_source", Kind::Raw),
    Param::new("_original_basename", Kind::Str),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("copy", "Copy files to a host", &PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let mut copy = Copy {
        args,
        host,
        params: FileParams::from_args(args),
        shown: args.str("dest").unwrap_or_default().to_string(),
        dest: PathBuf::new(),
        made_directories: false,
    };
    copy.dest = host.path(&copy.shown);
    if args.bool("remote_src") { copy.on_host() } else { copy.transferred() }
}

struct Copy<'a> {
    args: &'a Args,
    host: &'a Host<'a>,
    params: FileParams,
    /// The destination as results show it.
    shown: String,
    dest: PathBuf,
    made_directories: bool,
}

impl Copy<'_> {
    /// Content that comes from the controller.
    fn transferred(&mut self) -> Result<ModuleOutcome, ModuleError> {
        let checksum = self.args.str("_checksum").unwrap_or_default().to_string();
        let content = Content::from_args(self.args)?;
        let basename = self.args.str("_original_basename").map(String::from);
        match &basename {
            Some(name) => self.join_name(name),
            None if self.shown.ends_with('/') || self.dest.is_dir() => {
                return Err(ModuleError::new("can not use content with a dir as dest").param("dest"));
            }
            None => {}
        }
        if self.args.bool("follow") && self.dest.exists() {
            self.dest = real_path(&self.dest);
            self.shown = text(&self.dest);
        }
        if !self.args.bool("force") && self.dest.exists() {
            return Ok(ModuleOutcome::ok(map! { "dest" => self.shown.as_str() }));
        }
        // Ansible's controller half adds the checksum to whatever its module says.
        self.transfer(content, &checksum).map_err(|mut e| {
            e.result.insert("checksum".into(), checksum.into());
            e
        })
    }

    fn transfer(&mut self, content: Option<Content>, checksum: &str) -> Result<ModuleOutcome, ModuleError> {
        let there = sha1_if_readable(&self.dest);
        if there.as_deref() == Some(checksum) && !self.dest.is_symlink() {
            return self.attributes_only(checksum);
        }
        if self.host.check && !self.host.diff {
            return Ok(ModuleOutcome::changed(true, map! {}));
        }
        let Some(content) = content else {
            return Ok(ModuleOutcome::ok(map! { "_needs_content" => true }));
        };
        let diff = if self.host.diff { content::diff(&self.dest, &self.shown, &content)? } else { Vec::new() };
        if self.host.check {
            return Ok(ModuleOutcome { changed: true, diff, ..ModuleOutcome::default() });
        }
        self.make_parents()?;
        self.check_parent()?;
        let replacing = self.params.replacing(self.host);
        let staged = content.stage(&self.dest, replacing)?;
        replacing.prepare(&staged, &self.dest)?;
        if checksum::sha1_of_file(staged.path())? != checksum {
            return Err(ModuleError::new("Copied file does not match the expected checksum. Transfer failed.")
                .result(map! { "expected_checksum" => checksum }));
        }
        let md5 = checksum::md5_of_file(staged.path())?;
        let backup = self.put(staged)?;
        content.discard(self.host.run_dir);
        let mut result = map! { "dest" => self.shown.as_str(), "checksum" => checksum, "md5sum" => md5 };
        if let Some(backup) = backup {
            result.insert("backup_file".into(), text(&backup).into());
        }
        add_path_info(&mut result, &self.dest);
        Ok(ModuleOutcome { changed: true, result, diff, ..ModuleOutcome::default() })
    }

    /// The content is there: what is left are mode, owner and the like, with the result keys of `file`.
    fn attributes_only(&self, checksum: &str) -> Result<ModuleOutcome, ModuleError> {
        let mut diff = AttributeDiff::default();
        diff.note("path", self.shown.as_str(), self.shown.as_str());
        let changed = self.params.apply(&self.dest, self.host, Some(&mut diff))?;
        let mut result = map! { "path" => self.shown.as_str(), "dest" => self.shown.as_str(), "checksum" => checksum };
        add_path_info(&mut result, &self.dest);
        let diff: Vec<Diff> = if self.host.diff { vec![diff.into_diff("")] } else { Vec::new() };
        Ok(ModuleOutcome { changed, result, diff, ..ModuleOutcome::default() })
    }

    /// A destination that is a directory, or is written like one, takes the source's name.
    fn join_name(&mut self, name: &str) {
        if self.shown.ends_with('/') || self.dest.is_dir() {
            self.shown = format!("{}/{name}", self.shown.trim_end_matches('/'));
            self.dest = self.host.path(&self.shown);
        }
    }

    /// Makes what misses above a destination that was written with a trailing slash.
    fn make_parents(&mut self) -> Result<(), ModuleError> {
        let written_as_directory = self.args.str("dest").is_some_and(|d| d.ends_with('/'));
        let parent = self.dest.parent().unwrap_or(Path::new("/")).to_path_buf();
        if !written_as_directory || parent.exists() || self.host.check {
            return Ok(());
        }
        let params = FileParams { mode: self.args.str("directory_mode").map(String::from), ..self.params.clone() };
        let mut missing: Vec<&Path> = parent.ancestors().take_while(|p| !p.exists()).collect();
        missing.reverse();
        for path in missing {
            fs::create_dir(path).map_err(|e| {
                ModuleError::new(format!("Destination directory {} can't be made: {e}", text(path))).param("dest")
            })?;
            if let Some(umask) = self.host.umask {
                change_mode(path, 0o777 & !umask)?;
            }
            params.apply(path, self.host, None)?;
        }
        self.made_directories = true;
        Ok(())
    }

    fn check_parent(&self) -> Result<(), ModuleError> {
        let parent = self.dest.parent().unwrap_or(Path::new("/"));
        let shown = Path::new(&self.shown).parent().map(text).unwrap_or_default();
        match fs::metadata(parent) {
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(ModuleError::new(format!("Destination directory {shown} is not accessible")).param("dest"));
            }
            Err(_) => {
                return Err(ModuleError::new(format!("Destination directory {shown} does not exist")).param("dest"));
            }
            Ok(_) => {}
        }
        if !may(parent, 'w') && !self.params.unsafe_writes {
            return Err(ModuleError::new(format!("Destination {shown} not writable")).param("dest"));
        }
        Ok(())
    }

    /// Validates the staged content (its mode is prepared), keeps the old if asked to, puts the new in place with its attributes.
    fn put(&self, staged: Staged) -> Result<Option<PathBuf>, ModuleError> {
        let replacing: Replacing = self.params.replacing(self.host);
        // Before the rename, so that a private file is never readable for a moment.
        self.apply_to_staged(&staged)?;
        if let Some(command) = self.args.str("validate") {
            let outcome = validate(command, staged.path(), self.host)?;
            if outcome.rc != 0 {
                return Err(ModuleError::new("failed to validate").param("validate").result(map! {
                    "exit_status" => outcome.rc, "stdout" => outcome.stdout, "stderr" => outcome.stderr,
                }));
            }
        }
        let backup = match self.args.bool("backup") && self.dest.exists() {
            true => Some(back_up(&self.dest)?),
            false => None,
        };
        replacing.commit(staged, &self.dest).map_err(|e| {
            ModuleError::new(format!("failed to copy to {}: {}", self.shown, crate::file_params::message(&e)))
        })?;
        self.params.apply(&self.dest, self.host, None)?;
        Ok(backup)
    }
}

impl Copy<'_> {
    /// Wrong owners and modes are found here, while nothing has changed yet.
    fn apply_to_staged(&self, staged: &Staged) -> Result<(), ModuleError> {
        // An attribute such as `+i` would forbid the rename.
        let params = FileParams { attributes: None, ..self.params.clone() };
        params.apply(staged.path(), self.host, None).map_err(|mut e| {
            e.result.insert("path".into(), self.shown.as_str().into());
            e
        })?;
        Ok(())
    }
}

/// SHA-1 of a file that is there and may be read.
fn sha1_if_readable(path: &Path) -> Option<String> {
    if path.is_file() { checksum::sha1_of_file(path).ok() } else { None }
}

/// Text or bytes of a parameter that carries either.
fn bytes_of(args: &Args, name: &str) -> Option<Vec<u8>> {
    match &args.get(name)?.data {
        Data::Bytes(b) => Some(b.to_vec()),
        Data::Str(s) => Some(s.as_bytes().to_vec()),
        _ => None,
    }
}
