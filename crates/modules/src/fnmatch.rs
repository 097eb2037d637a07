//! Shell patterns for file names, as Python's `fnmatch` has them.

use crate::regex::{Flags, Regex};

/// A pattern such as `*.log` or `[!a]?`, to be matched against a whole name. `*` crosses `/`, and nothing is special about `.`.
///
/// # Errors
/// When a bracket holds a range that isn't one.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let mut regex = String::from("(?s:");
    let chars: Vec<char> = pattern.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        i += 1;
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                // A bracket right after the opening (or after `!`) belongs to the set.
                let from = i + usize::from(chars.get(i) == Some(&'!'));
                let end = (from + 1..chars.len()).find(|at| chars[*at] == ']');
                let Some(end) = end.filter(|_| from < chars.len()) else {
                    regex.push_str("\\[");
                    continue;
                };
                regex.push('[');
                if from > i {
                    regex.push('^');
                }
                for &c in &chars[from..end] {
                    if matches!(c, '\\' | '^' | '[' | ']' | '&' | '~' | '|') {
                        regex.push('\\');
                    }
                    regex.push(c);
                }
                regex.push(']');
                i = end + 1;
            }
            c if c.is_alphanumeric() || c == '_' || !c.is_ascii() => regex.push(c),
            c => {
                regex.push('\\');
                regex.push(c);
            }
        }
    }
    regex.push_str(r")\Z");
    Regex::new(&regex, Flags::default())
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn patterns_match_as_in_python() {
        // Recorded from Python 3.11's fnmatch.fnmatchcase.
        for (pattern, name, expected) in [
            ("*.log", "a.log", true),
            ("*.log", "a.log\n", false),
            ("*", ".hidden", true),
            ("a?c", "abc", true),
            ("[!a]b", "ab", false),
            ("[!a]b", "cb", true),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("a+(b)", "a+(b)", true),
            ("[a-c]*", "bell", true),
            ("ä*", "ähm", true),
        ] {
            let got = compile(pattern).unwrap().match_start(name).unwrap().is_some();
            assert_eq!(got, expected, "{pattern} {name:?}");
        }
    }
}
