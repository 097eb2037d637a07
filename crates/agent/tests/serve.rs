//! The agent as its controller sees it: frames in, frames out.

use std::collections::HashMap;
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use adept_wire::{Map, ModuleOutcome, Put, Reply, Request, Run, Stream, frame, map};
use proptest::prelude::*;

/// A session with an agent in this process.
struct Session {
    to: PipeWriter,
    from: PipeReader,
    agent: JoinHandle<std::io::Result<()>>,
}

impl Session {
    fn start() -> Session {
        let (input, to) = pipe().unwrap();
        let (from, output) = pipe().unwrap();
        let agent = std::thread::spawn(move || adept_agent::serve(input, output));
        let mut session = Session { to, from, agent };
        let Some(Reply::Hello(hello)) = session.next() else { panic!("the first frame is a hello") };
        assert_eq!((hello.protocol, hello.build.as_str()), (adept_agent::PROTOCOL, adept_agent::BUILD));
        session
    }

    fn send(&mut self, request: &Request) {
        frame::write(&mut self.to, request).unwrap();
    }

    fn run(&mut self, run: Run) {
        self.send(&Request::Run(Box::new(run)));
    }

    fn next(&mut self) -> Option<Reply> {
        frame::read(&mut self.from).unwrap()
    }

    /// Reads up to the next outcome; gives it, and the output that came before.
    fn outcome(&mut self) -> (u64, ModuleOutcome, Vec<(u64, Stream, String)>) {
        let mut output = Vec::new();
        loop {
            match self.next().expect("an outcome before the end") {
                Reply::Outcome { id, outcome } => return (id, *outcome, output),
                Reply::Output { id, stream, data } => output.push((id, stream, String::from_utf8(data).unwrap())),
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// No more requests: reads what is left, and gives the agent's own end.
    fn end(self) -> (Vec<Reply>, std::io::Result<()>) {
        let Session { to, mut from, agent } = self;
        drop(to);
        let mut left = Vec::new();
        while let Some(reply) = frame::read(&mut from).unwrap() {
            left.push(reply);
        }
        (left, agent.join().unwrap())
    }
}

fn request(id: u64, module: &str, args: Map) -> Run {
    Run { id, module: module.into(), args, ..Run::default() }
}

fn shell(id: u64, line: &str) -> Run {
    request(id, "shell", map! { "_raw_params" => line })
}

fn msg(outcome: &ModuleOutcome) -> &str {
    outcome.result["msg"].as_str().unwrap()
}

#[test]
fn answers_and_ends_with_its_input() {
    let mut session = Session::start();
    session.run(request(7, "ping", map! {}));
    let (id, outcome, _) = session.outcome();
    assert_eq!((id, outcome.result["ping"].as_str()), (7, Some("pong")));
    let (left, end) = session.end();
    assert!(left.is_empty());
    end.unwrap();
}

#[test]
fn an_unknown_module_and_a_wrong_parameter_are_outcomes() {
    let mut session = Session::start();
    session.run(request(1, "pang", map! {}));
    assert_eq!(msg(&session.outcome().1), "this agent has no module 'pang'");
    session.run(request(2, "ping", map! { "dta" => "x" }));
    let (_, outcome, _) = session.outcome();
    assert!(outcome.failed);
    assert_eq!(outcome.bad_parameter.as_deref(), Some("dta"));
}

#[test]
fn a_panic_is_an_outcome_and_the_agent_lives_on() {
    let mut session = Session::start();
    session.run(request(1, "ping", map! { "data" => "crash" }));
    let (_, outcome, _) = session.outcome();
    assert!(outcome.failed);
    assert_eq!(msg(&outcome), "module 'ping' panicked: boom");
    session.run(request(2, "ping", map! {}));
    assert!(!session.outcome().1.failed);
}

#[test]
fn output_comes_while_the_command_runs() {
    let mut session = Session::start();
    // It ends only when what it wrote has been seen.
    let dir = tempfile::tempdir().unwrap();
    let seen = dir.path().join("seen");
    let line = format!("echo first; echo oops >&2; while ! test -e {}; do sleep 0.02; done; echo last", seen.display());
    session.run(Run { live_output: true, ..shell(1, &line) });
    let mut early = HashMap::from([(Stream::Stdout as u8, String::new()), (Stream::Stderr as u8, String::new())]);
    while early.values().any(|text| !text.ends_with('\n')) {
        let Some(Reply::Output { stream, data, .. }) = session.next() else { panic!("output before the outcome") };
        early.get_mut(&(stream as u8)).unwrap().push_str(std::str::from_utf8(&data).unwrap());
    }
    std::fs::write(&seen, "").unwrap();
    let (_, outcome, late) = session.outcome();
    assert_eq!(late, [(1, Stream::Stdout, "last\n".to_string())]);
    assert_eq!(outcome.result["stdout"].as_str(), Some("first\nlast"));
    assert_eq!(outcome.result["stderr"].as_str(), Some("oops"));
}

#[test]
fn no_output_frames_unless_asked_for() {
    let mut session = Session::start();
    session.run(shell(1, "echo x"));
    assert!(session.outcome().2.is_empty());
}

#[test]
fn runs_are_concurrent() {
    let mut session = Session::start();
    let dir = tempfile::tempdir().unwrap();
    let flag = dir.path().join("flag").display().to_string();
    session.run(shell(1, &format!("while ! test -e {flag}; do sleep 0.02; done")));
    for id in 2..30 {
        session.run(shell(id, &format!("echo {id}")));
    }
    let mut first: Vec<u64> = (2..30).map(|_| session.outcome().0).collect();
    first.sort_unstable();
    assert_eq!(first, (2..30).collect::<Vec<_>>());
    session.run(shell(30, &format!("touch {flag}")));
    let mut last = [session.outcome().0, session.outcome().0];
    last.sort_unstable();
    assert_eq!(last, [1, 30]);
}

#[test]
fn environment_directory_and_umask_are_the_requests_own() {
    let mut session = Session::start();
    let dir = tempfile::tempdir().unwrap();
    let cwd = std::fs::canonicalize(dir.path()).unwrap();
    let before = std::env::current_dir().unwrap();
    session.run(Run {
        cwd: Some(cwd.as_os_str().as_encoded_bytes().to_vec()),
        environment: vec![("GREETING".into(), "hi".into())],
        umask: Some(0o027),
        ..shell(1, "echo $GREETING $PWD $(umask)")
    });
    let (_, outcome, _) = session.outcome();
    assert_eq!(outcome.result["stdout"].as_str(), Some(format!("hi {} 0027", cwd.display()).as_str()));
    assert_eq!(std::env::current_dir().unwrap(), before);
}

#[test]
fn cancel_ends_the_whole_group() {
    let mut session = Session::start();
    let started = Instant::now();
    // The shell's children hold its pipes, so an outcome this early means that they were ended with it.
    session.run(Run { live_output: true, ..shell(1, "sleep 60 & echo ready; sleep 60; echo not reached") });
    assert!(matches!(session.next(), Some(Reply::Output { .. })));
    session.send(&Request::Cancel { id: 1, grace_ms: 5000 });
    let (_, outcome, _) = session.outcome();
    assert!(outcome.failed);
    assert_eq!(msg(&outcome), "cancelled");
    assert_eq!(outcome.result["stdout"].as_str(), Some("ready"));
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn cancel_kills_what_ignores_term() {
    let mut session = Session::start();
    session.run(Run { live_output: true, ..shell(1, "trap '' TERM; echo ready; while :; do sleep 0.1; done") });
    assert!(matches!(session.next(), Some(Reply::Output { .. })));
    session.send(&Request::Cancel { id: 1, grace_ms: 200 });
    let (_, outcome, _) = session.outcome();
    assert_eq!(msg(&outcome), "cancelled");
    assert_eq!(outcome.result["rc"].as_i64(), Some(-9));
}

#[test]
fn cancel_lets_a_command_clean_up() {
    let mut session = Session::start();
    session.run(Run {
        live_output: true,
        ..shell(1, "trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
    });
    assert!(matches!(session.next(), Some(Reply::Output { .. })));
    session.send(&Request::Cancel { id: 1, grace_ms: 10_000 });
    let (_, outcome, _) = session.outcome();
    assert_eq!(outcome.result["stdout"].as_str(), Some("ready\ncleaned"));
    assert_eq!(outcome.result["rc"].as_i64(), Some(3));
}

#[test]
fn cancelling_what_has_ended_is_no_matter() {
    let mut session = Session::start();
    session.run(request(1, "ping", map! {}));
    session.outcome();
    session.send(&Request::Cancel { id: 1, grace_ms: 0 });
    session.send(&Request::Cancel { id: 99, grace_ms: 0 });
    session.run(request(2, "ping", map! {}));
    assert_eq!(session.outcome().0, 2);
}

#[test]
fn a_timeout_ends_a_run() {
    let mut session = Session::start();
    session.run(Run { timeout_ms: Some(1000), ..shell(1, "sleep 60") });
    let (_, outcome, _) = session.outcome();
    assert!(outcome.failed);
    assert_eq!(msg(&outcome), "Timed out after 1 second(s).");
    assert_eq!(outcome.result["timedout"].get("period").and_then(|p| p.as_i64()), Some(1));
}

#[test]
fn a_background_process_does_not_hold_the_outcome() {
    let mut session = Session::start();
    let started = Instant::now();
    session.run(shell(1, "sleep 20 & echo $!"));
    let (_, outcome, _) = session.outcome();
    assert!(!outcome.failed);
    assert!(started.elapsed() < Duration::from_secs(5));
    // It lives on, as it does under Ansible.
    let pid = outcome.result["stdout"].as_str().unwrap().to_string();
    session.run(shell(2, &format!("kill {pid}")));
    assert_eq!(session.outcome().1.result["rc"].as_i64(), Some(0));
}

#[test]
fn the_end_of_the_session_ends_what_runs() {
    for goodbye in [true, false] {
        let mut session = Session::start();
        session.run(Run { live_output: true, ..shell(1, "echo $$; exec sleep 60") });
        let Some(Reply::Output { data, .. }) = session.next() else { panic!("output") };
        let pid = String::from_utf8(data).unwrap().trim().to_string();
        if goodbye {
            session.send(&Request::Goodbye);
        }
        let (left, end) = session.end();
        end.unwrap();
        assert!(matches!(&left[..], [Reply::Outcome { id: 1, outcome }] if outcome.failed), "{left:?}");
        assert!(!PathBuf::from(format!("/proc/{pid}")).exists());
    }
}

#[test]
fn stored_files_are_private_and_gone_with_the_session() {
    let mut session = Session::start();
    for (data, last) in [(&b"one "[..], false), (b"two", true)] {
        session.send(&Request::Put(Put { id: 5, data: data.to_vec(), last }));
    }
    let Some(Reply::Stored { id: 5, result: Ok(path) }) = session.next() else { panic!("stored") };
    let path = PathBuf::from(String::from_utf8(path).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), b"one two");
    let mode = |p: &std::path::Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    session.end().1.unwrap();
    assert!(!path.parent().unwrap().exists());
}

#[test]
fn two_runs_of_one_id_are_an_error_and_the_first_is_ended() {
    let mut session = Session::start();
    session.run(shell(1, "sleep 60"));
    session.run(shell(1, "echo x"));
    let (left, end) = session.end();
    assert!(matches!(&left[..], [Reply::Outcome { id: 1, .. }]));
    assert_eq!(end.unwrap_err().to_string(), "request 1 is running already");
}

#[test]
fn large_input_and_output_pass() {
    let mut session = Session::start();
    let text = "0123456789abcdef".repeat(1 << 16);
    session.run(request(1, "command", map! { "_raw_params" => "cat", "stdin" => text.as_str() }));
    assert_eq!(session.outcome().1.result["stdout"].as_str(), Some(text.as_str()));
    // A program that doesn't read its input is no error.
    session.run(request(2, "command", map! { "_raw_params" => "true", "stdin" => text.as_str() }));
    assert_eq!(session.outcome().1.result["rc"].as_i64(), Some(0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever comes in, the agent says hello, answers what it understood, and ends, with an error or without.
    #[test]
    fn garbage_ends_the_session_and_nothing_else(
        pings in 0..4u64,
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
        framed in any::<bool>(),
    ) {
        let (input, mut to) = pipe().unwrap();
        let (mut from, output) = pipe().unwrap();
        for id in 0..pings {
            frame::write(&mut to, &Request::Run(Box::new(request(1000 + id, "ping", map! {})))).unwrap();
        }
        if framed {
            to.write_all(&(garbage.len() as u32).to_le_bytes()).unwrap();
        }
        to.write_all(&garbage).unwrap();
        drop(to);
        let agent = std::thread::spawn(move || adept_agent::serve(input, output));
        let mut answered = 0;
        while let Some(reply) = frame::read::<Reply>(&mut from).unwrap() {
            if matches!(&reply, Reply::Outcome { id, .. } if *id >= 1000) {
                answered += 1;
            }
        }
        prop_assert!(answered >= pings);
        prop_assert!(agent.join().is_ok());
    }
}
