//! The console: events as a person reads them; not on a terminal, in the lines of Ansible's default callback.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adept_wire::{Data, Key, Map, Origin, Stream, Value};

use super::live::{Chunk, Line, Live};
use super::options::ConsoleOptions;
use super::paint::{Paint, banner, recap};
use super::{diff, json};
use crate::event::{Event, EventKind, EventSink, Stats, Status, TaskInfo, TaskResult};

/// Shows events. Warnings go to the second writer, everything else to the first.
pub struct Console {
    // Shared with the timers that show held output.
    state: Arc<Mutex<State>>,
}

impl Console {
    /// Shows events on these writers.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, options: ConsoleOptions) -> Console {
        let state = State {
            out,
            err,
            options,
            play: String::new(),
            several_hosts: false,
            tasks: HashMap::new(),
            banner: None,
            item_hosts: HashSet::new(),
            last_outcome: HashMap::new(),
            said: HashSet::new(),
            live: Live::default(),
        };
        Console { state: Arc::new(Mutex::new(state)) }
    }
}

impl EventSink for Console {
    fn event(&mut self, event: &Event) {
        let wait = lock(&self.state).event(event);
        if let Some((task, wait)) = wait {
            // A command that prints one line and then works in silence is shown, too.
            let state = self.state.clone();
            std::thread::spawn(move || {
                std::thread::sleep(wait);
                lock(&state).release(task);
            });
        }
    }
}

/// A reader that panicked once is still the only one that can say why.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct State {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    options: ConsoleOptions,
    /// The play whose banner was shown last.
    play: String,
    several_hosts: bool,
    tasks: HashMap<u64, Task>,
    /// The task whose banner was shown last.
    banner: Option<u64>,
    /// Tasks and hosts that had items; their end needs no line.
    item_hosts: HashSet<(u64, String)>,
    /// When a task on a host had its last item.
    last_outcome: HashMap<(u64, String), f64>,
    /// Warnings and errors that were shown.
    said: HashSet<String>,
    live: Live,
}

struct Task {
    info: TaskInfo,
    started: f64,
}

impl Task {
    /// `role : name`
    fn title(&self) -> String {
        match &self.info.role {
            Some(role) => format!("{role} : {}", self.info.name),
            None => self.info.name.clone(),
        }
    }

    fn action(&self) -> &str {
        self.info.action.rsplit('.').next().unwrap_or_default()
    }
}

