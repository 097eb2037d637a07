//! What the console shows. Lines off a terminal were recorded from ansible-core 2.19.14.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use adept_wire::{Origin, Stream, Value, map};

use super::*;
use crate::event::TaskOutcome;

/// A writer whose text can be read.
#[derive(Clone, Default)]
pub(in crate::report) struct Shared(pub Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(in crate::report) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A console and a clock.
struct Stage {
    console: Console,
    out: Shared,
    err: Shared,
    time: f64,
    task: u64,
}

impl Stage {
    fn new(options: ConsoleOptions) -> Stage {
        let (out, err) = (Shared::default(), Shared::default());
        let console = Console::new(Box::new(out.clone()), Box::new(err.clone()), options);
        Stage { console, out, err, time: 100.0, task: 0 }
    }

    fn send(&mut self, kind: EventKind) -> &mut Stage {
        self.console.event(&Event { time: self.time, kind });
        self
    }

    fn play(&mut self, name: &str, hosts: &[&str]) -> &mut Stage {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        self.send(EventKind::PlayStarted { name: name.into(), hosts })
    }

    fn task(&mut self, name: &str, action: &str) -> &mut Stage {
        self.start(name, action, None, false, None)
    }

    fn start(
        &mut self,
        name: &str,
        action: &str,
        role: Option<&str>,
        handler: bool,
        origin: Option<Origin>,
    ) -> &mut Stage {
        self.task += 1;
        let (name, action, role) = (name.into(), action.into(), role.map(Into::into));
        self.send(EventKind::TaskStarted(TaskInfo { task: self.task, name, action, role, handler, origin }))
    }

    fn result(&self, host: &str, item: Option<&str>, outcome: TaskOutcome) -> TaskResult {
        let (host, delegate) = host.split_once(" -> ").map_or((host, None), |(h, d)| (h, Some(d.to_string())));
        TaskResult { task: self.task, host: host.into(), delegate, item: item.map(Into::into), outcome }
    }

    fn done(&mut self, host: &str, status: Status, result: impl Into<Value>) -> &mut Stage {
        let result = self.result(host, None, TaskOutcome::new(status, result.into()));
        self.send(EventKind::TaskFinished(result))
    }

    fn item(&mut self, host: &str, item: &str, status: Status, result: impl Into<Value>) -> &mut Stage {
        let result = self.result(host, Some(item), TaskOutcome::new(status, result.into()));
        self.send(EventKind::ItemFinished(result))
    }

    fn shown(&mut self, host: &str, item: Option<&str>, status: Status, result: impl Into<Value>) -> &mut Stage {
        let outcome = TaskOutcome { always_show: true, ..TaskOutcome::new(status, result.into()) };
        let result = self.result(host, item, outcome);
        self.send(if item.is_some() { EventKind::ItemFinished(result) } else { EventKind::TaskFinished(result) })
    }

    fn ignored(&mut self, host: &str, result: impl Into<Value>) -> &mut Stage {
        let outcome = TaskOutcome { ignored: true, ..TaskOutcome::new(Status::Failed, result.into()) };
        let result = self.result(host, None, outcome);
        self.send(EventKind::TaskFinished(result))
    }

    fn output(&mut self, host: &str, text: &str) -> &mut Stage {
        self.send(EventKind::Output { task: self.task, host: host.into(), stream: Stream::Stdout, text: text.into() })
    }

    fn after(&mut self, seconds: f64) -> &mut Stage {
        self.time += seconds;
        self
    }
}

fn plain() -> Stage {
    Stage::new(ConsoleOptions::default())
}

/// A terminal without colours, to keep expectations readable.
fn terminal() -> Stage {
    Stage::new(ConsoleOptions { color: false, live_after: Some(2.0), ..ConsoleOptions::terminal(80) })
}

fn recap_of(hosts: &[(&str, HostStatsOf)]) -> EventKind {
    let stats = Stats(hosts.iter().map(|(host, s)| (host.to_string(), s.0)).collect());
    EventKind::PlaybookFinished { stats, exit_code: 0 }
}
struct HostStatsOf(crate::event::HostStats);

fn stats(
    ok: u32,
    changed: u32,
    unreachable: u32,
    failed: u32,
    skipped: u32,
    rescued: u32,
    ignored: u32,
) -> HostStatsOf {
    HostStatsOf(crate::event::HostStats { ok, changed, unreachable, failed, skipped, rescued, ignored })
}

#[test]
fn lines_are_those_of_ansible() {
    let mut s = plain();
    let failed = || map! { "changed" => true, "cmd" => vec!["false"], "failed" => true, "msg" => "non-zero return code", "rc" => 1 };
    s.play("First play", &["a", "b"]);
    s.task("Say hello", "debug").shown("a", None, Status::Ok, map! { "msg" => "hello", "changed" => false });
    s.task("cmd", "command").done("b", Status::Changed, map! {}).done("a", Status::Ok, map! {});
    s.task("skipped", "command").done("a", Status::Skipped, map! {});
    s.start("in role", "set_fact", Some("r2"), false, None).done("a", Status::Ok, map! {});
    s.task("loop", "command").item("a", "x", Status::Changed, map! {}).item("a", "y", Status::Ok, map! {});
    s.done("a", Status::Changed, map! {});
    s.task("loop debug", "ansible.builtin.debug");
    s.shown(
        "a",
        Some("{'k': 'v'}"),
        Status::Ok,
        map! { "msg" => map! { "k" => "v" }, "item" => 1, "changed" => false },
    );
    s.done("a", Status::Ok, map! {});
    s.task("loop mixed", "command").item("b", "y", Status::Failed, failed()).item("b", "z", Status::Skipped, map! {});
    s.ignored("b", failed());
    s.task("fail ignored", "command").ignored("a", failed());
    s.task("skipped loop", "command").item("b", "1", Status::Skipped, map! {}).done("b", Status::Skipped, map! {});
    s.task("delegated", "command").done("a -> localhost", Status::Changed, map! {});
    s.item("a -> localhost", "lab", Status::Changed, map! {}).done("a", Status::Changed, map! {});
    s.task("retry", "command");
    let result = s.result("a", None, TaskOutcome::new(Status::Failed, failed().into()));
    s.send(EventKind::Retrying { result, left: 2 });
    s.task("incl", "include_tasks");
    let hosts = vec!["a".to_string(), "b".to_string()];
    s.send(EventKind::Included { file: "/x/inc.yml".into(), hosts: hosts.clone(), item: None });
    s.send(EventKind::Included { file: "/x/inc.yml".into(), hosts, item: Some("1".into()) });
    s.done("a", Status::Ok, map! {});
    s.start("My handler", "debug", None, true, None).done("a", Status::Ok, map! {});
    s.task("assert", "assert");
    s.shown("a", None, Status::Failed, map! { "assertion" => "n == 4", "changed" => false, "evaluated_to" => false });
    s.play("bad", &["bad"]).task("ping", "ping").done(
        "bad",
        Status::Unreachable,
        map! { "unreachable" => true, "msg" => "no", "changed" => false },
    );
    s.play("nobody", &[]).send(EventKind::NoHostsMatched { play: "nobody".into() });
    s.send(recap_of(&[("b", stats(23, 11, 0, 1, 2, 1, 3)), ("a", stats(25, 12, 0, 0, 3, 1, 3))]));
    let stars = |title: &str| format!("\n{title} {}\n", "*".repeat(79 - title.len()));
    let failed = "{\"changed\": true, \"cmd\": [\"false\"], \"msg\": \"non-zero return code\", \"rc\": 1}";
    let expected = [
        stars("PLAY [First play]"),
        stars("TASK [Say hello]") + "ok: [a] => {\n    \"msg\": \"hello\"\n}\n",
        stars("TASK [cmd]") + "changed: [b]\nok: [a]\n",
        stars("TASK [skipped]") + "skipping: [a]\n",
        stars("TASK [r2 : in role]") + "ok: [a]\n",
        stars("TASK [loop]") + "changed: [a] => (item=x)\nok: [a] => (item=y)\n",
        stars("TASK [loop debug]") + "ok: [a] => (item={'k': 'v'}) => {\n    \"msg\": {\n        \"k\": \"v\"\n    }\n}\n",
        stars("TASK [loop mixed]") + &format!("failed: [b] (item=y) => {failed}\nskipping: [b] => (item=z) \n...ignoring\n"),
        stars("TASK [fail ignored]") + &format!("fatal: [a]: FAILED! => {failed}\n...ignoring\n"),
        stars("TASK [skipped loop]") + "skipping: [b] => (item=1) \nskipping: [b]\n",
        stars("TASK [delegated]") + "changed: [a -> localhost]\nchanged: [a -> localhost] => (item=lab)\n",
        stars("TASK [retry]") + "FAILED - RETRYING: [a]: retry (2 retries left).\n",
        stars("TASK [incl]") + "included: /x/inc.yml for a, b\nincluded: /x/inc.yml for a, b => (item=1)\n",
        stars("RUNNING HANDLER [My handler]") + "ok: [a]\n",
        stars("TASK [assert]") + "fatal: [a]: FAILED! => {\n    \"assertion\": \"n == 4\",\n    \"changed\": false,\n    \"evaluated_to\": false\n}\n",
        stars("PLAY [bad]"),
        stars("TASK [ping]") + "fatal: [bad]: UNREACHABLE! => {\"changed\": false, \"msg\": \"no\", \"unreachable\": true}\n",
        stars("PLAY [nobody]") + "skipping: no hosts matched\n",
        stars("PLAY RECAP"),
        "a                          : ok=25   changed=12   unreachable=0    failed=0    skipped=3    rescued=1    ignored=3   \n".into(),
        "b                          : ok=23   changed=11   unreachable=0    failed=1    skipped=2    rescued=1    ignored=3   \n\n".into(),
    ];
    assert_eq!(s.out.text(), expected.concat());
}

#[test]
fn colours_are_those_of_ansible() {
    let mut s = Stage::new(ConsoleOptions { color: true, ..ConsoleOptions::default() });
    s.task("t", "debug").shown("a", None, Status::Ok, map! { "msg" => "x" }).done("b", Status::Changed, map! {});
    s.send(recap_of(&[("bad", stats(0, 0, 1, 0, 0, 0, 0)), ("a", stats(25, 12, 0, 0, 3, 1, 3))]));
    let text = s.out.text();
    assert!(text.contains("\x1b[0;32mok: [a] => {\x1b[0m\n\x1b[0;32m    \"msg\": \"x\"\x1b[0m\n\x1b[0;32m}\x1b[0m\n\x1b[0;33mchanged: [b]\x1b[0m\n"));
    assert!(text.contains("\x1b[0;33ma\x1b[0m                          : \x1b[0;32mok=25  \x1b[0m \x1b[0;33mchanged=12  \x1b[0m unreachable=0    failed=0    \x1b[0;36mskipped=3   \x1b[0m \x1b[0;32mrescued=1   \x1b[0m \x1b[1;35mignored=3   \x1b[0m\n"));
    assert!(text.contains(
        "\x1b[0;31mbad\x1b[0m                        : ok=0    changed=0    \x1b[1;31munreachable=1   \x1b[0m failed=0 "
    ));
}

#[test]
fn banners_count_columns_not_letters() {
    let mut s = plain();
    s.task("日本語 name", "command").task(&"a very long name ".repeat(5), "command");
    let lines: Vec<_> = s.out.text().lines().map(str::to_string).collect();
    assert_eq!(lines[1], format!("TASK [日本語 name] {}", "*".repeat(61)));
    assert!(lines[3].ends_with("] ***"));
}

#[test]
fn a_failure_says_where_as_ansible_does() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.yml");
    std::fs::write(&file, "- hosts: a\n  tasks:\n    - name: x\n").unwrap();
    let origin = Origin { file: file.to_string_lossy().into(), line: 3, column: 7 };
    let mut s = plain();
    s.start("x", "fail", None, false, Some(origin));
    let failed = || map! { "msg" => "boom", "changed" => false, "failed" => true };
    s.done("a", Status::Failed, failed()).done("b", Status::Failed, failed());
    let text = s.out.text().replace(&*dir.path().to_string_lossy(), "");
    let expected = "[ERROR]: Task failed: boom\nOrigin: /p.yml:3:7\n\n1 - hosts: a\n2   tasks:\n3     - name: x\n        ^ column 7\n\nfatal: [a]: FAILED! => {\"changed\": false, \"msg\": \"boom\"}\nfatal: [b]: FAILED! => {\"changed\": false, \"msg\": \"boom\"}\n";
    assert_eq!(text.split_once("*\n").unwrap().1, expected);
}

