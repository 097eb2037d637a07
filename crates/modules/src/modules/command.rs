//! `command`: run a program, without a shell. Holds what `shell` shares.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::args::{expand_in, text};
use crate::sys::process::{Command, python_os_error};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec, words};

/// What both modules accept, besides the line itself.
pub(super) const PARAMS: &[Param] = &[
    Param::new("cmd", Kind::Str),
    Param::new("argv", Kind::ListOfStr),
    Param::new("chdir", Kind::Path),
    Param::new("creates", Kind::Path),
    Param::new("removes", Kind::Path),
    Param::new("executable", Kind::Str),
    Param::new("expand_argument_vars", Kind::Bool).default(Default::Bool(true)),
    Param::new("stdin", Kind::Str),
    Param::new("stdin_add_newline", Kind::Bool).default(Default::Bool(true)),
    Param::new("strip_empty_ends", Kind::Bool).default(Default::Bool(true)),
    // `shell` is `command` with this, for content that calls it so.
    Param::new("_uses_shell", Kind::Bool).default(Default::Bool(false)),
    // ansible-core 2.13 and older had this switch, and 2018's content sets it; there is nothing left to switch off.
    Param::new("warn", Kind::Bool),
];

/// The module. It runs in check mode, where `creates` and `removes` decide what is reported.
pub const MODULE: Module = Module { spec: Spec::new("command", "Run a program", PARAMS).free_form(), run: run_command };

fn run_command(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    run(args, host, args.bool("_uses_shell"))
}

pub(super) fn run_shell(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    run(args, host, true)
}

/// What was asked for: a line, or words.
enum Asked {
    Line(String),
    Words(Vec<String>),
}

fn run(args: &Args, host: &Host<'_>, uses_shell: bool) -> Result<ModuleOutcome, ModuleError> {
    let asked = asked(args)?;
    let mut warnings = Vec::new();
    let executable = match args.str("executable") {
        Some(executable) if !uses_shell => {
            // The words are ansible-core's.
            warnings.push(format!(
                "As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. \
                 Not using '{executable}'."
            ));
            None
        }
        executable => executable,
    };
    let asked = match asked {
        Asked::Line(line) if !uses_shell => {
            Asked::Words(words::split(&line).map_err(|e| ModuleError::new(e.to_string()))?)
        }
        asked => asked,
    };
    let mut result = map! {
        "stdout" => "",
        "stderr" => "",
        "rc" => Value::NULL,
        "cmd" => match &asked {
            Asked::Line(line) => Value::from(line.as_str()),
            Asked::Words(words) => Value::from(words.clone()),
        },
        "start" => Value::NULL,
        "end" => Value::NULL,
        "delta" => Value::NULL,
        "msg" => "",
    };
    let host_cwd = &host.cwd;
    let cwd = args.str("chdir").map_or_else(|| host_cwd.clone(), |chdir| host_cwd.join(chdir));
    if let Some(chdir) = args.str("chdir")
        && let Err(e) = may_enter(&cwd)
    {
        let why = python_os_error(&e, chdir);
        result.insert("msg".into(), format!("Unable to change directory before execution: {why}").into());
        return Ok(ModuleOutcome { failed: true, result, warnings, ..ModuleOutcome::default() });
    }
    let verb = if host.check { "Would" } else { "Did" };
    for (param, decides, how) in [("creates", true, "exists"), ("removes", false, "does not exist")] {
        if let Some(pattern) = args.str(param)
            && glob_matches(&cwd, pattern) == decides
        {
            result.insert("msg".into(), format!("{verb} not run command since '{pattern}' {how}").into());
            result.insert("stdout".into(), format!("skipped, since {pattern} {how}").into());
            result.insert("rc".into(), 0.into());
            return Ok(ModuleOutcome { result, warnings, ..ModuleOutcome::default() });
        }
    }
    if host.check {
        let known = args.str("creates").is_some() || args.str("removes").is_some();
        result.insert("msg".into(), "Command would have run if not in check mode".into());
        result.insert("rc".into(), 0.into());
        return Ok(ModuleOutcome { changed: known, skipped: !known, result, warnings, ..ModuleOutcome::default() });
    }

    let argv = match asked {
        Asked::Line(line) => shell_argv(executable, &line),
        // Words for a shell are quoted, so that it sees the same words.
        Asked::Words(words) if uses_shell => shell_argv(executable, &words::join(&words)),
        Asked::Words(words) if args.bool("expand_argument_vars") => {
            words.iter().map(|w| expand_in(w, &|name| host.env(name))).collect()
        }
        Asked::Words(words) => words,
    };
    let mut command = Command::new(&argv).cwd(&cwd);
    if let Some(stdin) = args.str("stdin") {
        // ansible-core adds none to empty input.
        let newline = if args.bool("stdin_add_newline") && !stdin.is_empty() { "\n" } else { "" };
        command = command.stdin(format!("{stdin}{newline}"));
    }
    let started = (jiff::Zoned::now(), Instant::now());
    let finished = match command.run(host) {
        Ok(finished) => finished,
        Err(e) => return Ok(ModuleOutcome { warnings, ..not_started(&e, &argv) }),
    };
    let clean = |bytes: Vec<u8>| {
        // Bytes that aren't UTF-8 become U+FFFD. ansible-core 2.18 and 2.19 fail the task then.
        let text = String::from_utf8_lossy(&bytes);
        if args.bool("strip_empty_ends") {
            Value::from(text.trim_end_matches(['\r', '\n']))
        } else {
            Value::from(&*text)
        }
    };
    result.insert("stdout".into(), clean(finished.stdout));
    result.insert("stderr".into(), clean(finished.stderr));
    result.insert("rc".into(), finished.rc.into());
    result.insert("start".into(), date_time(&started.0).into());
    result.insert("end".into(), date_time(&jiff::Zoned::now()).into());
    result.insert("delta".into(), delta(started.1.elapsed()).into());
    let failed = finished.rc != 0;
    if failed {
        result.insert("msg".into(), "non-zero return code".into());
    }
    Ok(ModuleOutcome { changed: true, failed, result, warnings, ..ModuleOutcome::default() })
}

