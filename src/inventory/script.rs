//! Inventory scripts: executables that answer `--list` with JSON.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use adept_wire::{Data, Map, Origin, Tag, Trust, Value};

use super::error::InventoryError;
use super::inventory::Inventory;
use super::load::LoadOptions;
use crate::diag::Diagnostic;

/// Runs the script and takes what it prints.
pub(super) fn apply(
    path: &Path,
    options: &LoadOptions,
    inventory: &mut Inventory,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), InventoryError> {
    let script = Script { path, options };
    let list = script.run(&["--list"])?;
    let mut hosts: Vec<String> = Vec::new();
    for (key, group) in list.iter().filter(|(k, _)| k.as_str() != Some("_meta")) {
        let name = key.to_string();
        inventory.group_mut(&name);
        script.group(&name, group, inventory, &mut hosts)?;
    }
    // The children may be groups that come later.
    for (key, group) in &list {
        for child in script.names(&key.to_string(), "children", group)? {
            inventory.group_mut(&child);
            inventory.link_groups(&key.to_string(), &child, None)?;
        }
    }
    let meta = list.get("_meta").and_then(|m| m.get("hostvars")).and_then(Value::as_map);
    if meta.is_none() && !hosts.is_empty() {
        let message = format!("inventory script {} has no '_meta' with 'hostvars'", path.display());
        let hint = "it is run once more for every host (--host NAME), which is slow";
        warnings.push(Diagnostic::general(message).hint(hint));
    }
    for host in hosts {
        let vars = match meta {
            Some(meta) => meta.get(host.as_str()).and_then(Value::as_map).cloned().unwrap_or_default(),
            None => script.run(&["--host", &host])?,
        };
        for (key, value) in vars {
            inventory.set_host_var(&host, key, value);
        }
    }
    Ok(())
}

struct Script<'a> {
    path: &'a Path,
    options: &'a LoadOptions,
}

impl Script<'_> {
    fn run(&self, args: &[&str]) -> Result<Map, InventoryError> {
        let output = Command::new(self.path)
            .args(args)
            .env_clear()
            .envs(self.options.env.iter().map(|(k, v)| (k, v)))
            .current_dir(&self.options.cwd)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| self.error(format!("can't be run: {e}"), ""))?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(self.error(format!("failed with {}", output.status), &stderr));
        }
        if args[0] == "--host" && output.stdout.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        let value: Value = serde_json::from_slice(&output.stdout)
            .map_err(|e| self.error(format!("{} printed no JSON: {e}", args.join(" ")), &stderr))?;
        let origin =
            Origin { file: format!("<{} {}>", self.path.display(), args.join(" ")).into(), line: 1, column: 1 };
        match trusted(&value, &Arc::new(Tag { origin: Some(origin), trust: Trust::Template })).data {
            Data::Map(map) => Ok(Arc::unwrap_or_clone(map)),
            _ => {
                Err(self
                    .error(format!("{} printed a {}, not a dictionary", args.join(" "), value.type_name()), &stderr))
            }
        }
    }

    fn group(
        &self,
        name: &str,
        group: &Value,
        inventory: &mut Inventory,
        hosts: &mut Vec<String>,
    ) -> Result<(), InventoryError> {
        let mut members = self.names(name, "hosts", group)?;
        match &group.data {
            Data::List(_) => {}
            // An old form: a host with its variables in the place of a group.
            Data::Map(map) if !["hosts", "vars", "children"].iter().any(|k| map.contains_key(*k)) => {
                members = vec![name.to_owned()];
                inventory.host_mut(name);
                for (key, value) in map.iter() {
                    inventory.set_host_var(name, key.clone(), value.clone());
                }
            }
            Data::Map(map) => match map.get("vars").map(|v| &v.data) {
                None | Some(Data::Null) => {}
                Some(Data::Map(vars)) => {
                    for (key, value) in vars.iter() {
                        inventory.set_group_var(name, key.clone(), value.clone())?;
                    }
                }
                Some(_) => return Err(self.error(format!("'{name}.vars' is not a dictionary"), "")),
            },
            _ => return Err(self.error(format!("group '{name}' is a {}", group.type_name()), "")),
        }
        for host in members {
            inventory.host_mut(&host);
            inventory.link_host(name, &host);
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        Ok(())
    }

    /// The names in a list of a group; a group that is a list has hosts only.
    fn names(&self, group: &str, key: &str, value: &Value) -> Result<Vec<String>, InventoryError> {
        let list = match &value.data {
            Data::List(_) if key == "hosts" => value,
            Data::Map(map) => match map.get(key) {
                Some(list) => list,
                None => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        let items = list
            .as_list()
            .ok_or_else(|| self.error(format!("'{group}.{key}' is a {} instead of a list", list.type_name()), ""))?;
        items
            .iter()
            .map(|i| i.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| self.error(format!("'{group}.{key}' must be a list of names"), ""))
    }

    fn error(&self, problem: String, stderr: &str) -> InventoryError {
        InventoryError::Script { path: self.path.to_path_buf(), problem, stderr: stderr.trim_end().to_owned() }
    }
}

/// All of it with this tag.
fn trusted(value: &Value, tag: &Arc<Tag>) -> Value {
    let value = match &value.data {
        Data::List(items) => Value::list(items.iter().map(|i| trusted(i, tag)).collect()),
        Data::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), trusted(v, tag))).collect()),
        data => Value::new(data.clone()),
    };
    value.with_tag(tag.clone())
}
