//! Machines for tests: a directory in the place of `/`.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use super::{Facts, Machine};
use crate::{Cancel, Host};

/// Facts that a collector finds on a machine with these files. A text that begins with `-> ` makes a link; a path below a
/// `bin` directory is a program.
pub(super) fn facts_of(collect: fn(&Machine<'_>, &mut Facts), files: &[(&str, &str)], known: &[(&str, &str)]) -> Facts {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match text.strip_prefix("-> ") {
            Some(target) => symlink(target, &path).unwrap(),
            None => fs::write(&path, text).unwrap(),
        }
        if name.contains("bin/") && !text.starts_with("-> ") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let environment = [("PATH".to_string(), "/usr/bin:/bin".to_string()), ("debian_chroot".to_string(), String::new())];
    let cancel = Cancel::default();
    let host = Host {
        check: false,
        diff: false,
        cwd: "/".into(),
        environment: &environment,
        umask: None,
        output: None,
        cancel: &cancel,
        run_dir: root.path(),
        counter: Cell::new(0),
    };
    let mut machine = Machine::at(root.path(), &host);
    machine.timeout = Duration::from_secs(1);
    let mut facts = Facts::default();
    for (name, value) in known {
        facts.set(name, *value);
    }
    collect(&machine, &mut facts);
    facts
}
