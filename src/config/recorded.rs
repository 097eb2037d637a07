//! Compares with what the real `ansible-config` made of the cases in `cases/` (recorded by `cases/record.py`).

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value as Json, json};

use super::access::call_all;
use super::*;

struct Case {
    name: String,
    env: BTreeMap<String, String>,
    text: String,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("cases/cfg.txt").split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case { name: name.trim().to_owned(), env: BTreeMap::new(), text: String::new() });
        } else if let Some((name, value)) =
            line.strip_prefix("$ ").and_then(|l| l.trim_end_matches('\n').split_once('='))
        {
            cases.last_mut().unwrap().env.insert(name.to_owned(), value.to_owned());
        } else {
            cases.last_mut().unwrap().text.push_str(line);
        }
    }
    cases
}

/// Our names of what the ssh plugin calls otherwise.
fn ssh_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "control_path" => "SSH_CONTROL_PATH",
        "control_path_dir" => "SSH_CONTROL_PATH_DIR",
        "host_key_checking" => "SSH_HOST_KEY_CHECKING",
        "pipelining" => "SSH_PIPELINING",
        "reconnection_retries" => "SSH_RETRIES",
        "ssh_args" => "SSH_ARGS",
        "ssh_transfer_method" => "SSH_TRANSFER_METHOD",
        "timeout" => "SSH_TIMEOUT",
        // Also settings without a plugin, where they are compared.
        "remote_user" | "private_key_file" => return None,
        other => panic!("a new name: {other}"),
    })
}

type Loaded = Result<(Config, Vec<crate::diag::Diagnostic>), ConfigError>;

