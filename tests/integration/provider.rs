//! Providers that fail, transitions that are cut off: what was begun is cleaned up, or said to be left.

use std::fs;
use std::path::Path;

use crate::job::{job, shown, write};

/// A job with one peon, made and destroyed by these commands.
fn job_with_a_peon(dir: &Path, create: &str, destroy: &str) {
    let (create, destroy) = (create.replace('\'', "''"), destroy.replace('\'', "''"));
    write(
        &dir.join("mine/inventory/peons.yml"),
        &format!(
            "peons:\n  hosts:\n    quince:\n  vars:\n    cloud_provisioning_command: '{create}'\n    \
             cloud_destruction_command: '{destroy}'\n"
        ),
    );
    write(
        &dir.join("mine/run.yml"),
        "- hosts: kommandir\n  gather_facts: false\n  tasks:\n    - copy: {content: ran, dest: '{{ workspace }}/ran'}\n",
    );
}

const CREATE: &str = "mkdir -p peons/$ADEPT_NAME; echo ansible_connection: local";
const DESTROY: &str = "rm -rf peons/$ADEPT_NAME";

/// Does the job; gives its exit code and what it said.
fn done(dir: &Path) -> (Option<i32>, String) {
    let output = job(dir, &["mine", "--workspace", "ws"]).output().unwrap();
    (output.status.code(), shown(&output))
}

fn peons(dir: &Path) -> usize {
    fs::read_dir(dir.join("ws/kommandir_workspace/peons")).map_or(0, Iterator::count)
}

#[test]
fn a_creation_that_dies_midway_leaves_nothing() {
    for (create, said) in [
        ("mkdir -p peons/$ADEPT_NAME; kill -9 $$", "rc: -9"),
        ("mkdir -p peons/$ADEPT_NAME; echo no room >&2; exit 3", "stderr: no room"),
        ("mkdir -p peons/$ADEPT_NAME; echo '{'", "is not YAML"),
        ("mkdir -p peons/$ADEPT_NAME; echo only words", "must be a YAML map"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        job_with_a_peon(dir.path(), create, DESTROY);
        let (code, text) = done(dir.path());
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("run was not started: The job's setup failed with exit code 2"), "{text}");
        assert!(text.contains("cleanup     ok"), "{text}");
        let kept = fs::read_to_string(dir.path().join("ws/results/quince/creation_result.yml")).unwrap();
        assert!(kept.contains(said), "{create}: {kept}");
        let word = fs::read_to_string(dir.path().join("ws/results/quince/adept_result.txt")).unwrap();
        assert!(word.contains("peon_created"), "{word}");
        assert!(!dir.path().join("ws/kommandir_workspace/ran").exists());
        assert_eq!(peons(dir.path()), 0, "{create}");
    }
}

#[test]
fn a_destruction_that_fails_is_told_and_can_be_done_again() {
    let dir = tempfile::tempdir().unwrap();
    job_with_a_peon(dir.path(), CREATE, "test -e ../unlocked && rm -rf peons/$ADEPT_NAME");
    let (code, text) = done(dir.path());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("could not be destroyed"), "{text}");
    assert!(text.contains("run         ok") && text.contains("cleanup     failed (2"), "{text}");
    assert_eq!(fs::read_to_string(dir.path().join("ws/kommandir_cleanup.exit")).unwrap(), "2");
    assert_eq!(peons(dir.path()), 1);
    // It is known that it is there, so that a later cleanup finds it.
    let vars = dir.path().join("ws/kommandir_workspace/inventory/host_vars/quince.yml");
    assert!(fs::read_to_string(vars).unwrap().contains("peon_was_created: true"));
    write(&dir.path().join("ws/unlocked"), "");
    let (code, text) = done(dir.path());
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(peons(dir.path()), 0);
}

#[test]
fn a_setup_that_can_not_be_read_closes_the_gate_and_is_cleaned_up() {
    let dir = tempfile::tempdir().unwrap();
    job_with_a_peon(dir.path(), CREATE, DESTROY);
    write(
        &dir.path().join("mine/setup.yml"),
        "- import_playbook: default_setup.yml\n- hosts: kommandir\n  tasks:\n    - comand: echo\n",
    );
    let (code, text) = done(dir.path());
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("setup.yml:4:7") && text.contains("did you mean 'command'?"), "{text}");
    assert!(text.contains("run was not started: The job's setup failed with exit code 4"), "{text}");
    assert!(text.contains("cleanup     ok"), "{text}");
    assert_eq!(peons(dir.path()), 0);
}

#[test]
fn an_empty_exit_file_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    job_with_a_peon(dir.path(), CREATE, DESTROY);
    // What is in a workspace already stays: this play stands in for a machine that stops at the wrong moment.
    write(
        &dir.path().join("ws/setup_after_job.yml"),
        "- hosts: exekutir\n  gather_facts: false\n  tasks:\n    - shell: ': > {{ workspace }}/kommandir_setup.exit'\n",
    );
    let (code, text) = done(dir.path());
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(fs::read_to_string(dir.path().join("ws/kommandir_setup.exit")).unwrap(), "");
    assert!(text.contains("setup       failed (1)"), "{text}");
    assert!(text.contains("run was not started: "), "{text}");
    assert!(!dir.path().join("ws/kommandir_workspace/ran").exists());
    assert!(text.contains("cleanup     ok"), "{text}");
    assert_eq!(peons(dir.path()), 0);
}
