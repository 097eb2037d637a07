//! `adept job [JOB]`: a job's setup, run and cleanup, and what came of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use adept_wire::Value;
use clap::{ArgAction, Parser, ValueHint};

use super::extra_vars;
use super::process::Process;
use crate::diag::{Diagnostic, exit};
use crate::event::{EventSink, Sender};
use crate::report::{ColorChoice, Console, ConsoleOptions, Jsonl};
use crate::transition::explain::{self, Effective, From};
use crate::transition::job::{self, Ending, Job, JobReport, TransitionReport};
use crate::transition::{Io, PlaybookRunner, QUIET, builtin};
use crate::yaml;

/// Runs a job: setup, run if the setup succeeded, and cleanup in any case.
#[derive(Debug, Parser)]
#[command(name = "adept job")]
pub struct JobArgs {
    /// The job: a folder with playbooks and roles, or the name of a built-in job.
    #[arg(value_name = "JOB", default_value = "quickstart", value_hint = ValueHint::DirPath)]
    pub job: String,
    /// Where state and results are kept; by default a new folder below the user's state folder.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub workspace: Option<PathBuf>,
    /// A variable (`name=value`, JSON, YAML or `@file`) for all playbooks.
    #[arg(short = 'e', long = "extra-vars", value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// List every effective file, and where it comes from; run nothing.
    #[arg(long)]
    pub explain: bool,
    /// A playbook none of whose plays matches a host is no failure.
    #[arg(long)]
    pub allow_empty: bool,
    /// Write every event to this file, a JSON object a line.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub jsonl: Option<PathBuf>,
    /// Write the built-in content to a folder, to read it or for `adept CONTEXT WORKSPACE DIR/exekutir.xn`.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub unpack: Option<PathBuf>,
    /// Show more; repeat for still more.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// By this name the playbooks of a job learn where events go, in nested runs too.
pub const JSONL: &str = "ADEPT_JSONL";

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: Process, playbooks: &dyn PlaybookRunner) -> u8 {
    let name = std::iter::once("adept job".to_string());
    let args = match JobArgs::try_parse_from(name.chain(args.iter().cloned())) {
        Ok(args) => args,
        Err(e) => return super::usage(&e, &process),
    };
    match work(&args, &process, playbooks) {
        // As a shell sees it: -9 is 247.
        Ok(code) => (code & 0xff) as u8,
        Err(diagnostic) => {
            process.tell(&format!("ERROR! {diagnostic}"));
            diagnostic.kind.exit_code()
        }
    }
}

fn work(args: &JobArgs, process: &Process, playbooks: &dyn PlaybookRunner) -> Result<i32, Diagnostic> {
    let cwd = &process.cwd;
    let mut env = process.env.clone();
    let program = std::env::current_exe().map_err(|e| Diagnostic::general(format!("where is this program? {e}")))?;
    if let Some(into) = &args.unpack {
        let into = cwd.join(into);
        builtin::unpack(&into, &program).map_err(|e| Diagnostic::general(format!("{}: {e}", into.display())))?;
        super::println_to(process, &into.display().to_string());
        return Ok(0);
    }
    if args.explain {
        // A folder that isn't there stands for content that isn't unpacked: the embedded one is looked at instead.
        let (path, _) = job::find(&args.job, cwd, Path::new("/nonexistent"))?;
        let workspace = args.workspace.as_ref().map(|w| cwd.join(w));
        super::println_to(process, explained(&explain::explain(&path, workspace.as_deref())).trim_end());
        return Ok(0);
    }

    // Before a workspace is made, so that a mistyped name or value leaves nothing behind.
    job::find(&args.job, cwd, Path::new("/"))?;
    extra_vars::parse(&args.extra_vars, cwd)?;
    let workspace = workspace(args, cwd, &env)?;
    let (path, builtin) = job::find(&args.job, cwd, &job::content_path(&workspace))?;
    let mut options = extra_vars(args, cwd, &workspace)?;
    if args.verbose > 0 {
        options.push(format!("-{}", "v".repeat(args.verbose.into())));
    }
    if args.verbose == 0 {
        env.insert(QUIET.to_string(), "1".to_string());
    }
    if let Some(jsonl) = &args.jsonl {
        let path = cwd.join(jsonl);
        // All the processes of a job append to it.
        fs::write(&path, "").map_err(|e| Diagnostic::general(format!("{}: {e}", path.display())))?;
        env.insert(JSONL.to_string(), path.to_string_lossy().into_owned());
    }
    let job = Job { path, builtin, workspace, options, empty_fails: !args.allow_empty };
    let io = Io::inherit().map_err(|e| Diagnostic::general(format!("no standard streams: {e}")))?;
    let kind = if job.builtin { " (built in)" } else { "" };
    process.tell(&format!("job        {}{kind}\nworkspace  {}\n", job.path.display(), job.workspace.display()));
    let events = events(args, process, &env)?;
    let report = job::run(&job, &env, &program, &io, playbooks, &events)?;
    super::println_to(process, closing(&report, &job.workspace).trim_end());
    Ok(report.exit_code())
}

