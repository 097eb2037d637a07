//! `adept-agent` as a process.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use adept_wire::{Reply, Request, Run, frame, map};

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_adept-agent")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn outcome_of(agent: &mut Child, line: &str) -> adept_wire::ModuleOutcome {
    let run = Run { id: 1, module: "shell".into(), args: map! { "_raw_params" => line }, ..Run::default() };
    frame::write(agent.stdin.as_mut().unwrap(), &Request::Run(Box::new(run))).unwrap();
    loop {
        match frame::read(agent.stdout.as_mut().unwrap()).unwrap() {
            Some(Reply::Outcome { outcome, .. }) => return *outcome,
            Some(_) => {}
            None => panic!("the agent ended"),
        }
    }
}

fn signal(pid: u32, name: &str) {
    // The shell's own `kill`: a small system has no program of that name.
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
}

#[test]
fn tells_its_version() {
    let out = Command::new(env!("CARGO_BIN_EXE_adept-agent")).arg("--version").output().unwrap();
    let expected = format!("adept-agent {} protocol {}\n", adept_agent::BUILD, adept_agent::PROTOCOL);
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
}

#[test]
fn an_argument_that_it_does_not_know_is_an_error() {
    let out = Command::new(env!("CARGO_BIN_EXE_adept-agent")).arg("--bogus").output().unwrap();
    assert_eq!(out.status.code(), Some(5));
    assert!(String::from_utf8(out.stderr).unwrap().contains("--bogus"));
}

#[test]
fn leads_a_session_of_its_own_and_survives_a_hangup() {
    let mut agent = start();
    // The child's parent is the agent, whose session is its own. Its group is the child's own.
    let out = outcome_of(&mut agent, "cut -d' ' -f4-6 /proc/$$/stat; echo $$");
    let text = out.result["stdout"].as_str().unwrap().to_string();
    let numbers: Vec<u32> = text.split_whitespace().map(|w| w.parse().unwrap()).collect();
    assert_eq!(numbers, [agent.id(), numbers[3], agent.id(), numbers[3]]);
    signal(agent.id(), "HUP");
    assert_eq!(outcome_of(&mut agent, "echo alive").result["stdout"].as_str(), Some("alive"));
    drop(agent.stdin.take());
    assert!(agent.wait().unwrap().success());
}

#[test]
fn its_children_react_to_hangups_and_broken_pipes() {
    let mut agent = start();
    for (name, number) in [("HUP", 1), ("PIPE", 13)] {
        let out = outcome_of(&mut agent, &format!("kill -{name} $$; echo survived"));
        assert_eq!(out.result["rc"].as_i64(), Some(-number), "{out:?}");
    }
    drop(agent.stdin.take());
    agent.wait().unwrap();
}

#[test]
fn ends_when_its_controller_is_killed() {
    let mut agent = start();
    let run = Run { id: 1, module: "shell".into(), args: map! { "_raw_params" => "sleep 60" }, ..Run::default() };
    frame::write(agent.stdin.as_mut().unwrap(), &Request::Run(Box::new(run))).unwrap();
    // Both ends go at once, as when the controller dies.
    let mut stdout = agent.stdout.take().unwrap();
    let mut hello = [0u8; 4];
    stdout.read_exact(&mut hello).unwrap();
    drop(stdout);
    drop(agent.stdin.take());
    for _ in 0..200 {
        if agent.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    agent.kill().unwrap();
    panic!("the agent outlived its controller");
}

#[test]
fn garbage_ends_it_with_an_error() {
    let mut agent = start();
    std::io::Write::write_all(agent.stdin.as_mut().unwrap(), b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(agent.wait().unwrap().code(), Some(1));
}
