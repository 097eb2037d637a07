//! `$NAME` and `${NAME}` in a transition file.
//!
//! As the original: no word boundary (`$WORKSPACEX` is the workspace with an `X`), names that aren't known stay for the
//! shell, and a value's backslashes are read as in a replacement text of Python's `re.sub`.
//! The original goes through the names in the order of a Python 2 dict, which nobody can know; here the longest name
//! comes first, so that `$AB` is never taken for `$A`.

use std::collections::BTreeMap;

/// Replaces the names of `variables` in `text`.
pub fn substitute(variables: &BTreeMap<String, String>, text: &str) -> Result<String, String> {
    let mut names: Vec<&String> = variables.keys().filter(|n| !n.is_empty()).collect();
    names.sort_by_key(|n| std::cmp::Reverse(n.len()));
    let mut text = text.to_string();
    for name in names {
        if text.contains('$') {
            text = replace(&text, name, &variables[name])?;
        }
    }
    Ok(text)
}

fn replace(text: &str, name: &str, value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        let braced = rest[1..].strip_prefix('{').and_then(|r| r.strip_prefix(name)).and_then(|r| r.strip_prefix('}'));
        if let Some(after) = braced {
            expand(value, &[rest, &rest[..rest.len() - after.len()], ""], &mut out)?;
            rest = after;
        } else if let Some(after) = rest[1..].strip_prefix(name) {
            expand(value, &[rest, "", &rest[..rest.len() - after.len()]], &mut out)?;
            rest = after;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Expands a replacement text. `groups[1]` is the match with braces, `groups[2]` the one without; the other is unset.
fn expand(value: &str, groups: &[&str; 3], out: &mut String) -> Result<(), String> {
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            None => return Err(format!("bogus escape at the end of {value:?}")),
            Some('\\') => out.push('\\'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('f') => out.push('\x0c'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('v') => out.push('\x0b'),
            Some('g') => {
                if chars.next() != Some('<') {
                    return Err(format!("missing group name after \\g in {value:?}"));
                }
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                out.push_str(group(&name, groups, value)?);
            }
            Some('0') => {
                let mut code = 0;
                for _ in 0..2 {
                    if let Some(d) = chars.peek().and_then(|c| c.to_digit(8)) {
                        code = code * 8 + d;
                        chars.next();
                    }
                }
                out.extend(char::from_u32(code));
            }
            Some(d) if d.is_ascii_digit() => out.push_str(&numbered(d, &mut chars, groups, value)?),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    Ok(())
}

/// `\1`, `\12`, or an octal escape of three digits.
fn numbered(
    first: char,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    groups: &[&str; 3],
    value: &str,
) -> Result<String, String> {
    let mut digits = first.to_string();
    if let Some(second) = chars.next_if(char::is_ascii_digit) {
        digits.push(second);
        let octal = |c: &char| c.is_digit(8);
        if octal(&first)
            && octal(&second)
            && let Some(third) = chars.next_if(octal)
        {
            digits.push(third);
            let code = u32::from_str_radix(&digits, 8).unwrap_or_default() & 0xff;
            return Ok(char::from_u32(code).map(String::from).unwrap_or_default());
        }
    }
    group(&digits, groups, value).map(String::from)
}

fn group<'a>(name: &str, groups: &[&'a str; 3], value: &str) -> Result<&'a str, String> {
    match name {
        "0" => Ok(if groups[1].is_empty() { groups[2] } else { groups[1] }),
        "1" | "2" => {
            let text = groups[usize::from(name == "2") + 1];
            if text.is_empty() { Err(format!("unmatched group in {value:?}")) } else { Ok(text) }
        }
        _ => Err(format!("invalid group reference in {value:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sub(text: &str) -> Result<String, String> {
        let vars = [("A", "1"), ("AB", "2"), ("W", "/w s"), ("N", "x\\ny\\\\z\\d"), ("G", "<\\1>"), ("E", "")];
        substitute(&vars.map(|(k, v)| (k.to_string(), v.to_string())).into(), text)
    }

    #[test]
    fn replaces_known_names_only_and_without_a_word_boundary() {
        assert_eq!(sub("$A ${A} $AX $ABX ${AB}").unwrap(), "1 1 1X 2X 2");
        assert_eq!(sub("$UNKNOWN ${A:-x} $$A $ 5$").unwrap(), "$UNKNOWN ${A:-x} $1 $ 5$");
        assert_eq!(sub("'$W'/${W}x[$E]").unwrap(), "'/w s'//w sx[]");
    }

    #[test]
    fn reads_backslashes_in_values() {
        assert_eq!(sub("$N").unwrap(), "x\ny\\z\\d");
        assert_eq!(sub("${G}").unwrap(), "<${G}>");
        assert!(sub("$G").unwrap_err().starts_with("unmatched group"));
    }
}