#[test]
fn verbosity_shows_results() {
    let result =
        || map! { "changed" => true, "invocation" => 1, "_ansible_x" => 1, "stdout" => "hi", "failed" => false };
    let origin = Origin { file: "/no/q.yml".into(), line: 5, column: 7 };
    let shown = |verbosity| {
        let mut s = Stage::new(ConsoleOptions { verbosity, ..ConsoleOptions::default() });
        s.start("t", "command", None, false, Some(origin.clone())).done("a", Status::Changed, result());
        s.item("a", "x", Status::Skipped, map! { "skip_reason" => "no", "skipped" => true });
        s.out.text().split_once("*\n").unwrap().1.to_string()
    };
    assert_eq!(shown(0), "changed: [a]\nskipping: [a] => (item=x) \n");
    let one = "changed: [a] => {\"changed\": true, \"stdout\": \"hi\"}\nskipping: [a] => (item=x)  => {\"skip_reason\": \"no\"}\n";
    assert_eq!(shown(1), one);
    assert_eq!(shown(2), format!("task path: /no/q.yml:5\n{one}"));
    assert!(
        shown(3)
            .contains("changed: [a] => {\n    \"changed\": true,\n    \"invocation\": 1,\n    \"stdout\": \"hi\"\n}\n")
    );
}

