//! The command line: one file per command. What is called is decided by the program's name, then by the first argument.

mod assemble;
mod extra_vars;
pub mod inventory;
pub mod job;
pub mod keygen;
pub mod playbook;
mod process;
pub mod transition;
pub mod workspace_init;

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

pub use process::Process;

use crate::connection::AGENT_ROLE;
use crate::diag::exit;
use crate::transition::{PlaybookCall, PlaybookRunner};

/// The program with its version, as `--version` and the event stream show it.
pub const PROGRAM: &str = concat!("adept ", env!("CARGO_PKG_VERSION"));

/// The program: gives the exit code.
pub fn main(argv: &[OsString]) -> u8 {
    let process = match Process::own() {
        Ok(process) => process,
        // Without standard streams there is nobody to tell.
        Err(_) => return exit::ERROR,
    };
    let name =
        argv.first().map(|a| Path::new(a).file_name().unwrap_or(a).to_string_lossy().into_owned()).unwrap_or_default();
    let args: Vec<String> = argv.iter().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    // By whatever name: content copies this program as adept.py, and then it starts itself under that name.
    if args.first().is_some_and(|a| a == AGENT_ROLE) {
        return serve();
    }
    match name.as_str() {
        "ansible-playbook" => return playbook::run(&args, process),
        "ansible-inventory" => return inventory::run(&args, &process),
        "adept.py" => return positional(argv),
        _ => {}
    }
    if transition::is_positional(argv) {
        return positional(argv);
    }
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("job") => job::run(rest, process, &Playbooks),
        Some("keygen") => keygen::run(rest, &process),
        Some("playbook") => playbook::run(rest, process),
        Some("inventory") => inventory::run(rest, &process),
        Some("workspace-init") => workspace_init::run(rest, &process),
        Some("--version" | "-V" | "version") => {
            println_to(&process, PROGRAM);
            exit::OK
        }
        Some("--help" | "-h" | "help") => {
            println_to(&process, HELP);
            exit::OK
        }
        None => {
            process.tell(HELP);
            exit::OPTIONS
        }
        Some(other) => {
            let hint = crate::diag::did_you_mean(other, COMMANDS.iter().copied());
            let hint = hint.map(|c| format!(" (did you mean '{c}'?)")).unwrap_or_default();
            process.tell(&format!("ERROR! '{other}' is no command{hint}\n\n{HELP}"));
            exit::OPTIONS
        }
    }
}

const COMMANDS: &[&str] = &["job", "playbook", "inventory", "version", "help"];

const HELP: &str = "\
adept: runs Ansible playbooks, and jobs with setup, run and cleanup

  adept job [JOB]                      run a job: setup, run, cleanup
  adept playbook PLAYBOOK...           run playbooks, as ansible-playbook does
  adept inventory --list|--graph       show hosts, groups and variables, as ansible-inventory does
  adept CONTEXT WORKSPACE FILE.xn ...  work through a transition file

Each command has --help.";

fn println_to(process: &Process, text: &str) {
    use std::io::Write;
    // A reader that went away needs no help any more.
    let _ = (&process.stdout).write_all(format!("{text}\n").as_bytes());
}

/// Shows clap's message: help and version on standard output, mistakes on standard error.
fn usage(e: &clap::Error, process: &Process) -> u8 {
    if e.use_stderr() {
        process.tell(e.render().to_string().trim_end());
        exit::OPTIONS
    } else {
        println_to(process, e.render().to_string().trim_end());
        exit::OK
    }
}

/// Serves as an agent on standard input and output.
fn serve() -> u8 {
    match adept_agent::serve(std::io::stdin().lock(), std::io::stdout()) {
        Ok(()) => exit::OK,
        Err(e) => {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("adept agent: {e}\n").as_bytes());
            exit::ERROR
        }
    }
}

fn positional(argv: &[OsString]) -> u8 {
    let code = transition::run(argv, std::env::vars_os(), &Playbooks);
    // As a shell sees it: -9 is 247.
    (code & 0xff) as u8
}

/// Runs the playbooks of transitions, in this process.
#[derive(Clone, Copy, Debug)]
pub struct Playbooks;

impl PlaybookRunner for Playbooks {
    fn run(&self, call: PlaybookCall) -> i32 {
        let Ok(own) = Process::own() else { return i32::from(exit::ERROR) };
        let stderr = |stdout: &File| match &call.stderr {
            Some(file) => file.try_clone(),
            None => stdout.try_clone(),
        };
        let stdout = match &call.stdout {
            Some(file) => file.try_clone(),
            None => own.stdout.try_clone(),
        };
        let (stdout, stderr) = match stdout.and_then(|out| stderr(&out).map(|err| (out, err))) {
            Ok(streams) => streams,
            Err(e) => {
                own.tell(&format!("ERROR! output: {e}"));
                return i32::from(exit::ERROR);
            }
        };
        let process = Process { env: call.env.into_iter().collect(), cwd: call.cwd, stdout, stderr };
        let mut args = call.args;
        if call.empty_fails {
            args.push("--empty-fails".into());
        }
        i32::from(playbook::run(&args, process))
    }
}
