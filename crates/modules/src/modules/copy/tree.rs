//! `remote_src: yes`: files and directories that are on the host already.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use adept_wire::{ModuleOutcome, map};

use super::{Copy, sha1_if_readable};
use crate::ModuleError;
use crate::checksum;
use crate::file_params::{FileParams, add_path_info, octal, text};
use crate::sys::fs::{MODE_BITS, Staged, atime, change_mode, may, mtime, real_path, set_times};

impl Copy<'_> {
    /// Copies from a path of this host.
    pub(super) fn on_host(&mut self) -> Result<ModuleOutcome, ModuleError> {
        let Some(src) = self.args.str("src").map(String::from) else {
            return Err(ModuleError::new("src is required with remote_src").param("src"));
        };
        let source = self.host.path(&src);
        let meta =
            fs::metadata(&source).map_err(|_| ModuleError::new(format!("Source {src} not found")).param("src"))?;
        if !may(&source, 'r') {
            return Err(ModuleError::new(format!("Source {src} not readable")).param("src"));
        }
        if self.params.mode.as_deref() == Some("preserve") {
            self.params.mode = Some(octal(meta.mode()));
        }
        if meta.is_dir() {
            return self.directory_on_host(&src, &source);
        }
        let checksum = checksum::sha1_of_file(&source)?;
        let md5 = checksum::md5_of_file(&source)?;
        if let Some(expected) = self.args.str("checksum")
            && expected != checksum
        {
            return Err(ModuleError::new("Copied file does not match the expected checksum. Transfer failed.")
                .param("checksum")
                .result(map! { "checksum" => checksum, "expected_checksum" => expected }));
        }
        let name = source.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        self.join_name(&name);
        if self.args.bool("follow") && self.dest.is_symlink() && self.dest.exists() {
            self.dest = real_path(&self.dest);
            self.shown = text(&self.dest);
        }
        if !self.args.bool("force") && self.dest.exists() {
            let mut result = map! { "msg" => "file already exists", "src" => src, "dest" => self.shown.as_str() };
            add_path_info(&mut result, &self.dest);
            return Ok(ModuleOutcome::ok(result));
        }
        let parent = self.dest.parent().unwrap_or(Path::new("/"));
        if self.host.check && !parent.exists() && self.args.str("dest").is_some_and(|d| d.ends_with('/')) {
            let msg = format!("dest directory {} would be created", text(parent));
            return Ok(ModuleOutcome::changed(true, map! { "msg" => msg, "src" => src }));
        }
        self.make_parents()?;
        self.check_parent()?;
        let there = sha1_if_readable(&self.dest);
        let mut changed = self.made_directories;
        let mut backup = None;
        if there.as_deref() != Some(&checksum) || self.dest.is_symlink() {
            changed = true;
            if !self.host.check {
                let mut staged = Staged::beside(&self.dest)?;
                std::io::copy(&mut fs::File::open(&source)?, staged.file())?;
                if there.is_some() {
                    // Ansible gives a copy made on the host the source's mode where it replaces a file, and only there.
                    change_mode(staged.path(), meta.mode() & MODE_BITS)?;
                } else {
                    self.params.replacing(self.host).prepare(&staged, &self.dest)?;
                }
                backup = self.put(staged)?;
                // Unlike an upload, a copy on the host keeps the source's times.
                set_times(&self.dest, Some(mtime(&meta)), Some(atime(&meta)))?;
            }
        }
        changed |= self.params.apply(&self.dest, self.host, None)?;
        let mut result = map! { "dest" => self.shown.as_str(), "src" => src, "md5sum" => md5, "checksum" => checksum };
        if let Some(backup) = backup {
            result.insert("backup_file".into(), text(&backup).into());
        }
        add_path_info(&mut result, &self.dest);
        Ok(ModuleOutcome::changed(changed, result))
    }

    /// With a trailing slash on `src` what is in the directory is copied, else the directory itself.
    fn directory_on_host(&mut self, src: &str, source: &Path) -> Result<ModuleOutcome, ModuleError> {
        if self.dest.exists() && !self.dest.is_dir() {
            return Err(ModuleError::new(format!(
                "can't copy the directory {src} over {}, which is no directory",
                self.shown
            ))
            .param("dest"));
        }
        let existed = self.dest.is_dir();
        let target = match source.file_name() {
            Some(name) if !src.ends_with('/') => {
                if existed || self.shown.ends_with('/') {
                    self.shown = format!("{}/{}", self.shown.trim_end_matches('/'), name.to_string_lossy());
                }
                self.dest.join(name)
            }
            _ => {
                if existed && !self.shown.ends_with('/') {
                    self.shown.push('/');
                }
                self.dest.clone()
            }
        };
        if source.starts_with(&target) || target.starts_with(real_path(source)) {
            return Err(ModuleError::new(format!("can't copy the directory {src} into itself")).param("dest"));
        }
        let mut changed = self.copy_directory(source, &target)?;
        self.dest = self.host.path(&self.shown);
        if self.dest.exists() {
            changed |= self.params.apply(&self.dest, self.host, None)?;
        }
        let mut result = map! { "dest" => self.shown.as_str(), "src" => src };
        result.insert("checksum".into(), adept_wire::Value::NULL);
        result.insert("md5sum".into(), adept_wire::Value::NULL);
        add_path_info(&mut result, &self.dest);
        Ok(ModuleOutcome::changed(changed, result))
    }

    fn copy_directory(&self, from: &Path, to: &Path) -> Result<bool, ModuleError> {
        let check = self.host.check;
        let meta = fs::metadata(from)?;
        let fresh = !to.exists();
        let mut changed = fresh;
        if fresh && !check {
            fs::create_dir_all(to)?;
            change_mode(to, meta.mode() & MODE_BITS)?;
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(from)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let target = to.join(entry.file_name().unwrap_or_default());
            if entry.is_dir() && (self.args.bool("local_follow") || !entry.is_symlink()) {
                changed |= self.copy_directory(&entry, &target)?;
            } else {
                changed |= self.copy_entry(&entry, &target, fresh)?;
            }
        }
        if !check && to.exists() {
            let params = FileParams { mode: None, ..self.params.clone() };
            changed |= params.apply(to, self.host, None)?;
        }
        Ok(changed)
    }

    fn copy_entry(&self, from: &Path, to: &Path, with_times: bool) -> Result<bool, ModuleError> {
        if from.is_symlink() && (!self.args.bool("local_follow") || !from.exists()) {
            let wanted = fs::read_link(from)?;
            if fs::read_link(to).is_ok_and(|current| current == wanted) {
                return Ok(false);
            }
            if !self.host.check {
                if to.symlink_metadata().is_ok() {
                    fs::remove_file(to)?;
                }
                symlink(&wanted, to)?;
            }
            return Ok(true);
        }
        let same = to.exists() && checksum::sha1_of_file(from)? == checksum::sha1_of_file(to)?;
        if same || self.host.check {
            return Ok(!same);
        }
        let meta = fs::metadata(from)?;
        let mut staged = Staged::beside(to)?;
        std::io::copy(&mut fs::File::open(from)?, staged.file())?;
        let replacing = self.params.replacing(self.host);
        replacing.prepare(&staged, to)?;
        change_mode(staged.path(), meta.mode() & MODE_BITS)?;
        replacing.commit(staged, to)?;
        if with_times {
            set_times(to, Some(mtime(&meta)), Some(atime(&meta)))?;
        }
        let params = FileParams { mode: None, ..self.params.clone() };
        params.apply(to, self.host, None)?;
        Ok(true)
    }
}
