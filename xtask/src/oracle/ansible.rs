//! `Ansible`: the real one, and how its run becomes a [`Record`].

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::case::Case;
use super::case::Folder;
use super::compare::comparable;
use super::record::{ItemRecord, PlayRecord, Record, TaskRecord};
use super::stage::Stage;

/// The version that is followed.
pub const VERSION: &str = "2.19.14";

/// An installed Ansible.
#[derive(Clone, Debug)]
pub struct Ansible {
    bin: PathBuf,
    /// Its version.
    pub version: String,
}

impl Ansible {
    /// The one in this directory; else in `$ADEPT_ORACLE`; else one that is installed below `target/oracle`.
    pub fn find(bin: Option<PathBuf>) -> Result<Ansible, String> {
        let given = bin.or_else(|| std::env::var_os("ADEPT_ORACLE").map(PathBuf::from));
        let bin = match given {
            Some(bin) => bin,
            None => install()?,
        };
        // Paths are handed to programs that run elsewhere.
        let bin = std::path::absolute(&bin).map_err(|e| e.to_string())?;
        let program = bin.join("ansible-playbook");
        let output = run(Command::new(&program).arg("--version"))?;
        let first = output.lines().next().unwrap_or_default();
        let version: String =
            first.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        if version.is_empty() {
            return Err(format!("{}: no version in {first:?}", program.display()));
        }
        Ok(Ansible { bin, version })
    }

    /// Which cases this version is asked for.
    pub fn folder(&self) -> Folder {
        if self.version.starts_with("2.4.") { Folder::Old } else { Folder::Current }
    }

    /// Runs a case.
    pub fn run(&self, case: &Case) -> Result<Record, String> {
        let mut stage = Stage::new(case)?;
        let python = self.bin.join("python");
        stage.mask(python.to_string_lossy(), "<python>");
        let lines = stage.path("tmp").join("record.jsonl");
        let plugins = Folder::Current.path().join("../../xtask/oracle/callback_plugins");
        let mut command = stage.command(&self.bin.join("ansible-playbook"));
        command
            .env("ADEPT_RECORD", &lines)
            .env("ANSIBLE_CALLBACK_PLUGINS", plugins)
            .env("ANSIBLE_STDOUT_CALLBACK", "record")
            .env("ANSIBLE_PYTHON_INTERPRETER", &python)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONWARNINGS", "ignore")
            .args(stage.arguments());
        if self.folder() == Folder::Old {
            command.arg("-e").arg(format!("ansible_python_interpreter={}", python.display()));
        }
        let output = command.output().map_err(|e| format!("{}: {e}", self.bin.display()))?;
        let text = std::fs::read_to_string(&lines).unwrap_or_default();
        let mut record = self.read(case, &stage, &text)?;
        record.exit_code = output.status.code().unwrap_or(-1);
        record.files = stage.files()?;
        if record.plays.iter().all(|p| p.tasks.is_empty()) && record.exit_code != 0 {
            record.error = Some(stage.masked(String::from_utf8_lossy(&output.stderr).trim()));
        }
        Ok(record)
    }

    fn read(&self, case: &Case, stage: &Stage, lines: &str) -> Result<Record, String> {
        let mut record = Record { program: format!("ansible-core {}", self.version), ..Default::default() };
        let mut ids: Vec<(usize, String)> = Vec::new();
        for line in lines.lines() {
            let event: Value = serde_json::from_str(line).map_err(|e| format!("{}: {e}: {line}", case.name))?;
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_string();
            let kind = text("event");
            match kind.as_str() {
                "play" => record.plays.push(PlayRecord { name: stage.masked(&text("name")), ..Default::default() }),
                "no_hosts" => {
                    if let Some(play) = record.plays.last_mut() {
                        play.no_hosts = true;
                    }
                }
                "task" => {
                    let at = record.plays.len().saturating_sub(1);
                    let Some(play) = record.plays.last_mut() else { continue };
                    ids.push((at, text("id")));
                    play.tasks.push(TaskRecord {
                        name: stage.masked(&text("name")),
                        action: text("action"),
                        role: event["role"].as_str().map(str::to_string),
                        handler: event["handler"].as_bool().unwrap_or(false),
                        results: Vec::new(),
                    });
                }
                "include" => {
                    let included = stage.masked(&text("file"));
                    let id = text("task");
                    // Without an id (2.4), it belongs to the task that began last.
                    let task = if id.is_empty() { record.current() } else { find(&mut record, &ids, &id) };
                    let Some(task) = task else { continue };
                    for host in event["hosts"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                        let result = task.result(host);
                        result.status = "ok".into();
                        result.included.push(included.clone());
                    }
                }
                "result" | "item" | "retry" => {
                    let Some(task) = find(&mut record, &ids, &text("task")) else { continue };
                    let include = task.is_include();
                    let action = task.action.clone();
                    let status = text("status");
                    let result = task.result(&text("host"));
                    match kind.as_str() {
                        "retry" => result.retries += 1,
                        "item" if !include => {
                            let label = stage.masked_value(&event["label"]);
                            result.items.push(ItemRecord { label, status });
                        }
                        "item" => {}
                        _ => {
                            let failed = status == "failed" || status == "unreachable";
                            result.ignored = event["ignored"].as_bool().unwrap_or(false);
                            result.delegate = event["delegate"].as_str().map(str::to_string);
                            if !include {
                                let value = stage.masked_value(&event["result"]);
                                result.result = comparable(case, short(&action), failed, &value);
                            }
                            // A successful include has a result only through what it included.
                            result.status = status;
                        }
                    }
                }
                "stats" => {
                    for (host, counts) in event["hosts"].as_object().into_iter().flatten() {
                        let entry = record.stats.entry(host.clone()).or_default();
                        for (name, count) in counts.as_object().into_iter().flatten() {
                            let name = match name.as_str() {
                                "dark" => "unreachable",
                                "failures" => "failed",
                                name => name,
                            };
                            entry.insert(name.to_string(), count.as_u64().unwrap_or(0));
                        }
                    }
                }
                _ => return Err(format!("{}: unknown event {kind}", case.name)),
            }
        }
        record.tidy();
        Ok(record)
    }
}

fn short(action: &str) -> &str {
    action.rsplit('.').next().unwrap_or(action)
}

fn find<'a>(record: &'a mut Record, ids: &[(usize, String)], id: &str) -> Option<&'a mut TaskRecord> {
    let at = ids.iter().rposition(|(_, known)| known == id)?;
    let play = ids[at].0;
    let before = ids[..at].iter().filter(|(p, _)| *p == play).count();
    record.plays.get_mut(play)?.tasks.get_mut(before)
}

/// Installs ansible-core below `target/oracle`, unless it is there.
fn install() -> Result<PathBuf, String> {
    let root = Folder::Current.path().join("../../target/oracle").join(VERSION);
    let bin = root.join("bin");
    if !bin.join("ansible-playbook").exists() {
        eprintln!("installing ansible-core {VERSION} into {}", root.display());
        run(Command::new("python3").args(["-m", "venv"]).arg(&root))?;
        let package = format!("ansible-core=={VERSION}");
        run(Command::new(bin.join("pip")).args(["install", "--quiet", "--disable-pip-version-check", &package]))?;
    }
    Ok(bin)
}

fn run(command: &mut Command) -> Result<String, String> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.output().map_err(|e| format!("{name}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