/// The folder, what became of it, and the names of its two parts.
fn load(case: &Case) -> (tempfile::TempDir, Loaded, [String; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    let [root, home] = ["case", "home"].map(|name| top.join(name));
    fs::create_dir(&root).unwrap();
    fs::create_dir(&home).unwrap();
    fs::write(root.join("ansible.cfg"), &case.text).unwrap();
    let mut vars = case.env.clone();
    vars.insert("HOME".into(), home.to_string_lossy().into_owned());
    let config = Config::load(&ProcessEnv { vars, cwd: root.clone() }, None);
    (dir, config, [root, home].map(|p| p.to_string_lossy().into_owned()))
}

#[test]
fn values() {
    // ansible-core refuses a byte order mark, takes blank items of a list as items, and an empty path as the current folder.
    let skipped = ["byte order mark", "lists", "empty variable in a path"];
    let recorded: BTreeMap<String, BTreeMap<String, BTreeMap<String, Json>>> =
        serde_json::from_str(include_str!("cases/cfg.json")).unwrap();
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|c| !skipped.contains(&c.name.as_str())) {
        let expected = &recorded[&case.name];
        let (_dir, config, [root, home]) = load(case);
        if expected["base"].contains_key("error") || config.is_err() {
            if config.is_ok() || !expected["base"].contains_key("error") {
                wrong.push(format!("{}: real {:?}, ours {:?}", case.name, expected["base"], config.map(|_| ())));
            }
            continue;
        }
        let (config, _) = config.unwrap();
        let ssh = expected["ssh"].iter().filter_map(|(name, v)| Some((ssh_name(name)?.to_owned(), v.clone())));
        let expected: BTreeMap<String, Json> = expected["base"].clone().into_iter().chain(ssh).collect();
        for (setting, found) in config.all() {
            let ours = serde_json::to_string(&found.value).unwrap().replace(&root, "ROOT").replace(&home, "HOME");
            let ours: Json = serde_json::from_str(&ours).unwrap();
            let source = match &found.source {
                Source::File(origin) => origin.file.replace(&root, "ROOT"),
                other => other.to_string(),
            };
            match expected.get(setting.name) {
                Some(real) if setting.name == "DEFAULT_ROLES_PATH" && case.name == "paths" => {
                    // The last one leads out of the folder, to a random name.
                    assert_eq!(ours.as_array().unwrap()[..5], real[0].as_array().unwrap()[..5]);
                }
                Some(real) if real == &json!([ours, source]) => {}
                Some(real) => {
                    wrong.push(format!("{}: {}: ours {ours} ({source}), real {real}", case.name, setting.name))
                }
                None if found.source == Source::Default => {}
                None if setting.default.is_none() || OLD.iter().any(|old| setting.name.contains(old)) => {}
                None => wrong.push(format!("{}: {}: ours {ours} ({source}), real: default", case.name, setting.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Settings that ansible-core 2.19 no longer has, or has in other plugins only.
const OLD: [&str; 8] = [
    "GATHER_SUBSET",
    "ASK_SUDO_PASS",
    "SCP_IF_SSH",
    "INCLUDES_STATIC",
    "SQUASH",
    "ACCELERATE",
    "CALLBACK_WHITELIST",
    "REMOTE_",
];

#[test]
fn every_default_can_be_read_and_every_getter_has_its_setting() {
    let env = ProcessEnv { vars: [("HOME".to_owned(), "/h".to_owned())].into(), cwd: "/cwd".into() };
    let config = Config::defaults(&env);
    call_all(&config);
    for (setting, found) in config.all() {
        assert_eq!(found.value.is_null(), setting.default.is_none(), "{}", setting.name);
    }
    assert_eq!(config.forks(), 5);
    assert_eq!(config.gathering(), Gathering::Implicit);
    assert_eq!(config.roles_path()[0], std::path::Path::new("/h/.ansible/roles"));
    assert_eq!(*config.inventory()[0], *"/etc/ansible/hosts");
    assert!(!config.merge_hashes() && config.host_key_checking() && config.control_path().is_none());
}

#[test]
fn names_that_nobody_knows_are_named_once() {
    let case = Case {
        name: String::new(),
        env: [("ANSIBLE_FORK".to_owned(), "1".to_owned()), ("ANSIBLE_OWN_THING".to_owned(), "1".to_owned())].into(),
        text: "[defaults]\nfrks = 1\nssh_args = x\n[nosuch]\na = 1\n".into(),
    };
    let (_dir, config, _) = load(&case);
    let warnings: Vec<String> = config.unwrap().1.into_iter().map(|w| w.message).collect();
    assert_eq!(
        warnings,
        [
            "these settings are not known and have no effect: [defaults] frks (did you mean 'forks'?), [defaults] ssh_args (it belongs to [ssh_connection]), [nosuch] a",
            "these environment variables are not known: ANSIBLE_FORK (did you mean ANSIBLE_FORKS?)",
        ]
    );
}

#[test]
fn adept_needs_no_warning() {
    let case = cases().into_iter().find(|c| c.name == "adept").unwrap();
    let (_dir, config, _) = load(&case);
    let (config, warnings) = config.unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.gather_subset(), ["network".into()]);
    assert_eq!(config.control_path().unwrap(), "~/.ansible/cp/%h-%r");
}

#[test]
fn what_is_not_supported_yet_is_named_once() {
    let text = "[defaults]\nstrategy_plugins = x\nstdout_callback = yaml\nretry_files_enabled = no\n";
    let case = Case { name: String::new(), env: BTreeMap::new(), text: text.into() };
    let (_dir, config, _) = load(&case);
    let warnings = config.unwrap().1;
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].message,
        "these settings are not supported yet and have no effect: [defaults] stdout_callback, [defaults] strategy_plugins"
    );
}

#[test]
fn which_file_counts() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    let write = |path: &str, forks: u32| {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("[defaults]\nforks = {forks}\n")).unwrap();
    };
    let mut env = ProcessEnv { vars: BTreeMap::new(), cwd: top.join("cwd") };
    fs::create_dir(&env.cwd).unwrap();
    env.vars.insert("HOME".into(), top.join("home").to_string_lossy().into_owned());
    let forks = |env: &ProcessEnv| Config::load(env, Some(&top.join("pb"))).map(|(c, w)| (c.forks(), w.len())).unwrap();
    write("home/.ansible.cfg", 11);
    assert_eq!(forks(&env), (11, 0));
    write("pb/ansible.cfg", 12);
    assert_eq!(forks(&env), (12, 0));
    write("cwd/ansible.cfg", 13);
    assert_eq!(forks(&env), (13, 0));
    write("named/ansible.cfg", 14);
    env.vars.insert("ANSIBLE_CONFIG".into(), "../named".into());
    assert_eq!(forks(&env), (14, 0));
    env.vars.insert("ANSIBLE_CONFIG".into(), "nosuch.cfg".into());
    assert_eq!(forks(&env), (13, 1));
    env.vars.remove("ANSIBLE_CONFIG");
    fs::set_permissions(&env.cwd, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    assert_eq!(forks(&env), (12, 1));
}

#[test]
fn a_flag_counts_most() {
    let env = ProcessEnv { vars: [("ANSIBLE_FORKS".to_owned(), "3".to_owned())].into(), cwd: "/".into() };
    let mut config = Config::load(&env, None).unwrap().0;
    config.set_flag("DEFAULT_FORKS", "9", "--forks").unwrap();
    assert_eq!((config.forks(), config.get("DEFAULT_FORKS").unwrap().source.to_string()), (9, "--forks".to_owned()));
    let error = config.set_flag("DEFAULT_FORKS", "many", "--forks").unwrap_err().to_string();
    assert_eq!(error, "invalid value 'many' for the setting DEFAULT_FORKS (--forks): an integer is expected");
}

/// `cases/defaults.json` is what `ansible-config dump --format json` of 2.19.14 shows without a file, with HOME as HOME.
#[test]
fn defaults() {
    let recorded: BTreeMap<String, Json> = serde_json::from_str(include_str!("cases/defaults.json")).unwrap();
    let env = ProcessEnv { vars: [("HOME".to_owned(), "HOME".to_owned())].into(), cwd: "/".into() };
    let config = Config::defaults(&env);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (setting, found) in config.all() {
        let Some(real) = recorded.get(setting.name) else { continue };
        let ours = serde_json::to_string(&found.value).unwrap().replace("/HOME", "HOME");
        compared += 1;
        // A folder of its own for every run.
        if setting.name != "DEFAULT_LOCAL_TMP" && serde_json::from_str::<Json>(&ours).unwrap() != *real {
            wrong.push(format!("{}: ours {ours}, real {real}", setting.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 190);
}
