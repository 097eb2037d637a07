//! `run_playbooks`: from playbook files to an exit code.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use adept_modules::args::{parse_bool, text};
use adept_wire::{Data, Map, Value};

use super::engine::Engine;
use super::load::{Compiled, Compiler, LoadedPlay, check_items, load_playbook};
use super::play::{BatchEnd, PlayRun};
use super::program::{Item, Section};
use crate::diag::{Diagnostic, did_you_mean, exit};
use crate::event::{EventKind, Stats};
use crate::inventory::{HostOrder, Inventory};
use crate::playbook::{Keywords, Placed, Task, TaskArgs, keyword};
use crate::template::Templar;
use crate::vars::{PlayScope, TaskScope};

/// What a run came to.
#[derive(Debug)]
pub struct RunEnd {
    /// Counters per host.
    pub stats: Stats,
    /// The exit code that follows.
    pub exit_code: u8,
    /// Did any play match a host?
    pub matched: bool,
}

type Result<T> = std::result::Result<T, Diagnostic>;

/// Hosts that are out for the rest of the run.
#[derive(Default)]
struct Casualties {
    failed: HashSet<Arc<str>>,
    unreachable: HashSet<Arc<str>>,
}

/// Runs playbooks one after the other; stops after one that failed.
///
/// # Errors
/// When a file is missing or has a mistake.
pub async fn run_playbooks(engine: &Arc<Engine>, playbooks: &[PathBuf]) -> Result<RunEnd> {
    let mut stats = Stats::default();
    let mut exit_code = exit::OK;
    let mut matched = false;
    let mut out = Casualties::default();
    for path in playbooks {
        engine.events.send(EventKind::PlaybookStarted { path: path.display().to_string() });
        let plays = {
            let (engine, path) = (engine.clone(), path.clone());
            blocking(move || load_playbook(&engine.files, &bare_templar(&engine), &path)).await?
        };
        for loaded in plays {
            let all_out = run_play(engine, &loaded, &mut stats, &mut out, &mut matched).await?;
            // Hosts that were added may have brought files with them.
            if let Some(problem) = engine.vars.problem() {
                return Err(problem);
            }
            if all_out || engine.cancel.is_cancelled() {
                break;
            }
        }
        if !out.unreachable.is_empty() {
            exit_code = exit::UNREACHABLE;
        } else if !out.failed.is_empty() {
            exit_code = exit::HOST_FAILED;
        }
        if exit_code != exit::OK || engine.cancel.is_cancelled() {
            break;
        }
    }
    if engine.cancel.is_cancelled() {
        exit_code = exit::INTERRUPTED;
    }
    engine.pool.close().await;
    engine.events.send(EventKind::PlaybookFinished { stats: stats.clone(), exit_code });
    Ok(RunEnd { stats, exit_code, matched })
}

