//! What libyaml's complaint means for the line that a person wrote, and what to write instead.
//!
//! libyaml says where its grammar broke ("did not find expected key"), often a line after the mistake. The mistakes that
//! people make are few; each is recognised here by the complaint and by the lines around it.

/// A complaint in words that help. Line and column count from 0, columns in characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub line: usize,
    pub column: usize,
    pub width: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// libyaml's complaint.
pub(super) struct Complaint<'a> {
    pub problem: &'a str,
    pub context: &'a str,
    /// Line and column of the problem.
    pub at: (usize, usize),
    /// Line and column of what was being read.
    pub within: (usize, usize),
}

/// Explains a complaint about this text.
pub(super) fn explain(text: &str, complaint: &Complaint) -> Advice {
    let lines: Vec<Line> = text.lines().map(Line::new).collect();
    let finder = Finder { lines: &lines, complaint };
    finder
        .conflict_marker()
        .or_else(|| finder.template())
        .or_else(|| finder.tab())
        .or_else(|| finder.reserved_start())
        .or_else(|| finder.open_quote())
        .or_else(|| finder.after_quote())
        .or_else(|| finder.escape())
        .or_else(|| finder.no_space_after_dash())
        .or_else(|| finder.mapping_value())
        .or_else(|| finder.not_a_pair())
        .or_else(|| finder.list_item())
        .or_else(|| finder.indentation())
        .or_else(|| finder.open_bracket())
        .or_else(|| finder.block_header())
        .or_else(|| finder.no_value())
        .or_else(|| finder.item_beside_key())
        .or_else(|| finder.after_the_end())
        .unwrap_or_else(|| finder.as_it_is())
}

/// The advice for `{{ x }}` where a map begins with a map.
pub(super) fn unquoted_template(text: &str, line: usize, column: usize) -> Advice {
    let source = text.lines().nth(line).map(Line::new).unwrap_or_else(|| Line::new(""));
    let rest = source.text(column);
    let is_key = column == source.key_start() && rest.contains("}}") && source.colon().is_some();
    let (what, width, fixed) = if column == source.value_start() {
        ("value", source.chars.len().saturating_sub(column), source.with_quoted_rest(column))
    } else {
        // A key, or an item of `[a, b]`: only the template is to be quoted.
        let close = rest.find("}}").map_or(rest.len(), |end| end + 2);
        let end = if is_key { rest[close..].find(": ").map_or(close, |colon| close + colon) } else { close };
        let head: String = source.chars[source.indent().min(column)..column].iter().collect();
        let fixed = format!("{head}{}{}", quoted(&rest[..end]), &rest[end..]);
        (if is_key { "key" } else { "value" }, rest[..end].chars().count(), fixed)
    };
    Advice {
        line,
        column,
        width: width.max(1),
        message: format!("a {what} that starts with '{{{{' must be quoted"),
        hint: Some(format!("write: {fixed}")),
    }
}

/// One line, in characters.
struct Line {
    chars: Vec<char>,
}

impl Line {
    fn new(text: &str) -> Line {
        Line { chars: text.trim_end().chars().collect() }
    }

    fn text(&self, from: usize) -> String {
        self.chars.get(from..).unwrap_or_default().iter().collect()
    }

    fn indent(&self) -> usize {
        self.chars.iter().take_while(|c| **c == ' ').count()
    }

    fn is_blank(&self) -> bool {
        self.chars.get(self.indent()).is_none_or(|c| *c == '#')
    }

    /// Where the text after indentation and `- ` begins.
    fn key_start(&self) -> usize {
        let mut at = self.indent();
        while self.chars.get(at) == Some(&'-') && self.chars.get(at + 1) == Some(&' ') {
            at += 1;
            at += self.chars[at..].iter().take_while(|c| **c == ' ').count();
        }
        at
    }

    /// The colon that ends the line's first key, if it has one that YAML sees.
    fn colon(&self) -> Option<usize> {
        let start = self.key_start();
        let mut quote = self.chars.get(start).copied().filter(|c| matches!(c, '"' | '\''));
        for at in start..self.chars.len() {
            let c = self.chars[at];
            if let Some(q) = quote {
                if c == q && at > start {
                    quote = None;
                }
            } else if c == ':' && self.chars.get(at + 1).is_none_or(|next| next.is_whitespace()) {
                return Some(at);
            } else if c == '#' && at > 0 && self.chars[at - 1] == ' ' {
                return None;
            }
        }
        None
    }

