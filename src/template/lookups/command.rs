//! Lookups that run commands on this machine: `pipe`, `lines`.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::term::texts;
use crate::template::call::{Call, Lookup, Result};
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("pipe", pipe), Lookup::new("lines", lines)];

fn pipe(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let commands = texts(call)?;
    call.finish()?;
    commands.iter().map(|command| run(call, command).map(|out| Val::str(out.trim_end()))).collect()
}

fn lines(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let commands = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for command in commands {
        out.extend(run(call, &command)?.lines().map(|line| Val::str(line.trim_end())));
    }
    Ok(out)
}

/// What a shell command prints. It has a process group of its own, which is ended when the run is cancelled.
fn run(call: &Call<'_>, command: &str) -> Result<String> {
    let env = call.eval.env();
    let failed = |e: std::io::Error| call.fail(format!("can't run '{command}': {e}"));
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .env_clear()
        .envs(&env.env)
        .current_dir(if env.basedir.as_os_str().is_empty() { ".".as_ref() } else { env.basedir.as_path() })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    // Both were asked for as pipes.
    let (mut stdout, mut stderr) = match (child.stdout.take(), child.stderr.take()) {
        (Some(stdout), Some(stderr)) => (stdout, stderr),
        _ => return Err(call.fail("no pipe to the command")),
    };
    let errors = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        text
    });
    let (done, printed) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.read_to_end(&mut text);
        // Nobody listens any more after a cancel.
        let _ = done.send(read.map(|_| text));
    });
    let text = loop {
        match printed.recv_timeout(Duration::from_millis(50)) {
            Ok(text) => break text.map_err(failed)?,
            Err(RecvTimeoutError::Timeout) => {
                if let Err(cancelled) = env.check_cancelled() {
                    let group = rustix::process::Pid::from_child(&child);
                    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                    let _ = child.wait();
                    return Err(cancelled);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err(call.fail("the command's output was lost")),
        }
    };
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        let code = status.code().map_or_else(|| status.to_string(), |c| c.to_string());
        let errors = errors.join().unwrap_or_default();
        let errors = String::from_utf8_lossy(&errors);
        let detail = if errors.trim().is_empty() { String::new() } else { format!(": {}", errors.trim_end()) };
        return Err(call.fail(format!("lookup_plugin.pipe({command}) returned {code}{detail}")));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
