//! Facts of this machine against those that the real ansible-core finds on it.
//!
//! `ADEPT_ORACLE=/path/to/ansible/bin cargo test -p adept-modules --test facts -- --ignored`

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;

use adept_modules::{Cancel, Host};
use adept_wire::{Map, ModuleOutcome, Value, map};

/// Facts that can't agree, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("ansible_date_time", "time goes on"),
    ("ansible_loadavg", "changes all the time"),
    ("ansible_memfree_mb", "changes all the time"),
    ("ansible_memory_mb", "changes all the time"),
    ("ansible_uptime_seconds", "changes all the time"),
    ("ansible_mounts", "free space changes; compared by name, type and options"),
    ("ansible_env", "each process has its own"),
    ("ansible_python", "we have no Python"),
    ("ansible_python_version", "we have no Python"),
    ("ansible_interfaces", "a set; compared sorted"),
    ("ansible_virtualization_tech_guest", "a set; compared sorted"),
    ("ansible_virtualization_tech_host", "a set; compared sorted"),
];

fn setup(args: Map) -> ModuleOutcome {
    let run_dir = tempfile::tempdir().unwrap();
    let host = Host {
        check: false,
        diff: false,
        cwd: "/".into(),
        environment: &[],
        umask: None,
        output: None,
        cancel: &Cancel::default(),
        run_dir: run_dir.path(),
        counter: Cell::new(0),
    };
    adept_modules::run("setup", &args, &host)
}

fn facts(args: Map) -> Map {
    let outcome = setup(args);
    assert!(!outcome.failed, "{:?}", outcome.result);
    outcome.facts
}

#[test]
#[ignore = "needs ADEPT_ORACLE, the bin directory of an ansible-core"]
fn facts_are_ansibles() {
    let bin = PathBuf::from(std::env::var_os("ADEPT_ORACLE").expect("ADEPT_ORACLE is set"));
    let out = Command::new(bin.join("ansible"))
        .args(["localhost", "-m", "setup"])
        .env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let (_, json) = text.split_once("=> ").expect("a result");
    let theirs: Value = serde_json::from_str(json).unwrap();
    let theirs = theirs.get("ansible_facts").and_then(Value::as_map).unwrap();
    let ours = facts(map! {});
    let mut wrong = Vec::new();
    for (name, value) in theirs {
        let name = name.to_string();
        if DIFFERENT.iter().any(|(n, _)| *n == name) {
            continue;
        }
        match ours.get(name.as_str()) {
            Some(ours) if ours == value => {}
            other => wrong.push(format!("{name}\n  ours   {other:?}\n  theirs {value:?}")),
        }
    }
    for name in ours.keys().filter(|name| !theirs.contains_key(*name)) {
        wrong.push(format!("{name:?} is ours alone"));
    }
    let sorted = |facts: &Map, name: &str| {
        let mut items: Vec<String> = facts[name].as_list().unwrap().iter().map(|v| format!("{v:?}")).collect();
        items.sort();
        items
    };
    for name in ["ansible_interfaces", "ansible_virtualization_tech_guest", "ansible_virtualization_tech_host"] {
        assert_eq!(sorted(&ours, name), sorted(theirs, name), "{name}");
    }
    let mounts = |facts: &Map| -> Vec<String> {
        let keys = ["mount", "device", "fstype", "options", "uuid", "size_total", "block_size", "dump", "passno"];
        let all = facts["ansible_mounts"].as_list().unwrap();
        let mut shown: Vec<_> = all.iter().map(|m| format!("{:?}", keys.map(|k| m.get(k)))).collect();
        shown.sort();
        shown
    };
    assert_eq!(mounts(&ours), mounts(theirs));
    assert!(wrong.is_empty(), "{} facts:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_of_content_finds_its_facts() {
    let facts = facts(map! {});
    for name in [
        "distribution",
        "os_family",
        "distribution_major_version",
        "distribution_version",
        "distribution_release",
        "architecture",
        "hostname",
        "fqdn",
        "nodename",
        "domain",
        "service_mgr",
        "pkg_mgr",
        "system",
        "kernel",
        "processor_vcpus",
        "processor_cores",
        "memtotal_mb",
        "swaptotal_mb",
        "mounts",
        "interfaces",
        "all_ipv4_addresses",
        "all_ipv6_addresses",
        "default_ipv4",
        "default_ipv6",
        "lo",
        "date_time",
        "env",
        "user_id",
        "user_dir",
        "user_uid",
        "virtualization_type",
        "virtualization_role",
        "selinux",
        "apparmor",
        "lsb",
        "dns",
        "devices",
        "machine",
        "fips",
        "product_name",
        "is_chroot",
        "local",
        "system_capabilities",
    ] {
        assert!(facts.contains_key(format!("ansible_{name}").as_str()), "{name}");
    }
    assert_eq!(
        facts["ansible_lo"].get("ipv4").and_then(|v| v.get("address")).and_then(Value::as_str),
        Some("127.0.0.1")
    );
    assert!(facts["ansible_memtotal_mb"].as_i64().unwrap() > 0);
    assert_eq!(facts["module_setup"], Value::from(true));
}

#[test]
fn subsets_and_filters() {
    let only = facts(map! { "gather_subset" => vec!["!all", "!min", "dns"] });
    assert_eq!(
        only.keys().map(|k| k.to_string()).collect::<Vec<_>>(),
        ["ansible_dns", "gather_subset", "module_setup"]
    );
    let text = facts(map! { "gather_subset" => "!all,!min,dns" });
    assert_eq!(text, only);
    let filtered = facts(map! { "filter" => "ansible_distribution*" });
    assert!(filtered.keys().all(|k| k.to_string().starts_with("ansible_distribution")));
    assert!(filtered.contains_key("ansible_distribution_version"));
    let plain = facts(map! { "filter" => vec!["kernel", "distribution"] });
    assert_eq!(plain.len(), 2);
    assert_eq!(facts(map! { "filter" => "facter_*" }).len(), 0);
    let bad = setup(map! { "gather_subset" => "bogus" });
    assert!(bad.failed && bad.bad_parameter.as_deref() == Some("gather_subset"));
}

#[test]
fn local_facts() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("json.fact", "{\"a\": [1, 2]}", 0o644);
    write("ini.fact", "[s]\nK = v\n", 0o644);
    write("exe.fact", "#!/bin/sh\necho '{\"e\": true}'\n", 0o755);
    write("fail.fact", "#!/bin/sh\necho oops >&2; exit 3\n", 0o755);
    write("bad.fact", "garbage here\n", 0o644);
    write("ignored.txt", "{}", 0o644);
    let outcome = setup(map! {
        "gather_subset" => vec!["!all", "!min", "local"], "fact_path" => dir.path().to_str().unwrap(),
    });
    let shown = |name: &str| dir.path().join(name).display().to_string();
    let bad = format!("error loading facts as JSON or ini - please check content: {}", shown("bad.fact"));
    let fail = format!("Failure executing fact script ({}), rc: 3, err: oops", shown("fail.fact"));
    // Texts recorded from ansible-core 2.19.14.
    assert_eq!(
        outcome.facts["ansible_local"],
        Value::map(map! {
            "json" => map! { "a" => vec![1, 2] },
            "ini" => map! { "s" => map! { "k" => "v" } },
            "exe" => map! { "e" => true },
            "fail" => format!("{fail}\n"),
            "bad" => bad.as_str(),
        })
    );
    assert_eq!(outcome.warnings, [bad, fail]);
}
