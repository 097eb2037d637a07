//! `adept playbook`, which is also what the name `ansible-playbook` stands for.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use adept_wire::Map;
use clap::Parser;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::extra_vars;
use super::process::Process;
use crate::connection::Pool;
use crate::diag::{Diagnostic, exit};
use crate::engine::{Engine, Files, RunOptions, run_playbooks};
use crate::event::{EventKind, EventSink, Sender};
use crate::inventory::{EMPTY_INVENTORY, Inventory, LoadOptions, VarsFiles};
use crate::report::{ColorChoice, Console, ConsoleOptions, Jsonl};
use crate::template::Environment;
use crate::vars::{RunInfo, Vars};

/// Hosts at a time when nobody said a number.
const FORKS: usize = 500;

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

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: Process) -> u8 {
    let name = std::iter::once("adept playbook".to_string());
    let options = match Options::try_parse_from(name.chain(args.iter().cloned())) {
        Ok(options) => options,
        Err(e) => return super::usage(&e, &process),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
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
    let events = events(options, process)?;
    let cancel = CancellationToken::new();
    let signal = watch_signals(cancel.clone());
    let engine = Arc::new(engine(options, process, events, cancel)?);
    let playbooks = playbooks(options, &process.cwd)?;
    if options.syntax_check {
        return crate::engine::check_playbooks(&engine, &playbooks).await.map(|()| exit::OK);
    }
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

fn events(options: &Options, process: &Process) -> Result<Sender, Diagnostic> {
    let clone = |file: &File| file.try_clone().map_err(|e| Diagnostic::general(format!("output: {e}")));
    let color = ColorChoice::from_environment(|name| process.env.get(name).cloned());
    let console = ConsoleOptions {
        terminal: process.is_terminal(),
        color: color.enabled(process.is_terminal()),
        verbosity: options.verbose,
        diff: options.diff,
        ..ConsoleOptions::default()
    };
    let console = Console::new(Box::new(clone(&process.stdout)?), Box::new(clone(&process.stderr)?), console);
    let mut sinks: Vec<Box<dyn EventSink>> = vec![Box::new(console)];
    if let Some(path) = &options.jsonl {
        let path = process.cwd.join(path);
        let file = File::create(&path).map_err(|e| Diagnostic::general(format!("{}: {e}", path.display())))?;
        sinks.push(Box::new(Jsonl::new(Box::new(file), super::PROGRAM)));
    } else if let Some(path) = process.var(super::job::JSONL) {
        sinks.push(Box::new(super::job::append_events(Path::new(path))?));
    }
    Ok(Sender::new(sinks))
}

fn engine(
    options: &Options,
    process: &Process,
    events: Sender,
    cancel: CancellationToken,
) -> Result<Engine, Diagnostic> {
    let extra = extra_vars::parse(&options.extra_vars, &process.cwd)?;
    let env: Vec<(String, String)> = process.env.clone().into_iter().collect();
    let sources: Vec<String> =
        if options.inventory.is_empty() { vec!["/etc/ansible/hosts".into()] } else { options.inventory.clone() };
    let load = LoadOptions { cwd: process.cwd.clone(), env: env.clone(), ..LoadOptions::default() };
    let (inventory, warnings) = Inventory::load(&sources, &load).map_err(Diagnostic::from)?;
    for warning in warnings {
        events.send(EventKind::Warning { message: warning.message, origin: warning.origin });
    }
    if inventory.is_empty() {
        events.send(EventKind::Warning { message: EMPTY_INVENTORY.into(), origin: None });
    }
    let split = |list: &[String]| -> Vec<String> {
        list.iter().flat_map(|t| t.split(',')).map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect()
    };
    let (tags, skip_tags) = (split(&options.tags), split(&options.skip_tags));
    let connection = options.connection.clone().unwrap_or_else(|| "ssh".into());
    let info = RunInfo {
        omit: omit(),
        check: options.check,
        diff: options.diff,
        forks: options.forks.unwrap_or(FORKS),
        verbosity: options.verbose,
        run_tags: if tags.is_empty() { vec!["all".into()] } else { tags.clone() },
        skip_tags: skip_tags.clone(),
        limit: options.limit.clone(),
        inventory_sources: sources
            .iter()
            .map(|s| if s.contains(',') { s.clone() } else { process.cwd.join(s).display().to_string() })
            .collect(),
        config_file: None,
        managed: "Ansible managed".into(),
        connection_defaults: connection_defaults(options, &connection),
    };
    let mut environment = Environment::new(process.cwd.clone(), process.env.clone());
    environment.strict_conditionals = options.strict_conditionals;
    let run = RunOptions {
        check: options.check,
        diff: options.diff,
        verbosity: options.verbose,
        tags,
        skip_tags,
        limit: options.limit.clone(),
        force_handlers: options.force_handlers,
        strict: options.strict,
        gathering: "implicit".into(),
        connection,
        become_default: options.become_,
        become_user: options.become_user.clone().unwrap_or_else(|| "root".into()),
        cwd: process.cwd.clone(),
        ..RunOptions::default()
    };
    Ok(Engine {
        vars: Arc::new(Vars::new(inventory, VarsFiles::new(false), extra, info)),
        env: Arc::new(environment),
        files: Arc::new(Files::new(events.clone(), roles_path(&process.env))),
        events,
        pool: Pool::new(env, process.cwd.clone()),
        forks: Arc::new(Semaphore::new(options.forks.unwrap_or(FORKS).max(1))),
        cancel,
        options: run,
        inventory_sources: sources,
        load_options: load,
        next_task: AtomicU64::new(1),
    })
}

fn roles_path(env: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let home = env.get("HOME").cloned().unwrap_or_default();
    vec![
        PathBuf::from(home).join(".ansible/roles"),
        PathBuf::from("/usr/share/ansible/roles"),
        PathBuf::from("/etc/ansible/roles"),
    ]
}

/// What tasks know of their connection when no variable says it.
fn connection_defaults(options: &Options, connection: &str) -> Map {
    let mut map = adept_wire::map! { "ansible_connection" => connection };
    if let Some(user) = &options.user {
        map.insert("ansible_user".into(), user.as_str().into());
        map.insert("ansible_ssh_user".into(), user.as_str().into());
    }
    if let Some(key) = &options.private_key {
        let key = key.display().to_string();
        map.insert("ansible_private_key_file".into(), key.as_str().into());
        map.insert("ansible_ssh_private_key_file".into(), key.into());
    }
    map
}

/// A placeholder that nobody writes by accident.
fn omit() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("__omit_place_holder__{nanos:032x}{:08x}", std::process::id())
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
