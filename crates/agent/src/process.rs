//! What the agent's process is: in a session of its own, so that no terminal's end ends it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

use crate::serve;

/// Serves standard input and output until the session is over. The whole of `adept-agent`, and of `adept` in its role.
pub fn main() -> ExitCode {
    detach();
    // Past `Stdout`, which looks for lines in what it writes: a frame goes out in one piece.
    let served = io::stdout().as_fd().try_clone_to_owned().and_then(|fd| serve(io::stdin().lock(), File::from(fd)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("adept-agent: {e}");
            ExitCode::FAILURE
        }
    }
}

fn detach() {
    // Fails for a group leader only: one started by hand in a shell, which is then left as it is.
    let _ = rustix::process::setsid();
    survive_hangup();
}

/// PIPE is ignored by Rust's runtime already, which also gives children its default action back. HUP gets a handler that
/// does nothing instead of being ignored, since ignoring would be inherited by every program that a module starts.
#[allow(unsafe_code, reason = "only libc installs signal handlers")]
fn survive_hangup() {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: an all-zero `sigaction` is valid (no flags, empty mask); the handler touches nothing.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGHUP, &action, std::ptr::null_mut());
    }
}
