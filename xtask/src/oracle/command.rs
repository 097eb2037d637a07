//! `cargo xtask oracle`.

use std::path::PathBuf;

use super::ansible::Ansible;
use super::case::Case;
use super::compare::compare;
use super::record::Record;

/// Every so many cases belong to the sample.
const SAMPLE: usize = 8;

/// Runs the command with its arguments.
pub fn main(args: Vec<String>) -> Result<(), String> {
    let (mut check, mut sample, mut optional, mut bin, mut names) = (false, false, false, None, Vec::new());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => check = true,
            "--sample" => sample = true,
            "--if-available" => optional = true,
            "--ansible" => bin = Some(PathBuf::from(args.next().ok_or("--ansible: which directory?")?)),
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            _ => names.push(arg),
        }
    }
    let ansible = match Ansible::find(bin) {
        Err(reason) if optional => {
            println!("skipped: {reason}");
            return Ok(());
        }
        found => found?,
    };
    let all = ansible.folder().cases()?;
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|c| c.name == **name)) {
        return Err(format!("no case {unknown} in {}", ansible.folder().path().display()));
    }
    let chosen: Vec<Case> = all
        .into_iter()
        .enumerate()
        .filter(|(at, case)| (names.is_empty() || names.contains(&case.name)) && (!sample || at % SAMPLE == 0))
        .map(|(_, case)| case)
        .collect();
    let failures = run_all(&ansible, &chosen, check);
    println!("{} of {} cases, ansible-core {}", chosen.len() - failures, chosen.len(), ansible.version);
    if failures > 0 { Err(format!("{failures} cases failed")) } else { Ok(()) }
}

/// Runs the cases two at a time and counts those that failed.
fn run_all(ansible: &Ansible, cases: &[Case], check: bool) -> usize {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        use std::sync::atomic::Ordering::Relaxed;
        while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
            match run_one(ansible, case, check) {
                Ok(()) => println!("{} ... ok", case.name),
                Err(message) => {
                    failures.fetch_add(1, Relaxed);
                    println!("{} ... FAILED\n{message}", case.name);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    failures.into_inner()
}

fn run_one(ansible: &Ansible, case: &Case, check: bool) -> Result<(), String> {
    let record = ansible.run(case)?;
    if record.exit_code != case.settings.exit_code {
        let told = record.to_text()?;
        return Err(format!("exit code {}, case.yml says {}:\n{told}", record.exit_code, case.settings.exit_code));
    }
    let path = case.record_path();
    if !check {
        return std::fs::write(&path, record.to_text()?).map_err(|e| format!("{}: {e}", path.display()));
    }
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let known: Record = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let differences = compare(case, &known, &record);
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}
