//! Cases as data: every file in `cases/` holds templates with what ansible-core gives for them (see `cases/record.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Origin, Tag, Trust, Value};
use serde::Deserialize;

use super::{Environment, FileOptions, Scope, Syntax, Templar, TemplateError, TemplateErrorKind, Var, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    file: bool,
    #[serde(default)]
    vars: Map,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    template: Option<String>,
    expression: Option<String>,
    #[serde(default)]
    vars: Map,
    #[serde(default)]
    options: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "some")]
    result: Option<Value>,
    undefined: Option<String>,
    error: Option<String>,
    #[serde(default, deserialize_with = "some")]
    ours: Option<Value>,
    ours_undefined: Option<String>,
    ours_error: Option<String>,
    why: Option<String>,
}

/// `result: null` is a result.
fn some<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

/// A scope of trusted values.
pub(super) struct MapScope(pub Map);

impl Scope for MapScope {
    fn get(&self, name: &str) -> Option<Var> {
        self.0.get(name).cloned().map(Var::Value)
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(|k| k.as_str().map(Arc::from)).collect()
    }
}

/// The same value, as a loader of playbooks would give it.
pub(super) fn trusted(value: &Value) -> Value {
    let origin = Some(Origin { file: "<test>".into(), line: 1, column: 1 });
    let tag = Arc::new(Tag { origin, trust: Trust::Template });
    let value = match &value.data {
        Data::List(l) => Value::list(l.iter().map(trusted).collect()),
        Data::Map(m) => Value::map(m.iter().map(|(k, v)| (k.clone(), trusted(v))).collect()),
        data => Value::new(data.clone()),
    };
    value.with_tag(tag)
}

pub(super) fn templar(vars: &Map) -> Templar {
    let vars = vars.iter().map(|(k, v)| (k.clone(), trusted(v))).collect();
    Templar::new(Arc::new(Environment::new("/nonexistent", BTreeMap::new())), Arc::new(MapScope(vars)))
}

fn run(file: &File, case: &Case) -> Result<Value, TemplateError> {
    let mut vars = file.vars.clone();
    vars.extend(case.vars.clone());
    let templar = templar(&vars);
    if let Some(expression) = &case.expression {
        return templar.expression(expression, None);
    }
    let template = case.template.as_deref().unwrap_or_default();
    if file.file {
        return templar.file(template, "/nonexistent/t.j2", &FileOptions { syntax: syntax(&case.options) }).map(Value::from);
    }
    templar.render(&trusted(&template.into()))
}

fn syntax(options: &BTreeMap<String, Value>) -> Syntax {
    let mut syntax = Syntax::FILE;
    let text = |name: &str| options.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str, default| options.get(name).and_then(Value::as_bool).unwrap_or(default);
    syntax.lstrip_blocks = flag("lstrip_blocks", false);
    syntax.trim_blocks = flag("trim_blocks", true);
    syntax.variable = text("variable_start_string").zip(text("variable_end_string"));
    syntax.block = text("block_start_string").zip(text("block_end_string"));
    syntax
}

/// What comes out in the words of the case: types and all.
fn shown(result: &Result<Value, TemplateError>) -> String {
    match result {
        Ok(value) => format!("result: {}", text::repr(value)),
        Err(error) if error.is_undefined() => format!("undefined: {error}"),
        Err(error) => format!("error: {error}"),
    }
}

/// Does this come out? Of errors that aren't about something undefined, the words matter only where they are Python's own.
fn agrees(case: &Case, result: &Result<Value, TemplateError>) -> bool {
    let same = |wanted: &Value| result.as_ref().is_ok_and(|v| text::repr(v) == text::repr(wanted));
    let message = || result.as_ref().err().map(ToString::to_string).unwrap_or_default();
    if let Some(wanted) = &case.ours {
        return same(wanted);
    }
    if let Some(wanted) = &case.ours_undefined {
        return result.as_ref().is_err_and(TemplateError::is_undefined) && message() == *wanted;
    }
    if let Some(wanted) = &case.ours_error {
        return message() == *wanted;
    }
    if let Some(wanted) = &case.result {
        return same(wanted);
    }
    if let Some(wanted) = &case.undefined {
        return result.as_ref().is_err_and(TemplateError::is_undefined) && message() == *wanted;
    }
    if let Some(wanted) = &case.error {
        let Err(error) = result else { return false };
        let syntax = matches!(error.kind(), TemplateErrorKind::Syntax(_));
        return syntax || message() == *wanted;
    }
    false
}

#[test]
fn cases_agree_with_the_record() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/template/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "yml")) {
        let file: File = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for case in &file.cases {
            count += 1;
            let result = run(&file, case);
            assert!(
                case.why.is_some() == (case.ours.is_some() || case.ours_undefined.is_some() || case.ours_error.is_some()),
                "a difference needs a reason: {:?}",
                case.template
            );
            if !agrees(case, &result) {
                let wanted = match (&case.result, &case.undefined, &case.error) {
                    (Some(v), ..) => format!("result: {}", text::repr(v)),
                    (_, Some(m), _) => format!("undefined: {m}"),
                    (_, _, Some(m)) => format!("error: {m}"),
                    _ => "nothing recorded".to_owned(),
                };
                let name = path.file_stem().unwrap().to_string_lossy();
                let source = case.template.as_ref().or(case.expression.as_ref()).unwrap();
                wrong.push(format!("{name}: {source:?}\n     theirs {wanted}\n     ours   {}", shown(&result)));
            }
        }
    }
    assert!(count > 300, "only {count} cases found");
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A value by its name, for tests.
pub(super) fn vars<const N: usize>(entries: [(&str, Value); N]) -> Map {
    entries.into_iter().map(|(k, v)| (Key::from(k), v)).collect()
}
