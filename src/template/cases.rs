//! Cases as data: every file in `cases/` holds templates with what ansible-core gives for them (see `cases/record.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Map, Trust, Value};

use super::{Environment, FileOptions, Scope, Syntax, Templar, TemplateError, TemplateErrorKind, Var, text};
use crate::yaml;

/// A scope of these variables.
pub(super) struct MapScope(pub Map);

impl Scope for MapScope {
    fn get(&self, name: &str) -> Option<Var> {
        self.0.get(name).cloned().map(Var::Value)
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(|k| k.as_str().map(Arc::from)).collect()
    }
}

/// A templar of the variables in this YAML text, trusted as a playbook's are.
pub(super) fn templar(vars: &str) -> Templar {
    let (vars, _) = yaml::load_one(vars, "<vars>", Trust::Template).unwrap();
    of_vars(vars.as_map().cloned().unwrap_or_default())
}

fn of_vars(vars: Map) -> Templar {
    Templar::new(Arc::new(Environment::new("/nonexistent", BTreeMap::new())), Arc::new(MapScope(vars)))
}

fn run(file: &Value, case: &Value) -> Result<Value, TemplateError> {
    let mut vars = file.get("vars").and_then(Value::as_map).cloned().unwrap_or_default();
    vars.extend(case.get("vars").and_then(Value::as_map).cloned().unwrap_or_default());
    let templar = of_vars(vars);
    if let Some(expression) = case.get("expression") {
        return templar.expression(expression.as_str().unwrap(), expression.origin());
    }
    let template = case.get("template").unwrap();
    if file.get("file").is_some() {
        let syntax = syntax(case.get("options").and_then(Value::as_map).unwrap_or(&Map::new()));
        let text = template.as_str().unwrap();
        return templar.file(text, "/nonexistent/t.j2", &FileOptions { syntax }).map(Value::from);
    }
    templar.render(template)
}

fn syntax(options: &Map) -> Syntax {
    let text = |name: &str| options.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str, default| options.get(name).and_then(Value::as_bool).unwrap_or(default);
    Syntax {
        lstrip_blocks: flag("lstrip_blocks", false),
        trim_blocks: flag("trim_blocks", true),
        variable: text("variable_start_string").zip(text("variable_end_string")),
        block: text("block_start_string").zip(text("block_end_string")),
        ..Syntax::FILE
    }
}

/// What comes out, in the words of a case; types and all.
fn shown(result: &Result<Value, TemplateError>) -> (&'static str, String) {
    match result {
        Ok(value) => ("result", text::repr(value)),
        Err(error) if error.is_undefined() => ("undefined", error.to_string()),
        Err(error) => ("error", error.to_string()),
    }
}

/// What the case wants: our own way first, which needs a reason.
fn wanted(case: &Value) -> Option<(&'static str, String)> {
    let said =
        |kind, v: &Value| (kind, if kind == "result" { text::repr(v) } else { v.as_str().unwrap_or("").to_owned() });
    let ours = [("ours", "result"), ("ours_undefined", "undefined"), ("ours_error", "error")];
    let theirs = [("result", "result"), ("undefined", "undefined"), ("error", "error")];
    ours.into_iter().chain(theirs).find_map(|(key, kind)| case.get(key).map(|v| said(kind, v)))
}

#[test]
fn cases_agree_with_the_record() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/template/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "yml")) {
        let (file, _) = yaml::load_file(path, Trust::Template).unwrap();
        for case in file.get("cases").and_then(Value::as_list).unwrap() {
            count += 1;
            let source = case.get("template").or(case.get("expression")).and_then(Value::as_str).unwrap();
            let differs = ["ours", "ours_undefined", "ours_error"].iter().any(|k| case.get(k).is_some());
            assert!(case.get("why").is_some() == differs, "a difference needs a reason: {source:?}");
            let result = run(&file, case);
            let (kind, said) = shown(&result);
            let agrees = wanted(case).is_some_and(|(wanted_kind, wanted)| {
                // The words of a syntax error are the parser's own.
                let syntax = result.as_ref().is_err_and(|e| matches!(e.kind(), TemplateErrorKind::Syntax(_)));
                kind == wanted_kind && (said == wanted || syntax)
            });
            if !agrees {
                let name = path.file_stem().unwrap().to_string_lossy();
                let (wanted_kind, wanted) = wanted(case).unwrap_or(("nothing", String::new()));
                wrong.push(format!(
                    "{name}: {source:?}\n     theirs {wanted_kind}: {wanted}\n     ours   {kind}: {said}"
                ));
            }
        }
    }
    assert!(count > 300, "only {count} cases found");
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every template of the cases with a character removed, doubled or replaced: errors are fine, panics are not.
#[test]
fn mutated_cases_never_panic() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/template/cases");
    let mut seed = 42u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yml") {
            continue;
        }
        let (file, _) = yaml::load_file(&path, Trust::Template).unwrap();
        let templar = of_vars(file.get("vars").and_then(Value::as_map).cloned().unwrap_or_default());
        for case in file.get("cases").and_then(Value::as_list).unwrap() {
            let Some(template) = case.get("template") else { continue };
            // Large numbers would only cost time.
            if template.as_str().unwrap().contains("range") {
                continue;
            }
            for _ in 0..8 {
                let mut chars: Vec<char> = template.as_str().unwrap().chars().collect();
                if chars.is_empty() {
                    continue;
                }
                let at = random(chars.len());
                let with = ['{', '}', '%', '(', ')', '\'', '"', '\\', '-', '|', '.', ' ', 'é', '\n', '0'][random(15)];
                match random(3) {
                    0 => drop(chars.remove(at)),
                    1 => chars.insert(at, with),
                    _ => chars[at] = with,
                }
                let text: String = chars.into_iter().collect();
                let mutated = Value::str(text.as_str()).with_tag(template.tag().unwrap().clone());
                let _ = templar.render(&mutated).map_err(crate::diag::Diagnostic::from);
                let _ = templar.file(&text, "t.j2", &FileOptions::default());
                let _ = templar.expression(&text, None);
            }
        }
    }
}
