//! One task on one host: its loop, its attempts, and what came of them.

use std::sync::Arc;
use std::time::Duration;

use adept_wire::{Data, Key, Map, ModuleOutcome, Value};

use super::bind::{BindError, Bound, BoundTask, HostTask, LoopControl};
use super::judge::{Judged, result_of};
use crate::actions::{ActionError, ActionOutcome, Include, Performer, Work, perform};
use crate::connection::{ConnectionError, Output};
use crate::event::{Effect, EventKind, Status, TaskOutcome, TaskResult};
use crate::template::Templar;

/// What is shown of an item with `no_log`.
const CENSORED_ITEM: &str = "(censored due to no_log)";

/// What a task on a host came to, and what the dispatcher has to do about it.
#[derive(Debug)]
pub struct HostOutcome {
    /// What is shown and counted. With `no_log` its result is censored.
    pub outcome: TaskOutcome,
    /// What `register` stores.
    pub result: Value,
    /// The host that did the work, if another one.
    pub delegate: Option<Arc<str>>,
    /// What to include, item by item.
    pub includes: Vec<Included>,
    /// What the task asks for, with the host that each item was delegated to.
    pub effects: Vec<(Option<Arc<str>>, Effect)>,
    /// Facts belong to the delegate.
    pub delegate_facts: bool,
}

/// An include that a task asks for.
#[derive(Clone, Debug)]
pub struct Included {
    /// What.
    pub include: Include,
    /// Loop variables at that moment.
    pub locals: Map,
    /// The item's label.
    pub label: Option<String>,
}

impl Included {
    /// Would both include the same tasks with the same variables?
    pub fn is_same(&self, other: &Included) -> bool {
        let (a, b) = (&self.include, &other.include);
        a.kind == b.kind && self.locals == other.locals && a.vars == b.vars && a.apply == b.apply
    }
}

/// One item's outcome.
struct ItemOutcome {
    judged: Judged,
    effects: Vec<Effect>,
    diff: Vec<adept_wire::Diff>,
    always_show: bool,
    delegate: Option<Arc<str>>,
    include: Option<Include>,
    origin: Option<adept_wire::Origin>,
}

impl ItemOutcome {
    fn failed(e: BindError) -> ItemOutcome {
        let mut result = e.result;
        result.insert("msg".into(), e.message.into());
        result.insert("failed".into(), true.into());
        result.entry("changed".into()).or_insert_with(|| false.into());
        ItemOutcome::of(Status::Failed, result, e.origin)
    }

    fn of(status: Status, result: Map, origin: Option<adept_wire::Origin>) -> ItemOutcome {
        ItemOutcome {
            judged: Judged { status, result, done: true },
            effects: Vec::new(),
            diff: Vec::new(),
            always_show: false,
            delegate: None,
            include: None,
            origin,
        }
    }
}

/// Plain work on the blocking pool; a panic there is an error like any other.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BindError> + Send + 'static,
) -> Result<T, BindError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(BindError::new(format!("internal error: {e}"), None)))
}

impl HostTask {
    /// Runs the task on its host, with all items and attempts.
    pub async fn run(self) -> HostOutcome {
        let this = Arc::new(self);
        let start = {
            let this = this.clone();
            blocking(move || this.start()).await
        };
        match start {
            Err(e) => this.finish(ItemOutcome::failed(e), Vec::new(), None).await,
            Ok(Start::Skip(result)) => {
                this.finish(ItemOutcome::of(Status::Skipped, result, None), Vec::new(), None).await
            }
            Ok(Start::Single) => {
                let mut learned = Map::new();
                let item = this.item(Map::new(), &mut learned, None).await;
                this.finish(item, Vec::new(), None).await
            }
            Ok(Start::Loop(items, control)) => this.run_loop(items, control).await,
        }
    }