/// The options that hand `-e` on. Playbooks run in other folders and get these by several command lines, so that files
/// are named in full, and what would have to be quoted goes to a file.
fn extra_vars(args: &JobArgs, cwd: &Path, workspace: &Path) -> Result<Vec<String>, Diagnostic> {
    let mut options = Vec::new();
    for (number, vars) in args.extra_vars.iter().enumerate() {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_=.,:/@%+-".contains(c);
        let vars = match vars.strip_prefix('@') {
            Some(file) => format!("@{}", cwd.join(file).display()),
            None if vars.chars().all(plain) => vars.clone(),
            None => {
                let map = Value::map(extra_vars::parse(std::slice::from_ref(vars), cwd)?);
                let folder = workspace.join(".adept");
                let path = folder.join(format!("extra_vars_{number}.yml"));
                let text = yaml::dump(&map, &yaml::DumpOptions::default());
                let written = fs::create_dir_all(&folder).and_then(|()| write_private(&path, &text));
                written.map_err(|e| Diagnostic::general(format!("{}: {e}", path.display())))?;
                format!("@{}", path.display())
            }
        };
        options.extend(["-e".to_string(), vars]);
    }
    Ok(options)
}

/// Writes a file that may hold secrets.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let file = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file?, text.as_bytes())
}

/// Who is told when transitions begin and end.
fn events(args: &JobArgs, process: &Process, env: &BTreeMap<String, String>) -> Result<Sender, Diagnostic> {
    let clone = |file: &fs::File| file.try_clone().map_err(|e| Diagnostic::general(format!("output: {e}")));
    let color = ColorChoice::from_environment(|name| process.env.get(name).cloned());
    let console = ConsoleOptions {
        terminal: process.is_terminal(),
        color: color.enabled(process.is_terminal()),
        verbosity: args.verbose,
        ..ConsoleOptions::default()
    };
    let console = Console::new(Box::new(clone(&process.stdout)?), Box::new(clone(&process.stderr)?), console);
    let mut sinks: Vec<Box<dyn EventSink>> = vec![Box::new(console)];
    if let Some(path) = env.get(JSONL) {
        sinks.push(Box::new(append_events(Path::new(path))?));
    }
    Ok(Sender::new(sinks))
}

/// A file of events that several processes write to.
pub fn append_events(path: &Path) -> Result<Jsonl, Diagnostic> {
    let file = fs::File::options().append(true).create(true).open(path);
    let file = file.map_err(|e| Diagnostic::general(format!("{}: {e}", path.display())))?;
    Ok(Jsonl::new(Box::new(file), super::PROGRAM))
}

/// The workspace, made if it isn't there. It holds keys: nobody else gets to see a new one.
fn workspace(args: &JobArgs, cwd: &Path, env: &BTreeMap<String, String>) -> Result<PathBuf, Diagnostic> {
    let set = |name: &str| env.get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let failed = |path: &Path, e: std::io::Error| Diagnostic::general(format!("{}: {e}", path.display()));
    let make =
        |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| failed(path, e));
    let path = match &args.workspace {
        Some(path) => {
            let path = cwd.join(path);
            if path.exists() && !path.is_dir() {
                return Err(Diagnostic::options(format!("{} is not a folder", path.display())));
            }
            make(&path)?;
            path
        }
        None => {
            let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|h| h.join(".local/state")));
            let folder = state.unwrap_or_else(std::env::temp_dir).join("adept/workspaces");
            make(&folder)?;
            let name = Path::new(&args.job).file_name().map_or("job".into(), |n| n.to_string_lossy());
            let made = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir_in(&folder);
            made.map_err(|e| failed(&folder, e))?.keep()
        }
    };
    path.canonicalize().map_err(|e| failed(&path, e))
}

