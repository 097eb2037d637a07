//! Words of a command line, as Python's `shlex.split` and `shlex.quote` take and give them.

/// Why a line can't be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A quote isn't closed.
    #[error("No closing quotation")]
    NoClosingQuotation,
    /// The line ends in a backslash.
    #[error("No escaped character")]
    NoEscapedCharacter,
}

/// Splits as a POSIX shell would, without expansions and without comments.
///
/// # Errors
/// When a quote or an escape isn't finished.
pub fn split(line: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or(WordsError::NoClosingQuotation)? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or(WordsError::NoClosingQuotation)? {
                        '"' => break,
                        '\\' => match chars.next().ok_or(WordsError::NoEscapedCharacter)? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or(WordsError::NoEscapedCharacter)?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// One word, quoted if it needs to be.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\"'\"'"))
    }
}

/// Words as one line.
pub fn join(words: &[String]) -> String {
    words.iter().map(|w| quote(w)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from `shlex.split` of Python 3.11.
    #[test]
    fn splits_as_python() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  ", &[]),
            ("a b\tc\nd\r e", &["a", "b", "c", "d", "e"]),
            ("'' a\"\" \"\"", &["", "a", ""]),
            (r#"a\ b "c\d" "e\"f" 'g\h' "i\\j""#, &["a b", r"c\d", "e\"f", r"g\h", r"i\j"]),
            ("a#b # c", &["a#b", "#", "c"]),
            ("x='a b'c", &["x=a bc"]),
            ("a|b;c&d", &["a|b;c&d"]),
            ("ä\u{a0}ö", &["ä\u{a0}ö"]),
            ("\"a\nb\"", &["a\nb"]),
            ("a\\\nb", &["a\nb"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), *words, "{line:?}");
        }
        assert_eq!(split("a 'b"), Err(WordsError::NoClosingQuotation));
        assert_eq!(split("a \"b\\"), Err(WordsError::NoEscapedCharacter));
        assert_eq!(split("a \\"), Err(WordsError::NoEscapedCharacter));
    }

    #[test]
    fn quotes_as_python() {
        for (word, quoted) in
            [("", "''"), ("a b", "'a b'"), ("it's", "'it'\"'\"'s'"), ("a/b-c=d", "a/b-c=d"), ("ä", "'ä'")]
        {
            assert_eq!(quote(word), quoted);
        }
    }
}
