//! `-e`: extra variables in all forms - `k=v` pairs, YAML or JSON text, `@FILE`.

use std::path::Path;
use std::sync::Arc;

use adept_wire::{Key, Map, Origin, Tag, Trust, Value};

use crate::diag::Diagnostic;
use crate::playbook::split;
use crate::yaml;

/// All `-e` in order; later ones win.
///
/// # Errors
/// When one of them is no map of variables.
pub fn parse(given: &[String], cwd: &Path) -> Result<Map, Diagnostic> {
    let mut vars = Map::new();
    for text in given {
        vars.extend(one(text.trim(), cwd)?);
    }
    Ok(vars)
}

fn one(text: &str, cwd: &Path) -> Result<Map, Diagnostic> {
    let map_of = |value: Value, what: &str| match value.as_map() {
        Some(map) => Ok(map.clone()),
        None if value.is_null() => Ok(Map::new()),
        None => Err(Diagnostic::options(format!(
            "Invalid extra vars data supplied. '{what}' could not be made into a dictionary"
        ))),
    };
    if let Some(file) = text.strip_prefix('@') {
        let path = cwd.join(adept_modules::args::expand(file));
        let (value, _) = yaml::load_file(&path, Trust::Template).map_err(Diagnostic::from)?;
        return map_of(value, text);
    }
    match text.chars().next() {
        None => Ok(Map::new()),
        Some('/' | '.') => Err(Diagnostic::options(format!("Please prepend extra_vars filename '{text}' with '@'"))),
        Some('{' | '[') => {
            let (value, _) = yaml::load_one(text.as_bytes(), "<-e>", Trust::Template).map_err(Diagnostic::from)?;
            map_of(value, text)
        }
        Some(_) => {
            let kv = split::key_values(text, None).map_err(|e| Diagnostic::options(e.to_string()))?;
            // Words without '=' beside pairs are let pass, as ansible-playbook does: a transition gives the options of
            // its caller in quotes that may end early.
            if kv.pairs.is_empty() && !kv.free.is_empty() {
                return Err(Diagnostic::options(format!(
                    "-e takes k=v pairs, YAML or @FILE; this is none of them: {}",
                    kv.free
                )));
            }
            let tag = Arc::new(Tag {
                origin: Some(Origin { file: "<-e>".into(), line: 1, column: 1 }),
                trust: Trust::Template,
            });
            Ok(kv.pairs.into_iter().map(|(k, v)| (Key::from(k), Value::str(v).with_tag(tag.clone()))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(given: &[&str]) -> Map {
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        parse(&given, Path::new("/")).unwrap()
    }

    #[test]
    fn all_forms() {
        assert_eq!(vars(&["a=1 b='x y'"]), adept_wire::map! { "a" => "1", "b" => "x y" });
        assert_eq!(vars(&["{\"a\": 1, b: [x]}"]), adept_wire::map! { "a" => 1, "b" => vec!["x"] });
        assert_eq!(vars(&["a=1", "a=2"]), adept_wire::map! { "a" => "2" });
    }

    #[test]
    fn a_path_without_at_sign_is_an_error() {
        assert!(parse(&["/etc/vars.yml".to_string()], Path::new("/")).is_err());
        assert!(parse(&["word".to_string()], Path::new("/")).is_err());
    }
}
