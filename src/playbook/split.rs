//! Ansible's argument splitter: `k=v` pairs and free-form text, with quotes and `{{ }}` kept whole.
//!
//! Source: the documented behaviour of "key=value" arguments
//! (<https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html>) and comparison with ansible-core.

/// What is wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A quote or a `{{` has no partner.
    #[error("failed at splitting arguments, either an unbalanced jinja2 block or quotes: {0}")]
    Unbalanced(String),
}

/// Arguments in text form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValues {
    /// `k=v` pairs in order; quotes around the whole value are removed.
    pub pairs: Vec<(String, String)>,
    /// The rest, joined with its white space: the free-form text.
    pub free: String,
}

/// Splits at white space outside of quotes and template blocks. Each piece keeps its quotes; the white space before each
/// piece comes with it.
fn pieces(text: &str) -> Result<Vec<(&str, &str)>, SplitError> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let gap = i;
        while i < bytes.len() && bytes[i].is_ascii_whitespace() {
            i += 1;
        }
        let start = i;
        let mut quote: Option<u8> = None;
        let mut depth = 0u32;
        while i < bytes.len() {
            let c = bytes[i];
            match quote {
                Some(_) if c == b'\\' && i + 1 < bytes.len() => i += 1,
                Some(q) if c == q => quote = None,
                Some(_) => {}
                None if c == b'\\' && depth == 0 && i + 1 < bytes.len() => i += 1,
                None if c == b'{' && matches!(bytes.get(i + 1), Some(b'{' | b'%' | b'#')) => {
                    depth += 1;
                    i += 1;
                }
                None if depth > 0 && matches!(c, b'}' | b'%' | b'#') && bytes.get(i + 1) == Some(&b'}') => {
                    depth -= 1;
                    i += 1;
                }
                None if c == b'"' || c == b'\'' => quote = Some(c),
                None if depth == 0 && c.is_ascii_whitespace() => break,
                None => {}
            }
            i += 1;
        }
        i = i.min(bytes.len());
        if quote.is_some() || depth > 0 {
            return Err(SplitError::Unbalanced(text.to_string()));
        }
        if start < i {
            out.push((&text[gap..start], &text[start..i]));
        }
    }
    Ok(out)
}

/// Python's escapes for control characters and code points, which count in pairs.
fn decode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let code = |digits: usize| {
            let hex = after.get(1..=digits)?;
            char::from_u32(u32::from_str_radix(hex, 16).ok()?).map(|c| (c, digits + 1))
        };
        let found = match after.as_bytes().first() {
            Some(b'n') => Some(('\n', 1)),
            Some(b't') => Some(('\t', 1)),
            Some(b'r') => Some(('\r', 1)),
            Some(b'a') => Some(('\x07', 1)),
            Some(b'b') => Some(('\x08', 1)),
            Some(b'f') => Some(('\x0c', 1)),
            Some(b'v') => Some(('\x0b', 1)),
            Some(c @ (b'\\' | b'\'' | b'"')) => Some((char::from(*c), 1)),
            Some(b'x') => code(2),
            Some(b'u') => code(4),
            Some(b'U') => code(8),
            _ => None,
        };
        match found {
            Some((c, used)) => {
                out.push(c);
                rest = &after[used..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Removes a pair of quotes around the whole text.
pub fn unquote(text: &str) -> &str {
    let b = text.as_bytes();
    if b.len() > 1 && (b[0] == b'"' || b[0] == b'\'') && b[b.len() - 1] == b[0] && b[b.len() - 2] != b'\\' {
        &text[1..text.len() - 1]
    } else {
        text
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '.')
}

/// Splits text into pairs and free-form text. With `only`, a pair counts as such only when its name is in the list
/// (`command: creates=/x make A=1` keeps `A=1` in the command).
///
/// # Errors
/// When a quote or a template block is not closed.
pub fn key_values(text: &str, only: Option<&[&str]>) -> Result<KeyValues, SplitError> {
    let mut out = KeyValues::default();
    for (gap, piece) in pieces(text)? {
        let decoded = decode_escapes(piece);
        let pair = decoded.split_once('=').filter(|(k, _)| !k.ends_with('\\'));
        match pair {
            Some((k, v)) if is_name(k) && only.is_none_or(|names| names.contains(&k)) => {
                out.pairs.push((k.to_string(), unquote(v).to_string()));
            }
            _ => {
                if !out.free.is_empty() {
                    out.free.push_str(gap);
                }
                // `\=` in free-form text is a plain `=`.
                out.free.push_str(&if pair.is_none() { piece.replace("\\=", "=") } else { piece.to_string() });
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Vec<(String, String)>, String) {
        let kv = key_values(text, None).unwrap();
        (kv.pairs, kv.free)
    }

    fn pair(k: &str, v: &str) -> (String, String) {
        (k.to_string(), v.to_string())
    }

    #[test]
    fn pairs_with_quotes_and_templates() {
        assert_eq!(split("src=a dest='b c'"), (vec![pair("src", "a"), pair("dest", "b c")], String::new()));
        assert_eq!(split("msg=\"{{ a b }} x\""), (vec![pair("msg", "{{ a b }} x")], String::new()));
        assert_eq!(
            split("msg={{ a | default('x y') }}"),
            (vec![pair("msg", "{{ a | default('x y') }}")], String::new())
        );
        assert_eq!(split("a=b=c"), (vec![pair("a", "b=c")], String::new()));
    }

    #[test]
    fn free_form_text_keeps_its_quotes_and_white_space() {
        let only: &[&str] = &["creates", "chdir"];
        let kv = key_values("echo  'a  b' X=1 creates=/tmp/x | cat", Some(only)).unwrap();
        assert_eq!(kv.free, "echo  'a  b' X=1 | cat");
        assert_eq!(kv.pairs, vec![pair("creates", "/tmp/x")]);
    }

    #[test]
    fn unbalanced_text_is_an_error() {
        assert!(key_values("echo 'a", None).is_err());
        assert!(key_values("a={{ b", None).is_err());
    }
}
