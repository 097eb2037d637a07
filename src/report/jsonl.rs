//! JSON lines: every event as one line of JSON, written at once, so that a program can follow along.

use std::io::{self, Write};

use crate::event::{Event, EventKind, EventSink, VERSION};

/// Writes every event as a line of JSON. The first line is always `run_started`, which carries the version of the stream.
pub struct Jsonl {
    out: Box<dyn Write + Send>,
    program: String,
    started: bool,
    broken: bool,
}

impl Jsonl {
    /// Writes to `out`. `program` names the program and its version, should the stream not begin by naming them.
    pub fn new(out: Box<dyn Write + Send>, program: impl Into<String>) -> Jsonl {
        Jsonl { out, program: program.into(), started: false, broken: false }
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

impl EventSink for Jsonl {
    fn event(&mut self, event: &Event) {
        if self.broken {
            return;
        }
        let mut written = Ok(());
        if !self.started && !matches!(event.kind, EventKind::RunStarted { .. }) {
            let kind = EventKind::RunStarted { version: VERSION, program: self.program.clone() };
            written = self.line(&Event { time: event.time, kind });
        }
        self.started = true;
        if let Err(e) = written.and_then(|()| self.line(event)) {
            // A full disk must not end the run, nor be said a thousand times.
            self.broken = true;
            eprintln!("[WARNING]: events can't be written any more: {e}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::report::console::tests::Shared;

    #[test]
    fn the_first_line_carries_the_version() {
        let out = Shared(Arc::new(Mutex::new(Vec::new())));
        let mut jsonl = Jsonl::new(Box::new(out.clone()), "adept 1");
        for path in ["a.yml", "b.yml"] {
            jsonl.event(&Event { time: 1.5, kind: EventKind::PlaybookStarted { path: path.into() } });
        }
        assert_eq!(
            out.text(),
            "{\"time\":1.5,\"event\":\"run_started\",\"version\":1,\"program\":\"adept 1\"}\n{\"time\":1.5,\"event\":\"playbook_started\",\"path\":\"a.yml\"}\n{\"time\":1.5,\"event\":\"playbook_started\",\"path\":\"b.yml\"}\n"
        );
    }

    #[test]
    fn a_writer_that_fails_is_left_alone() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("full"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut jsonl = Jsonl::new(Box::new(Full), "adept 1");
        jsonl.event(&Event { time: 1.5, kind: EventKind::PlaybookStarted { path: "a".into() } });
        assert!(jsonl.broken);
    }
}