/// Loads and checks playbooks, runs nothing (`--syntax-check`).
///
/// # Errors
/// When a file is missing or has a mistake.
pub async fn check_playbooks(engine: &Arc<Engine>, playbooks: &[PathBuf]) -> Result<()> {
    for path in playbooks {
        let (engine, path) = (engine.clone(), path.clone());
        blocking(move || {
            engine.events.send(EventKind::PlaybookStarted { path: path.display().to_string() });
            for loaded in load_playbook(&engine.files, &bare_templar(&engine), &path)? {
                prepare(&engine, &loaded, &HashSet::new())?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Plain work on the blocking pool.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(Diagnostic::new(crate::diag::ErrorKind::Internal, format!("internal error: {e}"))))
}

/// Renders with extra variables only.
fn bare_templar(engine: &Engine) -> Templar {
    Templar::new(engine.env.clone(), Arc::new(scope(engine, None, "".into())))
}

fn scope(engine: &Engine, play: Option<Arc<PlayScope>>, host: Arc<str>) -> TaskScope {
    TaskScope {
        vars: engine.vars.clone(),
        host,
        play,
        frame: None,
        task: None,
        delegate: None,
        locals: Map::new(),
        learned: Map::new(),
        search_path: Arc::new([]),
    }
}

/// Runs a play in all of its batches. True when no host is left.
async fn run_play(
    engine: &Arc<Engine>,
    loaded: &LoadedPlay,
    stats: &mut Stats,
    out: &mut Casualties,
    matched: &mut bool,
) -> Result<bool> {
    let engine = engine.clone();
    let prepared = {
        let (engine, loaded) = (engine.clone(), loaded.clone());
        let lost: HashSet<Arc<str>> = out.failed.union(&out.unreachable).cloned().collect();
        blocking(move || prepare(&engine, &loaded, &lost)).await?
    };
    let Prepared { scope, compiler, compiled, batches, max_fail, free, any_matched } = prepared;
    *matched |= any_matched;
    let begin = |hosts: &[Arc<str>]| {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        engine.events.send(EventKind::PlayStarted { name: scope.name.clone(), hosts });
    };
    if scope.hosts_all.is_empty() {
        begin(&[]);
        if !any_matched {
            engine.events.send(EventKind::NoHostsMatched { play: scope.name.clone() });
        }
        return Ok(false);
    }
    for batch in batches {
        begin(&batch);
        *scope.batch.write().unwrap_or_else(PoisonError::into_inner) = batch.clone();
        let BatchEnd { failed, unreachable, cleared, ended } =
            run_batch(&engine, &scope, &compiler, &compiled, &batch, max_fail, free, stats).await?;
        if cleared {
            out.failed.clear();
            out.unreachable.clear();
        }
        let lost = failed.len() + unreachable.len();
        out.failed.extend(failed);
        out.unreachable.extend(unreachable);
        if lost == batch.len() {
            return Ok(true);
        }
        if ended || engine.cancel.is_cancelled() {
            break;
        }
    }
    Ok(false)
}

/// One batch: all hosts in step, or with the strategy `free` each host at its own pace.
#[allow(clippy::too_many_arguments)] // All of it is what a batch is made of.
async fn run_batch(
    engine: &Arc<Engine>,
    scope: &Arc<PlayScope>,
    compiler: &Compiler,
    compiled: &Compiled,
    batch: &[Arc<str>],
    max_fail: Option<f64>,
    free: bool,
    stats: &mut Stats,
) -> Result<BatchEnd> {
    let run = async |hosts: &[Arc<str>]| {
        let mut stats = Stats::default();
        let (items, handlers) = (compiled.items.clone(), compiled.handlers.clone());
        let run = PlayRun::new(engine, scope.clone(), compiler, items, handlers, hosts, &mut stats);
        let end = run.max_fail_percentage(max_fail).run().await;
        (end, stats)
    };
    if !free {
        let (end, counted) = run(batch).await;
        stats.add(counted);
        return end;
    }
    let mut all = BatchEnd::default();
    for (end, counted) in futures::future::join_all(batch.iter().map(|host| run(std::slice::from_ref(host)))).await {
        let end = end?;
        stats.add(counted);
        all.failed.extend(end.failed);
        all.unreachable.extend(end.unreachable);
        all.cleared |= end.cleared;
        all.ended |= end.ended;
    }
    Ok(all)
}

struct Prepared {
    scope: Arc<PlayScope>,
    compiler: Compiler,
    compiled: Compiled,
    batches: Vec<Vec<Arc<str>>>,
    max_fail: Option<f64>,
    free: bool,
    any_matched: bool,
}

/// Everything before the first task: hosts, variables, roles and imports, checks.
fn prepare(engine: &Arc<Engine>, loaded: &LoadedPlay, lost: &HashSet<Arc<str>>) -> Result<Prepared> {
    let play = &loaded.play;
    let draft = Arc::new(PlayScope {
        play: play.clone(),
        name: String::new(),
        playbook_dir: loaded.dir.clone(),
        vars_files: RwLock::default(),
        import_vars: loaded.import_vars.clone(),
        roles: RwLock::default(),
        hosts_all: Vec::new(),
        batch: RwLock::default(),
        hosts: RwLock::default(),
    });
    let templar = Templar::new(engine.env.clone(), Arc::new(scope(engine, Some(draft), "".into())));
    let keyword = |name: &str| -> Result<Option<Value>> {
        play.keywords.get(name).map(|v| templar.render(v).map_err(Diagnostic::from)).transpose()
    };
    let strategy = keyword("strategy")?.map_or_else(|| engine.options.strategy.clone(), |s| text(&s));
    let free = match strategy.rsplit('.').next() {
        Some("free") => true,
        Some("linear" | "") => false,
        _ => {
            let known = ["debug", "free", "host_pinned", "linear"];
            let message = match known.contains(&strategy.rsplit('.').next().unwrap_or_default()) {
                true => format!("the strategy '{strategy}' is not supported yet"),
                false => format!("Invalid play strategy specified: {strategy}"),
            };
            let hint = did_you_mean(&strategy, known).map(|name| format!("did you mean '{name}'?"));
            let place = play.keywords.get("strategy").and_then(Value::origin);
            return Err(Diagnostic::general(message).at(place).width(strategy.len()).maybe_hint(hint));
        }
    };
    let pattern = keyword("hosts")?.unwrap_or_default();
    let patterns = pattern_parts(&pattern);
    let name = match keyword("name")? {
        Some(name) if !name.is_null() && name.as_str() != Some("") => text(&name),
        _ => patterns.join(","),
    };
    let inventory = engine.vars.inventory();
    let (mut hosts, warnings) = inventory
        .matches_all(&patterns, engine.options.limit.as_deref(), &engine.options.cwd)
        .map_err(Diagnostic::from)?;
    for warning in warnings {
        engine.events.send(EventKind::Warning { message: warning.message, origin: warning.origin });
    }
    let any_matched = !hosts.is_empty();
    hosts.retain(|h| !lost.contains(h));
    let mut ordered = hosts.clone();
    order(&mut ordered, keyword("order")?)?;
    let scope = Arc::new(PlayScope {
        play: play.clone(),
        name,
        playbook_dir: loaded.dir.clone(),
        vars_files: RwLock::default(),
        import_vars: loaded.import_vars.clone(),
        roles: RwLock::default(),
        hosts_all: hosts.clone(),
        batch: RwLock::new(hosts.clone()),
        hosts: RwLock::new(hosts.clone()),
    });
    read_vars_files(engine, &scope)?;
    let compiler = Compiler::new(engine.files.clone(), engine.env.clone(), engine.vars.clone(), scope.clone());
    let force = match keyword("force_handlers")? {
        Some(v) => parse_bool(&v).unwrap_or(false),
        None => engine.options.force_handlers,
    };
    let mut compiled = compiler.play(&loaded.frame, force)?;
    check(engine, &compiled, !hosts.is_empty())?;
    if let Some(gather) = gather_facts(engine, loaded, &keyword)? {
        compiled.items.insert(0, gather);
    }
    let batches = batches(&ordered, keyword("serial")?.as_ref(), play.keywords.get("serial"))?;
    let max_fail = keyword("max_fail_percentage")?.and_then(|v| text(&v).trim_end_matches('%').parse::<f64>().ok());
    engine.vars.read_files(&hosts, &loaded.dir);
    if let Some(problem) = engine.vars.problem() {
        return Err(problem);
    }
    for warning in engine.vars.take_warnings() {
        engine.events.send(EventKind::Warning { message: warning.message, origin: warning.origin });
    }
    Ok(Prepared { scope, compiler, compiled, batches, max_fail, free, any_matched })
}

fn pattern_parts(pattern: &Value) -> Vec<String> {
    match &pattern.data {
        Data::List(items) => items.iter().map(text).collect(),
        _ => vec![text(pattern)],
    }
}

fn order(hosts: &mut [Arc<str>], wanted: Option<Value>) -> Result<()> {
    let Some(wanted) = wanted.filter(|w| !w.is_null()) else { return Ok(()) };
    let name = text(&wanted);
    let order: HostOrder = name.parse().map_err(|_| {
        Diagnostic::parse(format!("'{name}' is no order of hosts; known are: {}", HostOrder::NAMES.join(", ")))
            .at(wanted.origin())
    })?;
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    order.apply(hosts, seed);
    Ok(())
}

/// Wrong is wrong, before anything runs. What isn't supported yet: an error where the task runs in any case, else one
/// warning; with `--strict` always an error. A play without hosts isn't checked for it.
fn check(engine: &Engine, compiled: &Compiled, has_hosts: bool) -> Result<()> {
    let mut problems = check_items(&engine.env, &compiled.items);
    problems.extend(check_items(&engine.env, &compiled.handlers));
    let mut later: Vec<String> = Vec::new();
    for problem in problems {
        let refuse = !problem.not_yet || engine.options.strict || (has_hosts && problem.unconditional);
        if refuse {
            return Err(problem.diagnostic);
        }
        if has_hosts {
            let place = problem.diagnostic.origin.as_ref().map(|o| format!(" ({o})")).unwrap_or_default();
            later.push(format!("{}{place}", problem.diagnostic.message));
        }
    }
    if !later.is_empty() {
        later.dedup();
        let message = format!("a host that reaches one of these tasks will fail: {}", later.join("; "));
        engine.events.send(EventKind::Warning { message, origin: None });
    }
    Ok(())
}

/// The implicit first task, unless the play or the configuration says no.
fn gather_facts(
    engine: &Engine,
    loaded: &LoadedPlay,
    keyword: &dyn Fn(&str) -> Result<Option<Value>>,
) -> Result<Option<Item>> {
    let wanted = match keyword("gather_facts")? {
        Some(v) if !v.is_null() => parse_bool(&v).unwrap_or(true),
        _ => engine.options.gathering != "explicit",
    };
    if !wanted {
        return Ok(None);
    }
    let mut args = Map::new();
    let subset = keyword("gather_subset")?.or_else(|| engine.options.gather_subset.as_deref().map(Value::from));
    if let Some(subset) = subset {
        args.insert("gather_subset".into(), subset);
    }
    let timeout = keyword("gather_timeout")?.or_else(|| engine.options.gather_timeout.map(Value::from));
    if let Some(timeout) = timeout {
        args.insert("gather_timeout".into(), timeout);
    }
    if let Some(path) = keyword("fact_path")? {
        args.insert("fact_path".into(), path);
    }
    let mut keywords = Keywords::default();
    let mut set = |name: &str, value: Value| {
        if let Some(kw) = keyword::find(name) {
            keywords.insert(kw, value);
        }
    };
    set("name", "Gathering Facts".into());
    // A play with tags gathers for these only.
    if loaded.frame.chain().all(|f| f.keywords().get("tags").is_none()) {
        set("tags", vec!["always"].into());
    }
    let task = Task {
        origin: loaded.play.origin.clone(),
        action: "setup".into(),
        written: "gather_facts".into(),
        args: TaskArgs { map: args, whole: None },
        loop_over: None,
        keywords,
        handler: false,
        implicit: true,
    };
    let placed = Placed { task: Arc::new(task), frame: loaded.frame.clone() };
    Ok(Some(Item::Section(Arc::new(Section::plain(vec![Item::Task(placed)])))))
}

/// `serial`: a number, a percentage, or a list of them; the last one repeats.
fn batches(hosts: &[Arc<str>], serial: Option<&Value>, raw: Option<&Value>) -> Result<Vec<Vec<Arc<str>>>> {
    let sizes: Vec<Value> = match serial.map(|v| &v.data) {
        None | Some(Data::Null) => return Ok(vec![hosts.to_vec()]),
        Some(Data::List(items)) => items.to_vec(),
        Some(_) => serial.cloned().into_iter().collect(),
    };
    let mut out = Vec::new();
    let mut rest = hosts;
    let mut i = 0;
    while !rest.is_empty() {
        let Some(size) = sizes.get(i.min(sizes.len().saturating_sub(1))) else { break };
        let written = text(size);
        let wrong = || {
            Diagnostic::parse(format!("`serial` must be a number of hosts or a percentage, got {written:?}"))
                .at(raw.and_then(Value::origin))
        };
        let count = match written.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                ((hosts.len() as f64 * percent / 100.0) as usize).max(1)
            }
            None => match written.trim().parse::<usize>().map_err(|_| wrong())? {
                0 => rest.len(),
                n => n,
            },
        };
        let (batch, others) = rest.split_at(count.min(rest.len()));
        out.push(batch.to_vec());
        rest = others;
        i += 1;
    }
    Ok(out)
}

/// Reads `vars_files`. A name without a template is read once for all hosts.
fn read_vars_files(engine: &Engine, play: &Arc<PlayScope>) -> Result<()> {
    let Some(raw) = play.play.keywords.get("vars_files") else { return Ok(()) };
    let list: Vec<Value> = match &raw.data {
        Data::Null => return Ok(()),
        Data::List(items) => items.to_vec(),
        _ => vec![raw.clone()],
    };
    let mut read: HashMap<PathBuf, Arc<Map>> = HashMap::new();
    let mut missing: HashSet<String> = HashSet::new();
    let hosts: Vec<Arc<str>> = std::iter::once("".into()).chain(play.hosts_all.iter().cloned()).collect();
    for host in hosts {
        let mut maps: Vec<Arc<Map>> = Vec::new();
        for entry in &list {
            // A later name may use what an earlier file set.
            play.vars_files.write().unwrap_or_else(PoisonError::into_inner).insert(host.clone(), maps.clone());
            let templar = Templar::new(engine.env.clone(), Arc::new(scope(engine, Some(play.clone()), host.clone())));
            // A list of names means: the first that exists.
            let names: Vec<&Value> = match &entry.data {
                Data::List(items) => items.iter().collect(),
                _ => vec![entry],
            };
            match first_existing(&templar, &names, &play.playbook_dir, host.is_empty())? {
                Some(path) => {
                    let map = match read.get(&path) {
                        Some(map) => map.clone(),
                        None => {
                            let map = engine.files.vars(&path).map_err(|e| e.or_at(entry.origin()))?;
                            let map = Arc::new(map);
                            read.insert(path, map.clone());
                            map
                        }
                    };
                    maps.push(map);
                }
                None if host.is_empty() => {}
                None => {
                    // ansible-core 2.19 passes over it in silence; a word costs nothing.
                    let tried: Vec<String> = names.iter().map(|n| text(n)).collect();
                    let message = format!("vars file {} was not found, and is passed over", tried.join(", "));
                    if missing.insert(message.clone()) {
                        engine.events.send(EventKind::Warning { message, origin: entry.origin().cloned() });
                    }
                }
            }
        }
        play.vars_files.write().unwrap_or_else(PoisonError::into_inner).insert(host, maps);
    }
    Ok(())
}

/// Before hosts are known, a name that needs one is passed over.
fn first_existing(templar: &Templar, names: &[&Value], dir: &Path, hostless: bool) -> Result<Option<PathBuf>> {
    for name in names {
        let rendered = match templar.render(name) {
            Ok(rendered) => rendered,
            Err(e) if hostless && e.is_undefined() => continue,
            Err(e) => return Err(e.into()),
        };
        let expanded = adept_modules::args::expand(&text(&rendered));
        for path in [dir.join("vars").join(&expanded), dir.join(&expanded)] {
            if path.is_dir() {
                return Err(Diagnostic::general(format!(
                    "{} is a directory, a file of variables was expected",
                    path.display()
                ))
                .at(name.origin()));
            }
            if path.is_file() {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

impl Engine {
    /// Reads the inventory sources anew.
    ///
    /// # Errors
    /// When a source has a mistake now.
    pub fn refresh_inventory(&self) -> Result<()> {
        let (inventory, warnings) =
            Inventory::load(&self.inventory_sources, &self.load_options).map_err(Diagnostic::from)?;
        for warning in warnings {
            self.events.send(EventKind::Warning { message: warning.message, origin: warning.origin });
        }
        self.vars.replace_inventory(inventory);
        Ok(())
    }
}
