//! The micro-transitions of `tests/xn`, compared with what the original made of them (`tests/xn/record.py`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use regex_lite::Regex;
use serde::Deserialize;

use super::banner;
use super::{Io, Params, PlaybookCall, PlaybookRunner, run};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Case {
    context: Option<String>,
    optional: Vec<String>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    stdin: String,
    fixed: Option<Fixed>,
}

/// What we do where the original crashes.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fixed {
    rc: i32,
    stdout: String,
    stderr_has: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Outcome {
    rc: i32,
    stdout: String,
    stderr: String,
    files: BTreeMap<String, String>,
}

/// Writes down how it was called, as the `ansible-playbook` of `record.py` does; a number in the playbook's name is its
/// exit code.
struct Fake {
    stdout: File,
}

impl PlaybookRunner for Fake {
    fn run(&self, mut call: PlaybookCall) -> i32 {
        let mut stdout = call.stdout.take().unwrap_or_else(|| self.stdout.try_clone().unwrap());
        let mut text = String::from("args:\n");
        call.args.iter().for_each(|a| text += &format!("  {a}\n"));
        text += &format!("cwd: {}\nenv:\n", call.cwd.display());
        call.env.sort();
        call.env.iter().for_each(|(name, value)| text += &format!("  {name}={value}\n"));
        stdout.write_all(text.as_bytes()).unwrap();
        call.stderr.as_mut().unwrap_or(&mut stdout).write_all(b"to stderr\n").unwrap();
        let name = call.args.last().unwrap();
        let digits: String = name.trim_end_matches(".yml").chars().rev().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    }
}

fn outcome(dir: &Path, case: &Case) -> Outcome {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    let here = |text: &str| text.replace("<ROOT>", &root.to_string_lossy());
    for folder in ["ws", "bin", "adept"] {
        fs::create_dir(root.join(folder)).unwrap();
    }
    fs::write(root.join("bin/ansible-playbook"), "").unwrap();
    fs::copy(dir.join("transition.xn"), root.join("transition.xn")).unwrap();
    for (name, content) in &case.files {
        let path = root.join("ws").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        if content.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    fs::write(root.join("stdin"), &case.stdin).unwrap();

    let mut env: BTreeMap<String, String> = [("HOME", "/home/user"), ("USER", "user"), ("TERM", "dumb")]
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .into();
    env.insert("PATH".to_string(), format!("{}/bin:/usr/bin:/bin", root.display()));
    env.extend(case.env.iter().map(|(k, v)| (k.clone(), here(v))));
    let mut args: Vec<String> = case.args.iter().map(|a| here(a)).collect();
    if args.is_empty() {
        let context = case.context.as_deref().unwrap_or("setup");
        args = [context, "ws", "transition.xn"].map(String::from).into();
        args.extend(case.optional.clone());
    }

    let io = Io {
        stdin: File::open(root.join("stdin")).unwrap(),
        stdout: File::create(root.join("stdout")).unwrap(),
        stderr: File::create(root.join("stderr")).unwrap(),
    };
    let rc = match Params::check("adept.py", &args, root.join("adept"), env, root.clone()) {
        Ok(params) => run(&params, &io, &Fake { stdout: io.stdout.try_clone().unwrap() }),
        Err(error) => {
            io.tell(&banner::divided(&super::params::short_hostname(), false, &error.to_string()));
            1
        }
    };

    let masked = |text: String| mask(&text, &root);
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root.join("ws")).into_iter().map(Result::unwrap).filter(|e| e.path().is_file()) {
        let name = entry.path().strip_prefix(root.join("ws")).unwrap().to_string_lossy().into_owned();
        files.insert(name, masked(fs::read_to_string(entry.path()).unwrap()));
    }
    Outcome {
        rc: if rc < 0 { rc & 0xff } else { rc },
        stdout: masked(fs::read_to_string(root.join("stdout")).unwrap()),
        stderr: sort_banners(&masked(fs::read_to_string(root.join("stderr")).unwrap())),
        files,
    }
}

/// As `mask` of `record.py`.
fn mask(text: &str, root: &Path) -> String {
    let host = super::params::short_hostname();
    let shell = Path::new("/bin/sh").canonicalize().unwrap();
    let text = text
        .replace(&*root.join("adept").to_string_lossy(), "<ADEPT>")
        .replace(&*root.to_string_lossy(), "<ROOT>")
        .replace(&*shell.to_string_lossy(), "<SH>")
        .replace(&format!("HOSTNAME={host}\n"), "HOSTNAME=<HOST>\n");
    let line = Regex::new(&format!(r"(?m)^(\x1b\[1;31m)?{host} (\x1b\[1;32m)?#+")).unwrap();
    line.replace_all(&text, "${1}<HOST> ${2}##").into_owned()
}

/// As `sort_banners` of `record.py`: the original's lines come in the order of a Python 2 dict.
fn sort_banners(text: &str) -> String {
    let begins = Regex::new(r"^    (\x1b\[1;94m)?[\w ]+(\x1b\[0;39m)? = '").unwrap();
    let mut out = String::new();
    let mut entries: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if begins.is_match(line) {
            entries.push(line.to_string());
            continue;
        }
        match entries.last_mut() {
            Some(entry) if line != "\n" => entry.push_str(line),
            _ => {
                entries.sort();
                out.extend(entries.drain(..));
                out.push_str(line);
            }
        }
    }
    entries.sort();
    out.extend(entries);
    out
}

#[test]
fn micro_transitions_end_as_in_the_original() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xn");
    let mut dirs: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    dirs.sort();
    assert!(dirs.len() >= 40);
    let mut wrong = Vec::new();
    for dir in dirs {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let case: Case = match fs::read_to_string(dir.join("case.yml")) {
            Ok(text) => serde_yaml::from_str(&text).unwrap(),
            Err(_) => Case::default(),
        };
        let expected: Outcome = serde_yaml::from_str(&fs::read_to_string(dir.join("expected.yml")).unwrap()).unwrap();
        let got = outcome(&dir, &case);
        match &case.fixed {
            None if got == expected => {}
            None => wrong.push(format!("{name}\n  expected {expected:#?}\n  got {got:#?}")),
            Some(fixed) => {
                let clean = !got.stderr.contains("Traceback") && !got.stderr.contains("panicked");
                let same = got.rc == fixed.rc && got.stdout == fixed.stdout;
                if !(clean && same && got.stderr.contains(&fixed.stderr_has)) {
                    wrong.push(format!("{name}\n  got {got:#?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
