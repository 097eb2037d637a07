//! ansible.cfg as Python's configparser reads it, without interpolation: sections, `key = value` or `key: value`, lines that
//! go on when indented, whole-line comments (`#`, `;`), comments behind a blank and `;`.

use std::sync::Arc;

use adept_wire::Origin;
use indexmap::IndexMap;

use super::error::ConfigError;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub value: String,
    pub origin: Origin,
}

/// Sections with their keys (in lower case), as written. Keys of `[DEFAULT]` hold in every section.
#[derive(Debug, Default)]
pub(super) struct Ini {
    sections: IndexMap<String, IndexMap<String, Entry>>,
}

impl Ini {
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        let own = self.sections.get(section)?.get(key);
        own.or_else(|| self.sections.get("DEFAULT")?.get(key))
    }

    /// All entries but those of `[DEFAULT]`.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        let sections = self.sections.iter().filter(|(name, _)| *name != "DEFAULT");
        sections.flat_map(|(section, keys)| keys.iter().map(move |(k, e)| (section.as_str(), k.as_str(), e)))
    }

    pub(super) fn parse(text: &str, file: &Arc<str>) -> Result<Ini, ConfigError> {
        let mut ini = Ini::default();
        // The open section, its open key, and how far that one is indented.
        let (mut section, mut key, mut indent): (Option<String>, Option<String>, usize) = (None, None, 0);
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let origin =
                |column: usize| Origin { file: file.clone(), line: number as u32 + 1, column: column as u32 + 1 };
            let error = |column, message: String, hint: &str| {
                let hint = (!hint.is_empty()).then(|| hint.to_owned());
                Err(ConfigError::Syntax { message, origin: origin(column), hint })
            };
            let content = without_comment(line);
            let open = section.as_ref().zip(key.as_ref());
            if content.is_empty() {
                // An empty line may belong to a value that goes on; a comment does not.
                if line.trim().is_empty()
                    && let Some(entry) = open.and_then(|(s, k)| ini.sections[s].get_mut(k))
                {
                    entry.value.push('\n');
                }
                continue;
            }
            let column = line.chars().take_while(|c| c.is_whitespace()).count();
            if column > indent
                && let Some(entry) = open.and_then(|(s, k)| ini.sections[s].get_mut(k))
            {
                entry.value.push('\n');
                entry.value.push_str(content);
                continue;
            }
            indent = column;
            if let Some(name) = content.strip_prefix('[').and_then(|c| Some(&c[..c.rfind(']')?])) {
                if ini.sections.contains_key(name) && name != "DEFAULT" {
                    return error(
                        column,
                        format!("section [{name}] already exists"),
                        "put its lines into the first one",
                    );
                }
                ini.sections.entry(name.to_owned()).or_default();
                (section, key) = (Some(name.to_owned()), None);
                continue;
            }
            let Some(name) = &section else {
                return error(
                    column,
                    "a setting before any section".into(),
                    "most settings belong below a line [defaults]",
                );
            };
            let Some((option, value)) = content.split_once(['=', ':']) else {
                return error(column, format!("'{content}' is no setting"), "a setting is written 'name = value'");
            };
            let option = option.trim().to_lowercase();
            if option.is_empty() {
                return error(column, "a setting without a name".into(), "a setting is written 'name = value'");
            }
            let start = column + content.chars().count() - value.trim_start().chars().count();
            let entry = Entry { value: value.trim().to_owned(), origin: origin(start) };
            if let Some(first) = ini.sections[name].insert(option.clone(), entry) {
                let hint = format!("it is also set in line {}", first.origin.line);
                return error(column, format!("'{option}' is set twice in section [{name}]"), &hint);
            }
            key = Some(option);
        }
        for entry in ini.sections.values_mut().flat_map(|s| s.values_mut()) {
            entry.value.truncate(entry.value.trim_end().len());
        }
        Ok(ini)
    }
}

/// The line without a comment and without blanks around it.
fn without_comment(line: &str) -> &str {
    let trimmed = line.trim();
    if trimmed.starts_with(['#', ';']) {
        return "";
    }
    let cut = trimmed
        .char_indices()
        .find(|(i, c)| *c == ';' && trimmed[..*i].chars().next_back().is_some_and(char::is_whitespace));
    cut.map_or(trimmed, |(i, _)| &trimmed[..i]).trim()
}

#[cfg(test)]
mod tests {
    use super::Ini;

    #[test]
    fn errors_have_places() {
        let error = |text: &str| {
            let d = crate::diag::Diagnostic::from(Ini::parse(text, &"a.cfg".into()).unwrap_err());
            format!("{} {} ({})", d.origin.unwrap(), d.message, d.hint.unwrap())
        };
        assert_eq!(
            error("forks = 1"),
            "a.cfg:1:1 a setting before any section (most settings belong below a line [defaults])"
        );
        assert_eq!(error("[a]\n b"), "a.cfg:2:2 'b' is no setting (a setting is written 'name = value')");
        assert_eq!(error("[a]\nb=1\nB: 2"), "a.cfg:3:1 'b' is set twice in section [a] (it is also set in line 2)");
        assert_eq!(error("[a]\n[b]\n[a]"), "a.cfg:3:1 section [a] already exists (put its lines into the first one)");
    }

    #[test]
    fn values_know_their_column() {
        let ini = Ini::parse("[a]\nb  =  x y ; z\n", &"a.cfg".into()).unwrap();
        let entry = ini.get("a", "b").unwrap();
        assert_eq!((entry.value.as_str(), entry.origin.line, entry.origin.column), ("x y", 2, 7));
    }
}
