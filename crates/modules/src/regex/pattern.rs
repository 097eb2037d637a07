//! `Regex`: a compiled pattern with the operations of Python's `re` module.

use std::sync::{Arc, OnceLock};

use fancy_regex::RegexBuilder;

use super::captures::Captures;
use super::replacement::Replacement;
use super::translate::translate;

/// Python's flags. `ascii` is what patterns of bytes have: `\w`, `\d` and `\s` know ASCII only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// `re.IGNORECASE`.
    pub ignorecase: bool,
    /// `re.MULTILINE`.
    pub multiline: bool,
    /// `re.DOTALL`.
    pub dotall: bool,
    /// `re.VERBOSE`.
    pub verbose: bool,
    /// `re.ASCII`.
    pub ascii: bool,
}

/// A compiled pattern. Errors while matching are text: the engine gave up, which Python's never does.
pub struct Regex {
    search: fancy_regex::Regex,
    names: Arc<[Option<Box<str>>]>,
    body: String,
    ignorecase: bool,
    /// The variants, made when they are first needed.
    start: OnceLock<Result<fancy_regex::Regex, String>>,
    full: OnceLock<Result<fancy_regex::Regex, String>>,
    not_empty: OnceLock<Option<fancy_regex::Regex>>,
}

type Found<'t> = Result<Option<Captures<'t>>, String>;

impl Regex {
    /// Compiles a pattern in Python's syntax.
    ///
    /// # Errors
    /// When it is not a regular expression: one sentence, as Python words it where we find it.
    pub fn new(pattern: &str, flags: Flags) -> Result<Regex, String> {
        let translated = translate(pattern, flags)?;
        let ignorecase = translated.flags.ignorecase;
        let search = compile(&translated.body, ignorecase, false)?;
        let names = search.capture_names().map(|n| n.map(Box::from)).collect();
        Ok(Regex {
            search,
            names,
            body: translated.body,
            ignorecase,
            start: OnceLock::new(),
            full: OnceLock::new(),
            not_empty: OnceLock::new(),
        })
    }

    /// The number of groups, the whole not counted.
    pub fn groups(&self) -> usize {
        self.names.len() - 1
    }

    /// The number of a named group.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n.as_deref() == Some(name))
    }

    /// The first match anywhere: `re.search`.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn search<'t>(&self, text: &'t str) -> Found<'t> {
        self.run(&self.search, text, 0)
    }

    /// A match at the start: `re.match`.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn match_start<'t>(&self, text: &'t str) -> Found<'t> {
        let regex = self.start.get_or_init(|| compile(&format!(r"\A(?:{})", self.body), self.ignorecase, false));
        self.run(regex.as_ref().map_err(Clone::clone)?, text, 0)
    }

    /// A match of the whole text: `re.fullmatch`.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn fullmatch<'t>(&self, text: &'t str) -> Found<'t> {
        let regex = self.full.get_or_init(|| compile(&format!(r"\A(?:{})\z", self.body), self.ignorecase, false));
        self.run(regex.as_ref().map_err(Clone::clone)?, text, 0)
    }

    /// Is there a match anywhere?
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        self.search.is_match(text).map_err(|e| e.to_string())
    }

    /// Every match, from left to right, without overlaps: `re.finditer`.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn find_all<'t>(&self, text: &'t str) -> Result<Vec<Captures<'t>>, String> {
        self.find_up_to(text, 0)
    }

    /// Every match with its groups as `re.findall` gives them: the whole without groups, one group's text, or all groups'.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn findall(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let groups = self.groups();
        let of = |c: &Captures<'_>, i: usize| c.get(i).unwrap_or("").to_owned();
        let matches = self.find_all(text)?;
        Ok(matches
            .iter()
            .map(|c| if groups == 0 { vec![of(c, 0)] } else { (1..=groups).map(|i| of(c, i)).collect() })
            .collect())
    }

    /// The text with matches replaced, and how many were: `re.subn`. A count of 0 replaces all.
    ///
    /// # Errors
    /// When the replacement is wrong for this pattern, or the engine gives up.
    pub fn replace(&self, text: &str, replacement: &str, count: usize) -> Result<(String, usize), String> {
        let replacement = Replacement::parse(replacement, self)?;
        let matches = self.find_up_to(text, count)?;
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for captures in &matches {
            let whole = captures.whole();
            out.push_str(&text[end..whole.start]);
            replacement.expand_into(captures, &mut out);
            end = whole.end;
        }
        out.push_str(&text[end..]);
        Ok((out, matches.len()))
    }

    /// The text between matches, and the groups of the matches: `re.split`. A `maxsplit` of 0 splits at all.
    ///
    /// # Errors
    /// When the engine gives up.
    pub fn split(&self, text: &str, maxsplit: usize) -> Result<Vec<Option<String>>, String> {
        let mut out = Vec::new();
        let mut end = 0;
        for captures in self.find_up_to(text, maxsplit)? {
            let whole = captures.whole();
            out.push(Some(text[end..whole.start].to_owned()));
            out.extend((1..=self.groups()).map(|i| captures.get(i).map(str::to_owned)));
            end = whole.end;
        }
        out.push(Some(text[end..].to_owned()));
        Ok(out)
    }

    fn run<'t>(&self, regex: &fancy_regex::Regex, text: &'t str, from: usize) -> Found<'t> {
        let Some(found) = regex.captures_from_pos(text, from).map_err(|e| e.to_string())? else { return Ok(None) };
        let spans = (0..self.names.len()).map(|i| found.get(i).map(|m| (m.start(), m.end()))).collect();
        Ok(Some(Captures { text, spans, names: self.names.clone() }))
    }

    /// Python's scan: after an empty match the next one may start at the same place, if it isn't empty.
    fn find_up_to<'t>(&self, text: &'t str, limit: usize) -> Result<Vec<Captures<'t>>, String> {
        let mut matches = Vec::new();
        let mut at = 0;
        let mut was_empty = false;
        while at <= text.len() && (limit == 0 || matches.len() < limit) {
            let mut found = None;
            if was_empty {
                if let Some(regex) = self.not_empty() {
                    found = self.run(regex, text, at)?.filter(|c| c.whole().start == at);
                }
                if found.is_none() {
                    at += text[at..].chars().next().map_or(1, char::len_utf8);
                    if at > text.len() {
                        break;
                    }
                }
            }
            let captures = match found {
                Some(captures) => captures,
                None => match self.run(&self.search, text, at)? {
                    Some(captures) => captures,
                    None => break,
                },
            };
            let whole = captures.whole();
            was_empty = whole.is_empty();
            at = whole.end;
            matches.push(captures);
        }
        Ok(matches)
    }

    /// `None` for patterns that match only the empty text.
    fn not_empty(&self) -> Option<&fancy_regex::Regex> {
        self.not_empty.get_or_init(|| compile(&self.body, self.ignorecase, true).ok()).as_ref()
    }
}

fn compile(body: &str, ignorecase: bool, not_empty: bool) -> Result<fancy_regex::Regex, String> {
    RegexBuilder::new(body)
        .case_insensitive(ignorecase)
        .find_not_empty(not_empty)
        // Python has no such limit; the engine's own limit of its stack remains.
        .backtrack_limit(usize::MAX)
        .build()
        .map_err(|e| e.to_string().lines().last().unwrap_or_default().trim().to_owned())
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Regex").field(&self.body).finish()
    }
}
