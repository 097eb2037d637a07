//! Modules against cases that are data: `tests/cases/<module>/<case>.yml`, each file one case or a list of named ones.
//!
//! ```yaml
//! - name: what is shown when it fails
//!   args: {path: "{dir}/x", state: touch}   # {dir}: a fresh directory, which is the working directory too
//!   check: true                             # also: diff: true, environment: {A: b}, umask: "027"
//!   files:                                  # made before the run, parents included
//!     a/b: {content: "text", mode: "0644"}
//!     l: {link: a/b}                        # or {hard: a/b}
//!     d: {dir: true}
//!   fake: {usermod: "exit 8"}               # programs first in PATH; each writes its arguments to `log`, then does this
//!   prepare: git init -q r                  # a shell line run before, in {dir}; $CASES is the folder of the module's cases
//!   expect:
//!     changed: false                        # also: failed, skipped; each false when it isn't there
//!     result: {msg: "..."}                  # these keys have these values; maps are compared by the keys given
//!     matching: {start: "^2"}               # these keys are text that matches
//!     absent: [rc]                          # these keys aren't there
//!     diff: [{before: "a\n"}]
//!     warnings: ["..."]
//!   after:                                  # files afterwards, as above; null: not there
//!     x: null
//!   differs: why                            # the real Ansible does otherwise, on purpose
//! ```
//!
//! Programs that change users, groups and crontabs of the machine are always fakes, whoever runs the case.
//!
//! `ADEPT_ORACLE=/path/to/ansible/bin cargo test -p adept-modules --test cases -- --ignored` holds the same expectations
//! against the real ansible-core, except where a case says that it `differs`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use adept_modules::{Cancel, Host};
use adept_wire::{Map, ModuleOutcome, Value};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    name: String,
    args: Value,
    #[serde(default)]
    check: bool,
    #[serde(default)]
    diff: bool,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    umask: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, Entry>,
    #[serde(default)]
    fake: BTreeMap<String, String>,
    prepare: Option<String>,
    expect: Expect,
    #[serde(default)]
    after: BTreeMap<String, Option<Entry>>,
    differs: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    changed: bool,
    failed: bool,
    skipped: bool,
    result: Map,
    matching: BTreeMap<String, String>,
    absent: Vec<String>,
    diff: Option<Vec<Value>>,
    warnings: Option<Vec<String>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    content: Option<String>,
    mode: Option<String>,
    link: Option<String>,
    hard: Option<String>,
    dir: bool,
}

/// What came of a case, from us or from Ansible.
struct Came {
    changed: bool,
    failed: bool,
    skipped: bool,
    result: Map,
    diff: Vec<Value>,
    warnings: Vec<String>,
}

#[test]
fn modules_do_as_recorded() {
    check_all(|module, case, dir| {
        let outcome = run(module, case, dir);
        let mut result = outcome.result;
        if !outcome.facts.is_empty() {
            result.insert("ansible_facts".into(), Value::map(outcome.facts));
        }
        Some(Came {
            changed: outcome.changed,
            failed: outcome.failed,
            skipped: outcome.skipped,
            result,
            diff: outcome.diff.iter().map(|d| to_value(&serde_json::to_value(d).unwrap())).collect(),
            warnings: outcome.warnings,
        })
    });
}

#[test]
#[ignore = "needs ADEPT_ORACLE, the bin directory of an ansible-core"]
fn ansible_does_as_recorded() {
    let bin = PathBuf::from(std::env::var_os("ADEPT_ORACLE").expect("ADEPT_ORACLE is set"));
    check_all(
        |module, case, dir| if case.differs.is_some() { None } else { Some(run_ansible(&bin, module, case, dir)) },
    );
}

