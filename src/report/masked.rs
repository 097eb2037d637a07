//! Secrets are masked here, once, for all readers.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use adept_wire::{Data, Diff, Key, Stream, Value};

use crate::event::{Event, EventKind, EventSink, TaskResult};

/// What stands in for a secret.
pub const MASK: &str = "********";

/// Shorter text is no secret, and masking it would make everything else unreadable.
const SHORTEST: usize = 3;

/// The set of secret strings. Clones share it, and what is added is masked from then on.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<Arc<str>>>>);

impl Secrets {
    /// No secrets yet.
    pub fn new() -> Secrets {
        Secrets::default()
    }

    /// Adds a secret. Of a secret of several lines each line is one too, since output comes by lines.
    pub fn add(&self, secret: &str) {
        let mut secrets = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for part in std::iter::once(secret).chain(secret.lines()).map(str::trim) {
            // Lines such as `}` or `---` of a longer secret tell nothing.
            let enough = part.len() >= SHORTEST && (part == secret.trim() || part.len() >= 2 * SHORTEST);
            if enough && !secrets.iter().any(|s| **s == *part) {
                secrets.push(part.into());
            }
        }
        // The longest first: a secret may hold another one.
        secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    }

    /// The text with [`MASK`] for every secret in it.
    pub fn mask(&self, text: &str) -> String {
        mask(&self.snapshot(), text)
    }

    fn snapshot(&self) -> Vec<Arc<str>> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// How many, never which.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.snapshot().len())
    }
}

fn mask(secrets: &[Arc<str>], text: &str) -> String {
    let mut text = std::borrow::Cow::Borrowed(text);
    for secret in secrets {
        if text.contains(&**secret) {
            text = text.replace(&**secret, MASK).into();
        }
    }
    text.into_owned()
}

/// Masks events and hands them on: the one writer to all readers. Live output goes on by whole lines once there are secrets,
/// since a secret may come in two pieces.
pub struct Masked {
    secrets: Secrets,
    sinks: Vec<Box<dyn EventSink>>,
    /// The beginnings of lines, by task, host and stream (standard output: true).
    pending: HashMap<(u64, String, bool), String>,
}

impl Masked {
    /// Masks these secrets, also those that are added later, for these readers.
    pub fn new(secrets: Secrets, sinks: Vec<Box<dyn EventSink>>) -> Masked {
        Masked { secrets, sinks, pending: HashMap::new() }
    }

    fn hand_on(&mut self, event: &Event) {
        for sink in &mut self.sinks {
            sink.event(event);
        }
    }

    /// Hands on what is left of a host's output, before its outcome.
    fn flush(&mut self, time: f64, task: u64, host: &str) {
        let secrets = self.secrets.snapshot();
        for stdout in [true, false] {
            if let Some(text) = self.pending.remove(&(task, host.to_string(), stdout)) {
                let stream = if stdout { Stream::Stdout } else { Stream::Stderr };
                let kind = EventKind::Output { task, host: host.to_string(), stream, text: mask(&secrets, &text) };
                self.hand_on(&Event { time, kind });
            }
        }
    }
}

impl EventSink for Masked {
    fn event(&mut self, event: &Event) {
        if let EventKind::TaskFinished(r) | EventKind::ItemFinished(r) | EventKind::Retrying { result: r, .. } =
            &event.kind
        {
            self.flush(event.time, r.task, &r.host);
        }
        let secrets = self.secrets.snapshot();
        if secrets.is_empty() {
            return self.hand_on(event);
        }
        let mut event = event.clone();
        if let EventKind::Output { task, host, stream, text } = &mut event.kind {
            let key = (*task, host.clone(), *stream == Stream::Stdout);
            let mut held = self.pending.remove(&key).unwrap_or_default();
            held.push_str(text);
            let end = held.rfind('\n').map_or(0, |end| end + 1);
            if end < held.len() {
                self.pending.insert(key, held.split_off(end));
            }
            if held.is_empty() {
                return;
            }
            *text = held;
        }
        mask_kind(&secrets, &mut event.kind);
        self.hand_on(&event);
    }
}

fn mask_kind(secrets: &[Arc<str>], kind: &mut EventKind) {
    let text = |t: &mut String| *t = mask(secrets, t);
    let texts = |t: &mut Vec<String>| t.iter_mut().for_each(|t| *t = mask(secrets, t));
    match kind {
        EventKind::RunStarted { .. } | EventKind::TransitionFinished { .. } | EventKind::PlaybookFinished { .. } => {}
        EventKind::PlaybookStarted { path } => text(path),
        EventKind::PlayStarted { name, hosts } => {
            text(name);
            texts(hosts);
        }
        EventKind::NoHostsMatched { play } => text(play),
        EventKind::TaskStarted(info) => text(&mut info.name),
        EventKind::Output { text: t, .. } => text(t),
        EventKind::ItemFinished(result) | EventKind::TaskFinished(result) => mask_result(secrets, result),
        EventKind::Retrying { result, .. } => mask_result(secrets, result),
        EventKind::Included { file, item, .. } => {
            text(file);
            item.iter_mut().for_each(text);
        }
        EventKind::Notified { handler, .. } => text(handler),
        EventKind::Warning { message, .. } | EventKind::Deprecated { message, .. } => text(message),
        EventKind::TransitionStarted { workspace, .. } => text(workspace),
    }
}

