//! `ConnectionSpec`: how to reach a host, as plain data.

/// How to reach a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionSpec {
    /// The way there.
    pub transport: Transport,
    /// The user to become there, if another than the one who logs in.
    pub become_user: Option<String>,
}

/// The way to a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// This machine, through a child process.
    Local,
    /// A connection plugin's name that we don't have yet.
    NotYet(String),
}
