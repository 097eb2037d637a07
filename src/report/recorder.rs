//! The recorder: keeps events, so that tests can assert on them.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::event::{Event, EventSink};

/// Keeps every event. Clones see the same events.
#[derive(Clone, Default, Debug)]
pub struct Recorder {
    events: Arc<Mutex<Vec<Event>>>,
}

impl Recorder {
    /// A recorder without events.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// Takes the events so far away.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        // A test that panicked elsewhere leaves the events as they were.
        self.events.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl EventSink for Recorder {
    fn event(&mut self, event: &Event) {
        self.lock().push(event.clone());
    }
}
