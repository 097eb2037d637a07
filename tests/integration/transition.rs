//! Transitions as a shell sees them: names, streams, exit codes, signals.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const ADEPT: &str = env!("CARGO_BIN_EXE_adept");

fn folder_with(xn: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("ws")).unwrap();
    fs::write(dir.path().join("t.xn"), xn).unwrap();
    dir
}

fn adept(program: &Path, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_positional_form_and_the_name_adept_py_are_one() {
    let dir = folder_with("- command: {filepath: /bin/sh, arguments: -c 'echo $ADEPT_PATH; exit 7'}\n");
    symlink(ADEPT, dir.path().join("adept.py")).unwrap();
    let by_name = adept(&dir.path().join("adept.py"), dir.path(), &["setup", "ws", "t.xn"]).output().unwrap();
    let positional = adept(Path::new(ADEPT), dir.path(), &["setup", "ws", "t.xn"]).output().unwrap();
    assert_eq!((by_name.status.code(), positional.status.code()), (Some(7), Some(7)));
    // ADEPT_PATH is where the link lies, not where it points to.
    assert_eq!(text(&by_name.stdout).trim(), dir.path().canonicalize().unwrap().to_string_lossy());
    let home = Path::new(ADEPT).parent().unwrap().canonicalize().unwrap();
    assert_eq!(text(&positional.stdout).trim(), home.to_string_lossy());
}

#[test]
fn a_transition_can_come_from_standard_input() {
    let dir = folder_with("");
    let mut command = adept(Path::new(ADEPT), dir.path(), &["setup", "ws", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"- command: {filepath: /bin/echo, arguments: hello}\n").unwrap();
    let Output { stdout, status, .. } = child.wait_with_output().unwrap();
    assert_eq!((text(&stdout).as_str(), status.code()), ("hello\n", Some(0)));
}

#[test]
fn a_killed_command_makes_247() {
    let dir = folder_with("- command: {filepath: /bin/sh, arguments: -c 'kill -9 $$'}\n");
    let output = adept(Path::new(ADEPT), dir.path(), &["run", "ws", "t.xn"]).output().unwrap();
    assert_eq!(output.status.code(), Some(247), "{}", text(&output.stderr));
    assert!(text(&output.stderr).ends_with("    exit = -9\n"));
}

#[test]
fn wrong_arguments_exit_with_1_and_the_usage() {
    let dir = folder_with("");
    symlink(ADEPT, dir.path().join("adept.py")).unwrap();
    let output = adept(&dir.path().join("adept.py"), dir.path(), &["a b", "ws", "t.xn"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("context Error: Unacceptable string: 'a b'\nUsage: adept.py context workspace xn\n"),
        "{stderr}"
    );
}

/// Sends a signal by the shell's own `kill`, since a small system has no program of that name; false if nobody got it.
fn kill(signal: &str, whom: &str) -> bool {
    let line = format!("kill -{signal} {whom}");
    Command::new("/bin/sh").args(["-c", &line]).stderr(Stdio::null()).status().unwrap().success()
}

/// Is a process of this group still there?
fn group_lives(group: &str) -> bool {
    kill("0", &format!("-{group}"))
}

#[test]
fn a_signal_ends_the_command_with_its_group() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let dir = folder_with(
            "- command:\n    filepath: /bin/sh\n    exitfile: $WORKSPACE/x\n    \
             arguments: -c 'echo $$; sleep 60 & sleep 60; echo not reached'\n\
             - command: {filepath: /bin/echo, arguments: not reached}\n",
        );
        let mut child = adept(Path::new(ADEPT), dir.path(), &["run", "ws", "t.xn"]).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut group = String::new();
        stdout.read_line(&mut group).unwrap();
        let group = group.trim();
        assert!(group_lives(group));

        let begun = Instant::now();
        assert!(kill(signal, &child.id().to_string()));
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{signal} took {:?}", begun.elapsed());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "{signal}");
        // What was killed may wait to be reaped by init for a moment.
        while group_lives(group) && begun.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!group_lives(group), "{signal} left something behind");
    }
}
