//! `adept playbook`, which is also what the name `ansible-playbook` stands for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use tokio_util::sync::CancellationToken;

use super::assemble;
use super::process::Process;
use crate::diag::{Diagnostic, exit};
use crate::engine::{Engine, run_playbooks};

/// The options of `ansible-playbook`, and a few of ours.
#[derive(Debug, Parser)]
#[command(name = "adept playbook", about = "Runs Ansible playbooks", version, disable_version_flag = true)]
pub struct Options {
    /// Playbooks to run, one after the other.
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<PathBuf>,
    /// Inventory file, folder, script, or list of hosts ("a,b,"); may be repeated.
    #[arg(short, long = "inventory", visible_alias = "inventory-file", value_name = "SOURCE")]
    pub inventory: Vec<String>,
    /// Only these hosts of what a play's pattern matches.
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Extra variables: k=v, YAML or JSON, or @FILE; may be repeated.
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Only plays and tasks with these tags.
    #[arg(short, long, value_name = "TAGS")]
    pub tags: Vec<String>,
    /// Not those with these tags.
    #[arg(long, value_name = "TAGS")]
    pub skip_tags: Vec<String>,
    /// Report what would change, change nothing.
    #[arg(short = 'C', long)]
    pub check: bool,
    /// Show differences in files and templates.
    #[arg(short = 'D', long)]
    pub diff: bool,
    /// More output; up to -vvvvvv.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How many hosts to work on at a time.
    #[arg(short, long, value_name = "N")]
    pub forks: Option<usize>,
    /// Log in as this user.
    #[arg(short, long = "user", value_name = "USER")]
    pub user: Option<String>,
    /// How to connect to hosts.
    #[arg(short, long, value_name = "NAME")]
    pub connection: Option<String>,
    /// Log in with this key.
    #[arg(long, visible_alias = "key-file", value_name = "FILE")]
    pub private_key: Option<PathBuf>,
    /// Time to wait for a connection, in seconds.
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Run tasks as another user.
    #[arg(short, long = "become")]
    pub become_: bool,
    /// The user to become.
    #[arg(long, value_name = "USER")]
    pub become_user: Option<String>,
    /// The way to become another user.
    #[arg(long, value_name = "NAME")]
    pub become_method: Option<String>,
    /// Run handlers even if a task fails.
    #[arg(long)]
    pub force_handlers: bool,
    /// Check the playbooks' syntax, run nothing.
    #[arg(long)]
    pub syntax_check: bool,
    /// Refuse everything that is not supported yet before the run.
    #[arg(long)]
    pub strict: bool,
    /// Only booleans decide conditions, as ansible-core 2.19 wants it.
    #[arg(long)]
    pub strict_conditionals: bool,
    /// Write every event to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub jsonl: Option<PathBuf>,
    /// Fail (exit code 72) when no play matched a host.
    #[arg(long, hide = true)]
    pub empty_fails: bool,
    /// Show the version and exit.
    #[arg(long, action = clap::ArgAction::Version)]
    pub version: Option<bool>,
}

