//! `Runs`: what is running, each on a thread of its own, and how it is ended.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use adept_modules::{Cancel, Ending, Host};
use adept_wire::{ModuleOutcome, Reply, RequestId, Run, Value, map};

use crate::replies::Replies;

/// Between TERM and KILL where the controller doesn't say: for a run whose time is up.
const GRACE: Duration = Duration::from_secs(2);

/// The runs of one session.
#[derive(Clone)]
pub(crate) struct Runs {
    live: Arc<Live>,
    replies: Arc<Replies>,
    run_dir: Arc<Path>,
}

#[derive(Default)]
struct Live {
    runs: Mutex<HashMap<RequestId, Arc<Cancel>>>,
    ended: Condvar,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Arc<Cancel>>> {
        // A map that is whole after every statement.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runs {
    pub(crate) fn new(replies: Arc<Replies>, run_dir: &Path) -> Runs {
        Runs { live: Arc::default(), replies, run_dir: run_dir.into() }
    }

    /// Starts a run. It ends in exactly one outcome.
    ///
    /// # Errors
    /// When a run of this id is live: then nobody could tell their outcomes apart.
    pub(crate) fn start(&self, run: Run) -> Result<(), String> {
        let id = run.id;
        let cancel = Arc::new(Cancel::default());
        match self.live.lock().entry(id) {
            Entry::Occupied(_) => return Err(format!("request {id} is running already")),
            Entry::Vacant(free) => free.insert(cancel.clone()),
        };
        let runs = self.clone();
        let name = format!("run {id} {}", run.module);
        let started = thread::Builder::new().name(name).spawn(move || {
            let outcome = runs.run(&run, &cancel);
            runs.finish(id, outcome);
        });
        if let Err(e) = started {
            self.finish(id, ModuleOutcome::fail(format!("the agent can't start a thread: {e}")));
        }
        Ok(())
    }

    /// Ends a run: TERM now, KILL after the grace. One that has ended meanwhile is no matter.
    pub(crate) fn cancel(&self, id: RequestId, grace: Duration) {
        let Some(cancel) = self.live.lock().get(&id).cloned() else { return };
        cancel.end(Ending::Cancelled);
        let killer = cancel.clone();
        let started = thread::Builder::new().name(format!("cancel {id}")).spawn(move || {
            thread::sleep(grace);
            killer.kill();
        });
        if started.is_err() {
            cancel.kill();
        }
    }

    /// Ends everything, and waits for it: at most the grace, and the same again for what doesn't react to KILL at once.
    pub(crate) fn end_all(&self, grace: Duration) {
        for cancel in self.live.lock().values() {
            cancel.end(Ending::Cancelled);
        }
        if !self.wait_until_idle(grace) {
            for cancel in self.live.lock().values() {
                cancel.kill();
            }
            self.wait_until_idle(grace);
        }
    }

    fn wait_until_idle(&self, at_most: Duration) -> bool {
        let until = Instant::now() + at_most;
        let mut runs = self.live.lock();
        while !runs.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            runs = self.live.ended.wait_timeout(runs, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn finish(&self, id: RequestId, outcome: ModuleOutcome) {
        // A reader that is gone shows as the end of our input; there is nobody else to tell.
        let _ = self.replies.outcome(id, outcome);
        // Only now, so that who waits for all runs to end waits for their outcomes too.
        self.live.lock().remove(&id);
        self.live.ended.notify_all();
    }

    fn run(&self, run: &Run, cancel: &Arc<Cancel>) -> ModuleOutcome {
        let output = |stream, data: &[u8]| {
            let _ = self.replies.send(&Reply::Output { id: run.id, stream, data: data.to_vec() });
        };
        let cwd = match &run.cwd {
            Some(bytes) => PathBuf::from(OsString::from_vec(bytes.clone())),
            None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        };
        let host = Host {
            check: run.check,
            diff: run.diff,
            cwd,
            environment: &run.environment,
            umask: run.umask,
            output: if run.live_output { Some(&output) } else { None },
            cancel,
            run_dir: &self.run_dir,
            counter: Cell::new(0),
        };
        let watch = run.timeout_ms.map(|ms| Watch::start(cancel, Duration::from_millis(ms)));
        let outcome = catch_unwind(AssertUnwindSafe(|| adept_modules::run(&run.module, &run.args, &host)))
            .unwrap_or_else(|panic| {
                ModuleOutcome::fail(format!("module '{}' panicked: {}", run.module, panic_text(&*panic)))
            });
        drop(watch);
        match cancel.ending() {
            None => outcome,
            Some(why) => ended(outcome, why, run),
        }
    }
}

/// What the module gave is kept for who wants to see how far it came; but it didn't come to its own end.
fn ended(mut outcome: ModuleOutcome, why: Ending, run: &Run) -> ModuleOutcome {
    outcome.failed = true;
    outcome.skipped = false;
    match why {
        Ending::Cancelled => {
            outcome.result.insert("msg".into(), "cancelled".into());
        }
        Ending::TimedOut => {
            let ms = run.timeout_ms.unwrap_or(0);
            let seconds =
                if ms.is_multiple_of(1000) { (ms / 1000).to_string() } else { (ms as f64 / 1000.0).to_string() };
            // ansible-core 2.19's words.
            outcome.result.insert("msg".into(), format!("Timed out after {seconds} second(s).").into());
            outcome.result.insert("timedout".into(), map! { "period" => Value::from(ms / 1000) }.into());
        }
    }
    outcome
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it left no message")
}

/// Ends a run when its time is up; no longer watches once it is dropped.
struct Watch {
    _run_ended: mpsc::Sender<()>,
}

impl Watch {
    fn start(cancel: &Arc<Cancel>, time: Duration) -> Watch {
        let (run_ended, ended) = mpsc::channel::<()>();
        let watched = cancel.clone();
        let started = thread::Builder::new().name("timeout".into()).spawn(move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                watched.end(Ending::TimedOut);
                if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
                    watched.kill();
                }
            }
        });
        if started.is_err() {
            // Without a watch the run could outlive its time: better to end it now, with an outcome that says so.
            cancel.end(Ending::TimedOut);
        }
        Watch { _run_ended: run_ended }
    }
}