    /// Where the value begins: after the key, or after `- `.
    fn value_start(&self) -> usize {
        match self.colon() {
            Some(colon) => colon + 1 + self.chars[colon + 1..].iter().take_while(|c| c.is_whitespace()).count(),
            None => self.key_start(),
        }
    }

    /// `key:value`: the colon that has no space after it.
    fn tight_colon(&self) -> Option<usize> {
        let start = self.key_start();
        if self.colon().is_some() {
            return None;
        }
        let end =
            start + self.chars.get(start..)?.iter().take_while(|c| c.is_alphanumeric() || "_-.".contains(**c)).count();
        (end > start
            && self.chars.get(end) == Some(&':')
            && self.chars.get(end + 1).is_some_and(|c| !":/\\".contains(*c)))
        .then_some(end)
    }

    /// The line with everything from here on in quotes, without indentation.
    fn with_quoted_rest(&self, from: usize) -> String {
        let (rest, comment) = split_comment(&self.text(from));
        let head: String = self.chars[self.indent().min(from)..from].iter().collect();
        format!("{head}{}{comment}", quoted(&rest))
    }
}

/// Text and the comment after it.
fn split_comment(text: &str) -> (String, String) {
    match text.find(" #") {
        Some(at) => (text[..at].trim_end().to_string(), text[at..].to_string()),
        None => (text.to_string(), String::new()),
    }
}

/// The text in the quotes that need the least change to it.
fn quoted(text: &str) -> String {
    if !text.contains(['"', '\\']) { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', "''")) }
}

struct Finder<'a> {
    lines: &'a [Line],
    complaint: &'a Complaint<'a>,
}

