//! Child processes: start one in a process group of its own, read what it writes while it writes, learn how it ended.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command as StdCommand, Stdio};
use std::time::{Duration, Instant};

use adept_wire::Stream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::ModuleError;
use crate::host::Host;
use crate::sys::fs::may;

/// A background process may keep the child's pipes open. Once the child has ended, this much silence ends the reading,
/// as in Ansible (2.19: one second); what such a process writes later is lost.
const QUIET_AFTER_EXIT: Duration = Duration::from_secs(1);
/// How often a cancelled run looks whether its child has ended.
const CANCELLED_TICK: Duration = Duration::from_millis(20);

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Command {
    argv: Vec<OsString>,
    cwd: Option<PathBuf>,
    stdin: Option<Vec<u8>>,
    environment: Vec<(OsString, OsString)>,
    quiet: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; minus the number of the signal that ended it, as in Python.
    pub rc: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

impl Command {
    /// A program, looked up in the `PATH` that the child will have, with arguments.
    pub fn new<I, S>(argv: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        Command { argv: argv.into_iter().map(Into::into).collect(), ..Command::default() }
    }

    /// A line for a shell.
    pub fn shell(shell: &str, line: &str) -> Command {
        Command::new([shell, "-c", line])
    }

    /// Its working directory, instead of the run's.
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Command {
        self.cwd = Some(cwd.into());
        self
    }

    /// What it reads from standard input; otherwise that is empty.
    pub fn stdin(mut self, data: impl Into<Vec<u8>>) -> Command {
        self.stdin = Some(data.into());
        self
    }

    /// One more environment variable, over those of the run.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Command {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Its output is for the module alone, and never shown live.
    pub fn quiet(mut self) -> Command {
        self.quiet = true;
        self
    }

    /// Runs it to its end, or until the run is cancelled.
    ///
    /// # Errors
    /// When it can't be started. How it ends is never an error.
    pub fn run(&self, host: &Host<'_>) -> io::Result<Finished> {
        let mut child = self.spawn(host)?;
        // A child's id is positive, and stays its own until it is reaped below.
        let pid = Pid::from_child(&child);
        host.cancel.enter(pid);
        let mut transfer = Transfer::new(&mut child, self.stdin.as_deref().unwrap_or_default());
        let sink = if self.quiet { None } else { host.output };
        let read = transfer.run(pid, host, &mut |stream, data| {
            if let Some(sink) = sink {
                sink(stream, data);
            }
        });
        let (stdout, stderr) = (std::mem::take(&mut transfer.stdout), std::mem::take(&mut transfer.stderr));
        drop(transfer);
        if read.is_err() {
            host.cancel.kill();
        }
        host.cancel.leave();
        let status = child.wait()?;
        read?;
        // One of both is there once a process has been waited for.
        let rc = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        Ok(Finished { rc, stdout, stderr })
    }

    fn spawn(&self, host: &Host<'_>) -> io::Result<Child> {
        let (program, args) = self.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = StdCommand::new(program);
        command
            .args(args)
            .current_dir(self.cwd.as_ref().unwrap_or(&host.cwd))
            .envs(host.environment.iter().map(|(k, v)| (k, v)))
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(umask) = host.umask {
            set_umask(&mut command, umask);
        }
        command.spawn()
    }
}

#[allow(unsafe_code, reason = "a umask can only be set between fork and exec")]
fn set_umask(command: &mut StdCommand, umask: u32) {
    let mode = rustix::fs::Mode::from_raw_mode(umask);
    // SAFETY: the closure makes one system call, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            rustix::process::umask(mode);
            Ok(())
        });
    }
}

