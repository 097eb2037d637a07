//! `Io`: the three streams of a transition, which its children share.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Standard input, output and error of a transition.
#[derive(Debug)]
pub struct Io {
    /// Commands read from it; `-` as transition file too.
    pub stdin: File,
    /// Commands and playbooks write to it.
    pub stdout: File,
    /// Banners and errors go to it, and what commands write to their standard error.
    pub stderr: File,
}

impl Io {
    /// Those of this process.
    pub fn inherit() -> io::Result<Io> {
        Ok(Io {
            stdin: io::stdin().as_fd().try_clone_to_owned()?.into(),
            stdout: io::stdout().as_fd().try_clone_to_owned()?.into(),
            stderr: io::stderr().as_fd().try_clone_to_owned()?.into(),
        })
    }

    /// Writes to standard error. A reader that went away must not stop a cleanup.
    pub fn tell(&self, text: &str) {
        let _ = io::Write::write_all(&mut &self.stderr, text.as_bytes());
    }
}
