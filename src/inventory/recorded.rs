//! Compares with what the real ansible-core made of the cases in `cases/` (recorded by `cases/record.py`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::*;
use crate::diag::Diagnostic;

struct Case {
    name: String,
    args: Vec<String>,
    files: Vec<(String, bool, String)>,
    patterns: Vec<String>,
}

/// Reads a case file; `record.py` describes the format.
fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let (name, args) = head.trim().split_once(" | ").unwrap_or((head.trim(), ""));
            let args = shlex::split(args).unwrap();
            cases.push(Case { name: name.to_owned(), args, files: Vec::new(), patterns: Vec::new() });
            continue;
        }
        let case = cases.last_mut().unwrap();
        if let Some(head) = line.strip_prefix(">>>") {
            let (mode, path) = head.trim_end_matches('\n').split_once(' ').unwrap();
            case.files.push((path.to_owned(), mode == "x", String::new()));
        } else if let Some(pattern) = line.strip_prefix("? ") {
            case.patterns.push(pattern.trim_end_matches('\n').to_owned());
        } else {
            if case.files.is_empty() {
                case.files.push(("hosts.ini".to_owned(), false, String::new()));
            }
            case.files.last_mut().unwrap().2.push_str(line);
        }
    }
    cases
}

impl Case {
    fn sources(&self) -> Vec<String> {
        let given: Vec<String> = self.args.chunks(2).filter(|a| a[0] == "-i").map(|a| a[1].clone()).collect();
        if given.is_empty() { vec![self.files.first().map_or("hosts.ini".to_owned(), |f| f.0.clone())] } else { given }
    }

    fn write(&self, root: &Path) {
        if self.files.is_empty() {
            fs::write(root.join("hosts.ini"), "").unwrap();
        }
        for (name, executable, text) in &self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            if *executable {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }

    fn load(&self, root: &Path) -> Result<(Inventory, Vec<Diagnostic>), InventoryError> {
        let options = LoadOptions { cwd: root.to_path_buf(), ..LoadOptions::default() };
        Inventory::load(&self.sources(), &options)
    }
}

impl Case {
    /// What `ansible-inventory --list` shows.
    fn list(&self, root: &Path) -> Result<Json, InventoryError> {
        let (inventory, _) = self.load(root)?;
        let files = VarsFiles::new(false);
        let playbook_dir = self.args.chunks(2).find(|a| a[0] == "--playbook-dir").map_or(".", |a| &a[1]);
        let mut list = serde_json::to_value(inventory.list_groups()).unwrap();
        let mut hostvars = serde_json::Map::new();
        for host in inventory.hosts() {
            let vars = inventory.merged_vars(host, &files, Some(&root.join(playbook_dir)))?;
            if !vars.is_empty() {
                hostvars.insert(host.to_string(), serde_json::to_value(vars).unwrap());
            }
        }
        list["_meta"] = json!({"hostvars": hostvars, "profile": "inventory_legacy"});
        let text = list.to_string().replace(&*root.to_string_lossy(), "ROOT");
        Ok(plain(&serde_json::from_str(&text).unwrap()))
    }
}

fn root() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    (dir, root)
}

/// Whether the real one could not parse the (only) source.
fn refused(recorded: &Json) -> bool {
    let said = |text: &str| recorded["err"].as_array().unwrap().iter().any(|l| l.as_str().unwrap().contains(text));
    recorded["rc"] != 0 || (said("Failed to parse") && said("No inventory was parsed"))
}

fn compare(text: &str, recorded: &str, ours_only: &[&str]) {
    let recorded: BTreeMap<String, Json> = serde_json::from_str(recorded).unwrap();
    let cases = cases(text);
    assert_eq!(cases.len(), recorded.len(), "record anew: cases/record.py");
    let mut wrong = Vec::new();
    for case in cases {
        let (_dir, root) = root();
        case.write(&root);
        let expected = &recorded[&case.name];
        if ours_only.contains(&case.name.as_str()) {
            continue;
        }
        match (case.list(&root), refused(expected)) {
            (Err(_), true) => {}
            (Err(error), false) => wrong.push(format!("{}: {}", case.name, Diagnostic::from(error))),
            (Ok(_), true) => wrong.push(format!("{}: refused by Ansible: {}", case.name, expected["err"][0])),
            (Ok(list), false) if list != plain(&expected["list"]) => {
                wrong.push(format!("{}:\n ours {list}\n real {}", case.name, plain(&expected["list"])));
            }
            (Ok(_), false) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `{"__ansible_unsafe": x}` is x, and integers beyond 64 bits are text in our JSON.
fn plain(json: &Json) -> Json {
    match json {
        Json::Object(map) if map.len() == 1 && map.contains_key("__ansible_unsafe") => map["__ansible_unsafe"].clone(),
        Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::String(s) if s.len() > 19 && s.bytes().all(|b| b.is_ascii_digit()) => json!("big"),
        Json::Number(n) if n.as_i64().is_none() && n.as_f64().is_some_and(|f| f > 1e20) => json!("big"),
        other => other.clone(),
    }
}

#[test]
fn ini() {
    compare(include_str!("cases/ini.txt"), include_str!("cases/ini.json"), &[]);
}

#[test]
fn yaml() {
    // A file of comments is empty for us; plugins are refused by both, but `constructed` only by us.
    let ours_only = ["only comment", "constructed"];
    compare(include_str!("cases/yaml.txt"), include_str!("cases/yaml.json"), &ours_only);
}

#[test]
fn sources() {
    // The real one can't read a file with a comma in its name; TOML isn't supported yet.
    let ours_only = ["file with a comma in its name", "toml"];
    compare(include_str!("cases/sources.txt"), include_str!("cases/sources.json"), &ours_only);
}

#[test]
fn patterns() {
    let recorded: BTreeMap<String, BTreeMap<String, Json>> =
        serde_json::from_str(include_str!("cases/patterns.json")).unwrap();
    let mut wrong = Vec::new();
    for case in cases(include_str!("cases/patterns.txt")) {
        let (_dir, root) = root();
        case.write(&root);
        let (inventory, _) = case.load(&root).unwrap();
        for entry in &case.patterns {
            let (pattern, limit) = entry.split_once(" ?? ").map_or((entry.as_str(), None), |(p, l)| (p, Some(l)));
            let expected = &recorded[&case.name][entry];
            let ours = inventory.matches_all(&[pattern], limit, &root);
            let names = ours.as_ref().map_or(json!(null), |(hosts, _)| json!(hosts));
            // With a limit that leaves nothing the real one fails.
            if names != expected["hosts"] && !(expected["hosts"].is_null() && names == json!([])) {
                wrong.push(format!("{}: {entry}:\n ours {names}\n real {}", case.name, expected["hosts"]));
            }
            let ignoring = |lines: Vec<String>| {
                let text = "Could not match supplied host pattern, ignoring: ";
                lines.iter().filter_map(|l| l.split_once(text).map(|(_, name)| name.to_owned())).collect::<Vec<_>>()
            };
            let real = expected["err"].as_array().unwrap().iter().map(|l| l.as_str().unwrap().to_owned()).collect();
            let ours = ours.map_or(Vec::new(), |(_, w)| w.into_iter().map(|w| w.message).collect());
            if ignoring(real) != ignoring(ours.clone()) {
                wrong.push(format!("{}: {entry}: warnings {ours:?}, real {}", case.name, expected["err"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
