//! Replays what happened in plays of the real ansible-playbook 2.19 (`testdata/record.py`) and compares the console's text.

use adept_wire::{Diff, Value};
use serde_json::Value as Json;

use super::console::tests::Shared;
use super::{Console, ConsoleOptions};
use crate::event::{Event, EventKind, EventSink, HostStats, Stats, Status, TaskInfo, TaskOutcome, TaskResult};

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_string()
}

fn some_text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_string)
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().map(text).collect()
}

fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

fn result(task: u64, e: &Json) -> TaskResult {
    let status = match text(&e["status"]).as_str() {
        "ok" => Status::Ok,
        "changed" => Status::Changed,
        "skipped" => Status::Skipped,
        "failed" => Status::Failed,
        "unreachable" => Status::Unreachable,
        other => panic!("unknown status {other}"),
    };
    let side = |json: &Json| if json.is_null() { Value::NULL } else { value(json) };
    let diff = e["diff"].as_array().unwrap().iter().map(|d| Diff {
        before_header: text(&d["before_header"]),
        after_header: text(&d["after_header"]),
        before: side(&d["before"]),
        after: side(&d["after"]),
    });
    TaskResult {
        task,
        host: text(&e["host"]),
        delegate: some_text(&e["delegate"]),
        item: some_text(&e["item"]),
        outcome: TaskOutcome {
            ignored: e["ignored"] == true,
            always_show: e["always"] == true,
            diff: diff.collect(),
            ..TaskOutcome::new(status, value(&e["result"]))
        },
    }
}

fn kind(task: &mut u64, play: &mut String, e: &Json) -> EventKind {
    match text(&e["event"]).as_str() {
        "play" => {
            *play = text(&e["name"]);
            EventKind::PlayStarted { name: play.clone(), hosts: vec!["a".into()] }
        }
        "no_hosts" => EventKind::NoHostsMatched { play: play.clone() },
        "task" => {
            *task += 1;
            EventKind::TaskStarted(TaskInfo {
                task: *task,
                name: text(&e["name"]),
                action: text(&e["action"]),
                role: some_text(&e["role"]),
                handler: e["handler"] == true,
                origin: None,
            })
        }
        "item" => EventKind::ItemFinished(result(*task, e)),
        "end" => EventKind::TaskFinished(result(*task, e)),
        "retry" => EventKind::Retrying { result: result(*task, e), left: e["left"].as_u64().unwrap() as u32 },
        "included" => {
            EventKind::Included { file: text(&e["file"]), hosts: texts(&e["hosts"]), item: some_text(&e["item"]) }
        }
        "stats" => {
            let hosts = e["hosts"].as_object().unwrap().iter().map(|(host, s)| {
                let n = |name: &str| s[name].as_u64().unwrap() as u32;
                let stats = HostStats {
                    ok: n("ok"),
                    changed: n("changed"),
                    unreachable: n("unreachable"),
                    failed: n("failed"),
                    skipped: n("skipped"),
                    rescued: n("rescued"),
                    ignored: n("ignored"),
                };
                (host.clone(), stats)
            });
            EventKind::PlaybookFinished { stats: Stats(hosts.collect()), exit_code: 0 }
        }
        other => panic!("unknown event {other}"),
    }
}

#[test]
fn plays_look_as_with_ansible() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("testdata/recorded.json")).unwrap();
    assert!(cases.len() >= 3);
    for case in &cases {
        let arguments = texts(&case["arguments"]);
        let options = ConsoleOptions {
            verbosity: u8::from(arguments.iter().any(|a| a == "-v")),
            diff: arguments.iter().any(|a| a == "--diff"),
            ..ConsoleOptions::default()
        };
        let out = Shared::default();
        let mut console = Console::new(Box::new(out.clone()), Box::new(Shared::default()), options);
        let (mut task, mut play) = (0, String::new());
        for (i, e) in case["events"].as_array().unwrap().iter().enumerate() {
            console.event(&Event { time: i as f64, kind: kind(&mut task, &mut play, e) });
        }
        let (ours, theirs) = (out.text(), text(&case["text"]));
        let different = ours.lines().zip(theirs.lines()).position(|(a, b)| a != b);
        if let Some(n) = different {
            let around = |text: &str| text.lines().skip(n.saturating_sub(4)).take(8).collect::<Vec<_>>().join("\n");
            panic!("{arguments:?}, line {}:\n{}\n--- but Ansible:\n{}", n + 1, around(&ours), around(&theirs));
        }
        assert_eq!(ours.lines().count(), theirs.lines().count());
    }
}
