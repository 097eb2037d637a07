//! `Stage`: a fresh place for one run of one case, the same for the real Ansible and for us.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use fancy_regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::case::Case;
use super::record::FileRecord;

/// Text files up to this size are recorded whole.
const SMALL: usize = 2000;

/// A fresh copy of a case, with an empty home and a scratch directory. Removed when dropped.
#[derive(Debug)]
pub struct Stage {
    root: tempfile::TempDir,
    case: Case,
    masks: Vec<(String, &'static str)>,
}

impl Stage {
    /// Makes the place.
    pub fn new(case: &Case) -> Result<Stage, String> {
        let root = tempfile::Builder::new().prefix("adept-case-").tempdir().map_err(|e| e.to_string())?;
        let stage = Stage { root, case: case.clone(), masks: Vec::new() };
        fs::set_permissions(stage.root.path(), fs::Permissions::from_mode(0o755)).map_err(|e| e.to_string())?;
        for name in ["home", "scratch", "tmp"] {
            make_dir(&stage.path(name))?;
        }
        copy_tree(&case.path, &stage.path("case"))?;
        fs::write(stage.path("home").join("ansible.cfg"), "").map_err(|e| e.to_string())?;
        let inventory = stage.path("case").join("inventory");
        if case.settings.inventory.is_empty() && !inventory.exists() {
            fs::write(&inventory, "localhost ansible_connection=local\n").map_err(|e| e.to_string())?;
        }
        let mut masks: Vec<(String, &'static str)> =
            [("scratch", "<scratch>"), ("case", "<case>"), ("home", "<home>"), ("tmp", "<tmp>")]
                .into_iter()
                .map(|(name, mask)| (stage.path(name).to_string_lossy().into_owned(), mask))
                .collect();
        masks.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Ok(Stage { masks, ..stage })
    }

    /// A path in the stage: `case`, `scratch`, `home`, `tmp`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Also masks this text.
    pub fn mask(&mut self, text: impl Into<String>, mask: &'static str) {
        self.masks.push((text.into(), mask));
    }

    /// The command that runs the case's playbook with `program`, environment included.
    pub fn command(&self, program: &Path) -> Command {
        // umask is the shell's to set without unsafe code.
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg("umask 022; exec \"$@\"").arg("sh").arg(program);
        command.env_clear().current_dir(self.path("case"));
        let home = self.path("home");
        command
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", &home)
            .env("TMPDIR", self.path("tmp"))
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("ANSIBLE_NOCOLOR", "1")
            .env("ANSIBLE_RETRY_FILES_ENABLED", "0")
            .env("ANSIBLE_LOCAL_TEMP", home.join("local"))
            .env("ANSIBLE_REMOTE_TEMP", home.join("remote"));
        if !self.path("case").join("ansible.cfg").exists() {
            command.env("ANSIBLE_CONFIG", home.join("ansible.cfg"));
        }
        command.envs(&self.case.settings.env);
        command
    }

    /// The arguments of `ansible-playbook`: inventories, the playbook, the scratch directory, the case's own.
    pub fn arguments(&self) -> Vec<String> {
        let mut args = Vec::new();
        let inventories = match self.case.settings.inventory.as_slice() {
            [] => vec!["inventory".to_string()],
            given => given.to_vec(),
        };
        for inventory in inventories {
            args.extend(["-i".to_string(), inventory]);
        }
        args.push("playbook.yml".to_string());
        args.extend(["-e".to_string(), format!("scratch={}", self.path("scratch").display())]);
        args.extend(self.case.settings.args.iter().cloned());
        args
    }

    /// Text without what differs from run to run.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_string();
        for (path, mask) in &self.masks {
            if text.contains(path.as_str()) {
                text = text.replace(path.as_str(), mask);
            }
        }
        if text.contains('@')
            && let Ok(backup) = Regex::new(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~")
        {
            text = backup.replace_all(&text, ".<backup>~").into_owned();
        }
        text
    }

    /// A value with all its texts and keys masked, its keys in order.
    pub fn masked_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.masked(text)),
            Value::Array(list) => list.iter().map(|v| self.masked_value(v)).collect(),
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().map(|(k, v)| (self.masked(k), self.masked_value(v))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(entries.into_iter().collect())
            }
            other => other.clone(),
        }
    }

    /// What the run left in the scratch directory.
    pub fn files(&self) -> Result<Vec<FileRecord>, String> {
        let mut files = Vec::new();
        self.list(&self.path("scratch"), "", &mut files).map_err(|e| e.to_string())?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn list(&self, dir: &Path, prefix: &str, files: &mut Vec<FileRecord>) -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let meta = entry.metadata()?;
            let mode = format!("{:04o}", meta.permissions().mode() & 0o7777);
            let path = self.masked(&name);
            if meta.is_symlink() {
                let target = self.masked(&fs::read_link(entry.path())?.to_string_lossy());
                files.push(FileRecord { path, mode: "link".into(), content: Some(target), sha256: None });
            } else if meta.is_dir() {
                files.push(FileRecord { path: format!("{path}/"), mode, content: None, sha256: None });
                self.list(&entry.path(), &format!("{name}/"), files)?;
            } else {
                let bytes = fs::read(entry.path())?;
                let (content, sha256) = match String::from_utf8(bytes) {
                    Ok(text) if text.len() <= SMALL => (Some(self.masked(&text)), None),
                    Ok(text) => (None, Some(hex(&Sha256::digest(text.as_bytes())))),
                    Err(e) => (None, Some(hex(&Sha256::digest(e.as_bytes())))),
                };
                files.push(FileRecord { path, mode, content, sha256 });
            }
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn make_dir(path: &Path) -> Result<(), String> {
    fs::create_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|e| format!("{}: {e}", path.display()))
}

/// Copies a case with modes that don't depend on how the repository was checked out.
fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    let told = |e: std::io::Error| format!("{}: {e}", from.display());
    make_dir(to)?;
    for entry in fs::read_dir(from).map_err(told)? {
        let entry = entry.map_err(told)?;
        let target = to.join(entry.file_name());
        let meta = entry.metadata().map_err(told)?;
        if entry.file_name() == "expected.json" {
            continue;
        }
        if meta.is_symlink() {
            let link = fs::read_link(entry.path()).map_err(told)?;
            std::os::unix::fs::symlink(link, target).map_err(told)?;
        } else if meta.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(told)?;
            let mode = if meta.permissions().mode() & 0o100 != 0 { 0o755 } else { 0o644 };
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).map_err(told)?;
        }
    }
    Ok(())
}
