//! `Case`: one folder with a playbook, and what `case.yml` says about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The two folders of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// `tests/compat`: what ansible-core 2.19 does.
    Current,
    /// `tests/compat-2.4`: what Ansible 2.4 did with spellings that newer versions refuse.
    Old,
}

impl Folder {
    /// The folder in the project's tree.
    pub fn path(self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        root.join(match self {
            Folder::Current => "tests/compat",
            Folder::Old => "tests/compat-2.4",
        })
    }

    /// All cases, by name.
    pub fn cases(self) -> Result<Vec<Case>, String> {
        let path = self.path();
        let entries = std::fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut cases = Vec::new();
        for entry in entries.flatten() {
            if entry.path().join("playbook.yml").is_file() {
                cases.push(Case::load(self, entry.path())?);
            }
        }
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cases)
    }
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Which kind of case it is.
    pub folder: Folder,
    /// What `case.yml` says.
    pub settings: Settings,
}

/// `case.yml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Arguments after the playbook.
    pub args: Vec<String>,
    /// Environment.
    pub env: BTreeMap<String, String>,
    /// Inventories in the case's folder. Default: `inventory`, which is written if it isn't there.
    pub inventory: Vec<String>,
    /// The exit code that makes sense; a recording with another one is refused.
    pub exit_code: i32,
    /// Result keys that are not compared here, each with the reason.
    pub drop: BTreeMap<String, String>,
    /// Why our side does not agree yet. Such a case is shown as ignored.
    pub pending: Option<String>,
    /// Why our side does something else, on purpose. Shown as ignored too.
    pub differs: Option<String>,
}

impl Case {
    /// Reads one folder.
    pub fn load(folder: Folder, path: PathBuf) -> Result<Case, String> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let file = path.join("case.yml");
        let settings = match std::fs::read_to_string(&file) {
            Ok(text) => serde_yaml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?,
            Err(_) => Settings::default(),
        };
        Ok(Case { name, path, folder, settings })
    }

    /// Where the recorded outcome lies.
    pub fn record_path(&self) -> PathBuf {
        self.path.join("expected.json")
    }
}
