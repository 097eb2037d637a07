//! `Diagnostic`: one error or warning as a person sees it, with the line it is about.

use std::fmt;
use std::fs;

use adept_wire::Origin;

use super::exit::ErrorKind;

/// One problem: what, where, and what would help.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// One sentence: what is wrong and what was expected.
    pub message: String,
    /// Where it was written.
    pub origin: Option<Origin>,
    /// How long the marked text is, in characters; 1 marks just the place.
    pub width: usize,
    /// What would help: "did you mean", or the corrected line.
    pub hint: Option<String>,
    /// Further lines: a chain of includes, of variables, other places.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Diagnostic {
        Diagnostic { kind, message: message.into(), origin: None, width: 1, hint: None, notes: Vec::new() }
    }

    /// An error without a kind of its own.
    pub fn general(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(ErrorKind::General, message)
    }

    /// Something in a file that can't be meant.
    pub fn parse(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(ErrorKind::Parse, message)
    }

    /// Wrong options on the command line.
    pub fn options(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(ErrorKind::Options, message)
    }

    /// With the place it is about.
    pub fn at(mut self, origin: Option<&Origin>) -> Diagnostic {
        if origin.is_some() {
            self.origin = origin.cloned();
        }
        self
    }

    /// With a place, unless it has one.
    pub fn or_at(self, origin: Option<&Origin>) -> Diagnostic {
        if self.origin.is_some() { self } else { self.at(origin) }
    }

    /// Marks this many characters.
    pub fn width(mut self, width: usize) -> Diagnostic {
        self.width = width.max(1);
        self
    }

    /// With a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// With a hint, if there is one.
    pub fn maybe_hint(mut self, hint: Option<impl Into<String>>) -> Diagnostic {
        self.hint = hint.map(Into::into).or(self.hint);
        self
    }

    /// With one more line.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }
}

impl std::error::Error for Diagnostic {}

/// The whole text, without colour:
///
/// ```text
/// 'hots' is not a valid attribute for a Play
///   --> site.yml:3:3
///    |
///  3 |   hots: web
///    |   ^^^^
///    = hint: did you mean 'hosts'?
/// ```
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(origin) = &self.origin {
            write!(f, "\n  --> {origin}")?;
            // The line is read again here: errors are rare, and keeping every text would not be free.
            let text = fs::read(origin.file.as_ref()).ok().map(|b| String::from_utf8_lossy(&b).into_owned());
            if let Some(line) = text.as_deref().and_then(|t| t.lines().nth(origin.line.saturating_sub(1) as usize)) {
                let gutter = origin.line.to_string().len() + 1;
                // Tabs stay tabs under the line, so that the caret stands below its character.
                let pad: String = line
                    .chars()
                    .take(origin.column.saturating_sub(1) as usize)
                    .map(|c| if c == '\t' { '\t' } else { ' ' })
                    .collect();
                write!(
                    f,
                    "\n{:gutter$} |\n {} | {line}\n{:gutter$} | {pad}{}",
                    "",
                    origin.line,
                    "",
                    "^".repeat(self.width)
                )?;
            }
        }
        for note in &self.notes {
            write!(f, "\n   = {note}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n   = hint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_line_with_a_caret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("site.yml");
        fs::write(&path, "---\n- name: x\n  hots: web\n").unwrap();
        let file: std::sync::Arc<str> = path.to_string_lossy().into();
        let d = Diagnostic::parse("'hots' is not a valid attribute for a Play")
            .at(Some(&Origin { file, line: 3, column: 3 }))
            .width(4)
            .hint("did you mean 'hosts'?");
        let text = d.to_string().replace(&*path.to_string_lossy(), "site.yml");
        assert_eq!(
            text,
            "'hots' is not a valid attribute for a Play\n  --> site.yml:3:3\n   |\n 3 |   hots: web\n   |   ^^^^\n   = hint: did you mean 'hosts'?"
        );
    }
}