    /// The loop's source, and whether the task is skipped before it.
    fn start(&self) -> Result<Start, BindError> {
        if self.placed.task.loop_over.is_none() {
            return Ok(Start::Single);
        }
        let templar = self.templar(Map::new(), Map::new());
        match self.loop_items(&templar) {
            Ok(Some(items)) => Ok(Start::Loop(items, Box::new(self.loop_control(&templar)?))),
            Ok(None) => Ok(Start::Single),
            // A source that can't be had is forgiven when the task is skipped anyway.
            Err(e) => match self.skipped(&templar) {
                Ok(Some(result)) => Ok(Start::Skip(result)),
                _ => Err(e),
            },
        }
    }

    async fn run_loop(self: &Arc<HostTask>, items: Vec<Value>, control: Box<LoopControl>) -> HostOutcome {
        let total = items.len();
        let mut results: Vec<Value> = Vec::with_capacity(total);
        let mut effects = Vec::new();
        let mut includes = Vec::new();
        let mut statuses = Vec::new();
        let mut learned = Map::new();
        let mut delegate = None;
        let mut always_show = false;
        let all = Value::list(items.clone());
        for (index, item) in items.iter().enumerate() {
            let locals = loop_locals(&control, &all, &items, index);
            if index > 0 && control.pause > 0.0 {
                tokio::time::sleep(seconds(control.pause)).await;
            }
            let mut one = self.item(locals.clone(), &mut learned, Some(&control)).await;
            let label = self.label(&control, &locals, &learned, item).await;
            one.judged.result.insert(Key::from(control.var.as_str()), item.clone());
            one.judged.result.insert("ansible_loop_var".into(), control.var.as_str().into());
            if let Some(name) = &control.index_var {
                one.judged.result.insert(Key::from(name.as_str()), index.into());
                one.judged.result.insert("ansible_index_var".into(), name.as_str().into());
            }
            if control.extended
                && let Some(info) = locals.get("ansible_loop")
            {
                one.judged.result.insert("ansible_loop".into(), info.clone());
            }
            let quiet = self.is_no_log(&locals, &learned).await;
            let ignored = self.ignores_errors(&locals, &learned).await;
            let mut shown = TaskOutcome::new(one.judged.status, Value::map(one.judged.result.clone()));
            shown.diff = std::mem::take(&mut one.diff);
            shown.always_show = one.always_show;
            shown.origin = one.origin.clone();
            shown.ignored = shown.is_failure() && ignored;
            if quiet {
                shown = censored(shown);
            }
            if one.include.is_none() {
                self.engine.events.send(EventKind::ItemFinished(TaskResult {
                    task: self.number,
                    host: self.host.to_string(),
                    delegate: one.delegate.as_deref().map(String::from),
                    item: Some(if quiet { CENSORED_ITEM.to_string() } else { label.clone() }),
                    outcome: shown,
                }));
            }
            if let Some(include) = one.include.take() {
                let label = if quiet { CENSORED_ITEM.to_string() } else { label };
                includes.push(Included { include, locals: locals.clone(), label: Some(label) });
            }
            // The registered result so far, for later items.
            if let Some(name) = self.placed.task.keyword("register").and_then(Value::as_str) {
                learned.insert(name.into(), Value::map(one.judged.result.clone()));
            }
            statuses.push((one.judged.status, one.judged.result.get("changed").is_some_and(Value::is_truthy)));
            effects.extend(std::mem::take(&mut one.effects).into_iter().map(|e| (one.delegate.clone(), e)));
            always_show |= one.always_show;
            delegate = one.delegate.or(delegate);
            results.push(Value::map(one.judged.result));
            let unreachable = statuses.last().is_some_and(|(s, _)| *s == Status::Unreachable);
            if unreachable || self.engine.cancel.is_cancelled() || self.breaks(&control, &locals, &learned).await {
                break;
            }
        }
        let mut result = summary(&statuses, total);
        let status = match result.1 {
            Status::Changed | Status::Ok if self.is_include() => Status::Ok,
            status => status,
        };
        result.0.insert("results".into(), Value::list(results));
        let item = ItemOutcome {
            judged: Judged { status, result: result.0, done: true },
            effects: Vec::new(),
            diff: Vec::new(),
            always_show,
            delegate,
            include: None,
            origin: None,
        };
        self.finish(item, includes, Some(effects)).await
    }

