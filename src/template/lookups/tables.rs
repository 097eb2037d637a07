//! Lookups in files of rows and settings: `csvfile`, `ini`.

use adept_modules::regex::{Flags, Regex};

use super::search;
use super::term::{Term, bool_option, text_option, texts};
use crate::template::call::{Call, Lookup, Result};
use crate::template::error::TemplateError;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("csvfile", csvfile), Lookup::new("ini", ini)];

const CSV: &[&str] = &["file", "delimiter", "col", "keycol", "encoding", "default"];
const INI: &[&str] = &["file", "section", "type", "re", "encoding", "default", "case_sensitive", "allow_none"];

/// Options of a term, or of the call.
struct Options {
    named: Vec<(&'static str, Option<String>)>,
}

impl Options {
    fn of(call: &mut Call<'_>, names: &'static [&'static str]) -> Result<Options> {
        let named = names.iter().map(|name| Ok((*name, text_option(call, name)?))).collect::<Result<_>>()?;
        Ok(Options { named })
    }

    fn get(&self, term: &Term, name: &str) -> Option<String> {
        let named = self.named.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.clone());
        term.get(name).map(str::to_owned).or(named)
    }
}

fn read(call: &Call<'_>, name: &str) -> Result<String> {
    match search::find(call, "files", name) {
        Some(path) => super::files::read(&path),
        None => Err(TemplateError::file(format!("{}: can't find the file '{name}'", call.name))),
    }
}

fn csvfile(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let options = Options::of(call, CSV)?;
    let terms = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for term in terms {
        let term = Term::parse(&term, CSV);
        if term.text.is_empty() {
            return Err(call.fail("Search key is required but was not found"));
        }
        let delimiter = match options.get(&term, "delimiter").as_deref() {
            None | Some("TAB") => '\t',
            Some(d) => d.chars().next().unwrap_or('\t'),
        };
        let column = |name: &str, default: usize| match options.get(&term, name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| call.fail(format!("'{name}' must be a number, not '{text}'"))),
        };
        let (col, keycol) = (column("col", 1)?, column("keycol", 0)?);
        let file = options.get(&term, "file").unwrap_or_else(|| "ansible.csv".to_owned());
        let rows = rows(&read(call, &file)?, delimiter);
        let row = rows.iter().find(|row| row.get(keycol).is_some_and(|k| *k == term.text));
        match row.map(|row| row.get(col)) {
            Some(Some(value)) => out.push(Val::str(&value[..])),
            Some(None) => return Err(call.fail(format!("{file}: the row of '{}' has no column {col}", term.text))),
            None => out.extend(options.get(&term, "default").map(Val::from)),
        }
    }
    Ok(out)
}

/// The rows of a CSV text, with double quotes as Excel writes them.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // There is always a row, and a cell in it.
        let Some(row) = rows.last_mut() else { break };
        let Some(cell) = row.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            c if quoted => cell.push(c),
            c if c == delimiter => row.push(String::new()),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => rows.push(vec![String::new()]),
            c => cell.push(c),
        }
    }
    rows
}

fn ini(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let case_sensitive = bool_option(call, "case_sensitive")?.unwrap_or(false);
    let regex = bool_option(call, "re")?.unwrap_or(false);
    let options = Options::of(call, INI)?;
    let terms = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for text in terms {
        let term = Term::parse(&text, INI);
        let key = if term.has_options() { &term.text[..] } else { &text[..] };
        let properties = options.get(&term, "type").as_deref() == Some("properties");
        let file = options.get(&term, "file").unwrap_or_else(|| "ansible.ini".to_owned());
        let section = options.get(&term, "section").unwrap_or_else(|| "global".to_owned());
        let section = if properties { "java_properties" } else { &section[..] };
        let is_regex =
            regex || term.get("re").is_some_and(|re| matches!(re.to_lowercase().as_str(), "true" | "yes" | "1"));
        let default = options.get(&term, "default").unwrap_or_default();
        let text = read(call, &file)?;
        let text = if properties { format!("[java_properties]\n{text}") } else { text };
        let fold = |name: &str| if case_sensitive { name.to_owned() } else { name.to_lowercase() };
        let settings = settings(&text, section);
        let found: Vec<&String> = if is_regex {
            let regex = Regex::new(key, Flags::default()).map_err(|e| call.fail(format!("{e} in '{key}'")))?;
            let mut found = Vec::new();
            for (name, value) in &settings {
                if regex.match_start(&fold(name)).map_err(|e| call.fail(e))?.is_some() {
                    found.push(value);
                }
            }
            found
        } else {
            settings.iter().rev().find(|(name, _)| fold(name) == fold(key)).map(|(_, v)| v).into_iter().collect()
        };
        if found.is_empty() && !is_regex {
            out.push(Val::str(default));
        }
        out.extend(found.into_iter().map(|v| Val::str(&v[..])));
    }
    Ok(out)
}

/// The settings of a section, with those of `[DEFAULT]` that it hasn't, as Python's configparser reads them.
fn settings(text: &str, section: &str) -> Vec<(String, String)> {
    let mut own: Vec<(String, String)> = Vec::new();
    let mut defaults: Vec<(String, String)> = Vec::new();
    let mut at: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|l| l.split_once(']')) {
            at = Some(name.0.to_owned());
            continue;
        }
        let into = match at.as_deref() {
            Some("DEFAULT") => &mut defaults,
            Some(name) if name == section => &mut own,
            _ => continue,
        };
        // An indented line goes on with the value before it.
        if line.starts_with(char::is_whitespace)
            && let Some((_, value)) = into.last_mut()
        {
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let (name, value) = trimmed.split_once(['=', ':']).unwrap_or((trimmed, ""));
        into.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    defaults.retain(|(name, _)| !own.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)));
    own.extend(defaults);
    own
}
