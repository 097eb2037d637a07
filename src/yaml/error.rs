//! `YamlError`: why text is no YAML that can be used, where, and what to write instead.

use std::path::PathBuf;

use adept_wire::Origin;

use crate::diag::{Diagnostic, ErrorKind};

/// Why YAML could not be read.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The file could not be read.
    #[error("could not read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The text is no YAML.
    #[error("{message}")]
    Syntax {
        /// Where it went wrong.
        place: Box<Place>,
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// A tag that isn't known here.
    #[error("could not determine a constructor for the tag '{tag}'")]
    Tag {
        /// Where it stands.
        place: Box<Place>,
        /// The tag as libyaml resolved it.
        tag: String,
    },
    /// A tag on a node of the wrong kind: `!!str [a]`.
    #[error("expected a {expected}, but found a {found}")]
    Kind {
        /// Where it stands.
        place: Box<Place>,
        /// What the tag asks for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A scalar that isn't what its tag or form says: `!!int x`, `2001-13-41`.
    #[error("'{text}' is not a valid {kind}")]
    Scalar {
        /// Where it stands.
        place: Box<Place>,
        /// What it should be.
        kind: &'static str,
        /// What is there.
        text: String,
    },
    /// A list or a map as the key of a map.
    #[error("a {found} can't be the key of a map")]
    Key {
        /// Where it stands.
        place: Box<Place>,
        /// What is there.
        found: &'static str,
    },
    /// `<<` with something that can't be merged.
    #[error("'<<' wants a map or a list of maps to merge, but found a {found}")]
    Merge {
        /// Where it stands.
        place: Box<Place>,
        /// What is there.
        found: &'static str,
    },
    /// `*x` without `&x` above it.
    #[error("there is no anchor '&{name}' above this alias")]
    UnknownAlias {
        /// Where it stands.
        place: Box<Place>,
        /// The name.
        name: String,
    },
    /// `*x` inside of `&x`.
    #[error("the alias '*{name}' stands inside of what '&{name}' marks: a value can't contain itself")]
    RecursiveAlias {
        /// Where it stands.
        place: Box<Place>,
        /// The name.
        name: String,
    },
    /// `&x` twice in a document.
    #[error("the anchor '&{name}' is already used on line {first}")]
    DuplicateAnchor {
        /// Where it stands.
        place: Box<Place>,
        /// The name.
        name: String,
        /// The line of the first one.
        first: u32,
    },
    /// Values nested too deeply, as nobody writes by hand.
    #[error("values are nested more than {limit} levels deep")]
    TooDeep {
        /// Where it stands.
        place: Box<Place>,
        /// The limit.
        limit: usize,
    },
    /// Aliases that stand for more values than memory can hold.
    #[error("aliases expand to more than {limit} values")]
    TooLarge {
        /// Where it stands.
        place: Box<Place>,
        /// The limit.
        limit: u64,
    },
    /// More than one document where one is expected.
    #[error("expected a single document, but found another one")]
    SecondDocument {
        /// Where it begins.
        place: Box<Place>,
    },
}

/// Where an error is, with the line itself: the text need not be in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File, line, column.
    pub origin: Origin,
    /// How many characters are meant.
    pub width: usize,
    /// The line.
    pub line: String,
}

impl YamlError {
    /// Where the error is; a file that can't be read has no place.
    pub fn place(&self) -> Option<&Place> {
        match self {
            YamlError::Read { .. } => None,
            YamlError::Syntax { place, .. }
            | YamlError::Tag { place, .. }
            | YamlError::Kind { place, .. }
            | YamlError::Scalar { place, .. }
            | YamlError::Key { place, .. }
            | YamlError::Merge { place, .. }
            | YamlError::UnknownAlias { place, .. }
            | YamlError::RecursiveAlias { place, .. }
            | YamlError::DuplicateAnchor { place, .. }
            | YamlError::TooDeep { place, .. }
            | YamlError::TooLarge { place, .. }
            | YamlError::SecondDocument { place } => Some(place),
        }
    }

    /// What would help.
    pub fn hint(&self) -> Option<String> {
        match self {
            YamlError::Syntax { hint, .. } => hint.clone(),
            YamlError::Tag { .. } => Some("quote the whole value if the '!' belongs to the text".to_string()),
            YamlError::UnknownAlias { .. } => Some("quote the whole value if the '*' belongs to the text".to_string()),
            YamlError::Scalar { .. } => Some("quote it if it is meant as text".to_string()),
            YamlError::SecondDocument { .. } => Some("remove this line ('---' begins a new document)".to_string()),
            _ => None,
        }
    }
}

impl From<YamlError> for Diagnostic {
    fn from(error: YamlError) -> Diagnostic {
        let kind = match error {
            YamlError::Read { .. } => ErrorKind::General,
            _ => ErrorKind::Parse,
        };
        let mut diagnostic = Diagnostic::new(kind, error.to_string()).maybe_hint(error.hint());
        if let Some(place) = error.place() {
            diagnostic = diagnostic.at(Some(&place.origin)).width(place.width);
            // A diagnostic reads the line from its file. Text from elsewhere is shown here.
            if !std::path::Path::new(&*place.origin.file).is_file() && !place.line.trim().is_empty() {
                diagnostic = diagnostic.note(format!("in: {}", place.line.trim()));
            }
        }
        diagnostic
    }
}
