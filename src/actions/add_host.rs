//! `add_host`: adds a host to the inventory of this run.

use adept_modules::{Args, Kind, Param, Rule, Spec};
use adept_wire::{Data, Key, Map, map};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;
use crate::event::Effect;

pub(super) const ACTION: Action = Action {
    spec: Spec::new(
        "add_host",
        "Adds a host (and groups) to the inventory of this run.",
        &[
            Param::new("name", Kind::Str).aliases(&["host", "hostname"]),
            Param::new("groups", Kind::Raw).aliases(&["group", "groupname"]),
        ],
    )
    .rules(&[Rule::RequiredOneOf(&["name"])])
    .open(),
    raw_params: &[],
    once: true,
    bind,
};

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let name = b.args.str("name").unwrap_or_default().trim();
    if name.is_empty() {
        return Err(ActionError::failed("name, host or hostname needs to be provided"));
    }
    // `host:port` sets the port, as in an inventory; `[::1]:22` is the form for IPv6.
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse::<i64>() {
            Ok(port) => (host.trim_start_matches('[').trim_end_matches(']'), Some(port)),
            Err(_) => (name, None),
        },
        _ => (name, None),
    };
    let groups = groups(&b.args)?;
    let mut vars: Map = b
        .args
        .map()
        .iter()
        .filter(|(k, _)| !matches!(k.as_str(), Some("name" | "groups")))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    if let Some(port) = port {
        vars.insert(Key::from("ansible_ssh_port"), port.into());
    }
    let shown = map! { "host_name" => host, "groups" => groups.clone(), "host_vars" => vars.clone() };
    let mut outcome = ActionOutcome::ok(map! { "add_host" => shown });
    outcome.module.changed = true;
    Ok(outcome.effect(Effect::AddHost { name: host.to_string(), groups, vars }).into())
}

fn groups(args: &Args) -> Result<Vec<String>, ActionError> {
    let Some(value) = args.get("groups") else { return Ok(Vec::new()) };
    let names: Vec<String> = match &value.data {
        Data::List(items) => items.iter().map(adept_modules::args::text).collect(),
        Data::Str(text) => text.split(',').map(String::from).collect(),
        _ => return Err(ActionError::failed("Groups must be specified as a list.").at(value.origin())),
    };
    let mut out: Vec<String> = Vec::new();
    for name in names {
        let name = name.trim();
        if !name.is_empty() && !out.iter().any(|n| n == name) {
            out.push(name.to_string());
        }
    }
    Ok(out)
}
