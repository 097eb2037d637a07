//! Exit codes: one table. Those up to 5 and 250 are Ansible's.

/// The kinds of errors that end a program, each with its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Anything without a kind of its own.
    General,
    /// A file does not parse, or says something that can't be meant.
    Parse,
    /// Wrong options on the command line.
    Options,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// The exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::General => ERROR,
            ErrorKind::Parse => PARSE,
            ErrorKind::Options => OPTIONS,
            ErrorKind::Internal => INTERNAL,
        }
    }
}

/// All went well.
pub const OK: u8 = 0;
/// An error.
pub const ERROR: u8 = 1;
/// A host failed.
pub const HOST_FAILED: u8 = 2;
/// A host was unreachable (and a file that doesn't parse: [`PARSE`]).
pub const UNREACHABLE: u8 = 4;
/// A file doesn't parse.
pub const PARSE: u8 = 4;
/// Wrong options.
pub const OPTIONS: u8 = 5;
/// Stuck: something that was created could not be destroyed.
pub const STUCK: u8 = 70;
/// The job failed, and it is stuck.
pub const FAILED_AND_STUCK: u8 = 71;
/// `adept job` ran a playbook none of whose plays matched a host.
pub const EMPTY: u8 = 72;
/// Ended by SIGINT (Ansible: 99; ours is what shells expect).
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;
/// A defect of ours.
pub const INTERNAL: u8 = 250;
