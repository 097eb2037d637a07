//! Python literals: what inline variables of INI inventories are read as (`ast.literal_eval`).

use std::sync::Arc;

use adept_wire::{BigInt, Data, Key, Map, Tag, Value};

/// Nested deeper than this, text stays text.
const DEPTH: usize = 64;

/// The value of a variable in an INI file: a Python literal if it is one, otherwise the text. All of it gets the tag.
pub(super) fn value(text: &str, tag: &Arc<Tag>) -> Value {
    literal(text, tag).unwrap_or_else(|| Value::str(text).with_tag(tag.clone()))
}

/// A Python literal. Tuples and sets become lists; complex numbers, `...` and `\N{name}` are left to be text.
fn literal(text: &str, tag: &Arc<Tag>) -> Option<Value> {
    let chars: Vec<char> = text.trim_start_matches([' ', '\t']).chars().collect();
    let mut parser = Parser { chars, at: 0, tag };
    let first = parser.expression(0)?;
    let value = if parser.take(',') {
        let mut items = vec![first];
        while !parser.at_end() {
            items.push(parser.expression(0)?);
            if !parser.take(',') {
                break;
            }
        }
        Value::list(items).with_tag(tag.clone())
    } else {
        first
    };
    parser.at_end().then_some(value)
}

struct Parser<'a> {
    chars: Vec<char>,
    at: usize,
    tag: &'a Arc<Tag>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\u{c}' | '\r' | '\n')) {
            self.at += 1;
        }
        if self.peek() == Some('#') {
            self.at = self.chars.len();
        }
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.at == self.chars.len()
    }

    fn take(&mut self, c: char) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn expression(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.skip_blanks();
        let value = match self.peek()? {
            '[' => self.items(']', depth).map(|(items, _)| Value::list(items))?,
            '(' => {
                let (mut items, comma) = self.items(')', depth)?;
                if items.len() == 1 && !comma { items.remove(0) } else { Value::list(items) }
            }
            '{' => self.braces(depth)?,
            sign @ ('+' | '-') => {
                self.at += 1;
                self.skip_blanks();
                self.number(sign == '-')?
            }
            '0'..='9' | '.' => self.number(false)?,
            '\'' | '"' => self.strings()?,
            c if c.is_ascii_alphabetic() => {
                let word: String = self.chars[self.at..].iter().take_while(|c| c.is_alphanumeric()).collect();
                let next = self.chars.get(self.at + word.chars().count());
                if matches!(next, Some('\'' | '"')) {
                    self.strings()?
                } else {
                    self.at += word.chars().count();
                    match word.as_str() {
                        "True" => Value::from(true),
                        "False" => Value::from(false),
                        "None" => Value::NULL,
                        _ => return None,
                    }
                }
            }
            _ => return None,
        };
        Some(match (&value.data, value.tag()) {
            // Bytes are text without trust, as in Ansible.
            (Data::Bytes(bytes), _) => Value::str(String::from_utf8_lossy(bytes).as_ref()),
            (_, None) => value.with_tag(self.tag.clone()),
            (_, Some(_)) => value,
        })
    }

    /// Items up to the closing bracket, and whether a comma came after the last one.
    fn items(&mut self, close: char, depth: usize) -> Option<(Vec<Value>, bool)> {
        self.at += 1;
        let (mut items, mut comma) = (Vec::new(), false);
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.expression(depth + 1)?);
            comma = self.take(',');
        }
        Some((items, comma))
    }

    fn braces(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let (mut map, mut set, mut comma, mut first) = (Map::new(), Vec::new(), true, true);
        while !self.take('}') {
            if !comma {
                return None;
            }
            let key = self.expression(depth + 1)?;
            if self.take(':') {
                if !first && map.is_empty() {
                    return None;
                }
                map.insert(Key::try_from(&key).ok()?, self.expression(depth + 1)?);
            } else if map.is_empty() {
                if !set.contains(&key) {
                    set.push(key);
                }
            } else {
                return None;
            }
            first = false;
            comma = self.take(',');
        }
        Some(if set.is_empty() { Value::map(map) } else { Value::list(set) })
    }

    fn number(&mut self, negative: bool) -> Option<Value> {
        let start = self.at;
        while self.peek().is_some_and(|c| {
            c.is_ascii_alphanumeric()
                || c == '_'
                || c == '.'
                || (matches!(c, '+' | '-')
                    && matches!(self.chars[self.at - 1], 'e' | 'E')
                    && self.at > start
                    && self.chars[start..self.at].iter().all(|c| !matches!(c, 'x' | 'X')))
        }) {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        number(&text, negative)
    }

    /// One or more string literals beside each other.
    fn strings(&mut self) -> Option<Value> {
        let (mut text, mut bytes) = (String::new(), None);
        loop {
            let prefix: String = self.chars[self.at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
            let lower = prefix.to_ascii_lowercase();
            if !matches!(lower.as_str(), "" | "r" | "u" | "b" | "br" | "rb") {
                return None;
            }
            let is_bytes = lower.contains('b');
            if *bytes.get_or_insert(is_bytes) != is_bytes {
                return None;
            }
            self.at += prefix.len();
            self.string(lower.contains('r'), &mut text)?;
            self.skip_blanks();
            match self.peek() {
                Some('\'' | '"') => {}
                Some(c) if c.is_ascii_alphabetic() => {}
                _ => break,
            }
        }
        Some(if bytes == Some(true) { Value::bytes(text.into_bytes()) } else { Value::str(text) })
    }

    fn string(&mut self, raw: bool, out: &mut String) -> Option<()> {
        let quote = self.peek()?;
        let triple = self.chars.get(self.at..self.at + 3).is_some_and(|three| three.iter().all(|c| *c == quote));
        let length = if triple { 3 } else { 1 };
        self.at += length;
        loop {
            let c = self.peek()?;
            let closes = self.chars.get(self.at..self.at + length).is_some_and(|s| s.iter().all(|c| *c == quote));
            if closes {
                self.at += length;
                return Some(());
            }
            self.at += 1;
            if c != '\\' {
                out.push(c);
                continue;
            }
            let escaped = self.peek()?;
            self.at += 1;
            if raw {
                out.extend(['\\', escaped]);
                continue;
            }
            match escaped {
                '\n' => {}
                '\\' | '\'' | '"' => out.push(escaped),
                'a' => out.push('\u{7}'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'v' => out.push('\u{b}'),
                '0'..='7' => {
                    let more = self.chars[self.at..].iter().take(2).take_while(|c| c.is_digit(8)).count();
                    self.at -= 1;
                    out.push(self.code(1 + more, 8)?);
                }
                'x' => out.push(self.code(2, 16)?),
                'u' => out.push(self.code(4, 16)?),
                'U' => out.push(self.code(8, 16)?),
                'N' => return None,
                other => out.extend(['\\', other]),
            }
        }
    }

    fn code(&mut self, digits: usize, radix: u32) -> Option<char> {
        let text: String = self.chars.get(self.at..self.at + digits)?.iter().collect();
        self.at += digits;
        char::from_u32(u32::from_str_radix(&text, radix).ok()?)
    }
}

/// A Python number: `1_000`, `0x1f`, `.5`, `1e3`; not `0644`.
fn number(text: &str, negative: bool) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    let radix = match lower.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    let digits = if radix == 10 { lower.as_str() } else { lower[2..].strip_prefix('_').unwrap_or(&lower[2..]) };
    let groups_are_whole = |d: &str| {
        let around = |i: usize| i.checked_sub(1).and_then(|i| d.as_bytes().get(i)).zip(d.as_bytes().get(i + 1));
        d.match_indices('_')
            .all(|(i, _)| around(i).is_some_and(|(a, b)| a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
    };
    if digits.is_empty() || !groups_are_whole(digits) {
        return None;
    }
    let plain = digits.replace('_', "");
    if radix != 10 || plain.bytes().all(|b| b.is_ascii_digit()) {
        if radix == 10 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0') {
            return None;
        }
        let n = BigInt::parse_bytes(plain.as_bytes(), radix)?;
        return Some(Value::big_int(if negative { -n } else { n }));
    }
    let floaty = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'))
        && plain.bytes().any(|b| b.is_ascii_digit())
        && plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let float: f64 = floaty.then(|| plain.parse().ok()).flatten()?;
    Some(Value::from(if negative { -float } else { float }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_literal_stays_text() {
        let tag = Arc::new(Tag::default());
        for text in [
            "0644",
            "1__0",
            "1_",
            "_1",
            "true",
            "yes",
            "1+1",
            "--1",
            "-True",
            "not True",
            "...",
            "1j",
            "[1, 2",
            "a b",
            "'a",
            "{1: 2, 3}",
            "{1, 2: 3}",
            "[,]",
            "(,)",
            "f'x'",
            "'a' b'c'",
            "1 2",
            "0x",
            "1.2.3",
            "{[1]: 2}",
            "",
            "e5",
        ] {
            assert_eq!(value(text, &tag).as_str(), Some(text), "{text}");
        }
    }

    #[test]
    fn literals_of_every_kind() {
        let tag = Arc::new(Tag::default());
        let json = |text| serde_json::to_string(&value(text, &tag)).unwrap();
        for (text, expected) in [
            ("-1.5e-3 # x", "-0.0015"),
            ("1e+3", "1000.0"),
            ("{'a': [1, (2,)], }", r#"{"a":[1,[2]]}"#),
            ("1,", "[1]"),
            ("(1)", "1"),
            ("{1, 1, 2}", "[1,2]"),
            (r"'\x41\101\u00e9\q'", r#""AAé\\q""#),
            (r"r'\n'", r#""\\n""#),
            ("'a' \"b\"", r#""ab""#),
            ("'''a'b'''", r#""a'b""#),
            ("[True, None, False]", "[true,null,false]"),
            ("0b1_1", "3"),
            ("00", "0"),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }
}
