//! `PlayRun`: the dispatcher of one play. It alone owns the state of hosts: who is where, who failed, who notified what.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use adept_wire::{Data, Key, Map, Value};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::attempt::{HostOutcome, Included};
use super::bind::{BindError, Bound, HostTask};
use super::cursor::{AfterFailure, Cursor};
use super::effects;
use super::engine::Engine;
use super::handlers::{HandlerId, Handlers};
use super::load::{Compiler, IncludeFlags, include_file};
use super::program::{Item, Section};
use super::strategy::linear;
use super::tags;
use crate::actions::{self, IncludeKind, Work};
use crate::diag::{Diagnostic, did_you_mean};
use crate::event::{Effect, EventKind, Stats, Status, TaskInfo, TaskOutcome, TaskResult};
use crate::playbook::{Frame, FrameKind, Keywords, Placed, keyword, vars_of};
use crate::vars::PlayScope;

/// Includes deeper than this are taken for a loop.
const DEEPEST_INCLUDE: usize = 200;

/// One play, or one batch of it.
pub struct PlayRun<'a> {
    engine: &'a Arc<Engine>,
    play: Arc<PlayScope>,
    compiler: &'a Compiler,
    handlers: Handlers,
    hosts: Vec<HostState>,
    stats: &'a mut Stats,
    /// Counts included sections, so that positions tell them apart.
    included: u32,
    any_errors_fatal: bool,
    max_fail_percentage: Option<f64>,
    ended: bool,
}

/// Where a host is, and how it fares.
struct HostState {
    name: Arc<str>,
    cursor: Cursor,
    /// Names and topics that were notified since the last flush. They get their meaning there: what is included until
    /// then may bring a handler of the same name.
    pending: Vec<String>,
    notified: HashSet<HandlerId>,
    failed: bool,
    unreachable: bool,
}

/// An include that a host has reached.
struct Including {
    host: usize,
    /// The hosts that it counts for: with `run_once` all.
    affected: Vec<usize>,
    wanted: Vec<Included>,
    outcome: HostOutcome,
}

/// How a batch ended.
#[derive(Debug, Default)]
pub struct BatchEnd {
    /// Hosts that failed.
    pub failed: Vec<Arc<str>>,
    /// Hosts that were lost.
    pub unreachable: Vec<Arc<str>>,
    /// Hosts whose errors `meta: clear_host_errors` forgave, earlier plays' included.
    pub cleared: bool,
    /// No further batch is to run.
    pub ended: bool,
}

