//! Live output: what commands print, shown line by line once a task has run for a while.

use std::collections::{HashMap, HashSet};

use adept_wire::Stream;

/// A task on a host.
type Run = (u64, String);

/// Output that came and was not shown yet, and what was shown.
#[derive(Default)]
pub(super) struct Live {
    /// Chunks of tasks that have not run for long.
    held: HashMap<u64, Vec<Chunk>>,
    /// Tasks that have run for long: their output is shown at once.
    long: HashSet<u64>,
    /// Beginnings of lines, by stream.
    partial: HashMap<(Run, bool), String>,
    /// Where output was shown since the last outcome.
    shown: HashSet<Run>,
}

/// A piece of output.
pub(super) struct Chunk {
    pub host: String,
    pub stream: Stream,
    pub text: String,
}

/// A whole line to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub host: String,
    pub text: String,
}

impl Live {
    pub(super) fn is_long(&self, task: u64) -> bool {
        self.long.contains(&task)
    }

    /// Keeps a piece until the task has run for long. True for the first one of a task.
    pub(super) fn hold(&mut self, task: u64, chunk: Chunk) -> bool {
        let first = !self.held.contains_key(&task);
        self.held.entry(task).or_default().push(chunk);
        first
    }

    /// The task has run for long: what was kept is to be shown.
    pub(super) fn release(&mut self, task: u64) -> Vec<Line> {
        self.long.insert(task);
        let held = self.held.remove(&task).unwrap_or_default();
        held.into_iter().flat_map(|chunk| self.lines(task, chunk)).collect()
    }

    /// The lines that this piece completes.
    pub(super) fn lines(&mut self, task: u64, chunk: Chunk) -> Vec<Line> {
        let run = (task, chunk.host.clone());
        let partial = self.partial.entry((run.clone(), chunk.stream == Stream::Stdout)).or_default();
        partial.push_str(&chunk.text);
        let end = partial.rfind('\n').map_or(0, |end| end + 1);
        let rest = partial.split_off(end);
        let whole = std::mem::replace(partial, rest);
        if !whole.is_empty() {
            self.shown.insert(run);
        }
        whole.lines().map(|text| Line { host: chunk.host.clone(), text: last_state(text) }).collect()
    }

    /// The host has an outcome: what is left of its lines, and whether its output was shown.
    pub(super) fn finish(&mut self, task: u64, host: &str) -> (Vec<Line>, bool) {
        let run = (task, host.to_string());
        if let Some(held) = self.held.get_mut(&task) {
            held.retain(|chunk| chunk.host != host);
        }
        let mut lines = Vec::new();
        for stdout in [true, false] {
            if let Some(text) = self.partial.remove(&(run.clone(), stdout)).filter(|text| !text.is_empty()) {
                lines.push(Line { host: host.to_string(), text: last_state(&text) });
            }
        }
        let shown = self.shown.remove(&run) || !lines.is_empty();
        (lines, shown)
    }
}

/// What a terminal would show of a line that a progress bar wrote over and over.
fn last_state(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r').next().unwrap_or(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str) -> Chunk {
        Chunk { host: "h".into(), stream: Stream::Stdout, text: text.into() }
    }

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|l| l.text).collect()
    }

    #[test]
    fn lines_are_whole_and_in_order() {
        let mut live = Live::default();
        assert!(live.hold(1, chunk("a\nb")));
        assert!(!live.hold(1, chunk("c\n")));
        assert_eq!(texts(live.release(1)), ["a", "bc"]);
        assert_eq!(texts(live.lines(1, chunk("10%\r50%\r100%\nend"))), ["100%"]);
        let (rest, shown) = live.finish(1, "h");
        assert_eq!((texts(rest), shown), (vec!["end".to_string()], true));
        assert!(!live.finish(1, "h").1);
    }

    #[test]
    fn what_ends_early_is_never_shown() {
        let mut live = Live::default();
        live.hold(1, chunk("a\n"));
        assert_eq!(live.finish(1, "h"), (vec![], false));
        assert!(live.release(1).is_empty());
    }
}
