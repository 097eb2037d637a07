//! Splits a host line of an INI inventory into words, as a POSIX shell would, with `#` comments.

/// A word with its place in the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The text, quotes removed.
    pub text: String,
    /// The column of its first character as written, from 0.
    pub column: usize,
    /// How many characters it takes as written.
    pub width: usize,
}

/// A line that ends too early.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SplitError {
    /// A quote that is never closed; its column, from 0.
    NoClosingQuotation(usize),
    /// A backslash at the end of the line; its column.
    NoEscapedCharacter(usize),
}

/// The words of a line. A `#` outside of quotes ends it, even within a word (measured: `a=b#c` gives `a=b`).
pub(super) fn split(line: &str) -> Result<Vec<Word>, SplitError> {
    let mut words = Vec::new();
    let mut text = String::new();
    let mut start = None;
    let mut chars = line.chars().enumerate();
    let mut end = line.chars().count();
    while let Some((column, c)) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => {
                if let Some(start) = start.take() {
                    words.push(Word { text: std::mem::take(&mut text), column: start, width: column - start });
                }
            }
            '#' => {
                end = column;
                break;
            }
            '\\' => {
                start.get_or_insert(column);
                match chars.next() {
                    Some((_, escaped)) => text.push(escaped),
                    None => return Err(SplitError::NoEscapedCharacter(column)),
                }
            }
            '\'' | '"' => {
                start.get_or_insert(column);
                loop {
                    match chars.next() {
                        None => return Err(SplitError::NoClosingQuotation(column)),
                        Some((_, q)) if q == c => break,
                        Some((_, '\\')) if c == '"' => match chars.next() {
                            None => return Err(SplitError::NoClosingQuotation(column)),
                            Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                            Some((_, other)) => text.extend(['\\', other]),
                        },
                        Some((_, other)) => text.push(other),
                    }
                }
            }
            other => {
                start.get_or_insert(column);
                text.push(other);
            }
        }
    }
    if let Some(start) = start {
        words.push(Word { text, column: start, width: end - start });
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{SplitError, split};

    #[test]
    fn splits_as_a_shell() {
        let texts = |line| split(line).unwrap().into_iter().map(|w| w.text).collect::<Vec<_>>();
        assert_eq!(texts(r#"h1 a="b c" d='e "f"' g=h\ i"#), ["h1", "a=b c", r#"d=e "f""#, "g=h i"]);
        assert_eq!(texts(r#"a="x\"y\\z\n" b='\n'"#), [r#"a=x"y\z\n"#, r"b=\n"]);
        assert_eq!(texts("a=b#c d"), ["a=b"]);
        assert_eq!(texts("a='b # c' # d"), ["a=b # c"]);
        assert_eq!(texts("''"), [""]);
    }

    #[test]
    fn knows_columns() {
        let words = split("h1  a=1\tb='x y'").unwrap();
        assert_eq!(words.iter().map(|w| (w.column, w.width)).collect::<Vec<_>>(), [(0, 2), (4, 3), (8, 7)]);
    }

    #[test]
    fn refuses_open_ends() {
        assert_eq!(split("h1 a=\"x y"), Err(SplitError::NoClosingQuotation(5)));
        assert_eq!(split("h1 a\\"), Err(SplitError::NoEscapedCharacter(4)));
    }
}