#[test]
fn hidden_hosts_take_the_banner_with_them() {
    let hide = ConsoleOptions { display_ok_hosts: false, display_skipped_hosts: false, ..ConsoleOptions::default() };
    let mut s = Stage::new(hide);
    s.task("one", "command").done("a", Status::Ok, map! {}).done("b", Status::Skipped, map! {});
    s.task("two", "command").done("a", Status::Changed, map! {}).done("b", Status::Ok, map! {});
    s.task("three", "debug").shown("a", None, Status::Ok, map! { "msg" => 1 });
    let text = s.out.text();
    assert!(!text.contains("[one]") && text.contains("TASK [two]") && text.contains("changed: [a]"), "{text}");
    assert!(!text.contains("[b]") && text.contains("\"msg\": 1"), "{text}");
}

#[test]
fn interleaved_tasks_get_their_banner_again() {
    let mut s = plain();
    s.task("one", "command").task("two", "command").done("a", Status::Ok, map! {});
    s.task = 1;
    s.done("b", Status::Ok, map! {});
    let text = s.out.text();
    assert_eq!(text.matches("TASK [one]").count(), 2);
    assert!(text.ends_with(&format!("TASK [one] {}\nok: [b]\n", "*".repeat(69))));
}

#[test]
fn warnings_go_to_the_other_writer_once() {
    let mut s = plain();
    for _ in 0..2 {
        s.send(EventKind::Warning { message: "look".into(), origin: None });
    }
    s.send(EventKind::Deprecated { message: "old".into(), origin: None });
    assert_eq!(s.err.text(), "[WARNING]: look\n[DEPRECATION WARNING]: old\n");
    assert_eq!(s.out.text(), "");
}

