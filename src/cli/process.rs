//! `Process`: what a command may use of the process it runs in - or, for a playbook that a transition runs, of the process
//! that it would have been.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;

/// Environment, working directory and output of a command.
#[derive(Debug)]
pub struct Process {
    /// The complete environment.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// Standard output.
    pub stdout: File,
    /// Standard error.
    pub stderr: File,
}

impl Process {
    /// This process.
    ///
    /// # Errors
    /// When a standard stream is closed.
    pub fn own() -> io::Result<Process> {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        Ok(Process {
            env: std::env::vars_os().map(|(k, v)| (text(k), text(v))).collect(),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            stdout: io::stdout().as_fd().try_clone_to_owned()?.into(),
            stderr: io::stderr().as_fd().try_clone_to_owned()?.into(),
        })
    }

    /// The value of an environment variable, if it is not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Is standard output a terminal?
    pub fn is_terminal(&self) -> bool {
        self.stdout.is_terminal()
    }

    /// The width of the terminal, or 80.
    pub fn width(&self) -> usize {
        rustix::termios::tcgetwinsize(&self.stdout).ok().map(|s| usize::from(s.ws_col)).filter(|w| *w > 0).unwrap_or(80)
    }

    /// Tells the user something. Nobody may be there to hear it, which changes nothing.
    pub fn tell(&self, text: &str) {
        let _ = (&self.stderr).write_all(format!("{text}\n").as_bytes());
    }
}
