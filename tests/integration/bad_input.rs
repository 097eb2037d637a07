//! Bad input: each file of `tests/bad_input` is a case, its command line, its files, and all that a user then sees.
//!
//! A case begins with what is called and the exit code; then come files, after a line `-- NAME` each (`-- NAME/` is an
//! empty folder, `-- NAME -> TARGET` a link, `-- NAME mode=000` is nobody's to read); `-- stdout` and `-- stderr`, where
//! there is any, come last. `ROOT` stands for the folder of the files. After the run that folder must be as it was, but
//! for what a line `leaves NAME` names. `UPDATE_EXPECTED=1` writes down what is said now: read it before you commit it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex_lite::Regex;

const ADEPT: &str = env!("CARGO_BIN_EXE_adept");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input");

/// Longer than any error may take to come; a case that takes this long hangs.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Case {
    args: Vec<String>,
    exit: i32,
    leaves: Vec<String>,
    /// (the line after `-- `, the text)
    files: Vec<(String, String)>,
    stdout: String,
    stderr: String,
}

impl Case {
    fn parse(text: &str) -> Case {
        let mut case = Case::default();
        let mut section: Option<(String, String)> = None;
        let mut sections = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("-- ") {
                sections.extend(section.replace((name.to_string(), String::new())));
            } else if let Some((_, text)) = &mut section {
                let _ = writeln!(text, "{line}");
            } else if let Some(args) = line.strip_prefix("$ adept ") {
                case.args = shlex::split(args).unwrap();
            } else if let Some(code) = line.strip_prefix("exit ") {
                case.exit = code.parse().unwrap();
            } else if let Some(name) = line.strip_prefix("leaves ") {
                case.leaves.push(name.to_string());
            }
        }
        for (name, text) in sections.into_iter().chain(section) {
            match name.as_str() {
                "stdout" => case.stdout = text,
                "stderr" => case.stderr = text,
                _ => case.files.push((name, text)),
            }
        }
        case
    }

    /// Its own text with what was seen in place of what was expected.
    fn updated(text: &str, exit: i32, stdout: &str, stderr: &str) -> String {
        let given = text.find("\n-- stdout\n").or_else(|| text.find("\n-- stderr\n")).map_or(text.len(), |at| at + 1);
        let mut new = String::new();
        for line in text[..given].lines() {
            let line = if line.starts_with("exit ") { format!("exit {exit}") } else { line.to_string() };
            let _ = writeln!(new, "{line}");
        }
        for (name, said) in [("stdout", stdout), ("stderr", stderr)] {
            if !said.is_empty() {
                let _ = write!(new, "-- {name}\n{said}");
            }
        }
        new
    }

    /// Writes its files. False: the case can't be made here, since nothing is kept from root.
    fn lay_out(&self, root: &Path) -> bool {
        for (name, text) in &self.files {
            let (name, how) = name.split_once(' ').unwrap_or((name, ""));
            let path = root.join(name);
            fs::create_dir_all(if name.ends_with('/') { &path } else { path.parent().unwrap() }).unwrap();
            if let Some(target) = how.strip_prefix("-> ") {
                symlink(target, &path).unwrap();
            } else if !name.ends_with('/') {
                fs::write(&path, text.strip_suffix("<no newline>\n").unwrap_or(text)).unwrap();
                let mode = how.strip_prefix("mode=").map(|mode| u32::from_str_radix(mode, 8).unwrap());
                fs::set_permissions(&path, fs::Permissions::from_mode(mode.unwrap_or(0o644))).unwrap();
                if mode == Some(0) && fs::read(&path).is_ok() {
                    return false;
                }
            }
        }
        true
    }
}

/// What a folder holds: for each path its content, or what kind of thing it is.
fn held(dir: &Path, root: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_symlink() {
            all.insert(name, format!("link to {}", fs::read_link(&path).unwrap().display()));
        } else if path.is_dir() {
            all.insert(name, "folder".into());
            held(&path, root, all);
        } else {
            all.insert(name, fs::read(&path).map_or("unreadable".into(), |b| String::from_utf8_lossy(&b).into_owned()));
        }
    }
}

