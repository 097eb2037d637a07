//! `local`: facts that the host's owner left in `fact_path`, as JSON, as INI, or printed by a program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use adept_wire::{Map, Value};

use super::{Facts, Machine};
use crate::glob;
use crate::sys::process::Command;

pub(super) fn local(machine: &Machine<'_>, facts: &mut Facts) {
    let mut local = Map::new();
    let dir = machine.host.path(&machine.fact_path);
    for path in glob::paths(&dir, "*.fact") {
        let Some(name) = path.file_stem().map(|n| n.to_string_lossy().into_owned()) else { continue };
        let value = match read(machine, &path) {
            Ok(value) => value,
            Err(why) => {
                facts.warnings.push(why.trim_end().to_string());
                why.into()
            }
        };
        local.insert(name.into(), value);
    }
    facts.set("local", local);
}

fn read(machine: &Machine<'_>, path: &Path) -> Result<Value, String> {
    let shown = path.display();
    let meta =
        std::fs::metadata(path).map_err(|e| format!("error loading fact - please check content: {shown}: {e}"))?;
    let text = if meta.permissions().mode() & 0o111 != 0 {
        let failed = |rc: String, err: String| format!("Failure executing fact script ({shown}), rc: {rc}, err: {err}");
        let run = Command::new([path]).quiet().run(machine.host);
        let finished = run.map_err(|e| format!("Could not execute fact script ({shown}): {e}"))?;
        if finished.rc != 0 {
            return Err(failed(finished.rc.to_string(), finished.stderr_text()));
        }
        finished.stdout_text()
    } else {
        let bytes =
            std::fs::read(path).map_err(|e| format!("error loading fact - please check content: {shown}: {e}"))?;
        String::from_utf8_lossy(&bytes).into_owned()
    };
    if let Ok(json) = serde_json::from_str::<Value>(&text) {
        return Ok(json);
    }
    match ini(&text) {
        Ok(sections) => Ok(sections.into()),
        Err(IniError::Syntax) => Err(format!("error loading facts as JSON or ini - please check content: {shown}")),
        Err(IniError::Interpolation(why)) => {
            Err(format!("error loading facts as ini - please check content: {shown} ({why})"))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum IniError {
    Syntax,
    Interpolation(String),
}

/// As Python's `configparser` with its defaults reads it: names in lower case, `=` or `:`, values over several indented
/// lines, `[DEFAULT]`, `%(name)s`, nothing twice.
fn ini(text: &str) -> Result<Map, IniError> {
    let mut sections: Vec<Section> = Vec::new();
    let mut defaults = Section::default();
    // Where the current option's lines go, and how far its first line was indented.
    let mut current: Option<usize> = None;
    let mut in_default = false;
    let mut started = false;
    let mut indent = 0;
    for line in text.lines() {
        let stripped = line.trim();
        let comment = stripped.starts_with(['#', ';']);
        let section = if in_default { Some(&mut defaults) } else { sections.last_mut() };
        if stripped.is_empty() || comment {
            // An empty line may be part of a value; whether it is shows when the value goes on.
            if let (Some(at), Some(section), false) = (current, section, comment) {
                section.0[at].1.push(String::new());
            }
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        if let (Some(at), true, true) = (current, depth > indent, section.is_some()) {
            section.into_iter().for_each(|s| s.0[at].1.push(stripped.to_string()));
            continue;
        }
        indent = depth;
        current = None;
        if let Some(name) = stripped.strip_prefix('[').and_then(|s| s.split_once(']')).map(|(name, _)| name) {
            started = true;
            in_default = name == "DEFAULT";
            if !in_default {
                if sections.iter().any(|s| s.1 == name) {
                    return Err(IniError::Syntax);
                }
                sections.push(Section(Vec::new(), name.to_string()));
            }
            continue;
        }
        let (name, value) = stripped.split_once(['=', ':']).ok_or(IniError::Syntax)?;
        let name = name.trim().to_lowercase();
        let section = section.filter(|_| started).ok_or(IniError::Syntax)?;
        if name.is_empty() || section.0.iter().any(|(n, _)| *n == name) {
            return Err(IniError::Syntax);
        }
        section.0.push((name, vec![value.trim().to_string()]));
        current = Some(section.0.len() - 1);
    }
    sections.iter().map(|s| Ok((s.1.as_str().into(), s.values(&defaults)?.into()))).collect()
}

/// Options with the lines of their values, and the section's name.
#[derive(Default)]
struct Section(Vec<(String, Vec<String>)>, String);

impl Section {
    fn values(&self, defaults: &Section) -> Result<Map, IniError> {
        let raw: Vec<(&str, String)> = self
            .0
            .iter()
            .chain(defaults.0.iter().filter(|(name, _)| !self.0.iter().any(|(n, _)| n == name)))
            .map(|(name, lines)| (name.as_str(), lines.join("\n").trim_end().to_string()))
            .collect();
        raw.iter().map(|(name, value)| Ok(((*name).into(), interpolate(value, &raw, 0)?.into()))).collect()
    }
}

fn interpolate(value: &str, all: &[(&str, String)], depth: u32) -> Result<String, IniError> {
    let error = |why: String| Err(IniError::Interpolation(why));
    if depth > 10 {
        return error("recursion limit exceeded in value substitution".into());
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('%') {
            out.push('%');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|s| s.split_once(")s")) {
            let name = name.to_lowercase();
            let Some((_, found)) = all.iter().find(|(n, _)| *n == name) else {
                return error(format!("bad value substitution: key '{name}' isn't there"));
            };
            out.push_str(&interpolate(found, all, depth + 1)?);
            rest = tail;
        } else {
            return error(format!("'%' must be followed by '%' or '(', found: '%{after}'"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use adept_wire::map;

    /// Recorded from ansible-core 2.19.14.
    #[test]
    fn ini_as_python_reads_it() {
        let text = "[a]\nX=1\ny = two words\n[B b]\nk: v\nempty=\n; c\n# d\nmulti=a\n  b\n";
        let expected = map! {
            "a" => map! { "x" => "1", "y" => "two words" },
            "B b" => map! { "k" => "v", "empty" => "", "multi" => "a\nb" },
        };
        assert_eq!(Value::map(ini(text).unwrap()), Value::map(expected));
        let continued = ini("[a]\nt=1\n\tcont\n\n  cont2\nu=2\n").unwrap();
        assert_eq!(Value::map(continued), Value::map(map! { "a" => map! { "t" => "1\ncont\n\ncont2", "u" => "2" } }));
        assert_eq!(ini("").unwrap(), map! {});
        for bad in ["garbage here\n", "a=1\n", "[a]\nX=1\nX=2\n", "[x]\na = 1\n b\nc\n", "[a]\n[a]\n"] {
            assert_eq!(ini(bad), Err(IniError::Syntax), "{bad:?}");
        }
    }

    #[test]
    fn ini_defaults_and_interpolation() {
        let sections = ini("[DEFAULT]\nd=1\n[s]\na=%(d)s-%%\n").unwrap();
        assert_eq!(Value::map(sections), Value::map(map! { "s" => map! { "a" => "1-%", "d" => "1" } }));
        assert!(matches!(ini("[s]\nb=50%\n"), Err(IniError::Interpolation(_))));
        assert!(matches!(ini("[s]\na=%(b)s\nb=%(a)s\n"), Err(IniError::Interpolation(_))));
    }
}
