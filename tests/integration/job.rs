//! Jobs from the command line: the built-in ones, and some that go wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const ADEPT: &str = env!("CARGO_BIN_EXE_adept");

/// `adept job`, with nothing of the user's environment.
pub fn job(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(ADEPT);
    command.arg("job").args(args).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Sends a signal by the shell's own `kill`, since a small system has no program of that name; false if nobody got it.
fn kill(signal: &str, whom: &str) -> bool {
    let line = format!("kill -{signal} {whom}");
    Command::new("/bin/sh").args(["-c", &line]).stderr(Stdio::null()).status().unwrap().success()
}

/// All that a program said.
pub fn shown(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Writes a file, with the folders around it.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A job whose second peon can't be created.
fn half_a_job(dir: &Path) {
    write(
        &dir.join("half/inventory/peons.yml"),
        "peons:\n  hosts:\n    good:\n    bad:\n  vars:\n    \
         cloud_provisioning_command: 'mkdir -p {{ workspace }}/peons/$ADEPT_NAME; case $ADEPT_NAME in bad*) exit 3;; esac; \
         echo ansible_connection: local'\n    \
         cloud_destruction_command: 'rm -r {{ workspace }}/peons/$ADEPT_NAME'\n",
    );
    write(
        &dir.join("half/run.yml"),
        "- import_playbook: kommandir_setup.yml\n- hosts: came_up\n  gather_facts: false\n  tasks:\n    \
         - copy: {content: ran, dest: '{{ workspace }}/results/{{ inventory_hostname }}/ran'}\n      delegate_to: kommandir\n",
    );
}

#[test]
fn the_built_in_peons_live_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let output = job(dir.path(), &["peons", "--workspace", "ws"]).output().unwrap();
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("apple: hello from apple\npear: hello from pear\n"), "{text}");
    let results = dir.path().join("ws/results");
    for file in ["README", "apple/creation_result.yml", "pear/destruction_result.yml"] {
        assert!(results.join(file).is_file(), "{file}");
    }
    assert_eq!(fs::read_to_string(results.join("pear/adept_result.txt")).unwrap(), "run of peons: pear succeeded.\n");
    assert_eq!(fs::read_dir(dir.path().join("ws/kommandir_workspace/peons")).unwrap().count(), 0);
    for context in ["setup", "run", "cleanup"] {
        for file in [format!("kommandir_{context}.exit"), format!("exekutir_{context}_after_job.exit")] {
            assert_eq!(fs::read_to_string(dir.path().join("ws").join(&file)).unwrap(), "0", "{file}");
        }
    }
    // What holds keys or variables is for its owner alone.
    use std::os::unix::fs::PermissionsExt;
    for (file, mode) in [
        ("exekutir_vars.yml", 0o400),
        ("ssh/exekutir_key", 0o600),
        ("kommandir_workspace/kommandir_vars.yml", 0o600),
        ("kommandir_workspace/ssh/kommandir_key", 0o600),
        ("kommandir_workspace/inventory/host_vars/apple.yml", 0o600),
    ] {
        let found = fs::metadata(dir.path().join("ws").join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{file}");
    }
}

#[test]
fn a_failed_setup_closes_the_gate_unless_partial_says_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    half_a_job(dir.path());
    let output = job(dir.path(), &["half", "--workspace", "one"]).output().unwrap();
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("run was not started: The job's setup failed with exit code 2; peons that came up: 1."),
        "{text}"
    );
    assert!(!dir.path().join("one/results/good/ran").exists());
    assert_eq!(fs::read_dir(dir.path().join("one/kommandir_workspace/peons")).unwrap().count(), 0);

    let output = job(dir.path(), &["half", "--workspace", "two", "-e", "partial=true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert_eq!(fs::read_to_string(dir.path().join("two/kommandir_run.exit")).unwrap(), "0");
    assert!(dir.path().join("two/results/good/ran").exists());
    assert!(!dir.path().join("two/results/bad/ran").exists());
    assert_eq!(fs::read_dir(dir.path().join("two/kommandir_workspace/peons")).unwrap().count(), 0);
}

#[test]
fn the_gate_stands_in_the_positional_form_too() {
    let dir = tempfile::tempdir().unwrap();
    half_a_job(dir.path());
    assert!(job(dir.path(), &["--unpack", "content"]).output().unwrap().status.success());
    let path = dir.path().canonicalize().unwrap();
    write(&dir.path().join("ws/exekutir_vars.yml"), &format!("uuid: abcdefgh\njob_path: {}/half\n", path.display()));
    let transition = |context: &str| {
        let mut command = Command::new(dir.path().join("content/adept.py"));
        command.args([context, "ws", "content/exekutir.xn"]).current_dir(dir.path());
        let output = command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir.path()).output().unwrap();
        (output.status.code(), shown(&output))
    };
    assert_eq!(transition("setup").0, Some(2));
    let (code, text) = transition("run");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("The job's setup failed with exit code 2"), "{text}");
    assert!(!dir.path().join("ws/kommandir_run.exit").exists());
    let (code, text) = transition("cleanup");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_playbook_without_hosts_has_tested_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("empty/run.yml"), "- hosts: nobody\n  tasks: []\n");
    let output = job(dir.path(), &["empty", "--workspace", "one"]).output().unwrap();
    assert_eq!(output.status.code(), Some(72), "{}", shown(&output));
    let output = job(dir.path(), &["empty", "--workspace", "two", "--allow-empty"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
}

#[test]
fn an_interrupt_ends_what_runs_and_cleanup_comes() {
    let dir = tempfile::tempdir().unwrap();
    let run = "- hosts: kommandir\n  gather_facts: false\n  tasks:\n    - shell: echo $$ > pid; sleep 60\n";
    write(&dir.path().join("slow/run.yml"), run);
    let child = job(dir.path(), &["slow", "--workspace", "ws"]).spawn().unwrap();
    let pid = dir.path().join("ws/kommandir_workspace/pid");
    let begun = Instant::now();
    while !fs::read_to_string(&pid).is_ok_and(|p| p.ends_with('\n')) && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = fs::read_to_string(&pid).unwrap();
    assert!(kill("INT", &child.id().to_string()));
    let output = child.wait_with_output().unwrap();
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("cleanup     ok"), "{text}");
    assert!(!kill("0", pid.trim()), "the command outlived the job");
}

#[test]
fn explain_and_mistyped_names_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("mine/roles/common/tasks/main.yml"), "[]\n");
    let output = job(dir.path(), &["mine", "--explain"]).output().unwrap();
    let text = shown(&output);
    let line =
        |path: &str| text.lines().find(|l| l.split_whitespace().any(|w| w == path)).unwrap_or_default().to_string();
    assert!(line("kommandir_workspace/roles/common/tasks/main.yml").starts_with("job "), "{text}");
    assert!(line("kommandir_workspace/run.yml").starts_with("built in "), "{text}");
    let output = job(dir.path(), &["quikstart"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(shown(&output).contains("did you mean 'quickstart'?"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
