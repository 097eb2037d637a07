//! `Cancel`: how a run learns that it should end, and how its child processes do.
//!
//! ```text
//! end(why)   the reason is kept, sleepers wake, the child's process group gets TERM
//! kill()     after the grace: the group gets KILL, and nobody waits for its pipes any longer
//! ```

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Why a run ends before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody asked for it.
    Cancelled,
    /// Its time is up.
    TimedOut,
}

/// One per run; the run's thread looks at it, any other thread may end the run.
#[derive(Debug, Default)]
pub struct Cancel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    ending: Option<Ending>,
    killed: bool,
    /// The process group of the running child. It is only here while the child isn't reaped, so that its number can't
    /// belong to somebody else.
    group: Option<Pid>,
}

impl Cancel {
    /// Asks the run to end. The first reason counts.
    pub fn end(&self, why: Ending) {
        let mut state = self.lock();
        state.ending.get_or_insert(why);
        signal(&state, Signal::TERM);
        self.changed.notify_all();
    }

    /// Ends what is still running.
    pub fn kill(&self) {
        let mut state = self.lock();
        state.ending.get_or_insert(Ending::Cancelled);
        state.killed = true;
        signal(&state, Signal::KILL);
        self.changed.notify_all();
    }

    /// Why the run should end, if it should.
    pub fn ending(&self) -> Option<Ending> {
        self.lock().ending
    }

    /// Is the grace over?
    pub fn is_killed(&self) -> bool {
        self.lock().killed
    }

    /// Waits; `false` when the run should end.
    pub fn sleep(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while state.ending.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// A child that leads this group has started. If the run was ended meanwhile, so is the group.
    pub(crate) fn enter(&self, group: Pid) {
        let mut state = self.lock();
        state.group = Some(group);
        if state.ending.is_some() {
            signal(&state, if state.killed { Signal::KILL } else { Signal::TERM });
        }
    }

    /// The child is about to be reaped. What is left of an ended run's group is killed.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        if state.ending.is_some() {
            signal(&state, Signal::KILL);
        }
        state.group = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is plain data that is consistent after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal(state: &State, signal: Signal) {
    if let Some(group) = state.group {
        // Whether somebody is left in the group doesn't matter.
        let _ = kill_process_group(group, signal);
    }
}
