//! `raw`: a line for the host's shell, as it is: no conditions, no clean-up of its output.

use adept_wire::{ModuleOutcome, map};

use crate::args::text;
use crate::sys::process::{Command, python_os_error};
use crate::{Args, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[Param::new("executable", Kind::Str)];

/// The module. What else is given (`chdir`, `creates`) is ignored, as in Ansible.
pub const MODULE: Module = Module { spec: Spec::new("raw", "Run a line in the shell", PARAMS).free_form().open(), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    if host.check {
        return Ok(ModuleOutcome { skipped: true, ..ModuleOutcome::default() });
    }
    let line = args.get("_raw_params").map(text).unwrap_or_default();
    if line.trim().is_empty() {
        return Err(ModuleError::new("no command given"));
    }
    let mut warnings = Vec::new();
    if !host.environment.is_empty() {
        // The words are ansible-core's.
        warnings.push("raw module does not support the environment keyword".into());
    }
    let plain = Host {
        check: host.check,
        diff: host.diff,
        cwd: host.cwd.clone(),
        environment: &[],
        umask: host.umask,
        output: host.output,
        cancel: host.cancel,
        run_dir: host.run_dir,
        counter: host.counter.clone(),
    };
    let shell = args.str("executable").filter(|e| !e.is_empty()).unwrap_or("/bin/sh");
    let (rc, stdout, stderr) = match Command::shell(shell, &line).run(&plain) {
        Ok(finished) => (finished.rc, finished.stdout_text(), finished.stderr_text()),
        // What a shell says of a program that isn't there; 126 is for one that can't be run.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => (127, String::new(), python_os_error(&e, shell)),
        Err(e) => (126, String::new(), python_os_error(&e, shell)),
    };
    let mut result = map! { "rc" => rc, "stdout" => stdout, "stderr" => stderr };
    if rc != 0 {
        result.insert("msg".into(), "non-zero return code".into());
    }
    Ok(ModuleOutcome { changed: true, failed: rc != 0, result, warnings, ..ModuleOutcome::default() })
}