fn mask_result(secrets: &[Arc<str>], result: &mut TaskResult) {
    result.item.iter_mut().for_each(|t| *t = mask(secrets, t));
    result.outcome.result = mask_value(secrets, &result.outcome.result);
    for Diff { before_header, after_header, before, after } in &mut result.outcome.diff {
        *before_header = mask(secrets, before_header);
        *after_header = mask(secrets, after_header);
        *before = mask_value(secrets, before);
        *after = mask_value(secrets, after);
    }
}

fn mask_value(secrets: &[Arc<str>], value: &Value) -> Value {
    match &value.data {
        Data::List(items) => Value::list(items.iter().map(|item| mask_value(secrets, item)).collect()),
        Data::Map(map) => {
            let masked = map.iter().map(|(key, item)| {
                let key = key.as_str().map_or_else(|| key.clone(), |k| Key::from(mask(secrets, k)));
                (key, mask_value(secrets, item))
            });
            Value::map(masked.collect())
        }
        Data::Null | Data::Bool(_) => value.clone(),
        Data::Str(text) => Value::str(mask(secrets, text)),
        Data::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let masked = mask(secrets, &text);
            if masked == text { value.clone() } else { Value::str(masked) }
        }
        // A secret may be a number.
        Data::Int(_) | Data::BigInt(_) | Data::Float(_) | Data::Date(_) => {
            let text = format!("{value:?}");
            let masked = mask(secrets, &text);
            if masked == text { value.clone() } else { Value::str(masked) }
        }
    }
}

#[cfg(test)]
mod tests {
    use adept_wire::map;

    use super::*;
    use crate::event::{Sender, Status, TaskOutcome};
    use crate::report::Recorder;

    fn run(secrets: &[&str], kinds: Vec<EventKind>) -> String {
        let set = Secrets::new();
        secrets.iter().for_each(|s| set.add(s));
        let recorder = Recorder::new();
        let sender = Sender::new(vec![Box::new(Masked::new(set, vec![Box::new(recorder.clone())]))]);
        kinds.into_iter().for_each(|k| sender.send(k));
        let lines = recorder.events().iter().map(|e| serde_json::to_string(&e.kind).unwrap()).collect::<Vec<_>>();
        lines.join("\n")
    }

    fn finished(result: Value) -> EventKind {
        EventKind::TaskFinished(TaskResult {
            task: 1,
            host: "h".into(),
            delegate: None,
            item: Some("hunter2".into()),
            outcome: TaskOutcome {
                diff: vec![Diff { before: "x".into(), after: "pw=hunter2\n".into(), ..Diff::default() }],
                ..TaskOutcome::new(Status::Ok, result)
            },
        })
    }

    fn output(text: &str) -> EventKind {
        EventKind::Output { task: 1, host: "h".into(), stream: Stream::Stdout, text: text.into() }
    }

    #[test]
    fn no_secret_is_left_in_any_part_of_a_result() {
        let result = map! {
            "msg" => "it is hunter2!",
            "list" => vec![Value::from(map! { "hunter2" => "a hunter2b" }), Value::from(123_456)],
            "raw" => Value::bytes(*b"\xffhunter2"),
        };
        let text = run(&["hunter2", "123456"], vec![finished(result.into())]);
        assert!(!text.contains("hunter2") && !text.contains("123456"), "{text}");
        assert_eq!(text.matches(MASK).count(), 7, "{text}");
    }

    #[test]
    fn the_longest_secret_is_masked_first_and_tiny_ones_are_not() {
        let text =
            run(&["pass", "password1", "a"], vec![EventKind::PlaybookStarted { path: "a password1 pass".into() }]);
        assert_eq!(text, "{\"event\":\"playbook_started\",\"path\":\"a ******** ********\"}");
    }

    #[test]
    fn a_secret_in_two_pieces_of_output_is_masked() {
        let text =
            run(&["hunter2"], vec![output("x\nhun"), output("ter2\nand hunt"), output("er2"), finished(Value::NULL)]);
        let texts: Vec<_> = text.lines().filter_map(|l| l.split("\"text\":").nth(1)).collect();
        assert_eq!(texts, ["\"x\\n\"}", "\"********\\n\"}", "\"and ********\"}"]);
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        let text = run(&["-----BEGIN\nabcdefgh\n}\n"], vec![output("1 abcdefgh }\n")]);
        assert!(text.contains("1 ******** }"), "{text}");
    }

    #[test]
    fn without_secrets_everything_passes_as_it_is() {
        let text = run(&[], vec![output("pie"), output("ce")]);
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        let set = Secrets::new();
        set.add("hunter2");
        assert_eq!(format!("{set:?}"), "Secrets(1)");
    }
}
