//! Running a command in a process group of its own, with the terminal, if there is one.
//!
//! ```text
//! spawn in its own group -> lend the terminal -> wait -+-> ended: take the terminal back, give the code
//!                                               ^      |
//!                                               |      +-> stopped (Ctrl-Z): take the terminal back, stop ourselves,
//!                                               +----------- and when we are continued, lend it again
//! ```

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as NixSignal};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpgrp, kill_process, kill_process_group, waitpid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::interrupt::Interrupts;

/// Runs a command to its end; gives its exit code, or the negative number of the signal that ended it.
pub fn run(command: &mut Command, interrupts: &Interrupts) -> io::Result<i32> {
    let terminal = Terminal::of_foreground();
    let child = command.process_group(0).spawn()?;
    let group = Pid::from_child(&child);
    interrupts.started(group);
    if let Some(terminal) = &terminal {
        terminal.lend(group);
    }
    let code = wait(group, terminal.as_ref());
    if let Some(terminal) = &terminal {
        terminal.take_back();
    }
    interrupts.ended(*code.as_ref().unwrap_or(&-1), terminal.is_some());
    code
}

fn wait(child: Pid, terminal: Option<&Terminal>) -> io::Result<i32> {
    // Only where we hold the terminal has a stop to be passed on; else the shell's job is the child's parent alone.
    let options = if terminal.is_some() { WaitOptions::UNTRACED } else { WaitOptions::empty() };
    loop {
        let status = match waitpid(Some(child), options) {
            Ok(Some((_, status))) => status,
            Ok(None) | Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if let Some(code) = status.exit_status() {
            return Ok(code);
        }
        if let Some(signal) = status.terminating_signal() {
            return Ok(-signal);
        }
        if let Some(terminal) = terminal.filter(|_| status.stopped()) {
            terminal.take_back();
            let _ = kill_process(rustix::process::getpid(), Signal::STOP);
            terminal.lend(child);
        }
    }
}

/// The terminal whose foreground we are.
struct Terminal {
    file: File,
    ours: Pid,
}

impl Terminal {
    fn of_foreground() -> Option<Terminal> {
        let file = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let ours = getpgrp();
        (tcgetpgrp(&file).ok()? == ours).then_some(Terminal { file, ours })
    }

    /// Makes the group the foreground, and wakes it in case that it already tried to read.
    fn lend(&self, group: Pid) {
        let _ = tcsetpgrp(&self.file, group);
        let _ = kill_process_group(group, Signal::CONT);
    }

    /// Makes us the foreground again.
    fn take_back(&self) {
        // From the background, this would stop us (SIGTTOU).
        let quiet = SigSet::from(NixSignal::SIGTTOU);
        let before = quiet.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let _ = tcsetpgrp(&self.file, self.ours);
        if let Ok(before) = before {
            let _ = before.thread_set_mask();
        }
    }
}