impl State {
    /// Shows an event; asks for a timer where output is held back.
    fn event(&mut self, event: &Event) -> Option<(u64, Duration)> {
        let mut timer = None;
        match &event.kind {
            EventKind::RunStarted { .. } => {}
            EventKind::PlaybookStarted { path } => {
                if self.options.verbosity >= 2 {
                    let file = path.rsplit('/').next().unwrap_or(path);
                    self.banner(&format!("PLAYBOOK: {file}"));
                }
            }
            EventKind::PlayStarted { name, hosts } => {
                self.several_hosts = hosts.len() > 1;
                self.play(name);
            }
            EventKind::NoHostsMatched { play } => {
                if self.play != *play {
                    self.play(play);
                }
                self.line(Paint::Skipped, "skipping: no hosts matched");
            }
            EventKind::TaskStarted(info) => {
                let id = info.task;
                self.tasks.insert(id, Task { info: info.clone(), started: event.time });
                // Where some lines are hidden, a banner comes only with a line.
                if self.options.display_ok_hosts && self.options.display_skipped_hosts {
                    self.task_banner(id);
                }
            }
            EventKind::Output { task, host, stream, text } => {
                timer = self.output(event.time, *task, host, *stream, text);
            }
            EventKind::ItemFinished(result) => self.outcome(event.time, result, true),
            EventKind::TaskFinished(result) => self.outcome(event.time, result, false),
            EventKind::Retrying { result, left } => self.retrying(result, *left),
            EventKind::Included { file, hosts, item } => {
                let item = item.as_ref().map(|i| format!(" => (item={i})")).unwrap_or_default();
                if let Some(id) = self.banner_needed() {
                    self.task_banner(id);
                }
                self.line(Paint::Skipped, &format!("included: {file} for {}{item}", hosts.join(", ")));
            }
            EventKind::Notified { handler, host } => {
                if self.options.verbosity >= 2 {
                    self.line(Paint::Verbose, &format!("NOTIFIED HANDLER {handler} for {host}"));
                }
            }
            EventKind::Warning { message, origin } => self.warn(Paint::Warning, "[WARNING]", message, origin.as_ref()),
            EventKind::Deprecated { message, origin } => {
                self.warn(Paint::Deprecated, "[DEPRECATION WARNING]", message, origin.as_ref());
            }
            EventKind::PlaybookFinished { stats, .. } => self.recap(stats),
            EventKind::TransitionStarted { context, .. } => self.banner(&format!("TRANSITION [{context}]")),
            EventKind::TransitionFinished { context, exit_code, seconds } => {
                let (paint, result) = match exit_code {
                    0 => (Paint::Ok, "ok".to_string()),
                    code => (Paint::Failed, format!("failed (exit code {code})")),
                };
                self.line(paint, &format!("transition {context}: {result} after {seconds:.1} s"));
            }
        }
        // Someone who has closed the pipe wants no more.
        let _ = self.out.flush();
        timer
    }

    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
    }

    fn line(&mut self, paint: Paint, text: &str) {
        let line = paint.text(self.options.color, text) + "\n";
        self.write(&line);
    }

    fn banner(&mut self, title: &str) {
        let text = format!("\n{}\n", banner(title, self.options.width));
        self.write(&text);
    }

    fn play(&mut self, name: &str) {
        self.play = name.to_string();
        self.banner = None;
        let title = if name.trim().is_empty() { "PLAY".to_string() } else { format!("PLAY [{}]", name.trim()) };
        self.banner(&title);
    }

    fn task_banner(&mut self, id: u64) {
        if self.banner == Some(id) {
            return;
        }
        let Some(task) = self.tasks.get(&id) else { return };
        let word = if task.info.handler { "RUNNING HANDLER" } else { "TASK" };
        let title = format!("{word} [{}]", task.title());
        let path = task.info.origin.as_ref().map(|o| format!("task path: {}:{}", o.file, o.line));
        self.banner = Some(id);
        self.banner(&title);
        if let (Some(path), true) = (path, self.options.verbosity >= 2) {
            self.line(Paint::Dim, &path);
        }
    }

    /// The last started task, if its banner is still to be shown.
    fn banner_needed(&self) -> Option<u64> {
        let last = self.tasks.keys().max().copied()?;
        (self.banner != Some(last)).then_some(last)
    }

    fn output(&mut self, time: f64, task: u64, host: &str, stream: Stream, text: &str) -> Option<(u64, Duration)> {
        let after = self.options.live_after?;
        let chunk = Chunk { host: host.to_string(), stream, text: text.to_string() };
        let age = self.tasks.get(&task).map_or(0.0, |t| time - t.started);
        if self.live.is_long(task) || age >= after {
            self.release(task);
            let lines = self.live.lines(task, chunk);
            self.live_lines(task, &lines);
            return None;
        }
        let first = self.live.hold(task, chunk);
        first.then(|| (task, Duration::from_secs_f64((after - age).max(0.0))))
    }

    fn release(&mut self, task: u64) {
        let lines = self.live.release(task);
        self.live_lines(task, &lines);
    }

    fn live_lines(&mut self, task: u64, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        self.task_banner(task);
        for line in lines {
            let prefix = if self.several_hosts { format!("{} |", line.host) } else { "  |".to_string() };
            let text = format!("{} {}\n", Paint::Dim.text(self.options.color, &prefix), line.text);
            self.write(&text);
        }
        let _ = self.out.flush();
    }

    fn retrying(&mut self, result: &TaskResult, left: u32) {
        self.task_banner(result.task);
        let title = self.tasks.get(&result.task).map(Task::title).unwrap_or_default();
        let mut text = format!("FAILED - RETRYING: [{}]: {title} ({left} retries left).", host_label(result));
        if self.options.verbosity >= 3 {
            text += &format!("Result was: {}", self.shown_result(result, false));
        }
        self.line(Paint::Dim, &text);
    }

    /// A task or an item has ended.
    fn outcome(&mut self, time: f64, result: &TaskResult, is_item: bool) {
        let run = (result.task, result.host.clone());
        let (lines, was_live) = self.live.finish(result.task, &result.host);
        self.live_lines(result.task, &lines);
        let had_items = !is_item && self.item_hosts.remove(&run);
        let since = self.last_outcome.remove(&run).or(self.tasks.get(&result.task).map(|t| t.started));
        if is_item {
            self.item_hosts.insert(run.clone());
            self.last_outcome.insert(run, time);
        }
        let seconds = since.map_or(0.0, |since| time - since);
        let outcome = &result.outcome;
        let hidden = match outcome.status {
            Status::Ok => !self.options.display_ok_hosts && !outcome.always_show,
            Status::Skipped => !self.options.display_skipped_hosts,
            _ => false,
        };
        // An include is told by what it included, and `meta` has no results.
        let silent = match self.tasks.get(&result.task).map(Task::action) {
            Some("include_tasks" | "include_role" | "include") => outcome.status == Status::Ok,
            Some("meta") => !outcome.is_failure(),
            _ => false,
        };
        // The items were shown, each by itself.
        let told = had_items && outcome.status != Status::Skipped && outcome.status != Status::Unreachable;
        if !hidden && !silent && !told {
            self.task_banner(result.task);
            self.differences(result);
            if outcome.is_failure() {
                self.failure(result, is_item, was_live, seconds);
            } else {
                self.success(result, is_item, was_live, seconds);
            }
        }
        if outcome.ignored && outcome.is_failure() && !is_item {
            self.line(Paint::Skipped, "...ignoring");
        }
    }

    fn differences(&mut self, result: &TaskResult) {
        if self.options.diff {
            for one in &result.outcome.diff {
                let text = diff::unified(one, self.options.color);
                self.write(&text);
            }
        }
    }

    /// ` (3.2 s)`, on a terminal, where it took long.
    fn duration(&self, seconds: f64) -> String {
        if self.options.terminal && seconds > 1.0 { format!(" ({seconds:.1} s)") } else { String::new() }
    }

    fn success(&mut self, result: &TaskResult, is_item: bool, was_live: bool, seconds: f64) {
        let outcome = &result.outcome;
        let word = match outcome.status {
            Status::Changed => "changed",
            Status::Skipped => "skipping",
            _ => "ok",
        };
        let mut text = format!("{word}: [{}]{}", host_label(result), self.duration(seconds));
        if is_item {
            text += &format!(" => (item={})", result.item.as_deref().unwrap_or_default());
            if outcome.status == Status::Skipped {
                text.push(' ');
            }
        }
        // Facts are too many for `-v`.
        let facts = matches!(self.tasks.get(&result.task).map(Task::action), Some("setup" | "gather_facts"));
        if outcome.always_show || (self.options.verbosity >= 1 && !facts) {
            text += &format!(" => {}", self.shown_result(result, was_live));
        }
        self.line(Paint::of(outcome.status), &text);
    }

    fn failure(&mut self, result: &TaskResult, is_item: bool, was_live: bool, seconds: f64) {
        let outcome = &result.outcome;
        let unreachable = outcome.status == Status::Unreachable;
        let host = host_label(result);
        let took = self.duration(seconds);
        let head = match (is_item, unreachable) {
            (true, _) => format!("failed: [{host}]{took} (item={}) =>", result.item.as_deref().unwrap_or_default()),
            (false, true) => format!("fatal: [{host}]: UNREACHABLE!{took} =>"),
            (false, false) => format!("fatal: [{host}]: FAILED!{took} =>"),
        };
        // The value or the line of a template that is to blame, rather than the task that it belongs to.
        let task = self.tasks.get(&result.task).and_then(|t| t.info.origin.as_ref());
        let origin = outcome.origin.as_ref().or(task).cloned();
        let paint = Paint::of(outcome.status);
        let message = message(&outcome.result);
        if let (true, Some(message)) = (self.options.terminal, &message) {
            let block = self.failure_block(result, message, origin.as_ref(), was_live);
            return self.line(paint, &format!("{head} {block}"));
        }
        if let (Some(message), Some(origin)) = (message, origin) {
            // As ansible-core 2.19; 2.18 doesn't say where.
            let error = format!("[ERROR]: Task failed: {message}\n{}", place(&origin));
            if self.said.insert(error.clone()) {
                self.line(Paint::Failed, &error);
            }
        }
        let shown = self.shown_result(result, false);
        self.line(paint, &format!("{head} {shown}"));
    }

    /// What a person wants to know of a failure, without JSON.
    fn failure_block(&self, result: &TaskResult, message: &str, origin: Option<&Origin>, was_live: bool) -> String {
        let mut block = indented_rest(message);
        if let Some(origin) = origin {
            block += &format!("\n    at {origin}");
        }
        let Some(map) = result.outcome.result.as_map() else { return block };
        let command = map.get("cmd").map(|cmd| match &cmd.data {
            Data::List(words) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "))
            }
            _ => text(cmd),
        });
        if let Some(command) = command.filter(|c| !c.is_empty()) {
            block += &format!("\n    command: {}", indented_rest(&command));
        }
        for name in ["assertion", "rc"] {
            if let Some(value) = map.get(name) {
                block += &format!("\n    {name}: {}", indented_rest(&text(value)));
            }
        }
        for name in ["stdout", "stderr", "module_stdout", "module_stderr"] {
            // What was shown while it ran isn't shown again.
            let Some(value) = map.get(name).filter(|_| !was_live).map(text) else { continue };
            if !value.trim().is_empty() {
                block += &format!("\n    {name}:");
                for line in value.trim_end().lines() {
                    block += &format!("\n        {line}");
                }
            }
        }
        if self.options.verbosity >= 1 {
            block += &format!("\n    result: {}", self.shown_result(result, was_live));
        }
        block
    }

    /// The result as JSON, without what isn't shown.
    fn shown_result(&self, result: &TaskResult, was_live: bool) -> String {
        let outcome = &result.outcome;
        let Some(map) = outcome.result.as_map() else { return json::dumps(&outcome.result, None) };
        let verbosity = self.options.verbosity;
        let is_debug = self.tasks.get(&result.task).is_some_and(|t| t.action() == "debug");
        let shown = |key: &Key, _: &Value| {
            let Some(name) = key.as_str() else { return true };
            let hidden = match name {
                "failed" | "skipped" | "warnings" | "deprecations" | "diff" => true,
                "invocation" | "exception" => verbosity < 3,
                // Of a loop; its items were shown.
                "results" => outcome.status == Status::Skipped,
                "changed" | "item" | "ansible_loop_var" | "ansible_index_var" | "ansible_loop" => {
                    is_debug && !outcome.is_failure()
                }
                "stdout" | "stdout_lines" | "stderr" | "stderr_lines" => self.options.terminal && was_live,
                _ => name.starts_with("_ansible"),
            };
            !hidden
        };
        let map: Map = map.iter().filter(|(k, v)| shown(k, v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let indent = (outcome.always_show || verbosity >= 3).then_some(4);
        json::dumps(&Value::map(map), indent)
    }

    fn warn(&mut self, paint: Paint, word: &str, message: &str, origin: Option<&Origin>) {
        let mut text = format!("{word}: {message}");
        if let Some(origin) = origin {
            text += &format!("\n{}", place(origin));
        }
        if self.said.insert(text.clone()) {
            let line = paint.text(self.options.color, &text) + "\n";
            let _ = self.err.write_all(line.as_bytes());
            let _ = self.err.flush();
        }
    }

    fn recap(&mut self, stats: &Stats) {
        self.banner("PLAY RECAP");
        let text = recap(stats, self.options.color) + "\n";
        self.write(&text);
        self.play.clear();
        self.banner = None;
    }
}

/// `a`, or `a -> delegate`.
fn host_label(result: &TaskResult) -> String {
    match &result.delegate {
        Some(delegate) if *delegate != result.host => format!("{} -> {delegate}", result.host),
        _ => result.host.clone(),
    }
}

/// What a result says for people.
fn message(result: &Value) -> Option<String> {
    ["msg", "censored"].iter().find_map(|name| result.get(name)).map(text).filter(|text| !text.trim().is_empty())
}

/// Text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| json::dumps(value, None), str::to_string)
}

/// The text with its further lines indented.
fn indented_rest(text: &str) -> String {
    text.trim_end().replace('\n', "\n        ")
}

/// `Origin: file:line:column` and the lines that lead to it, as ansible-core 2.19 shows a place.
fn place(origin: &Origin) -> String {
    let mut shown = format!("Origin: {origin}\n");
    let source = std::fs::read_to_string(&*origin.file).unwrap_or_default();
    let last = origin.line as usize;
    let lines: Vec<(usize, &str)> = source.lines().enumerate().map(|(i, line)| (i + 1, line)).collect();
    if let Some(lines) = lines.get(last.saturating_sub(3)..last).filter(|lines| !lines.is_empty()) {
        let gutter = last.to_string().len();
        for (number, line) in lines {
            shown += &format!("\n{}", format!("{number:<gutter$} {line}").trim_end());
        }
        let pad = " ".repeat(gutter + origin.column as usize);
        shown += &format!("\n{pad}^ column {}\n", origin.column);
    }
    shown
}

#[cfg(test)]
pub(super) mod tests;
