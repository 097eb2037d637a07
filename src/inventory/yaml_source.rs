//! YAML inventories: groups with `hosts`, `vars` and `children`.

use std::sync::Arc;

use adept_wire::{Data, Key, Map, Origin, Tag, Trust, Value};

use super::error::InventoryError;
use super::ini::check_variable_name;
use super::inventory::Inventory;
use super::{address, range};
use crate::diag::{Diagnostic, did_you_mean};

const SECTIONS: [&str; 3] = ["vars", "children", "hosts"];

/// Takes the groups of a file that was read as a map.
pub(super) fn apply(
    groups: &Map,
    inventory: &mut Inventory,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), InventoryError> {
    if let Some((key, plugin)) = groups.get_key_value("plugin") {
        let name = plugin.as_str().unwrap_or("?");
        return Err(InventoryError::NotSupported {
            what: format!("the inventory plugin '{name}'"),
            origin: key.origin().or(plugin.origin()).cloned(),
            hint: Some("an executable script that answers --list with JSON does the same".into()),
        });
    }
    let mut reader = Reader { inventory, warnings };
    for (name, group) in groups {
        reader.group(name, group)?;
    }
    Ok(())
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    warnings: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn group(&mut self, key: &Key, group: &Value) -> Result<Arc<str>, InventoryError> {
        let name: Arc<str> = name_of(key, "group name")?.into();
        self.inventory.group_mut(&name);
        let Data::Map(sections) = &group.data else {
            if !group.is_null() {
                let message = format!("Skipping '{name}' as this is not a valid group definition");
                let hint = "a group has 'hosts', 'vars' and 'children'";
                self.warnings.push(Diagnostic::parse(message).at(group.origin()).hint(hint));
            }
            return Ok(name);
        };
        for (key, section) in sections.iter() {
            match key.as_str() {
                Some("vars") => {
                    for (key, value) in entries("vars", &name, section)?.iter() {
                        check_variable_name(&key.to_string(), key.origin(), self.warnings);
                        self.inventory.set_group_var(&name, key.clone(), value.clone())?;
                    }
                }
                Some("children") => {
                    for (key, child) in entries("children", &name, section)?.iter() {
                        let child = self.group(key, child)?;
                        self.inventory.link_groups(&name, &child, key.origin().or(section.origin()))?;
                    }
                }
                Some("hosts") => {
                    for (key, vars) in entries("hosts", &name, section)?.iter() {
                        self.host(&name, key, vars)?;
                    }
                }
                _ => {
                    let message = format!(
                        "Skipping unexpected key ({key}) in group ({name}), only \"vars\", \"children\" and \"hosts\" are valid"
                    );
                    let hint = did_you_mean(&key.to_string(), SECTIONS).map(|near| format!("did you mean '{near}'?"));
                    self.warnings.push(Diagnostic::parse(message).at(key.origin()).maybe_hint(hint));
                }
            }
        }
        Ok(name)
    }

    fn host(&mut self, group: &str, key: &Key, vars: &Value) -> Result<(), InventoryError> {
        let pattern = name_of(key, "host pattern")?;
        let vars = match &vars.data {
            Data::Map(vars) => (**vars).clone(),
            Data::Null => Map::new(),
            _ => {
                let message = format!("the variables of host '{pattern}' must be a dictionary, not {}", kind(vars));
                let hint = format!("{pattern}:\n    some_name: {vars:?}");
                return Err(syntax(message, vars.origin().or(key.origin()), pattern.chars().count(), Some(hint)));
            }
        };
        let (host, port) = address::parse(pattern).map_or((pattern, None), |a| (a.host, a.port));
        let names = range::expand(host).map_err(|e| {
            let hint = Some("as in web[01:10] or db-[a:f]".to_owned());
            syntax(format!("{e}: '{pattern}'"), key.origin(), pattern.chars().count(), hint)
        })?;
        for key in vars.keys() {
            check_variable_name(&key.to_string(), key.origin(), self.warnings);
        }
        for name in names {
            self.inventory.host_mut(&name);
            self.inventory.link_host(group, &name);
            for (key, value) in &vars {
                self.inventory.set_host_var(&name, key.clone(), value.clone());
            }
            if let Some(port) = port
                && !vars.contains_key("ansible_port")
            {
                let tag = Arc::new(Tag { origin: key.origin().cloned(), trust: Trust::Template });
                self.inventory.set_host_var(&name, Key::from("ansible_port"), Value::from(port).with_tag(tag));
            }
        }
        Ok(())
    }
}

/// The entries of a section: a map, nothing, or one name written as a scalar (`hosts: web1`).
fn entries(section: &str, group: &str, value: &Value) -> Result<Arc<Map>, InventoryError> {
    match &value.data {
        Data::Map(map) => Ok(map.clone()),
        Data::Null => Ok(Arc::default()),
        Data::Str(_) => {
            // The invariant of `Key`: text can always be a key.
            Ok(Arc::new(Key::try_from(value).map(|key| (key, Value::NULL)).into_iter().collect()))
        }
        _ => {
            let message = format!(
                "Invalid \"{section}\" entry for \"{group}\" group, requires a dictionary, found {} instead",
                kind(value)
            );
            let first = value.as_list().and_then(|l| l.first()).and_then(Value::as_str);
            let hint = first.map(|f| match section {
                "vars" => "write the variables as 'name: value', without '- '".to_owned(),
                _ => format!("each name is a key: '{f}:', without '- '"),
            });
            Err(syntax(message, value.origin(), 1, hint))
        }
    }
}

fn name_of<'k>(key: &'k Key, what: &str) -> Result<&'k str, InventoryError> {
    key.as_str().filter(|s| !s.is_empty()).ok_or_else(|| {
        let text = key.to_string();
        let message = format!("{what} '{text}' must be a string");
        syntax(message, key.origin(), text.chars().count(), Some(format!("put it in quotes: \"{text}\"")))
    })
}

fn kind(value: &Value) -> &'static str {
    match value.data {
        Data::List(_) => "a list",
        Data::Str(_) => "a string",
        Data::Null => "nothing",
        Data::Map(_) => "a dictionary",
        _ => "a scalar",
    }
}

fn syntax(message: String, origin: Option<&Origin>, width: usize, hint: Option<String>) -> InventoryError {
    let unknown = || Origin { file: "<inventory>".into(), line: 1, column: 1 };
    InventoryError::Syntax { message, origin: origin.cloned().unwrap_or_else(unknown), width, hint }
}
