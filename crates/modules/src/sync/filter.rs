//! `Filter`: which paths take part, by rsync's include and exclude patterns.

use std::path::Path;

use crate::regex::{Flags, Regex};

/// Patterns in order; the first that matches decides, and what none matches takes part.
#[derive(Debug, Default)]
pub struct Filter {
    rules: Vec<Rule>,
}

/// One pattern.
#[derive(Debug)]
pub struct Rule {
    include: bool,
    only_directories: bool,
    /// Against the whole path, or against its last name.
    whole_path: bool,
    regex: Regex,
}

impl Rule {
    /// An include or exclude pattern: a leading `/` ties it to the top of the transfer, a trailing one to directories; `*`
    /// stops at `/`, `**` doesn't, and a `/` within the pattern makes it look at the path instead of the name.
    ///
    /// # Errors
    /// When a bracket holds a range that isn't one.
    pub fn new(include: bool, pattern: &str) -> Result<Rule, String> {
        let anchored = pattern.starts_with('/');
        // `dir/***` is the directory and all that is in it.
        let (body, with_content) = match pattern.strip_suffix("/***") {
            Some(body) => (body, true),
            None => (pattern, false),
        };
        let only_directories = !with_content && body.ends_with('/') && body.len() > 1;
        let body = body.trim_start_matches('/');
        let body = if only_directories { body.trim_end_matches('/') } else { body };
        let whole_path = anchored || with_content || body.contains('/') || body.contains("**");
        let start = if !whole_path || anchored { "^" } else { "(?:^|/)" };
        let end = if with_content { "(?:/.*)?" } else { "" };
        let regex = Regex::new(&format!("(?s){start}{}{end}\\Z", wildcards(body)), Flags::default())?;
        Ok(Rule { include, only_directories, whole_path, regex })
    }

    fn matches(&self, path: &str, is_dir: bool) -> bool {
        if self.only_directories && !is_dir {
            return false;
        }
        let subject = if self.whole_path { path } else { path.rsplit('/').next().unwrap_or(path) };
        // The engine gives up only on patterns with back-references, and these have none.
        self.regex.is_match(subject).unwrap_or(false)
    }
}

impl Filter {
    /// Adds a rule after those that are there.
    pub fn push(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Does this path, relative to the top of the transfer, stay out?
    pub fn excludes(&self, path: &Path, is_dir: bool) -> bool {
        let path = path.to_string_lossy();
        self.rules.iter().find(|r| r.matches(&path, is_dir)).is_some_and(|r| !r.include)
    }
}

fn wildcards(pattern: &str) -> String {
    let mut out = String::new();
    // Without a wildcard, a backslash is a plain character.
    let escapes = pattern.contains(['*', '?', '[']);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => match set(&mut chars) {
                Some(set) => out.push_str(&set),
                None => out.push_str("\\["),
            },
            '\\' if escapes => literal(&mut out, chars.next().unwrap_or('\\')),
            c => literal(&mut out, c),
        }
    }
    out
}

/// What follows a `[`, up to its `]`; nothing is taken when there is none.
fn set(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut ahead = chars.clone();
    let mut out = String::from("[");
    if ahead.next_if(|c| matches!(c, '!' | '^')).is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        match ahead.next()? {
            ']' if !first => break,
            '-' => out.push('-'),
            c => literal(&mut out, c),
        }
        first = false;
    }
    out.push(']');
    *chars = ahead;
    Some(out)
}

fn literal(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != '/' {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(pattern: &str, path: &str, is_dir: bool) -> bool {
        let mut filter = Filter::default();
        filter.push(Rule::new(false, pattern).unwrap());
        filter.excludes(Path::new(path), is_dir)
    }

    #[test]
    fn patterns_as_in_rsyncs_manual() {
        for (pattern, path, is_dir, expected) in [
            ("*.o", "a/b.o", false, true),
            ("*.o", "a/b.oo", false, false),
            ("/foo", "foo", false, true),
            ("/foo", "a/foo", false, false),
            ("foo/", "a/foo", true, true),
            ("foo/", "a/foo", false, false),
            ("foo/*", "foo/a", false, true),
            ("foo/*", "x/foo/a", false, true),
            ("foo/*", "xfoo/a", false, false),
            ("foo/*", "foo/a/b", false, false),
            ("/foo/**", "foo/a/b", false, true),
            ("/foo/*/bar", "foo/x/bar", false, true),
            ("/foo/*/bar", "foo/x/y/bar", false, false),
            ("**/bar", "foo/x/bar", false, true),
            ("dir/***", "dir", true, true),
            ("dir/***", "x/dir/a/b", false, true),
            (".??*.lock", ".ab.lock", false, true),
            (".*cache", "x/.mycache", true, true),
            ("[!a]b", "cb", false, true),
            ("[!a]b", "ab", false, false),
            ("a+(b)", "a+(b)", false, true),
        ] {
            assert_eq!(excluded(pattern, path, is_dir), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_first_match_decides() {
        let mut filter = Filter::default();
        for (include, pattern) in [(true, "*/"), (true, "*.c"), (false, "*")] {
            filter.push(Rule::new(include, pattern).unwrap());
        }
        assert!(!filter.excludes(Path::new("a"), true));
        assert!(!filter.excludes(Path::new("a/b.c"), false));
        assert!(filter.excludes(Path::new("a/b.h"), false));
    }
}
