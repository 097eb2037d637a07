//! Three transitions of a job in content of 2018 (`tests/three_step`), by the names that it calls: `adept.py`,
//! `ansible-playbook`. What is expected of each, down to the counters of the recaps, is what the original adept.py did
//! with the same content under Ansible 2.4.1 and Python 2.7.18 (`record.sh`, `expected.txt`).

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ADEPT: &str = env!("CARGO_BIN_EXE_adept");
const CONTENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/three_step");

/// All that the content calls. No Python is among it.
const TOOLS: [&str; 10] = ["sh", "cp", "mkdir", "chmod", "cat", "rm", "touch", "echo", "printf", "true"];

/// A copy of the content with our program under the names that it calls, and a workspace that was begun.
struct Stage {
    dir: tempfile::TempDir,
    root: PathBuf,
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&from, &to);
        } else {
            fs::write(to, fs::read(from).unwrap()).unwrap();
        }
    }
}

impl Stage {
    fn new() -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let content = root.join("content");
        copy_tree(Path::new(CONTENT), &content);
        fs::create_dir(root.join("bin")).unwrap();
        for tool in TOOLS {
            let found = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(tool)).into_iter().find(|p| p.exists());
            symlink(found.unwrap(), root.join("bin").join(tool)).unwrap();
        }
        for link in ["bin/ansible-playbook", "content/adept", "content/adept.py"] {
            symlink(ADEPT, root.join(link)).unwrap();
        }
        fs::create_dir_all(root.join("ws/cache")).unwrap();
        fs::write(root.join("ws/cache/thing"), "cached\n").unwrap();
        let vars = fs::read_to_string(content.join("exekutir_vars.yml")).unwrap();
        fs::write(root.join("ws/exekutir_vars.yml"), vars.replace("CONTENT", &content.to_string_lossy())).unwrap();
        Stage { dir, root }
    }

    /// Does one transition; gives its exit code and all it said.
    fn transition(&self, program: &str, context: &str, extra: &[&str]) -> (i32, String) {
        let content = self.root.join("content");
        let mut command = Command::new(content.join(program));
        command.args([context, "../ws", "exekutir.xn", "-e", "magic=from_the_command_line"]).args(extra);
        command.current_dir(&content).env_clear().env("HOME", &self.root).env("PATH", self.root.join("bin"));
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|out| String::from_utf8(out).unwrap()).concat();
        (output.status.code().unwrap(), text)
    }

    fn read(&self, path: &str) -> String {
        let path = self.root.join(path);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

/// The recaps of a run, without the counters that Ansible 2.4.1 doesn't have.
fn recaps(text: &str) -> String {
    let mut recaps = String::new();
    for line in text.lines() {
        if line.starts_with("PLAY RECAP") {
            recaps.push_str("  recap\n");
        } else if let Some((host, counters)) = line.split_once(": ok=") {
            let counters: Vec<&str> = counters.split_whitespace().take(4).collect();
            let _ = writeln!(recaps, "  {}: ok={}", host.trim_end(), counters.join(" "));
        }
    }
    recaps
}

/// Every file below a folder, in the order of their names, with the folder of the run masked.
fn files(dir: &Path, shown: &str, root: &str, text: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let shown = format!("{shown}/{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            files(&path, &shown, root, text);
        } else {
            let _ = write!(text, "== {shown}\n{}", fs::read_to_string(&path).unwrap().replace(root, "ROOT"));
        }
    }
}

#[test]
fn a_job_goes_through_setup_run_and_cleanup_as_in_2018() {
    for program in ["adept", "adept.py"] {
        let stage = Stage::new();
        let mut all = String::new();
        let mut said = String::new();
        for context in ["setup", "run", "cleanup"] {
            let (code, text) = stage.transition(program, context, &[]);
            let _ = write!(all, "{context}: exit {code}\n{}", recaps(&text));
            said += &text;
            if context == "setup" {
                let vars = stage.root.join("ws/exekutir_vars.yml");
                assert_eq!(fs::metadata(vars).unwrap().permissions().mode() & 0o777, 0o444);
                // The peons live, and are known by what their making printed.
                assert_eq!(fs::read_dir(stage.root.join("ws/kommandir_workspace/homes/plum")).unwrap().count(), 0);
                let vars = stage.read("ws/kommandir_workspace/inventory/host_vars/plum.yml");
                assert!(vars.contains("peon_is_made: True\n"), "{vars}");
            }
        }
        files(&stage.root.join("ws/results"), "results", &stage.root.to_string_lossy(), &mut all);
        assert_eq!(all, stage.read("content/expected.txt"), "{said}");

        assert_eq!(stage.read("ws/exekutir_cleanup_before_job.exit"), "0");
        for context in ["setup", "run", "cleanup"] {
            for exit in [format!("exekutir_{context}_after_job.exit"), format!("kommandir_{context}.exit")] {
                assert_eq!(stage.read(&format!("ws/{exit}")).trim().parse(), Ok(0), "{exit}");
            }
            for results in ["ws/results", "ws/kommandir_workspace/results"] {
                let words = stage.read(&format!("{results}/test_file_from_{context}.txt"));
                assert_eq!(words, format!("ci on kommandir, during {context}\n"), "{results}");
            }
        }
        let workspace = stage.root.join("ws/kommandir_workspace");
        assert_eq!(fs::read_dir(workspace.join("homes")).unwrap().count(), 0, "peons are left");
        assert!(!workspace.join("inventory/host_vars/plum.yml").exists());
        assert_eq!(stage.read("ws/kommandir_workspace/cache/thing"), "cached\n");
        assert!(!workspace.join("README").exists());
        assert!(stage.read("ws/kommandir_workspace/default_setup.yml").contains("include: known.yml"));
        assert!(stage.read("ws/kommandir_workspace/inventory/peons").starts_with("# was: kommandir ansible_host="));
        let vars = stage.read("ws/kommandir_workspace/kommandir_vars.yml");
        assert!(vars.contains("uuid: made_up_for_this_test\n") && !vars.contains("cloud_login"), "{vars}");
        assert!(stage.read("ws/exekutir.log").contains("PLAY RECAP"));
        assert!(stage.read("ws/kommandir_workspace/kommandir.log").contains("PLAY RECAP"));
        // Whoever wrote it in a test's run, nothing went to the home folder.
        let left: Vec<_> = fs::read_dir(stage.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[test]
fn a_peon_that_stumbles_at_cleanup_is_destroyed_all_the_same() {
    let stage = Stage::new();
    assert_eq!(stage.transition("adept", "setup", &[]).0, 0);
    let (code, text) = stage.transition("adept", "cleanup", &["-e", "stumble=plum"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("fatal: [plum]: FAILED! => {"), "{text}");
    assert!(recaps(&text).contains("  plum: ok=7 changed=4 unreachable=0 failed=1\n"), "{text}");
    assert_eq!(stage.read("ws/kommandir_cleanup.exit"), "2");
    assert_eq!(stage.read("ws/exekutir_cleanup_after_job.exit"), "0");
    assert_eq!(fs::read_dir(stage.root.join("ws/kommandir_workspace/homes")).unwrap().count(), 0);
    assert_eq!(stage.read("ws/results/plum/gone.txt"), "gone");
}
