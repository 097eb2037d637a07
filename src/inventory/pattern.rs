//! Patterns: which hosts `web:!db:&prod`, `*.example.com`, `~web\d+` or `all[0:4]` mean, and `--limit`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use fancy_regex::Regex;

use super::address;
use super::error::InventoryError;
use super::inventory::{Inventory, LOCALHOST};
use crate::diag::{Diagnostic, did_you_mean};

/// Said where an inventory has no host and a play wants one (Ansible's text).
pub const EMPTY_INVENTORY: &str =
    "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'";

/// Said where `--limit` leaves no host of the inventory (Ansible's text).
pub const NO_TARGETS: &str = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";

/// The parts of a pattern: separated by commas, or if there are none by colons and blanks outside of brackets.
pub fn split_pattern(pattern: &str) -> Vec<String> {
    let pattern = pattern.trim();
    if pattern.contains(',') {
        return pattern.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect();
    }
    if address::parse(pattern).is_some() {
        return vec![pattern.to_owned()];
    }
    let (mut parts, mut part, mut in_brackets) = (Vec::new(), String::new(), false);
    for c in pattern.chars() {
        match c {
            '[' if !in_brackets => in_brackets = true,
            ']' => in_brackets = false,
            c if !in_brackets && (c == ':' || c.is_whitespace()) => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts.retain(|p| !p.is_empty());
    parts
}

impl Inventory {
    /// The hosts that a pattern means, in Ansible's order, and of these the ones that `limit` means too. Parts that match
    /// nothing are warned of.
    pub fn matches(
        &self,
        pattern: &str,
        limit: Option<&str>,
    ) -> Result<(Vec<Arc<str>>, Vec<Diagnostic>), InventoryError> {
        self.matches_all(&[pattern], limit, Path::new("."))
    }

    /// The same for a list of patterns (`hosts:` may be one). A limit `@FILE` is looked for in `cwd`.
    pub fn matches_all(
        &self,
        patterns: &[impl AsRef<str>],
        limit: Option<&str>,
        cwd: &Path,
    ) -> Result<(Vec<Arc<str>>, Vec<Diagnostic>), InventoryError> {
        let mut warnings = Vec::new();
        let parts: Vec<String> = patterns.iter().flat_map(|p| split_pattern(p.as_ref())).collect();
        let mut hosts = self.evaluate(&parts, &mut warnings)?;
        if let Some(limit) = limit {
            let limit: HashSet<_> = self.evaluate(&limit_parts(limit, cwd)?, &mut warnings)?.into_iter().collect();
            hosts.retain(|h| limit.contains(h));
        }
        Ok((hosts, warnings))
    }

    /// Regular parts add, then `&` parts keep, then `!` parts remove, wherever they stand.
    fn evaluate(&self, parts: &[String], warnings: &mut Vec<Diagnostic>) -> Result<Vec<Arc<str>>, InventoryError> {
        let mut hosts: Vec<Arc<str>> = Vec::new();
        let mut seen: HashSet<Arc<str>> = HashSet::new();
        let regular = || parts.iter().filter(|p| !p.starts_with(['&', '!']));
        let everything = "all".to_owned();
        let none_is_all = (regular().next().is_none() && !parts.is_empty()).then_some(&everything);
        for part in regular().chain(none_is_all) {
            hosts.extend(self.match_part(part, warnings)?.into_iter().filter(|h| seen.insert(h.clone())));
        }
        for part in parts.iter().filter_map(|p| p.strip_prefix('&')) {
            let keep: HashSet<_> = self.match_part(part, warnings)?.into_iter().collect();
            hosts.retain(|h| keep.contains(h));
        }
        for part in parts.iter().filter_map(|p| p.strip_prefix('!')) {
            let drop: HashSet<_> = self.match_part(part, warnings)?.into_iter().collect();
            hosts.retain(|h| !drop.contains(h));
        }
        Ok(hosts)
    }

    fn match_part(&self, part: &str, warnings: &mut Vec<Diagnostic>) -> Result<Vec<Arc<str>>, InventoryError> {
        // A host's whole name means that host, whatever else it could be: a group, or a name with a subscript.
        if let Some((name, _)) = self.hosts.get_key_value(part) {
            return Ok(vec![name.clone()]);
        }
        let (name, subscript) = match Subscript::split(part) {
            Some((name, subscript)) => (name, Some(subscript)),
            None => (part, None),
        };
        let (mut hosts, known) = self.match_names(name)?;
        if !known && name != "all" {
            let names = self.groups.keys().chain(self.hosts.keys()).map(|n| &**n);
            let hint = did_you_mean(name, names).map(|n| format!("did you mean '{n}'?"));
            let message = format!("Could not match supplied host pattern, ignoring: {name}");
            warnings.push(Diagnostic::general(message).maybe_hint(hint));
        }
        if let Some(subscript) = subscript {
            hosts = subscript.apply(hosts);
        }
        Ok(hosts)
    }

    /// Groups whose name matches, with all their hosts; hosts if no group does, or if the pattern could mean several. Also
    /// says whether any name matched at all: a group may be empty.
    fn match_names(&self, pattern: &str) -> Result<(Vec<Arc<str>>, bool), InventoryError> {
        let matcher = Matcher::new(pattern)?;
        let (mut hosts, mut seen) = (Vec::new(), HashSet::new());
        let groups: Vec<&Arc<str>> = match &matcher {
            Matcher::Name(name) => self.groups.get_key_value(*name).into_iter().map(|(k, _)| k).collect(),
            Matcher::Regex(_) => self.groups.keys().filter(|g| matcher.matches(g)).collect(),
        };
        for group in &groups {
            hosts.extend(self.members(group).into_iter().filter(|h| seen.insert(h.clone())));
        }
        if groups.is_empty() || pattern.starts_with('~') || pattern.contains(['.', '?', '*', '[']) {
            match &matcher {
                Matcher::Name(name) => hosts.extend(
                    self.hosts
                        .get_key_value(*name)
                        .into_iter()
                        .map(|(k, _)| k.clone())
                        .filter(|h| seen.insert(h.clone())),
                ),
                Matcher::Regex(_) => {
                    let found = self.hosts.keys().filter(|h| matcher.matches(h)).cloned();
                    hosts.extend(found.filter(|h| seen.insert(h.clone())));
                }
            }
        }
        if hosts.is_empty() && LOCALHOST.contains(&pattern) {
            // A host that is written under another name of this machine is meant before the implicit one.
            let written = self.hosts.keys().find(|h| LOCALHOST.contains(&&***h));
            hosts.extend(written.or_else(|| self.implicit.get_key_value(pattern).map(|(k, _)| k)).cloned());
        }
        let known = !groups.is_empty() || !hosts.is_empty();
        Ok((hosts, known))
    }
}

/// The parts of a limit; `@FILE` stands for the lines of that file.
fn limit_parts(limit: &str, cwd: &Path) -> Result<Vec<String>, InventoryError> {
    let mut parts = Vec::new();
    for part in split_pattern(limit) {
        let Some(file) = part.strip_prefix('@') else {
            parts.push(part);
            continue;
        };
        let path = cwd.join(file);
        let text = std::fs::read_to_string(&path).map_err(|source| InventoryError::LimitFile { path, source })?;
        parts.extend(text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned));
    }
    Ok(parts)
}

/// What one name of a pattern matches.
enum Matcher<'a> {
    Name(&'a str),
    Regex(Box<Regex>),
}

impl Matcher<'_> {
    fn new(pattern: &str) -> Result<Matcher<'_>, InventoryError> {
        let regex = match pattern.strip_prefix('~') {
            Some(regex) => format!("^(?:{regex})"),
            None if pattern.contains(['*', '?', '[']) => glob(pattern),
            None => return Ok(Matcher::Name(pattern)),
        };
        Regex::new(&regex)
            .map(|r| Matcher::Regex(Box::new(r)))
            .map_err(|error| InventoryError::Pattern { pattern: pattern.to_owned(), problem: error.to_string() })
    }

    /// A regex that runs out of its budget matches nothing.
    fn matches(&self, name: &str) -> bool {
        match self {
            Matcher::Name(n) => *n == name,
            Matcher::Regex(regex) => regex.is_match(name).unwrap_or(false),
        }
    }
}

