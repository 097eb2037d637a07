//! Every expression of `tests/template/expressions.yml`, against what ansible-core 2.19 makes of it (`record.py` beside it).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Data, Map, Trust, Value};

use super::{Environment, Scope, Templar, Var, text};
use crate::yaml;

const HOME: &str = "/nonexistent/home";

struct Variables(Map);

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Var> {
        self.0.get(name).cloned().map(Var::Value)
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(|k| k.as_str().map(Arc::from)).collect()
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/template")
}

/// A templar of the variables in expressions.yml: as they are, or with every text behind a template of its own, so that
/// lists and maps are rendered as they are used.
fn templar(lazy: bool) -> Templar {
    let given = std::fs::read_to_string(folder().join("expressions.yml")).unwrap();
    let (given, _) = yaml::load_one(given, "expressions.yml", Trust::Data).unwrap();
    let mut variables = given.get("vars").and_then(Value::as_map).unwrap().clone();
    variables.insert("dir".into(), Value::str(folder().join("files").to_string_lossy()));
    if lazy {
        let mut hidden = Map::new();
        let names: Vec<_> = variables.keys().cloned().collect();
        for name in names {
            let value = behind_templates(&variables[&name], &mut hidden);
            variables.insert(name, value);
        }
        variables.extend(hidden);
    }
    let mut env: BTreeMap<String, String> = std::env::vars().collect();
    env.extend([("HOME".to_owned(), HOME.to_owned()), ("ADEPT_CASE".to_owned(), "a case".to_owned())]);
    Templar::new(Arc::new(Environment::new(folder(), env)), Arc::new(Variables(variables)))
}

fn behind_templates(value: &Value, hidden: &mut Map) -> Value {
    match &value.data {
        Data::Str(_) => {
            let name = format!("hidden_{}", hidden.len());
            hidden.insert(name.clone().into(), value.clone());
            trusted(format!("{{{{ {name} }}}}"))
        }
        Data::List(items) => Value::list(items.iter().map(|i| behind_templates(i, hidden)).collect()),
        Data::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), behind_templates(v, hidden))).collect()),
        _ => value.clone(),
    }
}

fn trusted(text: String) -> Value {
    Value::str(text).with_tag(Arc::new(adept_wire::Tag { origin: None, trust: Trust::Template }))
}

/// What we make of an expression, in the words of the record.
fn outcome(templar: &Templar, expression: &str) -> Result<String, (&'static str, String)> {
    let is_template = expression.contains("{{") || expression.contains("{%");
    let source = if is_template { expression.to_owned() } else { format!("{{{{ {expression} }}}}") };
    let dir = folder().join("files").to_string_lossy().into_owned();
    match templar.render(&trusted(source)) {
        Ok(value) => Ok(text::repr(&value).replace(&dir, "$DIR").replace(HOME, "$HOME")),
        Err(e) => Err((if e.is_undefined() { "undefined" } else { "error" }, e.to_string().replace(&dir, "$DIR"))),
    }
}

fn compare(templar: &Templar) {
    let cases = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    let groups: Value = serde_json::from_str(&cases).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (group, cases) in groups.as_map().unwrap() {
        for case in cases.as_list().unwrap() {
            count += 1;
            let field = |name: &str| case.get(name).and_then(Value::as_str);
            let expression = field("expr").unwrap();
            let wanted = field("repr").ok_or_else(|| (field("error").unwrap(), field("text").unwrap()));
            let got = outcome(templar, expression);
            let same = match (&got, &wanted) {
                (Ok(got), Ok(wanted)) => got == wanted,
                (Err((got, _)), Err((wanted, _))) => got == wanted,
                _ => false,
            };
            if !same {
                wrong.push(format!("{group}: {expression}\n     got {got:?}\n  wanted {wanted:?}"));
            }
        }
    }
    assert!(count > 1000, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn expressions_give_what_ansible_gives() {
    compare(&templar(false));
}

#[test]
fn expressions_over_templates_give_the_same() {
    compare(&templar(true));
}

#[test]
fn every_name_has_one_row() {
    let names: [Vec<&str>; 3] = [
        super::filters::FILTERS.iter().copied().flatten().map(|f| f.name).collect(),
        super::tests::TESTS.iter().copied().flatten().map(|t| t.name).collect(),
        super::lookups::LOOKUPS.iter().copied().flatten().map(|l| l.name).collect(),
    ];
    for mut names in names {
        let rows = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rows, "a name has two rows");
    }
}

#[test]
fn old_spellings_are_tests() {
    for name in super::tests::AS_FILTERS {
        assert!(super::Registry::get().test(name).is_some(), "no test '{name}'");
    }
}
