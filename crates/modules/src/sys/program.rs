//! Programs that modules use: where they are, and how a failure of one is told.

use std::path::{Path, PathBuf};

use adept_wire::{Map, map};

use crate::file_params::message;
use crate::sys::fs::may;
use crate::sys::process::{Command, Finished};
use crate::{Host, ModuleError, words};

/// Where programs of the administrator are, besides `PATH`.
const ADMIN: &[&str] = &["/sbin", "/usr/sbin", "/usr/local/sbin"];

/// The program of this name, in the run's `PATH` or where those of the administrator are.
pub fn find(name: &str, host: &Host<'_>) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(host.path(name)).filter(|p| may(p, 'x'));
    }
    let path = host.env("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let dirs = path.split(':').filter(|d| !d.is_empty()).chain(ADMIN.iter().copied());
    dirs.map(|dir| host.path(dir).join(name)).find(|p| p.is_file() && may(p, 'x'))
}

/// As [`find`].
///
/// # Errors
/// When there is no such program.
pub fn require(name: &str, host: &Host<'_>) -> Result<String, ModuleError> {
    match find(name, host) {
        Some(path) => Ok(path.to_string_lossy().into_owned()),
        None => {
            let path = host.env("PATH").unwrap_or_default();
            let paths = path.split(':').chain(ADMIN.iter().copied()).collect::<Vec<_>>().join(":");
            // The words are ansible-core's.
            Err(ModuleError::new(format!("Failed to find required executable \"{name}\" in paths: {paths}")))
        }
    }
}

/// Runs a program whose messages are in English.
///
/// # Errors
/// When it can't be started.
pub fn run(argv: &[String], command: Command, host: &Host<'_>) -> Result<Finished, ModuleError> {
    command.env("LANGUAGE", "C").env("LC_ALL", "C").env("LANG", "C").run(host).map_err(|e| {
        ModuleError::new(format!("Error executing command: {}", message(&e))).result(map! {
            "cmd" => words::join(argv), "rc" => e.raw_os_error().unwrap_or(257), "stdout" => "", "stderr" => "",
        })
    })
}

/// How a command ended, as results tell it.
pub fn ending(argv: &[String], finished: &Finished) -> Map {
    map! {
        "cmd" => words::join(argv),
        "rc" => finished.rc,
        "stdout" => finished.stdout_text(),
        "stderr" => finished.stderr_text(),
    }
}

/// Moves a file or folder, to another file system too.
///
/// # Errors
/// When neither a rename nor a copy works.
pub fn relocate(from: &Path, to: &Path, host: &Host<'_>) -> Result<(), ModuleError> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let argv: Vec<String> =
        vec!["mv".into(), "--".into(), from.to_string_lossy().into_owned(), to.to_string_lossy().into_owned()];
    let finished = run(&argv, Command::new(&argv).quiet(), host)?;
    if finished.rc == 0 {
        Ok(())
    } else {
        Err(ModuleError::new(finished.stderr_text().trim_end()).result(ending(&argv, &finished)))
    }
}
