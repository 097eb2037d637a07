//! `Host`: what a module may use of the machine it runs on, for one run.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use adept_wire::Stream;

use crate::cancel::Cancel;

/// Takes what a child process writes, while it writes.
pub type OutputSink<'a> = dyn Fn(Stream, &[u8]) + Sync + 'a;

/// The machine, as one run sees it. Nothing here is process-wide: runs share one process.
pub struct Host<'a> {
    /// Report what would change, change nothing.
    pub check: bool,
    /// Collect differences.
    pub diff: bool,
    /// The working directory.
    pub cwd: PathBuf,
    /// Environment variables to set for child processes.
    pub environment: &'a [(String, String)],
    /// Umask for files and child processes.
    pub umask: Option<u32>,
    /// Takes live output; `None` when nobody listens.
    pub output: Option<&'a OutputSink<'a>>,
    /// Tells when the run should end, and reaches its child processes.
    pub cancel: &'a Cancel,
    /// A private directory of this session for temporary files.
    pub run_dir: &'a Path,
    /// Counts temporary names.
    pub counter: Cell<u32>,
}

impl Host<'_> {
    /// A path relative to the run's working directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.cwd.join(path)
    }

    /// Should the run end?
    pub fn is_cancelled(&self) -> bool {
        self.cancel.ending().is_some()
    }

    /// An environment variable, as a child process of this run would see it.
    pub fn env(&self, name: &str) -> Option<String> {
        match self.environment.iter().rev().find(|(n, _)| n == name) {
            Some((_, value)) => Some(value.clone()),
            None => std::env::var(name).ok(),
        }
    }
}
