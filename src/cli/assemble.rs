//! Puts an engine together: from the command line, the configuration, the inventory, to what a run needs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use adept_wire::Map;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::extra_vars;
use super::playbook::Options;
use super::process::Process;
use crate::config::{Config, Gathering, ProcessEnv, Source};
use crate::connection::Pool;
use crate::diag::Diagnostic;
use crate::engine::{Engine, Files, RunOptions};
use crate::event::{EventKind, EventSink, Sender};
use crate::inventory::{EMPTY_INVENTORY, Inventory, LoadOptions, VarsFiles};
use crate::report::{ColorChoice, Console, ConsoleOptions, Jsonl, LogWriter, Masked, Secrets};
use crate::template::Environment;
use crate::vars::{RunInfo, Vars};

/// Hosts at a time when nobody said a number.
const FORKS: usize = 500;

/// An engine for these options.
///
/// # Errors
/// When the configuration, an extra variable, or an inventory source has a mistake.
pub(super) fn engine(
    options: &Options,
    process: &Process,
    playbooks: &[PathBuf],
    cancel: CancellationToken,
) -> Result<Engine, Diagnostic> {
    let process_env = ProcessEnv { vars: process.env.clone(), cwd: process.cwd.clone() };
    let (config, warnings) = Config::load(&process_env, playbooks.first().and_then(|p| p.parent()))?;
    let secrets = Secrets::new();
    let events = events(options, process, &config, &secrets)?;
    let warn = |warnings: Vec<Diagnostic>| {
        for w in warnings {
            events.send(EventKind::Warning { message: w.message, origin: w.origin });
        }
    };
    warn(warnings);
    let extra = extra_vars::parse(&options.extra_vars, &process.cwd)?;
    let env: Vec<(String, String)> = process.env.clone().into_iter().collect();
    let sources = sources(options, &config);
    let load = LoadOptions::new(&config, &process_env);
    let (inventory, warnings) = Inventory::load(&sources, &load).map_err(Diagnostic::from)?;
    warn(warnings);
    if inventory.is_empty() && config.localhost_warning() {
        warn(vec![Diagnostic::general(EMPTY_INVENTORY)]);
    }
    let run = run_options(options, process, &config);
    let forks = forks(options, &config);
    let info = RunInfo {
        omit: omit(),
        check: run.check,
        diff: run.diff,
        forks,
        verbosity: run.verbosity,
        run_tags: if run.tags.is_empty() { vec!["all".into()] } else { run.tags.clone() },
        skip_tags: run.skip_tags.clone(),
        limit: options.limit.clone(),
        inventory_sources: sources.iter().map(|s| absolute(s, &process.cwd)).collect(),
        config_file: config.file().map(|f| f.display().to_string()),
        managed: config.ansible_managed().to_string(),
        connection_defaults: connection_defaults(options, &config, &run.connection),
    };
    let mut environment = Environment::new(process.cwd.clone(), process.env.clone());
    environment.strict_conditionals = options.strict_conditionals;
    Ok(Engine {
        vars: Arc::new(Vars::new(inventory, VarsFiles::new(config.merge_hashes()), extra, info)),
        env: Arc::new(environment),
        files: Arc::new(Files::new(events.clone(), config.roles_path())),
        events,
        secrets,
        pool: Pool::new(env, process.cwd.clone()),
        forks: Arc::new(Semaphore::new(forks)),
        cancel,
        options: run,
        inventory_sources: sources,
        load_options: load,
        next_task: AtomicU64::new(1),
    })
}

fn run_options(options: &Options, process: &Process, config: &Config) -> RunOptions {
    let split = |list: &[String]| -> Vec<String> {
        list.iter().flat_map(|t| t.split(',')).map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect()
    };
    let or = |given: &[String], configured: Vec<Arc<str>>| {
        if given.is_empty() { configured.iter().map(ToString::to_string).collect() } else { split(given) }
    };
    let gathering = match config.gathering() {
        Gathering::Implicit => "implicit",
        Gathering::Explicit => "explicit",
        Gathering::Smart => "smart",
    };
    let subset = config.gather_subset();
    let set = |name: &str| config.get(name).is_some_and(|f| f.source != Source::Default);
    RunOptions {
        check: options.check,
        diff: options.diff || config.diff_always(),
        verbosity: options.verbose.max(u8::try_from(config.verbosity()).unwrap_or(0)),
        tags: or(&options.tags, config.tags_run()),
        skip_tags: or(&options.skip_tags, config.tags_skip()),
        limit: options.limit.clone(),
        force_handlers: options.force_handlers || config.force_handlers(),
        strict: options.strict,
        gathering: gathering.into(),
        gather_subset: (!subset.is_empty()).then(|| subset.join(",")),
        gather_timeout: set("DEFAULT_GATHER_TIMEOUT").then(|| config.gather_timeout()),
        connection: options.connection.clone().unwrap_or_else(|| config.transport().to_string()),
        become_default: options.become_ || config.become_by_default(),
        become_user: options.become_user.clone().unwrap_or_else(|| config.become_user().to_string()),
        any_errors_fatal: config.any_errors_fatal(),
        strategy: config.strategy().to_string(),
        cwd: process.cwd.clone(),
    }
}

