//! `Setting`: one row of the table of settings.

/// What a setting's text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `yes`, `on`, `true`, `1`, ...
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// Text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Texts separated by commas.
    List,
    /// A path.
    Path,
    /// Paths separated by colons.
    PathSpec,
    /// Paths separated by commas.
    PathList,
}

/// What becomes of a setting here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does what it does in Ansible.
    Honoured,
    /// It is taken without a word, and changes nothing; why.
    NoEffect(&'static str),
    /// A run that sets it is told that it isn't supported yet.
    NotYet,
}

/// A setting: its names, its type, its default.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name that `ansible-config dump` shows.
    pub name: &'static str,
    /// What its text is read as.
    pub kind: Kind,
    /// The default, as it would be written in ansible.cfg; `{{ANSIBLE_HOME}}` stands for that setting.
    pub default: Option<&'static str>,
    ini: &'static str,
    env: &'static str,
    /// What becomes of it.
    pub status: Status,
}

/// `ini` holds `section.key` words, `env` names of variables.
pub(super) const fn row(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    ini: &'static str,
    env: &'static str,
    status: Status,
) -> Setting {
    Setting { name, kind, default, ini, env, status }
}

impl Setting {
    /// Section and key in ansible.cfg; of several that are set the last one counts.
    pub fn ini(&self) -> impl DoubleEndedIterator<Item = (&'static str, &'static str)> {
        self.ini.split_whitespace().filter_map(|word| word.split_once('.'))
    }

    /// Environment variables; of several that are set the last one counts.
    pub fn env(&self) -> impl DoubleEndedIterator<Item = &'static str> {
        self.env.split_whitespace()
    }
}