fn check_all(came_of: impl Fn(&str, &Case, &Path) -> Option<Came>) {
    let only = std::env::var("ADEPT_CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for (file, module) in case_files() {
        for case in load(&file) {
            let name = format!("{}: {}", file.display(), case.get("name").and_then(|n| n.as_str()).unwrap_or_default());
            if !name.contains(&only) {
                continue;
            }
            let temp = tempfile::tempdir().unwrap();
            let dir = fs::canonicalize(temp.path()).unwrap();
            let mut case = resolved(&case, &dir);
            prepare(&case.files, &dir);
            fake_programs(&module, &mut case, &dir);
            if let Some(line) = &case.prepare {
                let cases = file.parent().unwrap();
                let out =
                    Command::new("sh").args(["-ec", line]).current_dir(&dir).env("CASES", cases).output().unwrap();
                let said = String::from_utf8_lossy(&out.stderr);
                if !out.status.success() && said.contains("not found") {
                    eprintln!("skipped: {name}: a program is missing here: {}", said.trim());
                    continue;
                }
                assert!(out.status.success(), "{name}: {line}: {said}");
            }
            let Some(came) = came_of(&module, &case, &dir) else { continue };
            let lacks = "Failed to find required executable";
            let said = came.result.get("msg").and_then(|m| m.as_str()).unwrap_or_default();
            let expected = case.expect.result.get("msg").and_then(|m| m.as_str()).unwrap_or_default();
            if said.contains(lacks) && !expected.contains(lacks) {
                eprintln!("skipped: {name}: {said}");
                continue;
            }
            count += 1;
            let mut wrong = compare(&case.expect, &came);
            wrong.extend(case.after.iter().filter_map(|(path, entry)| compare_file(&dir, path, entry.as_ref())));
            if !wrong.is_empty() {
                failures.push(format!("{name}\n    {}\n    result: {:?}", wrong.join("\n    "), came.result));
            }
        }
    }
    assert!(count > 0, "no cases");
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
}

fn case_files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<(PathBuf, String)> = walkdir::WalkDir::new(root)
        .into_iter()
        .map(|e| e.unwrap().into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "yml"))
        .map(|p| {
            let module = p.parent().unwrap().file_name().unwrap().to_str().unwrap().to_string();
            (p, module)
        })
        .collect();
    files.sort();
    files
}

fn load(file: &Path) -> Vec<serde_yaml::Value> {
    let text = fs::read_to_string(file).unwrap();
    match serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())) {
        serde_yaml::Value::Sequence(cases) => cases,
        case => vec![case],
    }
    .into_iter()
    .inspect(|case| {
        serde_yaml::from_value::<Case>(case.clone()).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    })
    .collect()
}

fn prepare(files: &BTreeMap<String, Entry>, dir: &Path) {
    for (path, entry) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(link) = &entry.link {
            symlink(link, &path).unwrap();
            continue;
        }
        if let Some(other) = &entry.hard {
            fs::hard_link(dir.join(other), &path).unwrap();
            continue;
        }
        if entry.dir {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::write(&path, entry.content.as_deref().unwrap_or_default()).unwrap();
        }
        // Whatever the tester's umask is.
        let mode = entry.mode.as_deref().unwrap_or(if entry.dir { "0755" } else { "0644" });
        fs::set_permissions(&path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap())).unwrap();
    }
}

/// The programs by which these modules change the machine.
const DANGEROUS: [(&str, &[&str]); 3] = [
    ("cron", &["crontab"]),
    ("group", &["groupadd", "groupmod", "groupdel", "lgroupadd", "lgroupmod", "lgroupdel"]),
    (
        "user",
        &[
            "useradd",
            "usermod",
            "userdel",
            "chage",
            "passwd",
            "groupadd",
            "groupmod",
            "luseradd",
            "lusermod",
            "luserdel",
            "lchage",
            "lgroupmod",
        ],
    ),
];

