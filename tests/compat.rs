//! The compatibility cases: each folder below `tests/compat` and `tests/compat-2.4` is a test of its own.
//!
//! Our binary runs the case's playbook, and what its events say is compared with what the real Ansible did
//! (`expected.json`, written by `cargo xtask oracle`). What is not compared stands in one table,
//! `xtask/src/oracle/compare.rs`. A case that does not agree says why in its `case.yml` (`pending:`: not yet; `differs:`: on
//! purpose), and is shown as ignored; `cargo test --test compat -- --include-ignored` runs those too.

#[path = "support/events.rs"]
mod events;

use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use xtask::oracle::{Case, DROPPED, Folder, Record, Stage, compare};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("every_dropped_key_has_a_reason", every_dropped_key_has_a_reason)];
    for (folder, prefix) in [(Folder::Current, "compat"), (Folder::Old, "compat_2_4")] {
        for case in folder.cases().unwrap_or_else(|e| panic!("{e}")) {
            let name = format!("{prefix}::{}", case.name);
            let settings = &case.settings;
            let pending = settings.pending.as_ref().map(|why| format!("pending: {why}"));
            let aside = pending.or_else(|| settings.differs.as_ref().map(|why| format!("differs: {why}")));
            let trial = Trial::test(name, move || run(&case)).with_ignored_flag(aside.is_some());
            trials.push(match aside {
                Some(reason) => trial.with_kind(reason),
                None => trial,
            });
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(case: &Case) -> Result<(), Failed> {
    let path = case.record_path();
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let theirs: Record = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;

    let stage = Stage::new(case)?;
    let lines = stage.path("tmp").join("events.jsonl");
    let mut command = stage.command(Path::new(env!("CARGO_BIN_EXE_adept")));
    command.arg("playbook").args(stage.arguments()).arg("--jsonl").arg(&lines);
    let output = command.output()?;
    let events = std::fs::read_to_string(&lines).unwrap_or_default();
    let mut ours = events::read(&stage, &events)?;
    ours.exit_code = output.status.code().unwrap_or(-1);
    ours.files = stage.files()?;

    let differences = compare(case, &theirs, &ours);
    if differences.is_empty() {
        return Ok(());
    }
    let told = stage.masked(String::from_utf8_lossy(&output.stderr).trim());
    Err(format!("{}\n--- {}\n--- stderr:\n{told}", differences.join("\n"), theirs.program).into())
}

fn every_dropped_key_has_a_reason() -> Result<(), Failed> {
    match DROPPED.iter().find(|row| row.reason.is_empty()) {
        Some(row) => Err(format!("{} is not compared, without a reason", row.key).into()),
        None => Ok(()),
    }
}
