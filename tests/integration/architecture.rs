//! What `ARCHITECTURE.md` promises about the tree, read from the tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms of `src/` in the order in which data walks: a room uses only rooms before it.
const ROOMS: &[&str] = &[
    "diag",
    "event",
    "journal",
    "vault",
    "config",
    "yaml",
    "report",
    "template",
    "playbook",
    "inventory",
    "vars",
    "connection",
    "workspace",
    "actions",
    "engine",
    "transition",
    "cli",
];

/// Uses of a later room that stand, each with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Crates that only some rooms may name.
const PRIVATE: &[(&str, &[&str])] = &[
    ("minijinja", &["template"]),
    ("libyaml_safer", &["yaml"]),
    ("russh", &["connection"]),
    ("tokio", &["connection", "workspace", "actions", "engine", "transition", "cli"]),
];

/// What the agent must stay free of.
const NOT_IN_AGENT: &[&str] = &["tokio", "russh", "minijinja"];

#[test]
fn rooms_use_only_rooms_before_them() {
    let mut wrong = Vec::new();
    for (room, file, text) in sources() {
        let Some(at) = ROOMS.iter().position(|r| *r == room) else {
            wrong.push(format!("{}: the room {room} has no place in the order", file.display()));
            continue;
        };
        for used in rooms_named(&text) {
            let known = EXCEPTIONS.iter().any(|(a, b, _)| *a == room && *b == used);
            match ROOMS.iter().position(|r| *r == used) {
                Some(other) if other > at && !known => {
                    wrong.push(format!("{}: {room} uses {used}, which comes later", file.display()));
                }
                Some(_) => {}
                None => wrong.push(format!("{}: crate::{used} is no room", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lib_lists_the_rooms_in_order() {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("pub mod ")).map(|l| l.trim_end_matches(';')).collect();
    let expected: Vec<&str> = ROOMS.iter().copied().filter(|room| listed.contains(room)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn crates_are_named_where_they_belong() {
    let mut wrong = Vec::new();
    for (room, file, text) in sources() {
        for (name, allowed) in PRIVATE {
            if !allowed.contains(&room.as_str()) && words(&text).contains(name) {
                wrong.push(format!("{}: {room} names {name}; only {} may", file.display(), allowed.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_agent_stays_small() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "adept-agent", "--edges", "normal", "--prefix", "none"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.lines().any(|line| line.starts_with("adept-modules ")), "{tree}");
    for name in NOT_IN_AGENT {
        assert!(!tree.lines().any(|line| line.split(' ').next() == Some(name)), "the agent depends on {name}");
    }
}

#[test]
fn imports_are_found() {
    let text = "use crate::vars::Layer;\nuse crate::{diag::Diagnostic, event::{Event, Sender}};\n// crate::cli\nlet x = crate::yaml::load();";
    assert_eq!(rooms_named(text), BTreeSet::from(["vars", "diag", "event", "yaml"].map(String::from)));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file in a room: the room, the path, the text without comments.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("src")) {
        let entry = entry.unwrap();
        let file = entry.path().strip_prefix(root()).unwrap().to_path_buf();
        if entry.path().extension().is_none_or(|e| e != "rs") || file.components().count() < 3 {
            continue;
        }
        let room = file.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
        found.push((room, file, without_comments(&std::fs::read_to_string(entry.path()).unwrap())));
    }
    assert!(!found.is_empty());
    found
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The rooms that follow `crate::`, also in a group.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut name = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 && c == ',' {
                        found.extend(first_word(&name));
                        name.clear();
                    } else {
                        name.push(c);
                    }
                }
                found.extend(first_word(&name));
            }
            None => found.extend(first_word(rest)),
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}
