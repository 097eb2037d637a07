//! `Replacement`: the template that `re.sub` takes, `\1` and `\g<name>`.

use super::captures::Captures;
use super::pattern::Regex;

/// A parsed replacement text.
#[derive(Clone, Debug)]
pub struct Replacement {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Parses a replacement for this regex, whose groups it may name.
    ///
    /// # Errors
    /// On groups that the regex doesn't have and on escapes that Python refuses, with Python's message.
    pub fn parse(template: &str, regex: &Regex) -> Result<Replacement, String> {
        let chars: Vec<char> = template.chars().collect();
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        while at < chars.len() {
            let c = chars[at];
            at += 1;
            if c != '\\' {
                text.push(c);
                continue;
            }
            let Some(&escaped) = chars.get(at) else {
                return Err("bad escape (end of pattern)".into());
            };
            at += 1;
            let group = match escaped {
                'g' => {
                    if chars.get(at) != Some(&'<') {
                        return Err("missing <".into());
                    }
                    let Some(len) = chars[at + 1..].iter().position(|&c| c == '>') else {
                        return Err("missing >, unterminated name".into());
                    };
                    let name: String = chars[at + 1..at + 1 + len].iter().collect();
                    at += len + 2;
                    Some(group_named(&name, regex)?)
                }
                '0' => {
                    let digits = octal(&chars[at..], 2);
                    text.push(octal_char(&chars[at..at + digits]));
                    at += digits;
                    None
                }
                '1'..='9' if escaped <= '3' && octal(&chars[at..], 2) == 2 => {
                    text.push(octal_char(&chars[at - 1..at + 2]));
                    at += 2;
                    None
                }
                '1'..='9' => {
                    let mut group = escaped as usize - '0' as usize;
                    if let Some(digit) = chars.get(at).and_then(|c| c.to_digit(10)) {
                        group = group * 10 + digit as usize;
                        at += 1;
                    }
                    if group > regex.groups() {
                        return Err(format!("invalid group reference {group}"));
                    }
                    Some(group)
                }
                'a' => push(&mut text, '\x07'),
                'b' => push(&mut text, '\x08'),
                'f' => push(&mut text, '\x0c'),
                'n' => push(&mut text, '\n'),
                'r' => push(&mut text, '\r'),
                't' => push(&mut text, '\t'),
                'v' => push(&mut text, '\x0b'),
                '\\' => push(&mut text, '\\'),
                c if c.is_ascii_alphabetic() => return Err(format!("bad escape \\{c}")),
                c => {
                    text.push('\\');
                    push(&mut text, c)
                }
            };
            if let Some(group) = group {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Group(group));
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Replacement { parts })
    }

    /// The text for this match. Groups that took no part give nothing.
    pub fn expand(&self, captures: &Captures<'_>) -> String {
        let mut out = String::new();
        self.expand_into(captures, &mut out);
        out
    }

    /// Appends the text for this match.
    pub fn expand_into(&self, captures: &Captures<'_>, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => out.push_str(captures.get(*group).unwrap_or("")),
            }
        }
    }
}

fn push(text: &mut String, c: char) -> Option<usize> {
    text.push(c);
    None
}

fn octal(chars: &[char], max: usize) -> usize {
    chars.iter().take(max).take_while(|c| ('0'..='7').contains(*c)).count()
}

fn octal_char(digits: &[char]) -> char {
    let code = digits.iter().fold(0, |n, c| n * 8 + (*c as u32 - '0' as u32));
    char::from_u32(code).unwrap_or('\0')
}

fn group_named(name: &str, regex: &Regex) -> Result<usize, String> {
    if name.is_empty() {
        return Err("missing group name".into());
    }
    if name.bytes().all(|b| b.is_ascii_digit()) {
        return match name.parse::<usize>() {
            Ok(group) if group <= regex.groups() => Ok(group),
            _ => Err(format!("invalid group reference {name}")),
        };
    }
    regex.group_named(name).ok_or_else(|| format!("unknown group name '{name}'"))
}
