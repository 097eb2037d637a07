//! `Replies`: the one place that writes frames, shared by all runs.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use adept_wire::{ModuleOutcome, Reply, RequestId, frame};

pub(crate) struct Replies {
    output: Mutex<Box<dyn Write + Send>>,
}

impl Replies {
    pub(crate) fn new(output: impl Write + Send + 'static) -> Replies {
        Replies { output: Mutex::new(Box::new(output)) }
    }

    /// Writes one frame. A slow reader holds up the runs that write: that is the flow control.
    pub(crate) fn send(&self, reply: &Reply) -> io::Result<()> {
        self.write(&frame::encode(reply)?)
    }

    /// Writes a run's outcome; one that no frame can hold becomes a failure that says so.
    pub(crate) fn outcome(&self, id: RequestId, outcome: ModuleOutcome) -> io::Result<()> {
        let encoded = frame::encode(&Reply::Outcome { id, outcome: Box::new(outcome) }).or_else(|e| {
            let outcome = ModuleOutcome::fail(format!("the result can't be sent: {e}"));
            frame::encode(&Reply::Outcome { id, outcome: Box::new(outcome) })
        })?;
        self.write(&encoded)
    }

    fn write(&self, frame: &[u8]) -> io::Result<()> {
        // A writer that panicked has written nothing we could mend; the reader notices.
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(frame)?;
        output.flush()
    }
}
