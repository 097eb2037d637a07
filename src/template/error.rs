//! `TemplateError`: what went wrong in a template, where, and through which variables it was reached.

use std::sync::Arc;

use adept_wire::Origin;
use thiserror::Error;

use super::place::Place;
use crate::diag::Diagnostic;

/// An error of a template: its kind, the place, and the variables on the way to it.
#[derive(Clone, Debug, Error)]
#[error("{}", self.detail.kind)]
pub struct TemplateError {
    // Boxed: results are everywhere, errors are rare.
    detail: Box<Detail>,
}

/// The kinds of errors of templates.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateErrorKind {
    /// A variable, attribute or item that isn't there was used.
    #[error("{0}")]
    Undefined(String),
    /// The text is no template.
    #[error("Syntax error in template: {0}")]
    Syntax(String),
    /// A filter, test, lookup or global function that isn't known.
    #[error("No {what} named '{name}'.")]
    Unknown {
        /// `filter`, `test` or `lookup`.
        what: &'static str,
        /// As it was written.
        name: String,
    },
    /// Something that can't be done with values of this kind: Python's `TypeError`, `ValueError` and the like.
    #[error("{0}")]
    Failed(String),
    /// Variables that need each other.
    #[error("Recursive loop detected in template: {}", .0.join(" -> "))]
    Loop(Vec<String>),
    /// A file that a template or lookup asked for can't be read.
    #[error("{0}")]
    File(String),
    /// The run was cancelled while a lookup waited.
    #[error("cancelled")]
    Cancelled,
}

#[derive(Clone, Debug)]
struct Detail {
    kind: TemplateErrorKind,
    place: Option<Place>,
    hint: Option<String>,
    /// The name that isn't there, for "did you mean".
    missing: Option<Arc<str>>,
    /// The variables through which the place was reached, innermost first.
    through: Vec<String>,
}

impl TemplateError {
    /// An error of this kind.
    pub fn new(kind: TemplateErrorKind) -> TemplateError {
        TemplateError { detail: Box::new(Detail { kind, place: None, hint: None, missing: None, through: Vec::new() }) }
    }

    /// Something that can't be done, as Python's `TypeError` or `ValueError` says it.
    pub fn failed(message: impl Into<String>) -> TemplateError {
        TemplateError::new(TemplateErrorKind::Failed(message.into()))
    }

    /// Something undefined was used.
    pub fn undefined(message: impl Into<String>) -> TemplateError {
        TemplateError::new(TemplateErrorKind::Undefined(message.into()))
    }

    /// Text that doesn't parse.
    pub fn syntax(message: impl Into<String>) -> TemplateError {
        TemplateError::new(TemplateErrorKind::Syntax(message.into()))
    }

    /// A file that can't be read.
    pub fn file(message: impl Into<String>) -> TemplateError {
        TemplateError::new(TemplateErrorKind::File(message.into()))
    }

    /// What kind of error this is.
    pub fn kind(&self) -> &TemplateErrorKind {
        &self.detail.kind
    }

    /// Is it about something undefined? The engine forgives some of those.
    pub fn is_undefined(&self) -> bool {
        matches!(self.detail.kind, TemplateErrorKind::Undefined(_))
    }

    /// Where it was written, as exactly as can be told.
    pub fn origin(&self) -> Option<Origin> {
        self.detail.place.as_ref().and_then(Place::origin)
    }

    /// With a hint, unless there is one.
    pub fn hint(mut self, hint: impl Into<String>) -> TemplateError {
        self.detail.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// With the name that isn't there.
    pub(crate) fn missing(mut self, name: &str) -> TemplateError {
        self.detail.missing = Some(name.into());
        self
    }

    /// The name that isn't there, when it is a variable.
    pub fn missing_name(&self) -> Option<&str> {
        self.detail.missing.as_deref()
    }

    /// Has it no place yet?
    pub(crate) fn origin_unknown(&self) -> bool {
        self.detail.place.is_none()
    }

    /// With the place, unless an inner one is known.
    pub(crate) fn at(mut self, place: impl FnOnce() -> Option<Place>) -> TemplateError {
        if self.detail.place.is_none() {
            self.detail.place = place();
        }
        self
    }

    /// With one more variable through which it was reached.
    pub(crate) fn through(mut self, name: &Arc<str>) -> TemplateError {
        self.detail.through.push(name.to_string());
        self
    }
}

impl From<TemplateError> for Diagnostic {
    fn from(error: TemplateError) -> Diagnostic {
        let kind = match error.kind() {
            TemplateErrorKind::Syntax(_) | TemplateErrorKind::Unknown { .. } => crate::diag::ErrorKind::Parse,
            _ => crate::diag::ErrorKind::General,
        };
        let mut diagnostic = Diagnostic::new(kind, error.to_string()).maybe_hint(error.detail.hint.clone());
        if let Some(place) = &error.detail.place {
            diagnostic = diagnostic.at(place.origin().as_ref()).width(place.width());
        }
        for name in &error.detail.through {
            diagnostic = diagnostic.note(format!("while rendering {name}"));
        }
        diagnostic
    }
}
