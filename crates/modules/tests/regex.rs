//! Patterns, texts and what Python 3.11's `re` made of them (recorded in `regex.json`).

use adept_modules::regex::{Flags, Regex};
use serde_json::{Value, json};

const CASES: &str = include_str!("regex.json");

fn cases(list: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(CASES).unwrap();
    all[list].as_array().unwrap().clone()
}

#[test]
fn finds_what_python_finds() {
    let mut wrong = Vec::new();
    for case in cases("patterns") {
        let (pattern, text) = (case["pattern"].as_str().unwrap(), case["text"].as_str().unwrap());
        let regex = match Regex::new(pattern, Flags::default()) {
            Ok(regex) => regex,
            Err(e) => {
                if case["error"].is_null() {
                    wrong.push(format!("{pattern}: refused: {e}"));
                }
                continue;
            }
        };
        if !case["error"].is_null() {
            wrong.push(format!("{pattern}: taken, Python says {}", case["error"]));
            continue;
        }
        let groups = |c: Option<adept_modules::regex::Captures<'_>>| {
            c.map(|c| (0..=c.groups()).map(|i| c.get(i).map(String::from)).collect::<Vec<_>>())
        };
        let got = json!({
            "pattern": pattern, "text": text,
            "search": groups(regex.search(text).unwrap()),
            "match": groups(regex.match_start(text).unwrap()),
            "fullmatch": groups(regex.fullmatch(text).unwrap()),
            "findall": regex.findall(text).unwrap(),
            "sub": regex.replace(text, "-", 0).unwrap().0,
            "sub1": regex.replace(text, r"<\g<0>>", 1).unwrap().0,
            "split": regex.split(text, 0).unwrap(),
        });
        if got != case {
            wrong.push(format!("{pattern}:\n   got {got}\n  want {case}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn replaces_as_python_replaces() {
    let mut wrong = Vec::new();
    for case in cases("replacements") {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        let regex = Regex::new(&text("pattern"), Flags::default()).unwrap();
        match regex.replace(&text("text"), &text("replacement"), 0) {
            Ok((got, _)) if case["sub"] == got => {}
            Err(_) if !case["error"].is_null() => {}
            got => wrong.push(format!("{got:?} for {case}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