/// What `--explain` shows.
fn explained(files: &[Effective]) -> String {
    let mut text = String::new();
    for file in files {
        let (from, source) = match file.from {
            From::Builtin => ("built in", String::new()),
            From::BuiltinAside => {
                ("built in", format!("  (overridden, here under its other name: {})", file.source.display()))
            }
            From::Job => ("job", format!("  ({})", file.source.display())),
            From::JobOverrides => ("job", format!("  ({}, in place of the built-in one)", file.source.display())),
            From::Workspace => ("workspace", format!("  ({}, in place of the built-in one)", file.source.display())),
        };
        let _ = writeln!(text, "{from:<10} {}{source}", file.path.display());
    }
    text
}

/// The summary that the job left, if any, and the table.
fn closing(report: &JobReport, workspace: &Path) -> String {
    let mut text = String::from("\n");
    let results = workspace.join("results");
    if let Ok(summary) = fs::read_to_string(results.join("summary.txt")) {
        let _ = writeln!(text, "{}\n", summary.trim_end());
    }
    let rows: Vec<[String; 3]> = report.transitions.iter().map(row).collect();
    let width = rows.iter().map(|[_, result, _]| result.chars().count()).max().unwrap_or(0).max("result".len());
    let _ = writeln!(text, "{:<11} {:<width$}  time", "transition", "result");
    for [context, result, time] in rows {
        let _ = writeln!(text, "{}", format!("{context:<11} {result:<width$}  {time}").trim_end());
    }
    for transition in &report.transitions {
        if let Ending::NotStarted(reason) = &transition.ending {
            let _ = writeln!(text, "\n{} was not started: {reason}", transition.context);
        }
    }
    let _ = writeln!(text, "\nresults in {}", results.display());
    text
}

/// A transition's line of the table.
fn row(transition: &TransitionReport) -> [String; 3] {
    let time = format!("{:.2} s", transition.time.as_secs_f64());
    let (result, time) = match &transition.ending {
        Ending::Code(0) => ("ok".to_string(), time),
        Ending::Code(code) => (format!("failed ({})", meaning(*code)), time),
        Ending::NotStarted(_) => ("not started".to_string(), String::new()),
    };
    [transition.context.to_string(), result, time]
}

/// An exit code, with what is known of it.
fn meaning(code: i32) -> String {
    let known: &[(u8, &str)] = &[
        (exit::HOST_FAILED, "a host failed"),
        (exit::UNREACHABLE, "a host was unreachable, or a file could not be parsed"),
        (exit::EMPTY, "no host matched: nothing was tested"),
        (exit::STUCK, "stuck"),
        (exit::FAILED_AND_STUCK, "stuck"),
        (exit::INTERRUPTED, "interrupted"),
        (exit::TERMINATED, "terminated"),
    ];
    match known.iter().find(|(known, _)| i32::from(*known) == code) {
        Some((_, meaning)) => format!("{code}: {meaning}"),
        None => code.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn closes_with_the_summary_and_a_table() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("results")).unwrap();
        fs::write(dir.path().join("results/summary.txt"), "all is well\n\n").unwrap();
        let line = |context, ending| TransitionReport { context, ending, time: Duration::from_millis(1234) };
        let report = JobReport {
            transitions: vec![
                line("setup", Ending::Code(2)),
                line("run", Ending::NotStarted("the setup failed".to_string())),
                line("cleanup", Ending::Code(0)),
            ],
        };
        let text = closing(&report, dir.path()).replace(&*dir.path().to_string_lossy(), "WS");
        let expected = "\nall is well\n\n\
                        transition  result                     time\n\
                        setup       failed (2: a host failed)  1.23 s\n\
                        run         not started\n\
                        cleanup     ok                         1.23 s\n\n\
                        run was not started: the setup failed\n\n\
                        results in WS/results\n";
        assert_eq!(text, expected);
        assert_eq!(report.exit_code(), 2);
    }
}
