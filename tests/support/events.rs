//! From our events (`--jsonl`) to the record that they amount to.

use serde_json::Value;
use xtask::oracle::{ItemRecord, PlayRecord, Record, Stage, TaskRecord};

/// Reads the lines of one run.
pub fn read(stage: &Stage, lines: &str) -> Result<Record, String> {
    let mut record = Record { program: "adept".into(), ..Default::default() };
    // (number of the task, its play, its place in the play)
    let mut places: Vec<(u64, usize, usize)> = Vec::new();
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_string();
        match event["event"].as_str().unwrap_or_default() {
            "play_started" => {
                record.plays.push(PlayRecord { name: stage.masked(&text("name")), ..Default::default() });
            }
            "no_hosts_matched" => match record.plays.last_mut() {
                Some(play) if play.name == text("play") && play.tasks.is_empty() => play.no_hosts = true,
                _ => record.plays.push(PlayRecord { name: text("play"), no_hosts: true, ..Default::default() }),
            },
            "task_started" => {
                let play = record.plays.len().checked_sub(1).ok_or("a task without a play")?;
                let tasks = &mut record.plays[play].tasks;
                places.push((event["task"].as_u64().unwrap_or(0), play, tasks.len()));
                tasks.push(TaskRecord {
                    name: stage.masked(&text("name")),
                    action: text("action"),
                    role: event["role"].as_str().map(str::to_string),
                    handler: event["handler"].as_bool().unwrap_or(false),
                    results: Vec::new(),
                });
            }
            kind @ ("item_finished" | "task_finished" | "retrying") => {
                let number = event["task"].as_u64().unwrap_or(0);
                let known = places.iter().rfind(|(task, ..)| *task == number).copied();
                let (_, play, at) = match known {
                    Some(place) => place,
                    None => {
                        let play = record.plays.len().checked_sub(1).ok_or("a result without a play")?;
                        let tasks = &mut record.plays[play].tasks;
                        tasks.push(TaskRecord { name: format!("{number}, which never began"), ..Default::default() });
                        places.push((number, play, tasks.len() - 1));
                        (number, play, tasks.len() - 1)
                    }
                };
                let task = &mut record.plays[play].tasks[at];
                let include = task.is_include();
                let result = task.result(&text("host"));
                match kind {
                    "retrying" => result.retries += 1,
                    "item_finished" if include => {}
                    "item_finished" => {
                        let label = stage.masked_value(&event["item"]);
                        result.items.push(ItemRecord { label, status: text("status") });
                    }
                    _ => {
                        result.status = text("status");
                        result.ignored = event["ignored"].as_bool().unwrap_or(false);
                        result.delegate = event["delegate"].as_str().map(str::to_string);
                        if !include {
                            result.result = stage.masked_value(&event["result"]);
                        }
                    }
                }
            }
            "included" => {
                let Some(task) = record.current() else { continue };
                for host in event["hosts"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    let result = task.result(host);
                    result.included.push(stage.masked(&text("file")));
                    if result.status.is_empty() {
                        result.status = "ok".into();
                    }
                }
            }
            "playbook_finished" => {
                let stats = event["stats"].clone();
                record.stats = serde_json::from_value(stats).map_err(|e| format!("{e}: {line}"))?;
            }
            _ => {}
        }
    }
    record.tidy();
    Ok(record)
}