fn fake_programs(module: &str, case: &mut Case, dir: &Path) {
    for (_, programs) in DANGEROUS.iter().filter(|(name, _)| *name == module) {
        for program in *programs {
            case.fake.entry(program.to_string()).or_default();
        }
    }
    if case.fake.is_empty() {
        return;
    }
    let bin = dir.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for (program, does) in &case.fake {
        let log = dir.join("log");
        let log = log.display();
        // Ansible asks usermod whether it has `--append`.
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --help ] && echo '  -a, --append' && exit\n\
             {{ printf %s \"${{0##*/}}\"; for a; do printf ' [%s]' \"$a\"; done; echo; }} >>{log}\n{does}\n"
        );
        fs::write(bin.join(program), script).unwrap();
        fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    case.environment.insert("PATH".into(), format!("{}:/usr/bin:/bin", bin.display()));
}

fn run(module: &str, case: &Case, dir: &Path) -> ModuleOutcome {
    let environment: Vec<(String, String)> = case.environment.clone().into_iter().collect();
    let run_dir = tempfile::tempdir().unwrap();
    let host = Host {
        check: case.check,
        diff: case.diff,
        cwd: dir.to_path_buf(),
        environment: &environment,
        umask: case.umask.as_deref().map(|u| u32::from_str_radix(u, 8).unwrap()),
        output: None,
        cancel: &Cancel::default(),
        run_dir: run_dir.path(),
        counter: Cell::new(0),
    };
    adept_modules::run(module, case.args.as_map().expect("args is a map"), &host)
}

fn run_ansible(bin: &Path, module: &str, case: &Case, dir: &Path) -> Came {
    let scratch = tempfile::tempdir().unwrap();
    let plugins = scratch.path().join("callbacks");
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("record.py"), CALLBACK).unwrap();
    // The modules of the collection that the project needs, where the oracle has it.
    let task_name = if module == "authorized_key" { "ansible.posix.authorized_key" } else { module };
    let mut args = case.args.as_map().expect("args is a map").clone();
    if module != "raw"
        && let Some(line) = args.shift_remove("_raw_params")
    {
        args.insert("cmd".into(), line);
    }
    let task = serde_json::json!({
        task_name: args, "check_mode": case.check, "diff": case.diff, "environment": case.environment,
    });
    let play =
        serde_json::json!([{"hosts": "localhost", "connection": "local", "gather_facts": false, "tasks": [task]}]);
    // Local modules run in the playbook's directory.
    let playbook = dir.join(".case.yml");
    fs::write(&playbook, play.to_string()).unwrap();
    let out = Command::new(bin.join("ansible-playbook"))
        .arg(&playbook)
        .current_dir(dir)
        .env("ANSIBLE_CALLBACK_PLUGINS", &plugins)
        .env("ANSIBLE_STDOUT_CALLBACK", "record")
        .env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let Some(line) = text.lines().find(|l| l.starts_with('{')) else {
        panic!("{}: no result in {text}{}", case.name, String::from_utf8_lossy(&out.stderr));
    };
    let recorded = to_value(&serde_json::from_str(line).unwrap());
    let result = recorded.get("result").and_then(Value::as_map).unwrap().clone();
    let status = recorded.get("status").and_then(Value::as_str).unwrap();
    let list = |v: Option<&Value>| match v {
        Some(v) => v.as_list().map_or_else(|| vec![v.clone()], <[Value]>::to_vec),
        None => Vec::new(),
    };
    Came {
        changed: result.get("changed").is_some_and(Value::is_truthy),
        failed: status == "failed",
        skipped: status == "skipped",
        diff: list(result.get("diff")),
        warnings: list(result.get("warnings")).iter().map(|w| w.as_str().unwrap_or_default().to_string()).collect(),
        result,
    }
}

const CALLBACK: &str = "
from ansible.plugins.callback import CallbackBase
import json
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'record'
    def record(self, status, r):
        print(json.dumps({'status': status, 'result': dict(r._result)}, default=str))
    def v2_runner_on_ok(self, r): self.record('ok', r)
    def v2_runner_on_failed(self, r, ignore_errors=False): self.record('failed', r)
    def v2_runner_on_skipped(self, r): self.record('skipped', r)
    def v2_playbook_on_stats(self, stats): pass
";

