//! What a job brings takes the place of built-in content: tasks of a role, a template, a playbook, job.xn.

use std::fs;
use std::path::Path;

use crate::job::{job, shown, write};

/// A job with a peon that is a folder, and a file of each kind in place of the built-in one.
fn overriding_job(dir: &Path) {
    let job = dir.join("mine");
    write(
        &job.join("inventory/peons.yml"),
        "peons:\n  hosts:\n    quince:\n  vars:\n    \
         cloud_provisioning_command: 'mkdir -p peons/$ADEPT_NAME; echo ansible_connection: local'\n    \
         cloud_destruction_command: rm -r peons/$ADEPT_NAME\n",
    );
    // The playbook calls the one that it replaces.
    write(
        &job.join("setup.yml"),
        "- import_playbook: default_setup.yml\n- hosts: peons\n  gather_facts: false\n  tasks:\n    \
         - copy: {content: after the default one, dest: '{{ workspace }}/results/setup'}\n      delegate_to: kommandir\n",
    );
    write(
        &job.join("roles/peon_common/tasks/main.yml"),
        "- copy: {content: ours, dest: '{{ workspace }}/results/peon_common'}\n  delegate_to: kommandir\n",
    );
    write(
        &job.join("roles/success_peon_result/templates/adept_result.txt.j2"),
        "{{ inventory_hostname }} came through {{ adept_context }}\n",
    );
    write(
        &job.join("job.xn"),
        "- command: {filepath: /bin/sh, arguments: -c 'echo $ADEPT_CONTEXT >> results/contexts'}\n\
         - variable: {name: ANSIBLE_CONFIG, value: $WORKSPACE/ansible.cfg}\n\
         - playbook: {filepath: '$WORKSPACE/${ADEPT_CONTEXT}.yml', inventory: $WORKSPACE/inventory}\n",
    );
    // And one that replaces nothing.
    write(&job.join("extra.yml"), "[]\n");
}

#[test]
fn a_jobs_files_take_effect() {
    let dir = tempfile::tempdir().unwrap();
    overriding_job(dir.path());
    let output = job(dir.path(), &["mine", "--workspace", "ws"]).output().unwrap();
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let result = |name: &str| {
        fs::read_to_string(dir.path().join("ws/results").join(name)).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"))
    };
    assert_eq!(result("setup"), "after the default one");
    assert_eq!(result("peon_common"), "ours");
    assert_eq!(result("quince/adept_result.txt"), "quince came through setup\n");
    assert_eq!(result("contexts"), "setup\nrun\ncleanup\n");
    // The default playbook made the peon, and the default cleanup destroyed it.
    assert!(result("quince/creation_result.yml").contains("ansible_connection: local"));
    assert_eq!(fs::read_dir(dir.path().join("ws/kommandir_workspace/peons")).unwrap().count(), 0);
}

#[test]
fn explain_names_the_origin_of_each_file() {
    let dir = tempfile::tempdir().unwrap();
    overriding_job(dir.path());
    let output = job(dir.path(), &["mine", "--explain"]).output().unwrap();
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let mine = dir.path().canonicalize().unwrap().join("mine");
    let explained = |path: &str| {
        let path = format!("kommandir_workspace/{path}");
        let line = text.lines().find(|l| l.split_whitespace().any(|word| word == path));
        line.unwrap_or_else(|| panic!("{path} is not explained:\n{text}")).to_string()
    };
    for path in [
        "setup.yml",
        "job.xn",
        "roles/peon_common/tasks/main.yml",
        "roles/success_peon_result/templates/adept_result.txt.j2",
    ] {
        let source = mine.join(path);
        let expected = format!("({}, in place of the built-in one)", source.display());
        let line = explained(path);
        assert!(line.starts_with("job ") && line.ends_with(&expected), "{line}");
    }
    assert!(explained("extra.yml").starts_with("job "));
    assert!(!explained("extra.yml").contains("in place of"));
    for path in ["run.yml", "cleanup.yml", "roles/peon_common/tasks/kind.yml"] {
        assert!(explained(path).starts_with("built in "), "{}", explained(path));
    }
    // Overridden, and still there by its other name.
    assert!(explained("default_setup.yml").starts_with("built in "));
    assert!(explained("default_job.xn").starts_with("built in "));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left");
}

#[test]
fn the_quickstart_shows_its_results_and_can_be_done_again() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = job(dir.path(), &["quickstart", "--workspace", "ws"]).output().unwrap();
        let text = shown(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let summary = fs::read_to_string(dir.path().join("ws/results/summary.txt")).unwrap();
        assert!(!summary.trim().is_empty() && text.contains(summary.trim()), "{text}");
        for context in ["setup       ok", "run         ok", "cleanup     ok"] {
            assert!(text.contains(context), "{text}");
        }
    }
}