/// The line or the words to run, of which exactly one may be given.
fn asked(args: &Args) -> Result<Asked, ModuleError> {
    let line = args.get("_raw_params").or_else(|| args.get("cmd")).filter(|v| !v.is_null()).map(text);
    let argv = args.get("argv").map(|_| args.strings("argv").into_iter().map(String::from).collect::<Vec<_>>());
    match (line, argv) {
        (Some(line), None) if !line.trim().is_empty() => Ok(Asked::Line(line)),
        (None, Some(words)) if !words.is_empty() => Ok(Asked::Words(words)),
        (Some(line), Some(_)) if !line.trim().is_empty() => {
            Err(ModuleError::new("only command or argv can be given, not both").param("argv").result(nothing_ran()))
        }
        // 2.18's words; 2.19's are about its own functions.
        _ => Err(ModuleError::new("no command given").result(nothing_ran())),
    }
}

fn nothing_ran() -> Map {
    map! {
        "rc" => 256, "cmd" => Value::NULL, "stdout" => "", "stderr" => "",
        "start" => Value::NULL, "end" => Value::NULL, "delta" => Value::NULL,
    }
}

fn shell_argv(executable: Option<&str>, line: &str) -> Vec<String> {
    vec![executable.unwrap_or("/bin/sh").into(), "-c".into(), line.into()]
}

/// The program could not be started. ansible-core 2.19 says "Error executing command."; we name the cause, as 2.18.
fn not_started(error: &io::Error, argv: &[String]) -> ModuleOutcome {
    let program = argv.first().map_or("", String::as_str);
    let mut outcome = ModuleOutcome::fail(python_os_error(error, program));
    outcome.result.extend(map! {
        "cmd" => words::join(argv),
        "rc" => error.raw_os_error().unwrap_or(257),
        "stdout" => "",
        "stderr" => "",
    });
    outcome
}

fn may_enter(dir: &Path) -> io::Result<()> {
    if !std::fs::metadata(dir)?.is_dir() {
        return Err(rustix::io::Errno::NOTDIR.into());
    }
    Ok(rustix::fs::access(dir, rustix::fs::Access::EXEC_OK)?)
}

/// Is there a path that matches, relative to this directory? A pattern without wildcards finds broken links too.
fn glob_matches(dir: &Path, pattern: &str) -> bool {
    crate::glob::exists(dir, pattern)
}

/// As Python writes a `datetime`, without the fraction when it is zero.
fn date_time(time: &jiff::Zoned) -> String {
    let micros = time.subsec_nanosecond() / 1000;
    let seconds = time.strftime("%Y-%m-%d %H:%M:%S");
    if micros == 0 { seconds.to_string() } else { format!("{seconds}.{micros:06}") }
}

/// As Python writes a `timedelta`: `0:00:01.204901`, `1 day, 2:03:04`.
fn delta(time: Duration) -> String {
    let (seconds, micros) = (time.as_secs(), time.subsec_micros());
    let days = match seconds / 86400 {
        0 => String::new(),
        1 => "1 day, ".into(),
        n => format!("{n} days, "),
    };
    let clock = format!("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{days}{clock}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from `str(datetime.timedelta(...))`.
    #[test]
    fn delta_as_python() {
        for (micros, text) in [
            (0u64, "0:00:00"),
            (8_771, "0:00:00.008771"),
            (3_723_000_001, "1:02:03.000001"),
            (90_000_000_000, "1 day, 1:00:00"),
            (200_000_500_000, "2 days, 7:33:20.500000"),
        ] {
            assert_eq!(delta(Duration::from_micros(micros)), text);
        }
    }
}
