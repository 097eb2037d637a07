//! String literals, with Python's escapes.

/// The text of one or more adjacent literals as they were written, quotes included; `None` when that isn't what it is.
///
/// `raw`: backslashes stand for themselves, as in Ansible's inline templates.
pub fn string(written: &str, raw: bool) -> Option<String> {
    let mut out = String::new();
    let mut rest = written.trim_start();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let body = &rest[1..];
        let mut escaped = false;
        let end = body.char_indices().find_map(|(i, c)| {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == quote {
                return Some(i);
            }
            None
        })?;
        if raw {
            out.push_str(&body[..end]);
        } else {
            unescape(&body[..end], &mut out);
        }
        rest = body[end + 1..].trim_start();
    }
    Some(out)
}

/// Python's `unicode_escape`: unknown escapes keep their backslash.
fn unescape(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(e) = chars.next() else {
            out.push('\\');
            return;
        };
        match e {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(e),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '0'..='7' => {
                let mut code = e.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    chars.next();
                }
                out.extend(char::from_u32(code));
            }
            'x' | 'u' | 'U' => {
                let length = match e {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits: String = chars.clone().take(length).collect();
                match u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length).and_then(char::from_u32)
                {
                    Some(c) => {
                        out.push(c);
                        for _ in 0..length {
                            chars.next();
                        }
                    }
                    None => {
                        out.push('\\');
                        out.push(e);
                    }
                }
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
}