/// Where hosts come from. The default file is a source only where it is there.
fn sources(options: &Options, config: &Config) -> Vec<String> {
    if !options.inventory.is_empty() {
        return options.inventory.clone();
    }
    let configured = config.inventory();
    let named = ["DEFAULT_HOST_LIST", "DEFAULT_HOSTFILE"]
        .iter()
        .any(|name| config.get(name).is_some_and(|f| f.source != Source::Default));
    configured.iter().filter(|s| named || Path::new(&***s).exists()).map(ToString::to_string).collect()
}

/// A number that somebody chose is honoured; else as many as sensible.
fn forks(options: &Options, config: &Config) -> usize {
    let chosen = config.get("DEFAULT_FORKS").is_some_and(|f| f.source != Source::Default);
    options.forks.unwrap_or(if chosen { config.forks() } else { FORKS }).max(1)
}

fn absolute(source: &str, cwd: &Path) -> String {
    if source.contains(',') { source.to_string() } else { cwd.join(source).display().to_string() }
}

/// The readers of the event stream.
fn events(options: &Options, process: &Process, config: &Config, secrets: &Secrets) -> Result<Sender, Diagnostic> {
    let clone = |file: &File| file.try_clone().map_err(|e| Diagnostic::general(format!("output: {e}")));
    let terminal = process.is_terminal();
    let color = match (config.nocolor(), config.force_color()) {
        (true, _) => ColorChoice::Never,
        (false, true) => ColorChoice::Always,
        (false, false) => ColorChoice::from_environment(|name| process.env.get(name).cloned()),
    };
    let shown = ConsoleOptions {
        verbosity: options.verbose.max(u8::try_from(config.verbosity()).unwrap_or(0)),
        diff: options.diff || config.diff_always(),
        display_skipped_hosts: config.display_skipped_hosts(),
        display_ok_hosts: config.display_ok_hosts(),
        ..ConsoleOptions::default()
    };
    let console = ConsoleOptions {
        terminal,
        color: color.enabled(terminal),
        width: if terminal { process.width() } else { shown.width },
        live_after: terminal.then_some(1.0),
        ..shown.clone()
    };
    let console = Console::new(Box::new(clone(&process.stdout)?), Box::new(clone(&process.stderr)?), console);
    let mut sinks: Vec<Box<dyn EventSink>> = vec![Box::new(console)];
    if let Some(path) = config.log_path() {
        let user = process.var("USER").or(process.var("LOGNAME")).unwrap_or("root");
        let open = || {
            LogWriter::open(path, user).map_err(|e| Diagnostic::general(format!("log_path {}: {e}", path.display())))
        };
        sinks.push(Box::new(Console::new(Box::new(open()?), Box::new(open()?), shown)));
    }
    if let Some(path) = &options.jsonl {
        let path = process.cwd.join(path);
        let file = File::create(&path).map_err(|e| Diagnostic::general(format!("{}: {e}", path.display())))?;
        sinks.push(Box::new(Jsonl::new(Box::new(file), super::PROGRAM)));
    } else if let Some(path) = process.var(super::job::JSONL) {
        sinks.push(Box::new(super::job::append_events(Path::new(path))?));
    }
    Ok(Sender::new(vec![Box::new(Masked::new(secrets.clone(), sinks))]))
}

/// What tasks know of their connection when no variable says it.
fn connection_defaults(options: &Options, config: &Config, connection: &str) -> Map {
    let mut map = adept_wire::map! { "ansible_connection" => connection };
    if let Some(user) = options.user.as_deref().or(config.remote_user()) {
        map.insert("ansible_user".into(), user.into());
        map.insert("ansible_ssh_user".into(), user.into());
    }
    if let Some(key) = options.private_key.as_deref().or(config.private_key_file()) {
        let key = key.display().to_string();
        map.insert("ansible_private_key_file".into(), key.as_str().into());
        map.insert("ansible_ssh_private_key_file".into(), key.into());
    }
    if let Some(port) = config.remote_port() {
        map.insert("ansible_port".into(), port.into());
        map.insert("ansible_ssh_port".into(), port.into());
    }
    map
}

/// A placeholder that nobody writes by accident.
fn omit() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("__omit_place_holder__{nanos:032x}{:08x}", std::process::id())
}