fn compare(expect: &Expect, came: &Came) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, expected, got) in [
        ("changed", expect.changed, came.changed),
        ("failed", expect.failed, came.failed),
        ("skipped", expect.skipped, came.skipped),
    ] {
        if expected != got {
            wrong.push(format!("{what} is {got}"));
        }
    }
    for (key, value) in &expect.result {
        difference(&key.to_string(), value, came.result.get(&*key.to_string()), &mut wrong);
    }
    for (key, pattern) in &expect.matching {
        let got = came.result.get(key.as_str()).and_then(Value::as_str).unwrap_or("<not text>");
        if !fancy_regex::Regex::new(pattern).unwrap().is_match(got).unwrap() {
            wrong.push(format!("{key} doesn't match {pattern:?}: {got:?}"));
        }
    }
    for key in &expect.absent {
        if let Some(got) = came.result.get(key.as_str()) {
            wrong.push(format!("{key} is there: {got:?}"));
        }
    }
    if let Some(diff) = &expect.diff {
        if diff.len() != came.diff.len() {
            wrong.push(format!("{} diffs: {:?}", came.diff.len(), came.diff));
        }
        for (i, (expected, got)) in diff.iter().zip(&came.diff).enumerate() {
            difference(&format!("diff[{i}]"), expected, Some(got), &mut wrong);
        }
    }
    if let Some(warnings) = &expect.warnings
        && *warnings != came.warnings
    {
        wrong.push(format!("warnings: {:?}", came.warnings));
    }
    wrong
}

/// Maps are compared by the keys that are expected, lists of files in any order; everything else must be equal.
fn difference(at: &str, expected: &Value, got: Option<&Value>, wrong: &mut Vec<String>) {
    if let (Some(expected), Some(got)) = (files(expected), got.and_then(files)) {
        let names = |files: &BTreeMap<String, Value>| files.keys().cloned().collect::<Vec<_>>();
        if names(&expected) != names(&got) {
            wrong.push(format!("{at} are {:?}, not {:?}", names(&got), names(&expected)));
        }
        for (path, file) in &expected {
            difference(&format!("{at}.{path}"), file, got.get(path), wrong);
        }
        return;
    }
    match (expected.as_map(), got.and_then(Value::as_map)) {
        (Some(expected), Some(got)) => {
            for (key, value) in expected {
                difference(&format!("{at}.{key}"), value, got.get(&*key.to_string()), wrong);
            }
        }
        _ if got == Some(expected) && got.map(Value::type_name) == Some(expected.type_name()) => {}
        _ => wrong.push(format!("{at} is {got:?}, not {expected:?}")),
    }
}

/// A list of maps with a `path`, by that: directories are listed in no certain order.
fn files(list: &Value) -> Option<BTreeMap<String, Value>> {
    let items = list.as_list().filter(|l| !l.is_empty())?;
    items.iter().map(|v| Some((v.get("path")?.as_str()?.to_string(), v.clone()))).collect()
}

fn compare_file(dir: &Path, name: &str, expected: Option<&Entry>) -> Option<String> {
    let path = dir.join(name);
    let meta = path.symlink_metadata().ok();
    let (entry, meta) = match (expected, meta) {
        (None, None) => return None,
        (None, Some(_)) => return Some(format!("{name} is there")),
        (Some(_), None) => return Some(format!("{name} isn't there")),
        (Some(entry), Some(meta)) => (entry, meta),
    };
    if entry.dir && !meta.is_dir() {
        return Some(format!("{name} is no directory"));
    }
    if let Some(link) = &entry.link {
        let got = fs::read_link(&path).map(|p| p.display().to_string()).unwrap_or("no link".into());
        if got != *link {
            return Some(format!("{name} leads to {got}"));
        }
    }
    if let Some(content) = &entry.content {
        let got = fs::read(&path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or("unreadable".into());
        if got != *content {
            return Some(format!("{name} contains {got:?}"));
        }
    }
    if let Some(mode) = &entry.mode {
        let got = format!("{:04o}", meta.permissions().mode() & 0o7777);
        if got != *mode {
            return Some(format!("{name} has mode {got}"));
        }
    }
    None
}

/// The case with `{dir}` replaced, in keys too.
fn resolved(case: &serde_yaml::Value, dir: &Path) -> Case {
    fn walk(value: serde_yaml::Value, dir: &str) -> serde_yaml::Value {
        use serde_yaml::Value::{Mapping, Sequence, String};
        match value {
            String(s) => String(s.replace("{dir}", dir)),
            Sequence(items) => Sequence(items.into_iter().map(|v| walk(v, dir)).collect()),
            Mapping(map) => Mapping(map.into_iter().map(|(k, v)| (walk(k, dir), walk(v, dir))).collect()),
            other => other,
        }
    }
    serde_yaml::from_value(walk(case.clone(), dir.to_str().unwrap())).unwrap()
}

fn to_value(json: &serde_json::Value) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}