    fn is_include(&self) -> bool {
        matches!(self.placed.task.action.as_str(), "include_tasks" | "include_role" | "include")
    }

    async fn breaks(self: &Arc<HostTask>, control: &LoopControl, locals: &Map, learned: &Map) -> bool {
        if control.break_when.is_empty() {
            return false;
        }
        let (this, conditions, locals, learned) =
            (self.clone(), control.break_when.clone(), locals.clone(), learned.clone());
        blocking(move || {
            let templar = this.templar(locals, learned);
            for condition in &conditions {
                if !templar.condition(condition)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
        .unwrap_or(false)
    }

    /// The text that names an item in the output.
    async fn label(self: &Arc<HostTask>, control: &LoopControl, locals: &Map, learned: &Map, item: &Value) -> String {
        let Some(raw) = control.label.clone() else { return crate::template::str_of(item).to_string() };
        let (this, locals, learned) = (self.clone(), locals.clone(), learned.clone());
        let label =
            blocking(move || Ok(crate::template::str_of(&this.templar(locals, learned).render(&raw)?).to_string()))
                .await;
        label.unwrap_or_else(|_| crate::template::str_of(item).to_string())
    }

    async fn is_no_log(self: &Arc<HostTask>, locals: &Map, learned: &Map) -> bool {
        if self.placed.keyword("no_log").is_none() {
            return false;
        }
        let (this, locals, learned) = (self.clone(), locals.clone(), learned.clone());
        // When it can't be told whether to hide the result, it is hidden.
        blocking(move || this.flag(&this.templar(locals, learned), "no_log").map(|f| f.unwrap_or(false)))
            .await
            .unwrap_or(true)
    }

    async fn ignores_errors(self: &Arc<HostTask>, locals: &Map, learned: &Map) -> bool {
        if self.placed.keyword("ignore_errors").is_none() {
            return false;
        }
        let (this, locals, learned) = (self.clone(), locals.clone(), learned.clone());
        blocking(move || this.flag(&this.templar(locals, learned), "ignore_errors").map(|f| f.unwrap_or(false)))
            .await
            .unwrap_or(false)
    }

    /// One item, with its attempts.
    async fn item(
        self: &Arc<HostTask>,
        mut locals: Map,
        learned: &mut Map,
        control: Option<&LoopControl>,
    ) -> ItemOutcome {
        let (attempts, delay) = match self.attempts(&locals, learned).await {
            Ok(found) => found,
            Err(e) => return ItemOutcome::failed(e),
        };
        let mut attempt = 1;
        loop {
            let number = attempts.map(|of| (attempt, of));
            let one = self.once(&mut locals, learned, number).await;
            let of = attempts.unwrap_or(1);
            if one.judged.done || attempt >= of || matches!(one.judged.status, Status::Skipped | Status::Unreachable) {
                return one;
            }
            let mut shown = TaskOutcome::new(one.judged.status, Value::map(one.judged.result));
            if self.is_no_log(&locals, learned).await {
                shown = censored(shown);
            }
            let item = control.and_then(|c| locals.get(c.var.as_str())).map(|v| crate::template::str_of(v).to_string());
            self.engine.events.send(EventKind::Retrying {
                result: TaskResult {
                    task: self.number,
                    host: self.host.to_string(),
                    delegate: one.delegate.as_deref().map(String::from),
                    item,
                    outcome: shown,
                },
                left: of - attempt,
            });
            attempt += 1;
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.engine.cancel.cancelled() => {
                    return ItemOutcome::failed(BindError::new("cancelled", None));
                }
            }
        }
    }

    /// How many attempts `until` and `retries` allow, and the pause between them; `None` without both.
    async fn attempts(self: &Arc<HostTask>, locals: &Map, learned: &Map) -> Result<(Option<u32>, Duration), BindError> {
        let task = &self.placed.task;
        if task.keyword("until").is_none() && task.keyword("retries").is_none() {
            return Ok((None, Duration::ZERO));
        }
        let (this, locals, learned) = (self.clone(), locals.clone(), learned.clone());
        blocking(move || {
            let templar = this.templar(locals, learned);
            let retries = this.number(&templar, "retries")?;
            if retries.is_none() && this.placed.task.keyword("until").is_none() {
                return Ok((None, Duration::ZERO));
            }
            let retries = retries.unwrap_or(3.0);
            let attempts = if retries <= 0.0 { 1 } else { (retries as u32).saturating_add(1) };
            let delay = this.number(&templar, "delay")?.unwrap_or(5.0).max(0.0);
            Ok((Some(attempts), seconds(delay)))
        })
        .await
    }

    /// One attempt: bind, do, judge.
    async fn once(
        self: &Arc<HostTask>,
        locals: &mut Map,
        learned: &mut Map,
        attempt: Option<(u32, u32)>,
    ) -> ItemOutcome {
        let bound = {
            let (this, locals, learned) = (self.clone(), locals.clone(), learned.clone());
            blocking(move || this.bind(&locals, &learned)).await
        };
        let bound = match bound {
            Ok(Bound::Skip(result)) => return ItemOutcome::of(Status::Skipped, result, None),
            Ok(Bound::Task(bound)) => bound,
            Err(e) => return ItemOutcome::failed(e),
        };
        let delegate = bound.delegate.clone();
        let include = match &bound.work {
            Work::Include(include) => Some((**include).clone()),
            _ => None,
        };
        if let Some(include) = include {
            let mut item =
                ItemOutcome::of(Status::Ok, adept_wire::map! { "changed" => false, "failed" => false }, None);
            item.include = Some(include);
            return item;
        }
        let quiet = self.is_no_log(locals, learned).await;
        let outcome = match self.perform(*bound, quiet).await {
            Ok(outcome) => outcome,
            Err(ActionError::Connection(e)) => return unreachable(e, delegate),
            Err(e) => {
                let mut item = ItemOutcome::failed(e.into());
                item.delegate = delegate;
                return item;
            }
        };
        let ActionOutcome { mut module, mut effects, always_show } = outcome;
        if module.result.contains_key("timedout") {
            module.changed = false;
            if let Some(msg) = module.result.get("msg").and_then(Value::as_str).map(|m| format!("Task failed: {m}")) {
                module.result.insert("msg".into(), msg.into());
            }
        }
        if let Some(changes) = super::effects::changes_inventory(&self.engine, &self.host, &effects) {
            module.changed = changes;
        }
        if !module.facts.is_empty() {
            effects.push(Effect::Facts(module.facts.clone()));
        }
        let origin = self.blamed(&module);
        let diff = module.diff.clone();
        let judged = {
            let (this, mut l, mut s, e) = (self.clone(), locals.clone(), learned.clone(), effects.clone());
            let work = move || {
                let judged = this.judge(result_of(&module), &e, &mut l, &mut s, attempt)?;
                Ok((judged, l, s))
            };
            blocking(work).await
        };
        match judged {
            Ok((judged, l, s)) => {
                *locals = l;
                *learned = s;
                ItemOutcome { judged, effects, diff, always_show, delegate, include: None, origin }
            }
            Err(e) => {
                let mut item = ItemOutcome::failed(e);
                item.delegate = delegate;
                item
            }
        }
    }

    /// Where the parameter that a module blamed was written.
    fn blamed(&self, module: &ModuleOutcome) -> Option<adept_wire::Origin> {
        let name = module.bad_parameter.as_deref()?;
        let args = &self.placed.task.args.map;
        let own = args.get_key_value(name);
        let (key, value) = own.or_else(|| {
            // It may have been written under an alias.
            let spec = adept_modules::find(&self.placed.task.action)?.spec;
            let param = spec.param(name)?;
            param.aliases.iter().chain([&param.name]).find_map(|alias| args.get_key_value(*alias))
        })?;
        value.origin().or(key.origin()).cloned()
    }

    async fn perform(&self, bound: BoundTask, quiet: bool) -> Result<ActionOutcome, ActionError> {
        if let Work::Done(outcome) = bound.work {
            return Ok(*outcome);
        }
        let session = match self.engine.pool.session(&bound.spec).await {
            Ok(session) => session,
            Err(ConnectionError::NotYet { what }) => {
                let message = format!("{what} is not supported yet");
                return Err(ActionError::failed(message).at(self.placed.task.origin.as_ref()));
            }
            Err(e @ ConnectionError::Unknown { .. }) => {
                return Err(ActionError::failed(e.to_string()).at(self.placed.task.origin.as_ref()));
            }
            Err(e) => return Err(e.into()),
        };
        // Only commands speak while they run; everything else has its result to say.
        let live = !quiet && matches!(bound.action.as_str(), "command" | "shell" | "script" | "raw" | "provision");
        let output = live.then(|| self.live_output());
        let performer = Performer { session: &session, run: bound.request, output, cancel: &self.engine.cancel };
        perform(bound.work, &performer).await
    }

    fn live_output(&self) -> Output {
        let (events, task, host) = (self.engine.events.clone(), self.number, self.host.to_string());
        Arc::new(move |stream, data| {
            let text = String::from_utf8_lossy(data).into_owned();
            events.send(EventKind::Output { task, host: host.clone(), stream, text });
        })
    }

    /// From the last item to what the dispatcher gets. `looped` are the effects of a loop's items.
    async fn finish(
        self: &Arc<HostTask>,
        item: ItemOutcome,
        mut includes: Vec<Included>,
        looped: Option<Vec<(Option<Arc<str>>, Effect)>>,
    ) -> HostOutcome {
        let ItemOutcome { judged, effects, diff, always_show, delegate, include, origin } = item;
        includes.extend(include.map(|include| Included { include, locals: Map::new(), label: None }));
        let result = Value::map(judged.result);
        let mut outcome = TaskOutcome::new(judged.status, result.clone());
        outcome.diff = diff;
        outcome.always_show = always_show && looped.is_none();
        outcome.origin = origin;
        let no = Map::new();
        outcome.ignored = outcome.is_failure() && self.ignores_errors(&no, &no).await;
        let flags = {
            let this = self.clone();
            blocking(move || {
                let templar = this.templar(Map::new(), Map::new());
                let unreachable = this.flag(&templar, "ignore_unreachable").ok().flatten().unwrap_or(false);
                let facts = this.flag(&templar, "delegate_facts").ok().flatten().unwrap_or(false);
                Ok((unreachable, facts))
            })
        };
        let needs =
            self.placed.keyword("ignore_unreachable").is_some() || self.placed.keyword("delegate_facts").is_some();
        let (ignore_unreachable, delegate_facts) = if needs { flags.await.unwrap_or_default() } else { (false, false) };
        if outcome.status == Status::Unreachable {
            outcome.ignored = ignore_unreachable;
        }
        if self.is_no_log(&no, &no).await {
            outcome = censored(outcome);
        }
        let mut effects =
            looped.unwrap_or_else(|| effects.into_iter().map(|effect| (delegate.clone(), effect)).collect());
        if matches!(outcome.status, Status::Changed) {
            match self.notified().await {
                Ok(names) if names.is_empty() => {}
                Ok(names) => effects.push((None, Effect::Notify(names))),
                // A handler that would silently not run is worse than a failure.
                Err(e) => {
                    let failed = ItemOutcome::failed(e);
                    outcome.status = Status::Failed;
                    outcome.result = Value::map(failed.judged.result);
                    outcome.origin = failed.origin;
                }
            }
        }
        HostOutcome { outcome, result, delegate, includes, effects, delegate_facts }
    }

    /// The names in `notify`, rendered.
    async fn notified(self: &Arc<HostTask>) -> Result<Vec<String>, BindError> {
        let raw: Vec<Value> = self.placed.keyword_all("notify").into_iter().cloned().collect();
        if raw.is_empty() {
            return Ok(Vec::new());
        }
        let this = self.clone();
        let names = blocking(move || {
            let templar: Templar = this.templar(Map::new(), Map::new());
            let mut names = Vec::new();
            for value in raw {
                let value = templar.render(&value)?;
                match &value.data {
                    Data::List(items) => names.extend(items.iter().map(adept_modules::args::text)),
                    Data::Null => {}
                    _ => names.push(adept_modules::args::text(&value)),
                }
            }
            Ok(names)
        });
        names.await
    }
}

/// As long as can be, where someone wrote more than fits (`inf`).
fn seconds(given: f64) -> Duration {
    Duration::try_from_secs_f64(given).unwrap_or(Duration::MAX)
}

enum Start {
    Single,
    Loop(Vec<Value>, Box<LoopControl>),
    Skip(Map),
}

fn unreachable(e: ConnectionError, delegate: Option<Arc<str>>) -> ItemOutcome {
    let result = adept_wire::map! { "msg" => e.to_string(), "unreachable" => true, "changed" => false };
    ItemOutcome { delegate, ..ItemOutcome::of(Status::Unreachable, result, None) }
}

/// The loop variables of one item.
fn loop_locals(control: &LoopControl, all: &Value, items: &[Value], index: usize) -> Map {
    let mut locals = adept_wire::map! { "ansible_loop_var" => control.var.as_str() };
    locals.insert(Key::from(control.var.as_str()), items[index].clone());
    if let Some(name) = &control.index_var {
        locals.insert(Key::from(name.as_str()), index.into());
        locals.insert("ansible_index_var".into(), name.as_str().into());
    }
    if control.extended {
        let length = items.len();
        let mut info = adept_wire::map! {
            "index" => index + 1, "index0" => index, "first" => index == 0, "last" => index + 1 == length,
            "length" => length, "revindex" => length - index, "revindex0" => length - index - 1,
        };
        if control.all_items {
            info.insert("allitems".into(), all.clone());
        }
        if let Some(next) = items.get(index + 1) {
            info.insert("nextitem".into(), next.clone());
        }
        if let Some(previous) = index.checked_sub(1).and_then(|i| items.get(i)) {
            info.insert("previtem".into(), previous.clone());
        }
        locals.insert("ansible_loop".into(), info.into());
    }
    locals
}

/// The result of a loop, without its items' results.
fn summary(statuses: &[(Status, bool)], total: usize) -> (Map, Status) {
    if total == 0 {
        let result =
            adept_wire::map! { "changed" => false, "skipped" => true, "skipped_reason" => "No items in the list" };
        return (result, Status::Skipped);
    }
    let changed = statuses.iter().any(|(_, changed)| *changed);
    let has = |status: Status| statuses.iter().any(|(s, _)| *s == status);
    let skipped = statuses.iter().all(|(s, _)| *s == Status::Skipped);
    let mut result = adept_wire::map! { "changed" => changed, "skipped" => skipped };
    let status = if has(Status::Unreachable) {
        result.insert("unreachable".into(), true.into());
        result.insert("msg".into(), "One or more items were unreachable".into());
        Status::Unreachable
    } else if has(Status::Failed) {
        result.insert("failed".into(), true.into());
        result.insert("msg".into(), "One or more items failed".into());
        Status::Failed
    } else if skipped {
        result.insert("msg".into(), "All items skipped".into());
        Status::Skipped
    } else {
        result.insert("msg".into(), "All items completed".into());
        if changed { Status::Changed } else { Status::Ok }
    };
    (result, status)
}

/// The same outcome with nothing to read in it.
fn censored(mut outcome: TaskOutcome) -> TaskOutcome {
    let mut result = adept_wire::map! {
        "censored" => "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
    };
    if let Some(changed) = outcome.result.get("changed") {
        result.insert("changed".into(), changed.clone());
    }
    if let Some(items) = outcome.result.get("results").and_then(Value::as_list) {
        // Of a loop, each item is hidden by itself.
        let hide = |item: &Value| {
            let mut hidden: Map = result.clone();
            if let Some(changed) = item.get("changed") {
                hidden.insert("changed".into(), changed.clone());
            }
            Value::map(hidden)
        };
        let items = items.iter().map(hide).collect();
        result.insert("results".into(), Value::list(items));
    }
    outcome.result = result.into();
    outcome.diff.clear();
    outcome
}
