//! `Place`: a span of a template's text, and how it becomes file, line and column.

use std::fs;
use std::sync::Arc;

use adept_wire::{Data, Origin, Trust, Value};

/// Where the text of a template comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The whole text.
    pub text: Arc<str>,
    /// The place of the text's first character (template files) or of the YAML scalar that holds it.
    pub origin: Option<Origin>,
    /// Is the origin the text's first character, with nothing in between (a template file)?
    pub exact: bool,
}

impl Source {
    /// The source of text that may be rendered; `None` for anything else.
    pub fn of(value: &Value) -> Option<Source> {
        let Data::Str(text) = &value.data else { return None };
        (value.trust() == Trust::Template).then(|| Source {
            text: text.clone(),
            origin: value.origin().cloned(),
            exact: false,
        })
    }
}

/// A span of bytes in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// A span in a source.
#[derive(Clone, Debug)]
pub struct Place {
    source: Source,
    span: Span,
}

impl Place {
    pub(crate) fn new(source: &Source, span: Span) -> Option<Place> {
        source.origin.as_ref()?;
        Some(Place { source: source.clone(), span })
    }

    /// How many characters of the first line it covers.
    pub fn width(&self) -> usize {
        if self.source.exact || self.resolved().is_some() {
            let text = self.slice();
            text.lines().next().map_or(1, |l| l.chars().count()).max(1)
        } else {
            1
        }
    }

    /// File, line and column: exact where the scalar stands in the file as it is in the value, else the scalar's begin.
    pub fn origin(&self) -> Option<Origin> {
        self.resolved().or_else(|| self.source.origin.clone())
    }

    fn slice(&self) -> &str {
        self.source.text.get(self.span.start as usize..self.span.end as usize).unwrap_or("")
    }

    /// The line (from 0) and column (from 0) within the text.
    fn line_column(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.span.start as usize).unwrap_or("");
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or("").chars().count();
        (line, column)
    }

    /// The file is read again: YAML's styles (quotes, folding, indentation) move text, so the guess is checked there.
    fn resolved(&self) -> Option<Origin> {
        let origin = self.source.origin.as_ref()?;
        let (line, column) = self.line_column();
        if self.source.exact {
            let (line, column) = (line as u32, column as u32);
            let column = if line == 0 { origin.column + column } else { column + 1 };
            return Some(Origin { file: origin.file.clone(), line: origin.line + line, column });
        }
        let bytes = fs::read(origin.file.as_ref()).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines().skip(origin.line.saturating_sub(1) as usize);
        let first: Vec<char> = lines.next()?.chars().skip(origin.column.saturating_sub(1) as usize).collect();
        let wanted = self.source.text.lines().nth(line)?;
        match first.first()? {
            '|' | '>' => {
                // A block scalar: the line that holds the wanted one, indented.
                let (index, found) =
                    lines.enumerate().find(|(i, l)| *i >= line && l.trim_start() == wanted.trim_start())?;
                let indent = found.chars().count() - wanted.chars().count().min(found.chars().count());
                Some(Origin {
                    file: origin.file.clone(),
                    line: origin.line + 1 + index as u32,
                    column: (indent + column + 1) as u32,
                })
            }
            quote => {
                let quoted = usize::from(matches!(quote, '"' | '\''));
                if line > 0 {
                    return None;
                }
                let upto: String = first.iter().skip(quoted).take(column).collect();
                let same = wanted.chars().take(column).eq(upto.chars());
                same.then(|| Origin {
                    file: origin.file.clone(),
                    line: origin.line,
                    column: origin.column + (quoted + column) as u32,
                })
            }
        }
    }
}
