//! Where events go: readers implement [`EventSink`], writers hold a [`Sender`].

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Event, EventKind};

/// A reader of the stream: console, JSON lines, recorder, ...
pub trait EventSink: Send {
    /// Takes one event. Events arrive in order, one at a time.
    fn event(&mut self, event: &Event);
}

/// The writing end. Clones write to the same readers.
#[derive(Clone, Default)]
pub struct Sender {
    sinks: Arc<Mutex<Vec<Box<dyn EventSink>>>>,
}

impl Sender {
    /// A stream with these readers.
    pub fn new(sinks: Vec<Box<dyn EventSink>>) -> Sender {
        Sender { sinks: Arc::new(Mutex::new(sinks)) }
    }

    /// Tells all readers.
    pub fn send(&self, kind: EventKind) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        let event = Event { time, kind };
        // A reader that panicked must not silence the others.
        let mut sinks = self.sinks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for sink in sinks.iter_mut() {
            sink.event(&event);
        }
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}
