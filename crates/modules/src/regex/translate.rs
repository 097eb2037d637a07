//! Python's pattern syntax written in fancy-regex's: every construct is read and written anew, nothing is passed through.
//!
//! What has the same spelling and another meaning is why this exists: `$` (before a final newline too), `\Z`, `[[a]` and
//! `[a&&b]` (no nested classes in Python), `\<`, `{` that is no repetition, `{,n}`, octal escapes, `\h` (an error).

use super::pattern::Flags;

/// What a pattern says in fancy-regex's syntax.
pub(super) struct Translated {
    pub body: String,
    /// Global flags, the pattern's own `(?i)` included.
    pub flags: Flags,
}

/// Translates; the error is worded as Python's `re.error`.
pub(super) fn translate(pattern: &str, flags: Flags) -> Result<Translated, String> {
    let mut t = Translator { chars: pattern.chars().collect(), at: 0, out: String::new(), flags, outer: Vec::new() };
    t.run()?;
    Ok(Translated { body: t.out, flags: t.flags })
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    /// Those in force where we are.
    flags: Flags,
    /// Those to come back to at each open parenthesis's end.
    outer: Vec<Flags>,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn eat(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        self.at += usize::from(there);
        there
    }

    fn error<T>(&self, message: impl std::fmt::Display) -> Result<T, String> {
        Err(format!("{message} at position {}", self.at.saturating_sub(1)))
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => match self.outer.pop() {
                    Some(flags) => {
                        self.flags = flags;
                        self.out.push(')');
                    }
                    None => return self.error("unbalanced parenthesis"),
                },
                '^' if self.flags.multiline => self.out.push_str("(?m:^)"),
                '^' => self.out.push_str(r"\A"),
                '$' if self.flags.multiline => self.out.push_str("(?m:$)"),
                '$' => self.out.push_str(r"(?=\n?\z)"),
                '.' if self.flags.dotall => self.out.push_str("(?s:.)"),
                '.' => self.out.push_str(r"[^\n]"),
                '{' => self.repetition(),
                '|' | '*' | '+' | '?' => self.out.push(c),
                c if self.flags.verbose && c.is_ascii_whitespace() => {}
                '#' if self.flags.verbose => while self.next().is_some_and(|c| c != '\n') {},
                c => self.literal(c),
            }
        }
        if self.outer.is_empty() { Ok(()) } else { self.error("missing ), unterminated subpattern") }
    }

    fn literal(&mut self, c: char) {
        match c {
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c if c.is_ascii_control() || c == '#' || c == ' ' => self.out.push_str(&format!(r"\x{:02X}", c as u32)),
            c => self.out.push(c),
        }
    }

    /// After `{`: a repetition, or a brace.
    fn repetition(&mut self) {
        let start = self.at;
        let digits = |t: &mut Translator| {
            let from = t.at;
            while t.peek().is_some_and(|c| c.is_ascii_digit()) {
                t.at += 1;
            }
            t.chars[from..t.at].iter().collect::<String>()
        };
        if !self.eat('}') {
            let low = digits(self);
            let comma = self.eat(',');
            let high = if comma { digits(self) } else { low.clone() };
            if (comma || !low.is_empty()) && self.eat('}') {
                let low = if low.is_empty() { "0" } else { &low };
                self.out.push_str(&format!("{{{low},{high}}}"));
                return;
            }
        }
        self.at = start;
        self.literal('{');
    }

    /// After a backslash, outside a class.
    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.next() else { return self.error("bad escape (end of pattern)") };
        match c {
            'A' => self.out.push_str(r"\A"),
            'Z' => self.out.push_str(r"\z"),
            'b' | 'B' if self.flags.ascii => self.out.push_str(&format!(r"(?-u:\{c})")),
            'b' | 'B' => self.out.push_str(&format!(r"\{c}")),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let set = self.set(c);
                self.out.push_str(&set);
            }
            '1'..='9' => {
                let digits = self.chars[self.at - 1..].iter().take(3).take_while(|c| ('0'..='7').contains(*c)).count();
                if digits == 3 && c <= '3' {
                    self.at += 2;
                    let c = octal_char(&self.chars[self.at - 3..self.at]);
                    self.literal(c);
                    return Ok(());
                }
                let mut group = String::from(c);
                if let Some(digit) = self.peek().filter(char::is_ascii_digit) {
                    self.at += 1;
                    group.push(digit);
                }
                // The braces keep a digit that follows out of the number.
                self.out.push_str(&format!("(?:\\{group})"));
            }
            c => {
                let c = self.escaped_char(c)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// `\d` and its like, for use outside and inside a class.
    fn set(&self, c: char) -> String {
        if !self.flags.ascii {
            return match c {
                // Python's whitespace has the four separators U+001C to U+001F, Unicode's hasn't.
                's' => r"[\s\x1c-\x1f]".into(),
                'S' => r"[^\s\x1c-\x1f]".into(),
                c => format!("\\{c}"),
            };
        }
        match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => r"[ \t\n\r\f\v]",
            'S' => r"[^ \t\n\r\f\v]",
            'w' => "[a-zA-Z0-9_]",
            _ => "[^a-zA-Z0-9_]",
        }
        .into()
    }

    /// The character that an escape stands for, inside and outside classes.
    fn escaped_char(&mut self, c: char) -> Result<char, String> {
        let number = |t: &mut Translator, len: usize| {
            let digits: String = t.chars[t.at..].iter().take(len).take_while(|c| c.is_ascii_hexdigit()).collect();
            if digits.len() < len {
                return t.error(format!("incomplete escape \\{c}{digits}"));
            }
            t.at += len;
            match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                Some(c) => Ok(c),
                None => t.error(format!("bad escape \\{c}{digits}")),
            }
        };
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => number(self, 2)?,
            'u' => number(self, 4)?,
            'U' => number(self, 8)?,
            '0' => {
                let len = self.chars[self.at..].iter().take(2).take_while(|c| ('0'..='7').contains(*c)).count();
                self.at += len;
                octal_char(&self.chars[self.at - len..self.at])
            }
            c if c.is_ascii_alphanumeric() => return self.error(format!("bad escape \\{c}")),
            c => c,
        })
    }

    /// After `[`.
    fn class(&mut self) -> Result<(), String> {
        let start = self.at;
        self.out.push('[');
        if self.eat('^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else {
                self.at = start;
                return self.error("unterminated character set");
            };
            if c == ']' && !first {
                break;
            }
            first = false;
            let Some(low) = self.class_item(c)? else { continue };
            // A range, unless the hyphen is the last character of the class.
            if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']') {
                self.at += 1;
                let c = self.next().unwrap_or('-');
                match self.range_end(c)? {
                    Some(high) if high < low => return self.error(format!("bad character range {low}-{high}")),
                    Some(high) => {
                        self.class_char(low);
                        self.out.push('-');
                        self.class_char(high);
                    }
                    None => return self.error(format!("bad character range {low}-\\{}", self.chars[self.at - 1])),
                }
            } else {
                self.class_char(low);
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// A single character of a class; sets such as `\d` are written at once and give `None`.
    fn class_item(&mut self, c: char) -> Result<Option<char>, String> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let Some(c) = self.next() else { return self.error("bad escape (end of pattern)") };
        if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W') {
            let set = self.set(c);
            self.out.push_str(&set);
            return Ok(None);
        }
        self.class_escape(c).map(Some)
    }

    fn range_end(&mut self, c: char) -> Result<Option<char>, String> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let Some(c) = self.next() else { return self.error("bad escape (end of pattern)") };
        if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W') {
            return Ok(None);
        }
        self.class_escape(c).map(Some)
    }

    fn class_escape(&mut self, c: char) -> Result<char, String> {
        match c {
            'b' => Ok('\x08'),
            '0'..='7' => {
                let len = self.chars[self.at - 1..].iter().take(3).take_while(|c| ('0'..='7').contains(*c)).count();
                self.at += len - 1;
                Ok(octal_char(&self.chars[self.at - len..self.at]))
            }
            c => self.escaped_char(c),
        }
    }

    fn class_char(&mut self, c: char) {
        if c.is_alphanumeric() || c == '_' || !c.is_ascii() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!(r"\x{:02X}", c as u32));
        }
    }

    /// After `(`.
    fn group(&mut self) -> Result<(), String> {
        if !self.eat('?') {
            return self.open("(");
        }
        match self.next() {
            Some(':') => self.open("(?:"),
            Some('=') => self.open("(?="),
            Some('!') => self.open("(?!"),
            Some('>') => self.open("(?>"),
            Some('<') => match self.next() {
                Some('=') => self.open("(?<="),
                Some('!') => self.open("(?<!"),
                c => self.error(format!("unknown extension ?<{}", c.map(String::from).unwrap_or_default())),
            },
            Some('#') => {
                while let Some(c) = self.next() {
                    if c == ')' {
                        return Ok(());
                    }
                }
                self.error("missing ), unterminated comment")
            }
            Some('P') => match self.next() {
                Some('<') => {
                    let name = self.until('>')?;
                    self.open(&format!("(?P<{name}>"))
                }
                Some('=') => {
                    let name = self.until(')')?;
                    self.out.push_str(&format!("(?P={name})"));
                    Ok(())
                }
                c => self.error(format!("unknown extension ?P{}", c.map(String::from).unwrap_or_default())),
            },
            Some('(') => {
                let group = self.until(')')?;
                let numbered = group.bytes().all(|b| b.is_ascii_digit());
                self.open(&if numbered { format!("(?({group})") } else { format!("(?(<{group}>)") })
            }
            Some(c) if c == '-' || c.is_ascii_alphabetic() => self.inline_flags(c),
            c => self.error(format!("unknown extension ?{}", c.map(String::from).unwrap_or_default())),
        }
    }

    fn open(&mut self, text: &str) -> Result<(), String> {
        self.outer.push(self.flags);
        self.out.push_str(text);
        Ok(())
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let from = self.at;
        while let Some(c) = self.next() {
            if c == end {
                let name: String = self.chars[from..self.at - 1].iter().collect();
                let word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                return if name.is_empty() {
                    self.error("missing group name")
                } else if word {
                    Ok(name)
                } else {
                    self.error(format!("bad character in group name '{name}'"))
                };
            }
        }
        self.error(format!("missing {end}, unterminated name"))
    }

    /// `(?i)` for the whole pattern, `(?i:...)` and `(?-i:...)` for a part.
    fn inline_flags(&mut self, first: char) -> Result<(), String> {
        let start = self.at;
        let mut flags = self.flags;
        let mut on = true;
        let mut c = Some(first);
        loop {
            match c {
                Some('-') if on => on = false,
                Some('i') => flags.ignorecase = on,
                Some('m') => flags.multiline = on,
                Some('s') => flags.dotall = on,
                Some('x') => flags.verbose = on,
                Some('a') if on => flags.ascii = true,
                Some('u') if on => flags.ascii = false,
                Some(':') => {
                    let case = if flags.ignorecase { "(?i:" } else { "(?-i:" };
                    self.open(case)?;
                    self.flags = flags;
                    return Ok(());
                }
                Some(')') if on && start == 3 && self.outer.is_empty() => {
                    self.flags = flags;
                    return Ok(());
                }
                Some(')') if on => return self.error("global flags not at the start of the expression"),
                Some(_) => return self.error("unknown flag"),
                None => return self.error("missing -, : or )"),
            }
            c = self.next();
        }
    }
}

fn octal_char(digits: &[char]) -> char {
    let code = digits.iter().fold(0, |n, c| n * 8 + (*c as u32 - '0' as u32));
    char::from_u32(code).unwrap_or('\0')
}
