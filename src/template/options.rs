//! How template files are read: what Jinja2's environment takes, and a file's `#jinja2:` line sets.

/// The marks and the treatment of white space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Syntax {
    /// The newline after a block is dropped (Ansible's default).
    pub trim_blocks: bool,
    /// Blanks before a block are dropped.
    pub lstrip_blocks: bool,
    /// The last newline stays in the text that is parsed. Without it, one newline is taken off before and put back afterwards, as
    /// Ansible does: the newline behind a block at the end isn't trimmed.
    pub keep_trailing_newline: bool,
    /// Backslashes in literals of `{{ }}` are literal: what Ansible does for everything but template files.
    pub literal_backslashes: bool,
    /// Other marks for `{{` and `}}`.
    pub variable: Option<(String, String)>,
    /// Other marks for `{%` and `%}`.
    pub block: Option<(String, String)>,
    /// Other marks for `{#` and `#}`.
    pub comment: Option<(String, String)>,
}

impl Syntax {
    /// As templates in playbooks and variables are read.
    pub const INLINE: Syntax = Syntax {
        trim_blocks: true,
        lstrip_blocks: false,
        keep_trailing_newline: false,
        literal_backslashes: true,
        variable: None,
        block: None,
        comment: None,
    };
    /// As template files are read.
    pub const FILE: Syntax = Syntax { literal_backslashes: false, ..Syntax::INLINE };
}

impl Default for Syntax {
    fn default() -> Syntax {
        Syntax::FILE
    }
}

/// Parameters of the `template` module and lookup; a file's `#jinja2:` line overrides them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// Marks and white space.
    pub syntax: Syntax,
}
