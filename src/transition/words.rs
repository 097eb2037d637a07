//! Splitting a command line into words, as Python's `shlex.split(text, comments=True)` does in POSIX mode.
//!
//! Not the `shlex` crate: there a comment begins only at the start of a word, and a backslash before a newline vanishes
//! where Python keeps the newline.

/// The words of `text`, or what is wrong with it.
pub fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    // `None` is "between words", which differs from an empty word (`''`).
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '#' => {
                words.extend(word.take());
                chars.by_ref().find(|c| *c == '\n');
            }
            '\\' => {
                let next = chars.next().ok_or("No escaped character")?;
                word.get_or_insert_default().push(next);
            }
            '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Takes everything up to the closing quote.
fn quoted(quote: char, chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    const OPEN: &str = "No closing quotation";
    loop {
        match chars.next().ok_or(OPEN)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let next = chars.next().ok_or("No escaped character")?;
                if next != '"' && next != '\\' {
                    word.push('\\');
                }
                word.push(next);
            }
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    /// Recorded from Python 2.7.18: `shlex.split(text, True)`.
    #[test]
    fn splits_as_python_does() {
        let cases: &[(&str, Result<&[&str], &str>)] = include!("testdata/words.in");
        for (text, expected) in cases {
            let got = split(text);
            let got: Result<Vec<&str>, &str> = match &got {
                Ok(words) => Ok(words.iter().map(String::as_str).collect()),
                Err(e) => Err(e),
            };
            assert_eq!(got, expected.map(<[&str]>::to_vec), "{text:?}");
        }
    }
}
