//! `Interrupts`: a signal that ends the transition ends first what is running, with its whole process group.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long a command may take to end itself. A nested `adept` gives its own commands 2 s, and then has to say so.
const GRACE: Duration = Duration::from_secs(5);

/// Watches for SIGINT, SIGTERM and SIGHUP as long as it lives.
#[derive(Debug)]
pub struct Interrupts {
    state: Arc<Mutex<State>>,
    /// Dropped with this: ends the watching thread.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    received: Option<i32>,
    /// The process group that runs now.
    group: Option<Pid>,
}

impl Interrupts {
    /// Starts to watch.
    pub fn watch() -> io::Result<Interrupts> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = oneshot::channel();
        let (interrupt, terminate, hangup) = {
            let _entered = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?)
        };
        let shared = state.clone();
        thread::Builder::new().name("signals".to_string()).spawn(move || {
            runtime.block_on(async move {
                let (mut interrupt, mut terminate, mut hangup) = (interrupt, terminate, hangup);
                let mut stopped = stopped;
                loop {
                    let received = tokio::select! {
                        _ = &mut stopped => return,
                        _ = interrupt.recv() => Signal::INT,
                        _ = terminate.recv() => Signal::TERM,
                        _ = hangup.recv() => Signal::HUP,
                    };
                    tokio::spawn(end(shared.clone(), received));
                }
            });
        })?;
        Ok(Interrupts { state, _stop: stop })
    }

    /// The number of the first signal that came.
    pub fn received(&self) -> Option<i32> {
        lock(&self.state).received
    }

    /// From now on, signals end this group.
    pub fn started(&self, group: Pid) {
        let mut state = lock(&self.state);
        state.group = Some(group);
        if state.received.is_some() {
            let _ = kill_process_group(group, Signal::TERM);
        }
    }

    /// The group has ended. If the terminal's interrupt went to it and not to us, it counts as ours.
    pub fn ended(&self, code: i32, had_terminal: bool) {
        let mut state = lock(&self.state);
        let group = state.group.take();
        let interrupted = [-Signal::INT.as_raw(), 128 + Signal::INT.as_raw()].contains(&code);
        if had_terminal && interrupted {
            state.received.get_or_insert(Signal::INT.as_raw());
        }
        // What the command left behind in its group must not outlive an interrupted transition.
        if let (Some(group), Some(_)) = (group, state.received) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn end(state: Arc<Mutex<State>>, signal: Signal) {
    let (group, again) = {
        let mut state = lock(&state);
        let again = state.received.replace(signal.as_raw()).is_some();
        (state.group, again)
    };
    let Some(group) = group else { return };
    if !again {
        let _ = kill_process_group(group, signal);
        // A stopped group would never see the signal.
        let _ = kill_process_group(group, Signal::CONT);
        tokio::time::sleep(GRACE).await;
    }
    if lock(&state).group == Some(group) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A panic while the lock was held leaves nothing half-done here.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
