//! The lists in `docs/compatibility.md` say what the tables in the code say. `UPDATE_DOCS=1` writes them.

use std::collections::BTreeMap;
use std::path::Path;

use adept_modules::Spec;
use adept_runner::playbook::{KEYWORDS, Keyword, Levels, Support};
use adept_runner::{actions, template};

#[test]
fn compatibility_lists_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let filters = template::filters::FILTERS.iter().copied().flatten().map(|f| f.name);
    let tests = template::tests::TESTS.iter().copied().flatten().map(|t| t.name);
    let lookups = template::lookups::LOOKUPS.iter().copied().flatten().map(|l| l.name);
    let expected = [
        ("modules", modules()),
        ("keywords", keywords()),
        ("filters", names(filters)),
        ("tests", names(tests)),
        ("lookups", names(lookups)),
    ]
    .iter()
    .fold(text.clone(), |text, (mark, list)| between(&text, mark, list));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    } else {
        assert!(
            text == expected,
            "docs/compatibility.md is out of date: UPDATE_DOCS=1 cargo test --test integration docs"
        );
    }
}

/// The text with this list between `<!-- MARK -->` and the next `<!-- end -->`.
fn between(text: &str, mark: &str, list: &str) -> String {
    let begin = format!("<!-- {mark} -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{begin}\n{list}\n<!-- end -->{after}")
}

fn modules() -> String {
    let mut specs: BTreeMap<&str, &Spec> = BTreeMap::new();
    specs.extend(actions::ACTIONS.iter().map(|a| (a.spec.name, &a.spec)));
    specs.extend(adept_modules::MODULES.iter().map(|m| (m.spec.name, &m.spec)));
    let row = |spec: &&Spec| {
        let params: Vec<&str> = spec.params.iter().map(|p| p.name).filter(|name| !name.starts_with('_')).collect();
        format!("| `{}` | {} | {} |\n", spec.name, spec.summary, params.join(", "))
    };
    "| name | what it does | parameters |\n| --- | --- | --- |\n".to_string()
        + &specs.values().map(row).collect::<String>()
}

fn keywords() -> String {
    let mut known: Vec<&Keyword> = KEYWORDS.iter().collect();
    known.sort_by_key(|k| k.name);
    let row = |keyword: &&Keyword| {
        let levels = [
            (Levels::PLAY, "play"),
            (Levels::ROLE, "role"),
            (Levels::BLOCK, "block"),
            (Levels::TASK, "task"),
            (Levels::HANDLER, "handler"),
        ];
        let places: Vec<&str> = levels.iter().filter(|(l, _)| keyword.levels.has(*l)).map(|(_, name)| *name).collect();
        let remark = match keyword.support {
            Support::Yes => String::new(),
            Support::NoEffect(why) => format!("without effect: {why}"),
            Support::NotYet => "not yet".to_string(),
        };
        format!("| `{}` | {} | {remark} |\n", keyword.name, places.join(", "))
    };
    "| keyword | in | |\n| --- | --- | --- |\n".to_string() + &known.iter().map(row).collect::<String>()
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let mut lines = vec![String::new()];
    for name in names {
        let last = lines.last_mut().expect("there is always a line");
        if last.len() + name.len() > 110 {
            lines.push(format!("`{name}`"));
        } else {
            let space = if last.is_empty() { "" } else { " " };
            *last += &format!("{space}`{name}`");
        }
    }
    lines.join("\n") + "\n"
}