/// Options of `ansible-playbook` that we don't have yet: no slip of the pen, so nothing to guess at.
const NOT_YET: &[&str] = &[
    "-J",
    "-K",
    "-M",
    "-k",
    "--ask-become-pass",
    "--ask-pass",
    "--ask-vault-pass",
    "--ask-vault-password",
    "--become-pass-file",
    "--become-password-file",
    "--conn-pass-file",
    "--connection-password-file",
    "--flush-cache",
    "--list-hosts",
    "--list-tags",
    "--list-tasks",
    "--module-path",
    "--scp-extra-args",
    "--sftp-extra-args",
    "--ssh-common-args",
    "--ssh-extra-args",
    "--start-at-task",
    "--step",
    "--vault-id",
    "--vault-pass-file",
    "--vault-password-file",
];

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: Process) -> u8 {
    let name = std::iter::once("adept playbook".to_string());
    let options = match Options::try_parse_from(name.chain(args.iter().cloned())) {
        Ok(options) => options,
        Err(e) => {
            if let Some(ContextValue::String(given)) = e.get(ContextKind::InvalidArg)
                && NOT_YET.contains(&given.as_str())
            {
                process.tell(&format!("ERROR! {given} is not supported yet"));
                return exit::OPTIONS;
            }
            return super::usage(&e, &process);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(crate::template::STACK_SIZE)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => {
            process.tell(&format!("ERROR! no threads: {e}"));
            return exit::INTERNAL;
        }
    };
    let code = match runtime.block_on(start(&options, &process)) {
        Ok(code) => code,
        Err(e) => {
            process.tell(&format!("ERROR! {e}"));
            e.kind.exit_code()
        }
    };
    // Lookups that still wait must not keep the program alive.
    runtime.shutdown_background();
    code
}

async fn start(options: &Options, process: &Process) -> Result<u8, Diagnostic> {
    let playbooks = playbooks(options, &process.cwd)?;
    let cancel = CancellationToken::new();
    let signal = watch_signals(cancel.clone());
    let engine = Arc::new(assemble::engine(options, process, &playbooks, cancel)?);
    if options.syntax_check {
        return crate::engine::check_playbooks(&engine, &playbooks).await.map(|()| exit::OK);
    }
    has_hosts(options, &engine, process)?;
    let end = run_playbooks(&engine, &playbooks).await?;
    if let Some(code) = signal.code() {
        return Ok(code);
    }
    if options.empty_fails && !end.matched && end.exit_code == exit::OK {
        process.tell("ERROR! no play matched a host: nothing was tested (--allow-empty accepts that)");
        return Ok(exit::EMPTY);
    }
    Ok(end.exit_code)
}

/// Refuses a limit that leaves nothing of an inventory.
fn has_hosts(options: &Options, engine: &Engine, process: &Process) -> Result<(), Diagnostic> {
    let Some(limit) = options.limit.as_deref() else { return Ok(()) };
    let inventory = engine.vars.inventory();
    let hosts = |limit| inventory.matches_all(&["all"], limit, &process.cwd).map_err(Diagnostic::from);
    if hosts(None)?.0.is_empty() {
        return Ok(());
    }
    let (limited, warnings) = hosts(Some(limit))?;
    if !limited.is_empty() {
        return Ok(());
    }
    for warning in warnings {
        process.tell(&format!("[WARNING]: {}", warning.message));
    }
    let message = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
    Err(Diagnostic::general(message))
}

fn playbooks(options: &Options, cwd: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    options
        .playbooks
        .iter()
        .map(|p| {
            let path = cwd.join(p);
            if path.is_dir() {
                Err(Diagnostic::general(format!("the playbook: {} does not appear to be a file", p.display())))
            } else if path.exists() {
                Ok(path)
            } else {
                Err(Diagnostic::general(format!("the playbook: {} could not be found", p.display())))
            }
        })
        .collect()
}

/// Which signal ended the run, if one did.
struct Signal(Arc<std::sync::atomic::AtomicU8>);

impl Signal {
    fn code(&self) -> Option<u8> {
        match self.0.load(std::sync::atomic::Ordering::SeqCst) {
            0 => None,
            code => Some(code),
        }
    }
}

/// Ctrl-C and SIGTERM end what runs, with its process groups; then the run ends with 130 or 143.
fn watch_signals(cancel: CancellationToken) -> Signal {
    use tokio::signal::unix::{SignalKind, signal};
    let code = Arc::new(std::sync::atomic::AtomicU8::new(0));
    let seen = code.clone();
    if let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        tokio::spawn(async move {
            let number = tokio::select! {
                _ = int.recv() => exit::INTERRUPTED,
                _ = term.recv() => exit::TERMINATED,
            };
            seen.store(number, std::sync::atomic::Ordering::SeqCst);
            cancel.cancel();
        });
    }
    Signal(code)
}
