//! `validate`: the command that may refuse new content before it is put in place.

use std::path::Path;
use std::process::{Command, Stdio};

use adept_wire::map;

use crate::file_params::message;
use crate::{Host, ModuleError};

/// How a validation command ended.
#[derive(Clone, Debug)]
pub struct Validation {
    /// Exit code; -1 when a signal ended it.
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
    let words = shlex::split(&line).filter(|w| !w.is_empty());
    let Some(words) = words else {
        return Err(ModuleError::new(format!("validate can't be split into words: {template}")).param("validate"));
    };
    let output = Command::new(crate::args::expand(&words[0]))
        .args(&words[1..])
        .current_dir(&host.cwd)
        .envs(host.environment.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::null())
        .output()
        .map_err(|e| {
            ModuleError::new(format!("Error executing command: {}", message(&e))).param("validate").result(map! {
                "rc" => e.raw_os_error().unwrap_or(257), "cmd" => line.as_str(), "stdout" => "", "stderr" => "",
            })
        })?;
    Ok(Validation {
        rc: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