impl Finder<'_> {
    fn line(&self, n: usize) -> Option<&Line> {
        self.lines.get(n)
    }

    fn problem(&self, part: &str) -> bool {
        self.complaint.problem.contains(part)
    }

    fn context(&self, part: &str) -> bool {
        self.complaint.context.contains(part)
    }

    fn char_at(&self, (line, column): (usize, usize)) -> Option<char> {
        self.line(line)?.chars.get(column).copied()
    }

    /// The nearest line above that says something.
    fn above(&self, line: usize) -> Option<usize> {
        (0..line.min(self.lines.len())).rev().find(|n| !self.lines[*n].is_blank())
    }

    fn advice(
        &self,
        (line, column): (usize, usize),
        width: usize,
        message: &str,
        hint: Option<String>,
    ) -> Option<Advice> {
        Some(Advice { line, column, width: width.max(1), message: message.to_string(), hint })
    }

    fn as_it_is(&self) -> Advice {
        let Complaint { problem, context, at, .. } = *self.complaint;
        let message = if context.is_empty() { problem.to_string() } else { format!("{problem} {context}") };
        Advice { line: at.0, column: at.1, width: 1, message, hint: None }
    }

    fn conflict_marker(&self) -> Option<Advice> {
        let n = self.lines.iter().position(|l| ["<<<<<<< ", ">>>>>>> "].iter().any(|m| l.text(0).starts_with(m)))?;
        self.advice(
            (n, 0),
            7,
            "this is a conflict marker of a version control system",
            Some("resolve the conflict and remove the marker lines".to_string()),
        )
    }

    /// `key: {{ x }}/y`, `key: {% if .. %}`.
    fn template(&self) -> Option<Advice> {
        for n in [self.complaint.at.0, self.complaint.within.0] {
            let Some(line) = self.line(n) else { continue };
            let start = line.value_start();
            let opening: String = line.chars.iter().skip(start).take(2).collect();
            // A problem before the template is another one.
            if (opening == "{{" || opening == "{%") && (n, start) <= self.complaint.at {
                let width = line.chars.len() - start;
                let message = format!("a value that starts with '{opening}' must be quoted");
                return self.advice(
                    (n, start),
                    width,
                    &message,
                    Some(format!("write: {}", line.with_quoted_rest(start))),
                );
            }
        }
        None
    }

    fn tab(&self) -> Option<Advice> {
        let at = self.complaint.at;
        let line = self.line(at.0)?;
        let blanks = line.chars.iter().take_while(|c| c.is_whitespace()).count();
        let tab = line.chars[..blanks].iter().position(|c| *c == '\t')?;
        let about_the_tab = self.problem("tab character") || self.problem("cannot start any token") && at.1 <= blanks;
        if !about_the_tab {
            return None;
        }
        self.advice((at.0, tab), 1, "a tab can't be used for indentation", Some("use spaces".to_string()))
    }

    /// `key: @x`, `` key: `x` ``, `key: %x`, `key: *.example.com`, `key: & x`.
    fn reserved_start(&self) -> Option<Advice> {
        let at = if self.context("an alias") || self.context("an anchor") {
            self.complaint.within
        } else if self.problem("cannot start any token") || self.problem("mapping keys are not allowed") {
            self.complaint.at
        } else {
            return None;
        };
        let c = self.char_at(at).filter(|c| !c.is_whitespace())?;
        let line = self.line(at.0)?;
        let hint = (line.value_start() == at.1).then(|| format!("write: {}", line.with_quoted_rest(at.1)));
        self.advice(at, 1, &format!("text that starts with '{c}' must be quoted"), hint)
    }

    fn open_quote(&self) -> Option<Advice> {
        if !self.context("quoted scalar")
            || !self.problem("unexpected end of stream") && !self.problem("document indicator")
        {
            return None;
        }
        let at = self.complaint.within;
        let quote = self.char_at(at)?;
        let line = self.line(at.0)?;
        let rest = line.text(at.1 + 1);
        let hint = if rest.contains(quote) || rest.is_empty() {
            "look for a quote that is missing, or one too many, above this line too".to_string()
        } else {
            let head: String = line.chars[line.indent()..=at.1].iter().collect();
            format!("write: {head}{rest}{quote}")
        };
        self.advice(at, 1, "the quote that opens here is never closed", Some(hint))
    }

    /// `'it's'`, `"a" == b`, `[a] b`.
    fn after_quote(&self) -> Option<Advice> {
        if !self.problem("did not find expected key") && !self.problem("did not find expected '-' indicator") {
            return None;
        }
        let at = self.complaint.at;
        let line = self.line(at.0)?;
        let before = line.chars.get(..at.1)?.iter().rposition(|c| !c.is_whitespace())?;
        let close = line.chars[before];
        let start = line.value_start();
        let first = line.chars.get(start).copied().unwrap_or(' ');
        match (first, close) {
            ('"' | '\'', _) if first == close && before > start => {
                let value = line.text(start);
                let inner = value[1..].strip_suffix(first);
                let hint = match inner {
                    // The apostrophe of `'it's'` is meant as text.
                    Some(inner) if first == '\'' && !inner.contains('"') => {
                        let head: String = line.chars[line.indent()..start].iter().collect();
                        format!("write: {head}\"{inner}\"")
                    }
                    _ => format!("write: {}", line.with_quoted_rest(start)),
                };
                self.advice(
                    at,
                    line.chars.len().saturating_sub(at.1),
                    "there is text after the closing quote: quote the whole value",
                    Some(hint),
                )
            }
            ('[', ']') | ('{', '}') if start < before => {
                let hint = format!("write: {}", line.with_quoted_rest(start));
                let message = format!("there is text after the closing '{close}': quote the whole value");
                self.advice(at, line.chars.len().saturating_sub(at.1), &message, Some(hint))
            }
            (_, '"' | '\'') => self.advice(
                at,
                1,
                "there is text after a closing quote",
                Some("look for a quote that is missing, or one too many, above this line too".to_string()),
            ),
            _ => None,
        }
    }

    fn escape(&self) -> Option<Advice> {
        if !self.context("quoted scalar") || !self.problem("escape character") && !self.problem("hexdecimal") {
            return None;
        }
        let at = self.complaint.at;
        let line = self.line(at.0)?;
        let slash = (0..=at.1.min(line.chars.len().checked_sub(1)?)).rev().find(|n| line.chars[*n] == '\\')?;
        let start = line.value_start();
        let value = line.text(start);
        let hint = match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) if !inner.contains(['\'', '"']) => {
                let head: String = line.chars[line.indent()..start].iter().collect();
                format!("write: {head}'{inner}'")
            }
            _ => "use single quotes, or double the backslash".to_string(),
        };
        self.advice(
            (at.0, slash),
            2,
            "a backslash in double quotes begins an escape, and this one isn't known",
            Some(hint),
        )
    }

    fn no_space_after_dash(&self) -> Option<Advice> {
        let (at, within) = (self.complaint.at, self.complaint.within);
        if !self.problem("did not find expected key") && !self.problem("could not find expected ':'") {
            return None;
        }
        for n in [at.0, within.0] {
            let Some(line) = self.line(n) else { continue };
            let indent = line.indent();
            if line.chars.get(indent) == Some(&'-') && line.chars.get(indent + 1).is_some_and(|c| c.is_alphanumeric()) {
                let hint = format!("write: - {}", line.text(indent + 1));
                return self.advice((n, indent), 1, "a space is missing after '-'", Some(hint));
            }
        }
        None
    }

    fn missing_space(&self, n: usize) -> Option<Advice> {
        let line = self.line(n)?;
        let colon = line.tight_colon()?;
        let head: String = line.chars[line.indent()..=colon].iter().collect();
        let hint = format!("write: {head} {}", line.text(colon + 1));
        self.advice((n, colon), 1, "a space is missing after ':'", Some(hint))
    }

    /// "mapping values are not allowed in this context".
    fn mapping_value(&self) -> Option<Advice> {
        if !self.problem("mapping values are not allowed") {
            return None;
        }
        let at = self.complaint.at;
        let line = self.line(at.0)?;
        if line.colon().is_some_and(|colon| colon < at.1) {
            let start = line.value_start();
            let message = "a value with ': ' in it must be quoted";
            return self.advice(at, 1, message, Some(format!("write: {}", line.with_quoted_rest(start))));
        }
        let above = self.above(at.0)?;
        if let Some(advice) = self.missing_space(above) {
            return Some(advice);
        }
        let upper = self.line(above)?;
        let start = line.key_start();
        if upper.colon().is_some() && start > upper.key_start() {
            let hint = format!(
                "begin it in column {}, as line {}; or give line {} no value of its own",
                upper.key_start() + 1,
                above + 1,
                above + 1
            );
            let message = "this line is indented more than the line above it, which already has a value";
            return self.advice((at.0, start), at.1.saturating_sub(start), message, Some(hint));
        }
        if upper.colon().is_none() {
            let from = upper.key_start();
            let head = upper.text(upper.indent());
            return self.advice(
                (above, from),
                upper.chars.len() - from,
                "a ':' is missing here: this isn't 'key: value'",
                Some(format!("write: {head}: ...")),
            );
        }
        None
    }

    /// "could not find expected ':'".
    fn not_a_pair(&self) -> Option<Advice> {
        if !self.problem("could not find expected ':'") {
            return None;
        }
        let n = self.complaint.within.0;
        if let Some(advice) = self.missing_space(n) {
            return Some(advice);
        }
        let line = self.line(n)?;
        let from = line.key_start();
        let in_list = self
            .above(n)
            .and_then(|n| self.line(n))
            .is_some_and(|upper| upper.indent() == from && upper.key_start() > from);
        let hint = if in_list {
            format!("write: - {}", line.text(from))
        } else {
            "add ':' and a value; or indent the line if it continues the value above".to_string()
        };
        self.advice((n, from), line.chars.len() - from, "this isn't 'key: value'", Some(hint))
    }

    /// "did not find expected '-' indicator".
    fn list_item(&self) -> Option<Advice> {
        if !self.problem("did not find expected '-' indicator") {
            return None;
        }
        let (at, within) = (self.complaint.at, self.complaint.within);
        let line = self.line(at.0)?;
        if line.chars.get(at.1) == Some(&'-') {
            let hint = format!("begin it in column {}, as line {}", within.1 + 1, within.0 + 1);
            return self.advice(at, 1, "the items of a list must begin in the same column", Some(hint));
        }
        let rest = line.text(at.1);
        let width = rest.chars().count();
        let item_column = self.line(within.0).map_or(within.1 + 2, Line::key_start);
        let hint = if at.1 == within.1 {
            format!("write: - {rest}; or begin it in column {} if it belongs to the item above", item_column + 1)
        } else {
            format!("begin it in column {} if it belongs to the item above", item_column + 1)
        };
        self.advice(at, width, "expected the next item of the list, which begins with '- '", Some(hint))
    }

    /// "did not find expected key" where a line begins.
    fn indentation(&self) -> Option<Advice> {
        if !self.problem("did not find expected key") {
            return None;
        }
        let (at, within) = (self.complaint.at, self.complaint.within);
        let line = self.line(at.0)?;
        if line.indent() != at.1 {
            return None;
        }
        let width = line.chars.len() - at.1;
        if at.1 == within.1 {
            let dash = line.chars.get(at.1) == Some(&'-');
            let message =
                if dash { "a list item can't stand among the keys of a map" } else { "expected 'key: value'" };
            let hint = format!("line {} begins a map in this column", within.0 + 1);
            return self.advice(at, width, message, Some(hint));
        }
        let above = self.above(at.0);
        let hint = match above.and_then(|n| self.line(n)).map(Line::indent) {
            Some(column) if column != within.1 => format!(
                "begin it in column {}, as the line above, or in column {}, as line {}",
                column + 1,
                within.1 + 1,
                within.0 + 1
            ),
            _ => format!("begin it in column {}, as line {}", within.1 + 1, within.0 + 1),
        };
        self.advice(at, width, "the indentation of this line matches no line above", Some(hint))
    }

    /// `[a, b`, `{a: 1`.
    fn open_bracket(&self) -> Option<Advice> {
        let close = if self.problem("',' or ']'") {
            ']'
        } else if self.problem("',' or '}'") {
            '}'
        } else {
            return None;
        };
        let (at, within) = (self.complaint.at, self.complaint.within);
        if at.0 == within.0 {
            return self.advice(at, 1, &format!("expected ',' or '{close}'"), None);
        }
        let open = self.char_at(within)?;
        self.advice(
            within,
            1,
            &format!("the '{open}' that opens here is not closed"),
            Some(format!("close it with '{close}', or quote the value if it is text")),
        )
    }

    /// `key: > text`, `key: |text`.
    fn block_header(&self) -> Option<Advice> {
        if !self.context("block scalar") {
            return None;
        }
        let within = self.complaint.within;
        let mark = self.char_at(within)?;
        let message = format!("the text of '{mark}' must begin on the next line");
        let hint = format!("put it there, indented; or quote the whole value if '{mark}' belongs to it");
        self.advice(self.complaint.at, 1, &message, Some(hint))
    }

    /// `[1,, 2]`, `a: ]`.
    fn no_value(&self) -> Option<Advice> {
        if !self.problem("did not find expected node content") {
            return None;
        }
        let at = self.complaint.at;
        let c = self.char_at(at)?;
        let hint = "quote the value if it is text".to_string();
        self.advice(at, 1, &format!("a value is missing before '{c}'"), Some(hint))
    }

    /// `key: - item`.
    fn item_beside_key(&self) -> Option<Advice> {
        if !self.problem("block sequence entries are not allowed") {
            return None;
        }
        let at = self.complaint.at;
        let line = self.line(at.0)?;
        let hint = "put the item on a line of its own; or quote the value if the '-' belongs to it".to_string();
        let width = line.chars.len().saturating_sub(at.1);
        self.advice(at, width, "a list item can't begin here", Some(hint))
    }

    /// `{a: 1} b`.
    fn after_the_end(&self) -> Option<Advice> {
        if !self.problem("did not find expected <document start>") {
            return None;
        }
        let at = self.complaint.at;
        let width = self.line(at.0)?.chars.len().saturating_sub(at.1);
        let hint = "look for a quote or bracket that closes too early, or for a line that is indented too little";
        self.advice(at, width, "there is text after the end of the document", Some(hint.to_string()))
    }
}