#[test]
fn differences_come_before_their_line_when_asked_for() {
    let shown = |diff| {
        let mut s = Stage::new(ConsoleOptions { diff, ..ConsoleOptions::default() });
        let one = adept_wire::Diff { before: "a\n".into(), after: "b\n".into(), ..Default::default() };
        s.task("t", "copy");
        let outcome = TaskOutcome { diff: vec![one], ..TaskOutcome::new(Status::Changed, map! {}.into()) };
        let result = s.result("h", None, outcome);
        s.send(EventKind::TaskFinished(result));
        s.out.text().split_once("*\n").unwrap().1.to_string()
    };
    assert_eq!(shown(true), "--- before\n+++ after\n@@ -1 +1 @@\n-a\n+b\n\nchanged: [h]\n");
    assert_eq!(shown(false), "changed: [h]\n");
}

#[test]
fn on_a_terminal_a_failure_is_a_block() {
    let mut s = terminal();
    let origin = Origin { file: "site.yml".into(), line: 7, column: 7 };
    s.start("t", "shell", None, false, Some(origin)).after(3.25);
    let result = map! { "changed" => true, "cmd" => vec!["sh", "-c", "a b"], "msg" => "non-zero return code", "rc" => 1, "stdout" => "one\ntwo", "stderr" => "" };
    s.done("a", Status::Failed, result);
    let expected = "fatal: [a]: FAILED! (3.2 s) => non-zero return code\n    at site.yml:7:7\n    command: sh -c 'a b'\n    rc: 1\n    stdout:\n        one\n        two\n";
    assert_eq!(s.out.text().split_once("*\n").unwrap().1, expected);
}

#[test]
fn a_long_commands_output_is_shown_while_it_runs_and_not_again() {
    let mut s = terminal();
    s.play("p", &["a"]).task("t", "shell");
    s.output("a", "one\ntw");
    assert!(!s.out.text().contains("one"));
    s.after(2.5).output("a", "o\nthree");
    assert!(s.out.text().ends_with("*\n  | one\n  | two\n"));
    s.done("a", Status::Failed, map! { "msg" => "no", "stdout" => "one\ntwo\nthree" });
    assert!(s.out.text().ends_with("  | two\n  | three\nfatal: [a]: FAILED! (2.5 s) => no\n"), "{}", s.out.text());
}

#[test]
fn a_short_commands_output_is_not_shown_live() {
    let mut s = terminal();
    s.play("p", &["a", "b"]).task("t", "shell").output("a", "quick\n").done("a", Status::Changed, map! {});
    s.after(3.0).output("b", "slow\n").done("b", Status::Changed, map! {});
    assert!(s.out.text().ends_with("*\nchanged: [a]\nb | slow\nchanged: [b] (3.0 s)\n"), "{}", s.out.text());
}

#[test]
fn output_before_a_long_silence_is_shown_too() {
    let mut s = Stage::new(ConsoleOptions { live_after: Some(0.01), ..ConsoleOptions::default() });
    s.task("t", "shell").output("a", "begun\n");
    for _ in 0..500 {
        if s.out.text().contains("  | begun\n") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("not shown: {}", s.out.text());
}