/// Both pipes of a child read, and its input written, as each is ready.
struct Transfer<'a> {
    stdin: Option<ChildStdin>,
    to_write: &'a [u8],
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl<'a> Transfer<'a> {
    fn new(child: &mut Child, to_write: &'a [u8]) -> Transfer<'a> {
        let stdin = child.stdin.take();
        if let Some(stdin) = &stdin {
            // If this fails, a write may block until the child reads on.
            let _ = rustix::io::ioctl_fionbio(stdin, true);
        }
        Transfer {
            stdin,
            to_write,
            out: child.stdout.take(),
            err: child.stderr.take(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }

    fn run(&mut self, pid: Pid, host: &Host<'_>, sink: &mut dyn FnMut(Stream, &[u8])) -> io::Result<()> {
        let mut buffer = vec![0u8; 64 << 10];
        let mut last_data = Instant::now();
        while self.out.is_some() || self.err.is_some() {
            let cancelled = host.is_cancelled();
            let ready = self.wait(if cancelled { CANCELLED_TICK } else { QUIET_AFTER_EXIT })?;
            if ready.input {
                self.write();
            }
            if ready.out && !read_once(&mut self.out, &mut buffer, &mut self.stdout, Stream::Stdout, sink)? {
                self.out = None;
            }
            if ready.err && !read_once(&mut self.err, &mut buffer, &mut self.stderr, Stream::Stderr, sink)? {
                self.err = None;
            }
            if ready.out || ready.err {
                last_data = Instant::now();
                continue;
            }
            let enough = if cancelled { host.cancel.is_killed() } else { last_data.elapsed() >= QUIET_AFTER_EXIT };
            if enough && has_ended(pid, WaitIdOptions::NOHANG)? {
                return Ok(());
            }
        }
        // Whatever wasn't read by now has no reader of ours to wait for.
        self.stdin = None;
        has_ended(pid, WaitIdOptions::empty())?;
        Ok(())
    }

    /// Waits until something can be done.
    fn wait(&self, timeout: Duration) -> io::Result<Ready> {
        let fds: [Option<(BorrowedFd<'_>, PollFlags)>; 3] = [
            self.out.as_ref().map(|f| (f.as_fd(), PollFlags::IN)),
            self.err.as_ref().map(|f| (f.as_fd(), PollFlags::IN)),
            self.stdin.as_ref().map(|f| (f.as_fd(), PollFlags::OUT)),
        ];
        let mut polled: Vec<PollFd<'_>> =
            fds.iter().flatten().map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: i64::from(timeout.subsec_nanos()) };
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Ready::default()),
            Err(e) => return Err(e.into()),
        }
        let mut results = polled.iter().map(|p| !p.revents().is_empty());
        let mut of = |there: bool| there && results.next().unwrap_or(false);
        Ok(Ready { out: of(fds[0].is_some()), err: of(fds[1].is_some()), input: of(fds[2].is_some()) })
    }

    /// Writes what the child takes now, and closes its input after the last byte, or when nobody reads it.
    fn write(&mut self) {
        let Some(stdin) = &mut self.stdin else { return };
        match stdin.write(self.to_write) {
            Ok(n) => self.to_write = &self.to_write[n..],
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
            Err(_) => self.to_write = &[],
        }
        if self.to_write.is_empty() {
            self.stdin = None;
        }
    }
}

#[derive(Default)]
struct Ready {
    out: bool,
    err: bool,
    input: bool,
}

/// Reads what is there; `false` at the end.
fn read_once<R: Read>(
    from: &mut Option<R>,
    buffer: &mut [u8],
    into: &mut Vec<u8>,
    stream: Stream,
    sink: &mut dyn FnMut(Stream, &[u8]),
) -> io::Result<bool> {
    let Some(from) = from else { return Ok(false) };
    match from.read(buffer) {
        Ok(0) => Ok(false),
        Ok(n) => {
            into.extend_from_slice(&buffer[..n]);
            sink(stream, &buffer[..n]);
            Ok(true)
        }
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(e) => Err(e),
    }
}

/// Has the child ended? It is not reaped, so that its id stays its own.
fn has_ended(pid: Pid, how: WaitIdOptions) -> io::Result<bool> {
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | how) {
            Ok(status) => return Ok(status.is_some()),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// The places where programs of root are, which a user's `PATH` may lack.
const SYSTEM_DIRS: [&str; 3] = ["/sbin", "/usr/sbin", "/usr/local/sbin"];

/// Where a program is: in the run's `PATH`, or where programs of root are.
///
/// # Errors
/// Names the program and where it was looked for, in Ansible's words.
pub fn program(name: &str, host: &Host<'_>) -> Result<PathBuf, ModuleError> {
    let path = host.env("PATH").unwrap_or_default();
    let mut dirs: Vec<&str> = path.split(':').filter(|d| !d.is_empty()).collect();
    for dir in SYSTEM_DIRS {
        if !dirs.contains(&dir) && Path::new(dir).exists() {
            dirs.push(dir);
        }
    }
    let found = dirs.iter().map(|dir| host.path(dir).join(name)).find(|p| p.is_file() && may(p, 'x'));
    found.ok_or_else(|| {
        ModuleError::new(format!("Failed to find required executable \"{name}\" in paths: {}", dirs.join(":")))
    })
}

/// An error of the operating system as Python words it: `[Errno 2] No such file or directory: b'/x'`.
pub fn python_os_error(error: &io::Error, path: &str) -> String {
    match error.raw_os_error() {
        Some(code) => {
            let text = error.to_string();
            let text = text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text);
            format!("[Errno {code}] {text}: b'{path}'")
        }
        None => error.to_string(),
    }
}