/// Runs the program; gives its exit code and what it said. None: it had to be ended.
fn run(case: &Case, root: &Path, home: &Path) -> Option<(i32, String, String)> {
    let out = |name: &str| (fs::File::create(home.join(name)).unwrap(), home.join(name));
    let ((stdout, stdout_path), (stderr, stderr_path)) = (out("stdout"), out("stderr"));
    let mut command = Command::new(ADEPT);
    command.args(&case.args).current_dir(root).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home);
    // Most cases need no inventory.
    command.env("ANSIBLE_LOCALHOST_WARNING", "False").env("ANSIBLE_INVENTORY_UNPARSED_WARNING", "False");
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > LIMIT => {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let masked = |path: PathBuf| masked(&fs::read_to_string(path).unwrap(), root, home);
    Some((status.code().unwrap_or(-1), masked(stdout_path), masked(stderr_path)))
}

/// Without what differs from run to run.
fn masked(text: &str, root: &Path, home: &Path) -> String {
    let text = text.replace(&*root.to_string_lossy(), "ROOT").replace(&*home.to_string_lossy(), "HOME");
    let times = Regex::new(r#""(delta|end|start)": "[^"]*""#).unwrap();
    let text = times.replace_all(&text, r#""$1": "TIME""#);
    // The name of this machine.
    let text = Regex::new(r"(?m)^\S+ #{20,}$").unwrap().replace_all(&text, "MACHINE ####").into_owned();
    if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
}

/// What is wrong with a case.
fn judge(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let case = Case::parse(&text);
    let dir = tempfile::tempdir().unwrap();
    let (root, home) = (dir.path().canonicalize().unwrap().join("root"), dir.path().join("home"));
    fs::create_dir(&root).unwrap();
    fs::create_dir(&home).unwrap();
    if !case.lay_out(&root) {
        return Vec::new();
    }
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    held(&root, &root, &mut before);
    let Some((exit, stdout, stderr)) = run(&case, &root, &home) else { return vec!["it hangs".into()] };
    held(&root, &root, &mut after);
    after.retain(|name, _| !case.leaves.iter().any(|l| name == l || name.starts_with(&format!("{l}/"))));
    let mut wrong = Vec::new();
    if before != after {
        wrong.push(format!("the folder changed:\n{before:?}\n{after:?}"));
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(path, Case::updated(&text, exit, &stdout, &stderr)).unwrap();
        return wrong;
    }
    if (exit, &stdout, &stderr) != (case.exit, &case.stdout, &case.stderr) {
        wrong.push(format!("exit {exit}\n-- stdout\n{stdout}-- stderr\n{stderr}"));
    }
    wrong
}

#[test]
fn names_its_place_and_leaves_nothing_behind() {
    let mut paths: Vec<PathBuf> = fs::read_dir(CASES).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let wrong: Vec<String> = paths
        .iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy(), judge(path)))
        .flat_map(|(name, wrong)| wrong.into_iter().map(move |w| format!("== {name}: {w}\n")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(paths.len() >= 40, "cases were lost");
}

/// Apart, since its output is long.
#[test]
fn includes_without_end_end() {
    let text = "$ adept playbook site.yml\n-- site.yml\n- hosts: localhost\n  gather_facts: false\n  tasks:\n    \
                - include_tasks: one.yml\n-- one.yml\n- include_tasks: two.yml\n-- two.yml\n- include_tasks: one.yml\n";
    let case = Case::parse(text);
    let dir = tempfile::tempdir().unwrap();
    let (root, home) = (dir.path().join("root"), dir.path().join("home"));
    fs::create_dir(&home).unwrap();
    case.lay_out(&root);
    let (exit, stdout, stderr) = run(&case, &root, &home).expect("it hangs");
    assert_eq!(exit, 2, "{stdout}");
    assert!(
        stdout.contains("\"reason\": \"includes are nested more than 200 deep: this looks like a loop\""),
        "{stdout}"
    );
    assert!(stderr.contains("  --> ROOT/one.yml:1:3\n"), "{stderr}");
}

/// Of every error, whatever its case says is expected.
#[test]
fn the_cases_name_places_and_no_panics() {
    for entry in fs::read_dir(CASES).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::parse(&fs::read_to_string(&path).unwrap());
        let said = format!("{}{}", case.stdout, case.stderr);
        assert!(!said.contains("panicked") && !said.contains("Traceback"), "{}", path.display());
        // An inventory that isn't there is worth no more than a word, as in Ansible.
        let expected = if said.contains("[WARNING]: Unable to parse ROOT/") { &[0][..] } else { &[1, 2, 4, 5] };
        assert!(expected.contains(&case.exit), "{}: exit {}", path.display(), case.exit);
    }
}