/// Python's `fnmatch` as a regex: `*`, `?`, `[seq]`, `[!seq]`; a bracket that is never closed is itself.
fn glob(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut regex = String::from("(?s)\\A");
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let first = at + usize::from(chars.get(at) == Some(&'!'));
                let close =
                    (first + usize::from(chars.get(first) == Some(&']'))..chars.len()).find(|i| chars[*i] == ']');
                let Some(close) = close else {
                    regex.push_str("\\[");
                    continue;
                };
                regex.push_str(if first == at { "[" } else { "[^" });
                for c in &chars[first..close] {
                    if matches!(c, '\\' | '[' | ']' | '^' | '&' | '~') {
                        regex.push('\\');
                    }
                    regex.push(*c);
                }
                regex.push(']');
                at = close + 1;
            }
            c => regex.push_str(&fancy_regex::escape(&c.to_string())),
        }
    }
    regex.push_str("\\z");
    regex
}

/// `[0]`, `[-1]`, `[1:3]` (both ends included), `[2:]` at the end of a pattern.
enum Subscript {
    One(i64),
    Range(usize, Option<usize>),
}

impl Subscript {
    fn split(part: &str) -> Option<(&str, Subscript)> {
        if part.starts_with('~') {
            return None;
        }
        let (name, inside) = part.strip_suffix(']')?.rsplit_once('[')?;
        if name.is_empty() {
            return None;
        }
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if digits(inside.strip_prefix('-').unwrap_or(inside)) {
            return Some((name, Subscript::One(inside.parse().ok()?)));
        }
        let (first, last) = inside.split_once([':', '-'])?;
        if !digits(first) || !(last.is_empty() || digits(last)) {
            return None;
        }
        Some((
            name,
            Subscript::Range(first.parse().ok()?, if last.is_empty() { None } else { Some(last.parse().ok()?) }),
        ))
    }

    fn apply(&self, hosts: Vec<Arc<str>>) -> Vec<Arc<str>> {
        match *self {
            Subscript::One(index) => {
                let index = if index < 0 { index + hosts.len() as i64 } else { index };
                usize::try_from(index).ok().and_then(|i| hosts.get(i)).into_iter().cloned().collect()
            }
            Subscript::Range(first, last) => {
                let end = last.map_or(hosts.len(), |l| l.saturating_add(1).min(hosts.len()));
                hosts.get(first..end).unwrap_or_default().to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_pattern;

    #[test]
    fn splits() {
        assert_eq!(split_pattern("web:!db:&prod"), ["web", "!db", "&prod"]);
        assert_eq!(split_pattern("web[0:2]:db"), ["web[0:2]", "db"]);
        assert_eq!(split_pattern("a b\tc"), ["a", "b", "c"]);
        assert_eq!(split_pattern("a:b, c,"), ["a:b", "c"]);
        assert_eq!(split_pattern("host:22"), ["host:22"]);
        assert_eq!(split_pattern("fe80::1"), ["fe80::1"]);
        assert_eq!(split_pattern(""), Vec::<String>::new());
    }
}