impl<'a> PlayRun<'a> {
    /// A batch of hosts at the start of a play.
    pub fn new(
        engine: &'a Arc<Engine>,
        play: Arc<PlayScope>,
        compiler: &'a Compiler,
        items: Vec<Item>,
        handlers: Vec<Item>,
        hosts: &[Arc<str>],
        stats: &'a mut Stats,
    ) -> PlayRun<'a> {
        let section = Arc::new(Section::plain(items));
        let hosts = hosts
            .iter()
            .map(|name| HostState {
                name: name.clone(),
                cursor: Cursor::new(section.clone()),
                pending: Vec::new(),
                notified: HashSet::new(),
                failed: false,
                unreachable: false,
            })
            .collect();
        let mut known = Handlers::default();
        known.add(engine, &play, handlers);
        let any_errors_fatal = engine.options.any_errors_fatal;
        PlayRun {
            engine,
            play,
            compiler,
            handlers: known,
            hosts,
            stats,
            included: 1,
            any_errors_fatal,
            max_fail_percentage: None,
            ended: false,
        }
    }

    /// `max_fail_percentage` of the play.
    pub fn max_fail_percentage(mut self, percentage: Option<f64>) -> PlayRun<'a> {
        self.max_fail_percentage = percentage;
        self
    }

    /// Runs the batch to its end.
    ///
    /// # Errors
    /// When an included file has a mistake, or a handler that is notified doesn't exist.
    pub async fn run(mut self) -> Result<BatchEnd, Diagnostic> {
        let mut end = BatchEnd::default();
        loop {
            if self.engine.cancel.is_cancelled() {
                break;
            }
            let group = linear::next(self.hosts.iter().map(|h| &h.cursor).enumerate());
            let Some(&first) = group.first() else { break };
            let Some(item) = self.hosts[first].cursor.current().cloned() else { break };
            match item {
                Item::RoleEnd => self.advance(&group),
                Item::Flush => {
                    let section = self.handlers.section();
                    group.iter().for_each(|&h| self.enter_handlers(h, section.clone()));
                }
                Item::Section(_) => unreachable!("a cursor settles inside of sections"),
                Item::Task(placed) => self.task(&placed, group, &mut end).await?,
            }
            self.update_host_lists();
        }
        for host in &self.hosts {
            if host.unreachable {
                end.unreachable.push(host.name.clone());
            } else if host.failed {
                end.failed.push(host.name.clone());
            }
        }
        end.ended |= self.ended;
        Ok(end)
    }

    fn advance(&mut self, hosts: &[usize]) {
        for &host in hosts {
            self.hosts[host].cursor.advance();
            self.skip_handlers(host);
        }
    }

    fn enter_handlers(&mut self, host: usize, section: Arc<Section>) {
        let state = &mut self.hosts[host];
        for name in std::mem::take(&mut state.pending) {
            state.notified.extend(self.handlers.notify(&name));
        }
        state.cursor.enter_handlers(section);
        self.skip_handlers(host);
    }

    /// Steps over handlers that this host did not notify.
    fn skip_handlers(&mut self, host: usize) {
        let state = &mut self.hosts[host];
        while state.cursor.in_handlers() {
            match state.cursor.current() {
                Some(Item::Task(placed)) if state.notified.contains(&HandlerId::of(placed)) => return,
                Some(_) => {
                    state.cursor.advance();
                }
                None => return,
            }
        }
    }

    fn host_task(&self, placed: &Placed, host: usize, number: u64) -> HostTask {
        HostTask {
            engine: self.engine.clone(),
            play: self.play.clone(),
            placed: placed.clone(),
            host: self.hosts[host].name.clone(),
            number,
        }
    }

    async fn task(&mut self, placed: &Placed, mut group: Vec<usize>, end: &mut BatchEnd) -> Result<(), Diagnostic> {
        if placed.task.implicit && self.engine.options.gathering == "smart" {
            // Facts that are there already are not gathered again. The module itself leaves this one.
            let known = |h: &usize| self.engine.vars.fact(&self.hosts[*h].name, "module_setup").is_some();
            let (have, lack): (Vec<usize>, Vec<usize>) = group.iter().partition(|h| known(h));
            self.advance(&have);
            group = lack;
            if group.is_empty() {
                return Ok(());
            }
        }
        let first = self.host_task(placed, group[0], 0);
        if !self.is_wanted(&first) {
            self.advance(&group);
            return Ok(());
        }
        for &host in &group {
            self.hosts[host].notified.remove(&HandlerId::of(placed));
        }
        if placed.task.action == "meta" {
            return self.meta(placed, &group, end).await;
        }
        let (name, run_once, fatal, throttle) = blocking(move || {
            let templar = first.templar(Map::new(), Map::new());
            let name = task_name(&first, &templar);
            let run_once = first.flag(&templar, "run_once").ok().flatten().unwrap_or(false);
            let fatal = first.flag(&templar, "any_errors_fatal").ok().flatten();
            let throttle = first.number(&templar, "throttle").ok().flatten().filter(|t| *t >= 1.0).map(|t| t as usize);
            (name, run_once, fatal, throttle)
        })
        .await;
        let once = run_once || actions::find(&placed.task.action).is_some_and(|a| a.once);
        let number = self.engine.task_number();
        self.engine.events.send(EventKind::TaskStarted(TaskInfo {
            task: number,
            name,
            action: placed.task.action.clone(),
            role: placed.frame.role().map(|r| r.role.name.clone()),
            handler: placed.task.handler,
            origin: placed.task.origin.clone(),
        }));
        let workers: Vec<usize> = if once { vec![group[0]] } else { group.clone() };
        let mut running = FuturesUnordered::new();
        let throttle = throttle.map(|t| Arc::new(Semaphore::new(t)));
        for &host in &workers {
            let task = self.host_task(placed, host, number);
            let (forks, throttle) = (self.engine.forks.clone(), throttle.clone());
            running.push(async move {
                // Neither semaphore is ever closed.
                let _turn = match &throttle {
                    Some(throttle) => throttle.acquire().await.ok(),
                    None => None,
                };
                let _permit = forks.acquire().await;
                (host, task.run().await)
            });
        }
        let mut includes: Vec<Including> = Vec::new();
        let mut failed_hosts = Vec::new();
        let mut done: Vec<usize> = Vec::new();
        while let Some((host, mut outcome)) = running.next().await {
            let wanted = std::mem::take(&mut outcome.includes);
            let affected: Vec<usize> = if once { group.clone() } else { vec![host] };
            if wanted.is_empty() {
                if self.finished(placed, number, host, &affected, outcome)? {
                    failed_hosts.push(host);
                } else {
                    done.extend(affected);
                }
            } else {
                includes.push(Including { host, affected, wanted, outcome });
            }
        }
        drop(running);
        includes.sort_by_key(|i| i.host);
        if !includes.is_empty() {
            self.include(placed, number, includes)?;
        }
        // Before those who are done go on: where one failure is everybody's, they fail where they stand, in the same block.
        self.fail_all_if_needed(&failed_hosts, fatal.unwrap_or(self.any_errors_fatal), &mut done);
        self.advance(&done);
        Ok(())
    }

    /// Do `--tags`, `--skip-tags` and the play want this task?
    fn is_wanted(&self, task: &HostTask) -> bool {
        let options = &self.engine.options;
        let tagged = !task.placed.keyword_all("tags").is_empty();
        let all = options.tags.is_empty() || options.tags == ["all"];
        if !tagged && all && options.skip_tags.is_empty() {
            return true;
        }
        if task.placed.task.handler {
            // Whoever was notified runs: the task that notified it was wanted.
            return true;
        }
        let tags = tags::tags_of(&task.placed, &task.templar(Map::new(), Map::new()));
        let only = if options.tags.is_empty() { vec!["all".to_string()] } else { options.tags.clone() };
        tags::runs(&tags, &only, &options.skip_tags)
    }

    /// Takes a host's outcome. True when the host failed and nothing forgives it.
    fn finished(
        &mut self,
        placed: &Placed,
        number: u64,
        host: usize,
        affected: &[usize],
        done: HostOutcome,
    ) -> Result<bool, Diagnostic> {
        let HostOutcome { mut outcome, result, delegate, effects, delegate_facts, .. } = done;
        let name = self.hosts[host].name.clone();
        self.learn_result(placed, affected, &result);
        for &h in affected {
            let own = self.hosts[h].name.clone();
            for (delegate, effect) in &effects {
                // Of a task that runs once, what it adds to the inventory counts once.
                if h != host && matches!(effect, Effect::AddHost { .. }) {
                    continue;
                }
                let facts_of = delegate.as_ref().filter(|_| delegate_facts).unwrap_or(&own);
                for wanted in effects::apply(self.engine, &own, facts_of, effect) {
                    self.notify(h, &wanted, placed)?;
                }
            }
        }
        let failed = outcome.is_failure() && !outcome.ignored;
        let unreachable = outcome.status == Status::Unreachable && failed;
        if failed && !unreachable {
            outcome.rescued = self.hosts[host].cursor.is_rescuing();
        }
        self.stats.count(&name, &outcome);
        self.engine.events.send(EventKind::TaskFinished(TaskResult {
            task: number,
            host: name.to_string(),
            delegate: delegate.as_deref().map(String::from),
            item: None,
            outcome,
        }));
        if unreachable {
            for &h in affected {
                self.hosts[h].unreachable = true;
                self.hosts[h].cursor.clear();
            }
            return Ok(true);
        }
        if failed {
            for &h in affected {
                self.fail_host(h, Some((placed, &result)));
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Stores what `register` names.
    fn learn_result(&self, placed: &Placed, hosts: &[usize], result: &Value) {
        let Some(register) = placed.task.keyword("register").and_then(Value::as_str) else { return };
        let vars: Map = [(Key::from(register), result.clone())].into_iter().collect();
        for &h in hosts {
            self.engine.vars.learn(&self.hosts[h].name, &vars);
        }
    }

    /// A host failed: on to `rescue` or `always`, or out.
    fn fail_host(&mut self, host: usize, why: Option<(&Placed, &Value)>) {
        let state = &mut self.hosts[host];
        let rescuing = state.cursor.is_rescuing();
        if let Some((placed, result)) = why.filter(|_| rescuing) {
            let name = placed.task.name().cloned().unwrap_or_else(|| "".into());
            let task = adept_wire::map! {
                "name" => name.untagged(), "action" => placed.task.action.as_str(),
                "args" => Value::map(placed.task.args.map.clone()).untagged(),
            };
            let vars = adept_wire::map! { "ansible_failed_task" => task, "ansible_failed_result" => result.clone() };
            self.engine.vars.learn(&state.name, &vars);
        }
        if state.cursor.fail() != AfterFailure::Rescued {
            state.failed = true;
        }
        self.skip_handlers(host);
    }

    fn notify(&mut self, host: usize, name: &str, placed: &Placed) -> Result<(), Diagnostic> {
        let found = self.handlers.notify(name);
        if found.is_empty() {
            let hint = did_you_mean(name, self.handlers.names()).map(|n| format!("did you mean '{n}'?"));
            let origin = placed.task.keyword("notify").and_then(Value::origin).or(placed.task.origin.as_ref());
            return Err(Diagnostic::general(format!(
                "The requested handler '{name}' was not found in either the main handlers list nor in the listening handlers list"
            ))
            .at(origin)
            .maybe_hint(hint));
        }
        let state = &mut self.hosts[host];
        if state.cursor.is_flushing() {
            state.notified.extend(found);
        } else if !state.pending.iter().any(|p| p == name) {
            state.pending.push(name.to_string());
        }
        let host = state.name.to_string();
        self.engine.events.send(EventKind::Notified { handler: name.to_string(), host });
        Ok(())
    }

    /// With `any_errors_fatal`, or too many failed hosts, the others fail too.
    fn fail_all_if_needed(&mut self, failed: &[usize], fatal: bool, done: &mut Vec<usize>) {
        if failed.is_empty() {
            return;
        }
        let too_many = self.max_fail_percentage.is_some_and(|limit| {
            let bad = self.hosts.iter().filter(|h| h.failed || h.unreachable).count();
            bad as f64 / self.hosts.len() as f64 * 100.0 > limit
        });
        // A failure that is being rescued sends all hosts to their `rescue`, and the play goes on.
        let hopeless = failed.iter().any(|&h| self.hosts[h].failed || self.hosts[h].unreachable);
        if fatal || too_many {
            done.clear();
            for host in 0..self.hosts.len() {
                let state = &self.hosts[host];
                if !failed.contains(&host) && !state.failed && !state.unreachable && state.cursor.current().is_some() {
                    self.fail_host(host, None);
                }
            }
            self.ended |= hopeless || too_many;
        }
    }

    /// Keeps `ansible_play_batch` and `ansible_play_hosts` true.
    fn update_host_lists(&self) {
        let out: Vec<&Arc<str>> = self.hosts.iter().filter(|h| h.failed || h.unreachable).map(|h| &h.name).collect();
        if out.is_empty() {
            return;
        }
        for list in [&self.play.hosts, &self.play.batch] {
            list.write().unwrap_or_else(PoisonError::into_inner).retain(|h| !out.contains(&h));
        }
    }

    /// Loads what hosts asked to include; hosts and items that include the same with the same variables share it. A file
    /// that is missing or has a mistake is a failure of the hosts that reached it, and nothing ignores it.
    fn include(&mut self, placed: &Placed, number: u64, wanted: Vec<Including>) -> Result<(), Diagnostic> {
        struct Group {
            included: Included,
            hosts: Vec<usize>,
        }
        // Hosts that include the same share it where each host's own order allows that. ansible-core 2.19 shares regardless,
        // in the order of whichever host answers first; we keep to what each host's loop says.
        let mut groups: Vec<Group> = Vec::new();
        for including in &wanted {
            let mut next = 0;
            let matches: Vec<Option<usize>> = including
                .wanted
                .iter()
                .map(|included| {
                    let same = next + groups.iter().skip(next).position(|g| g.included.is_same(included))?;
                    next = same + 1;
                    Some(same)
                })
                .collect();
            // From the back, so that places before stay valid: what is new goes before what follows it on this host.
            let mut before = groups.len();
            for (included, same) in including.wanted.iter().zip(matches).rev() {
                match same {
                    Some(at) => {
                        groups[at].hosts.extend(&including.affected);
                        before = at;
                    }
                    None => {
                        groups.insert(before, Group { included: included.clone(), hosts: including.affected.clone() })
                    }
                }
            }
        }
        // Each host gets one section that holds, in order, what its items included. Whoever did not ask for something gets
        // an empty one in its place, so that equal positions mean equal tasks.
        let mut bodies: HashMap<usize, Vec<Item>> =
            wanted.iter().flat_map(|i| &i.affected).map(|h| (*h, Vec::new())).collect();
        let mut failed: HashMap<usize, Diagnostic> = HashMap::new();
        for group in groups {
            let hosts: Vec<String> = group.hosts.iter().map(|&h| self.hosts[h].name.to_string()).collect();
            match self.load_include(placed, &group.included) {
                Ok((file, items)) => {
                    let item = group.included.label.clone();
                    self.engine.events.send(EventKind::Included { file, hosts, item });
                    let section = Arc::new(Section::plain(items));
                    for (host, body) in &mut bodies {
                        let asked = group.hosts.contains(host);
                        body.push(Item::Section(if asked { section.clone() } else { Arc::default() }));
                        if asked {
                            self.stats.0.entry(self.hosts[*host].name.to_string()).or_default().ok += 1;
                        }
                    }
                }
                Err(e) => failed.extend(group.hosts.iter().map(|h| (*h, e.clone()))),
            }
        }
        self.included += 1;
        for including in wanted {
            let Including { host, affected, mut outcome, .. } = including;
            if let Some(e) = failed.get(&host) {
                outcome.outcome = include_failure(placed, e);
                outcome.result = outcome.outcome.result.clone();
                self.engine.events.send(EventKind::Warning { message: e.to_string(), origin: None });
                self.finished(placed, number, host, &affected, outcome)?;
                continue;
            }
            self.learn_result(placed, &affected, &outcome.result);
            self.engine.events.send(EventKind::TaskFinished(TaskResult {
                task: number,
                host: self.hosts[host].name.to_string(),
                delegate: None,
                item: None,
                outcome: outcome.outcome,
            }));
            for h in affected {
                let body = bodies.remove(&h).unwrap_or_default();
                self.hosts[h].cursor.enter(Arc::new(Section::plain(body)), self.included);
                self.skip_handlers(h);
            }
        }
        Ok(())
    }

    fn load_include(&mut self, placed: &Placed, included: &Included) -> Result<(String, Vec<Item>), Diagnostic> {
        let task = &placed.task;
        let depth = placed.frame.chain().filter(|f| matches!(f.kind, FrameKind::Include { .. })).count();
        if depth > DEEPEST_INCLUDE {
            return Err(Diagnostic::general(format!(
                "includes are nested more than {DEEPEST_INCLUDE} deep: this looks like a loop"
            ))
            .at(task.origin.as_ref()));
        }
        let mut vars = task.keyword("vars").map(vars_of).transpose()?.unwrap_or_default();
        vars.extend(included.include.vars.clone());
        let mut keywords = Keywords::default();
        for (key, value) in &included.include.apply {
            match key.as_str().and_then(keyword::find) {
                Some(kw) if kw.name == "vars" => vars.extend(vars_of(value)?),
                Some(kw) => keywords.insert(kw, value.clone()),
                None => {
                    return Err(
                        Diagnostic::general(format!("'{key}' is not a valid attribute for `apply`")).at(key.origin())
                    );
                }
            }
        }
        let locals = included.locals.clone();
        let kind = FrameKind::Include { task: task.clone(), vars, dynamic: true, keywords, locals };
        let frame = Arc::new(Frame { parent: Some(placed.frame.clone()), kind });
        let (file, compiled) = match &included.include.kind {
            IncludeKind::Tasks { file } => {
                let path: PathBuf = include_file(file, placed, &self.play.playbook_dir)?;
                let compiled = self.compiler.included_file(&path, &frame, task.handler)?;
                (path.display().to_string(), compiled)
            }
            IncludeKind::Role { name, from, public, allow_duplicates } => {
                let flags = IncludeFlags { public: *public, allow_duplicates: *allow_duplicates };
                (name.clone(), self.compiler.included_role(name, from, flags, task, &frame)?)
            }
        };
        let problems = super::load::check_items(&self.engine.env, &compiled.items);
        if let Some(problem) = problems.into_iter().find(|p| !p.not_yet) {
            return Err(problem.diagnostic);
        }
        self.handlers.add(self.engine, &self.play, compiled.handlers);
        Ok((file, compiled.items))
    }

    /// `meta:`, on each host whose `when` holds.
    async fn meta(&mut self, placed: &Placed, group: &[usize], end: &mut BatchEnd) -> Result<(), Diagnostic> {
        for &host in group {
            let task = self.host_task(placed, host, 0);
            let bound = tokio::task::spawn_blocking(move || task.bind(&Map::new(), &Map::new()))
                .await
                .unwrap_or_else(|e| Err(BindError::new(e.to_string(), None)));
            let what = match bound {
                Ok(Bound::Task(bound)) => match bound.work {
                    Work::Meta(what) => what,
                    _ => "noop".into(),
                },
                Ok(Bound::Skip(_)) => {
                    self.advance(&[host]);
                    continue;
                }
                Err(e) => {
                    return Err(Diagnostic::general(e.message).at(e.origin.as_ref().or(placed.task.origin.as_ref())));
                }
            };
            match what.as_str() {
                "flush_handlers" => {
                    let section = self.handlers.section();
                    self.enter_handlers(host, section);
                    continue;
                }
                "end_host" => {
                    self.hosts[host].cursor.clear();
                    continue;
                }
                "end_play" | "end_batch" => {
                    self.hosts.iter_mut().for_each(|h| h.cursor.clear());
                    self.ended |= what == "end_play";
                    return Ok(());
                }
                "end_role" => self.hosts[host].cursor.skip_role(),
                "clear_facts" => self.engine.vars.clear_facts(&self.hosts[host].name),
                "clear_host_errors" => {
                    for state in &mut self.hosts {
                        state.failed = false;
                        state.unreachable = false;
                    }
                    end.cleared = true;
                }
                "refresh_inventory" => {
                    self.engine.refresh_inventory()?;
                    self.advance(group);
                    return Ok(());
                }
                _ => {}
            }
            self.advance(&[host]);
        }
        Ok(())
    }
}

/// The outcome of an include whose file can't be had.
fn include_failure(placed: &Placed, e: &Diagnostic) -> TaskOutcome {
    let result = adept_wire::map! { "reason" => e.message.as_str(), "failed" => true, "changed" => false };
    let mut outcome = TaskOutcome::new(Status::Failed, result.into());
    outcome.origin = e.origin.clone().or_else(|| placed.task.origin.clone());
    outcome
}

/// A task's name, rendered; what can't be rendered is shown as it is written.
fn task_name(task: &HostTask, templar: &crate::template::Templar) -> String {
    match task.placed.task.name() {
        Some(raw) => match templar.render(raw) {
            Ok(Value { data: Data::Str(s), .. }) => s.to_string(),
            Ok(value) if !value.is_null() => adept_modules::args::text(&value),
            _ => raw.as_str().unwrap_or_default().to_string(),
        },
        None => {
            let action = &task.placed.task.written;
            let role = (task.placed.task.action == "include_role").then(|| {
                let args = &task.placed.task.args.map;
                let name = args.get("name").or_else(|| args.get("role"))?;
                // Within a loop the name may need the item, which isn't known here.
                Some(templar.render(name).unwrap_or_else(|_| name.clone()))
            });
            match role.flatten() {
                Some(role) => format!("{action} : {}", adept_modules::args::text(&role)),
                None => action.clone(),
            }
        }
    }
}

/// Plain work that can't fail, on the blocking pool.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(e) => std::panic::resume_unwind(e.into_panic()),
    }
}
