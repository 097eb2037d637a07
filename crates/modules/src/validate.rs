//! `validate`: the command that may refuse new content before it is put in place.

use std::path::Path;

use adept_wire::map;

use crate::file_params::message;
use crate::sys::process::Command;
use crate::{Host, ModuleError, words};

/// How a validation command ended.
#[derive(Clone, Debug)]
pub struct Validation {
    /// Exit code; minus the number of the signal that ended it.
    pub rc: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs the command with `%s` replaced by the path of the new content. No shell: words are split as a shell would.
///
/// # Errors
/// When there is no `%s`, the words can't be split, or there is no such program.
pub fn validate(template: &str, path: &Path, host: &Host<'_>) -> Result<Validation, ModuleError> {
    if !template.contains("%s") {
        return Err(ModuleError::new(format!("validate must contain %s: {template}")).param("validate"));
    }
    let line = template.replace("%s", &path.to_string_lossy()).replace("%%", "%");
    let words = words::split(&line).map_err(|e| {
        ModuleError::new(format!("validate can't be split into words: {e}: {template}")).param("validate")
    })?;
    let words = words.into_iter().map(|w| crate::args::expand_in(&w, &|name| host.env(name)));
    let finished = Command::new(words).quiet().run(host).map_err(|e| {
        ModuleError::new(format!("Error executing command: {}", message(&e))).param("validate").result(map! {
            "rc" => e.raw_os_error().unwrap_or(257), "cmd" => line.as_str(), "stdout" => "", "stderr" => "",
        })
    })?;
    Ok(Validation { rc: finished.rc, stdout: finished.stdout_text(), stderr: finished.stderr_text() })
}
