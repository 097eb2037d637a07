//! `systemd` and `systemd_service`: units, by `systemctl`.

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::sys::process::{Command, Finished};
use crate::sys::program;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};

const PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).aliases(&["service", "unit"]),
    Param::new("state", Kind::Str).choices(&["reloaded", "restarted", "started", "stopped"]),
    Param::new("enabled", Kind::Bool),
    Param::new("force", Kind::Bool),
    Param::new("masked", Kind::Bool),
    Param::new("daemon_reload", Kind::Bool).aliases(&["daemon-reload"]).default(Default::Bool(false)),
    Param::new("daemon_reexec", Kind::Bool).aliases(&["daemon-reexec"]).default(Default::Bool(false)),
    Param::new("scope", Kind::Str).default(Default::Str("system")).choices(&["system", "user", "global"]),
    Param::new("no_block", Kind::Bool).default(Default::Bool(false)),
];

const RULES: &[Rule] = &[
    Rule::RequiredBy { param: "state", needs: &["name"] },
    Rule::RequiredBy { param: "enabled", needs: &["name"] },
    Rule::RequiredBy { param: "masked", needs: &["name"] },
];

/// The module, by its older name.
pub const SYSTEMD: Module =
    Module { spec: Spec::new("systemd", "Manage systemd units", PARAMS).rules(RULES), run: run_systemd };

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("systemd_service", "Manage systemd units", PARAMS).rules(RULES), run: run_systemd };

/// The spelling of `name` that a pattern would have.
const PATTERN: &[char] = &['*', '?', '['];

fn run_systemd(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let systemctl = Systemctl::new(args, host)?;
    if !host.check {
        for (param, verb) in [("daemon_reload", "daemon-reload"), ("daemon_reexec", "daemon-reexec")] {
            if args.bool(param) {
                let done = systemctl.run(&[verb])?;
                if done.rc != 0 {
                    let why = format!("failure {} during {verb}: {}", done.rc, done.stderr_text());
                    return Err(ModuleError::new(why).param(param));
                }
            }
        }
    }
    let mut result = map! { "name" => args.str("name"), "changed" => false, "status" => Value::map(Map::new()) };
    let mut changed = false;
    if let Some(unit) = args.str("name") {
        changed = systemctl.manage(unit, args, &mut result)?;
    }
    result.shift_remove("changed");
    Ok(ModuleOutcome::changed(changed, result))
}

/// `systemctl` with the options that each call gets.
pub(super) struct Systemctl<'a> {
    program: String,
    options: Vec<&'static str>,
    runtime_dir: Option<String>,
    host: &'a Host<'a>,
}

impl<'a> Systemctl<'a> {
    pub(super) fn new(args: &Args, host: &'a Host<'a>) -> Result<Systemctl<'a>, ModuleError> {
        let mut options = Vec::new();
        let scope = args.str("scope");
        match scope {
            Some("user") => options.push("--user"),
            Some("global") => options.push("--global"),
            _ => {}
        }
        for (param, option) in [("no_block", "--no-block"), ("force", "--force")] {
            if args.bool(param) {
                options.push(option);
            }
        }
        // Without a login session nobody says where the user's systemd listens.
        let runtime_dir = (scope == Some("user") && host.env("XDG_RUNTIME_DIR").is_none())
            .then(|| format!("/run/user/{}", rustix::process::geteuid().as_raw()));
        Ok(Systemctl { program: program::require("systemctl", host)?, options, runtime_dir, host })
    }

    fn run(&self, words: &[&str]) -> Result<Finished, ModuleError> {
        let words = self.options.iter().chain(words).map(|w| w.to_string());
        let argv: Vec<String> = std::iter::once(self.program.clone()).chain(words).collect();
        let mut command = Command::new(&argv).quiet();
        if let Some(dir) = &self.runtime_dir {
            command = command.env("XDG_RUNTIME_DIR", dir);
        }
        program::run(&argv, command, self.host)
    }

    /// Changes a unit; a failure is the module's. Nothing happens in check mode.
    fn change(&self, verb: &str, unit: &str) -> Result<(), ModuleError> {
        if self.host.check {
            return Ok(());
        }
        let done = self.run(&[verb, unit])?;
        if done.rc == 0 {
            return Ok(());
        }
        Err(ModuleError::new(format!("Unable to {verb} service {unit}: {}", done.stderr_text())))
    }

    /// Brings a unit to what the arguments ask for; says whether that changed anything.
    pub(super) fn manage(&self, unit: &str, args: &Args, result: &mut Map) -> Result<bool, ModuleError> {
        if let Some(at) = unit.find(PATTERN) {
            let pattern = &unit[at..=at];
            let why = format!(
                "This module does not currently support using glob patterns, found '{pattern}' in service name: {unit}"
            );
            return Err(ModuleError::new(why).param("name"));
        }
        let shown = self.run(&["show", unit])?;
        let offline = says_offline(&shown);
        if shown.rc != 0 && !offline {
            let why = format!("Error loading unit file '{unit}': {}", shown.stderr_text());
            return Err(ModuleError::new(why).param("name"));
        }
        let status = properties(&shown.stdout_text());
        let property = |name: &str| status.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let (load, active) = (property("LoadState"), property("ActiveState"));
        result.insert("status".into(), Value::map(status));
        let mut changed = false;
        if let Some(masked) = args.opt_bool("masked") {
            let is = self.run(&["is-enabled", unit])?;
            let now = matches!(is.stdout_text().trim(), "masked" | "masked-runtime");
            if now != masked {
                changed = true;
                self.change(if masked { "mask" } else { "unmask" }, unit)?;
            }
        }
        let wants_more = args.opt_bool("enabled").is_some() || args.str("state").is_some();
        if wants_more && !offline && load == "not-found" {
            let why = format!("Could not find the requested service {unit}: host");
            return Err(ModuleError::new(why).param("name"));
        }
        if let Some(enabled) = args.opt_bool("enabled") {
            let is = self.run(&["is-enabled", unit])?;
            let now = is.rc == 0 && is.stdout_text().trim() != "indirect";
            if now != enabled {
                changed = true;
                self.change(if enabled { "enable" } else { "disable" }, unit)?;
            }
            result.insert("enabled".into(), enabled.into());
        }
        if let Some(state) = args.str("state") {
            if active.is_empty() {
                return Err(ModuleError::new("Service is in unknown state").param("state"));
            }
            let verb = verb(state, &active);
            if let Some(verb) = verb {
                changed = true;
                self.change(verb, unit)?;
            }
            let now = if state == "stopped" { "stopped" } else { "started" };
            result.insert("state".into(), now.into());
        }
        Ok(changed)
    }
}

/// What brings a unit from this `ActiveState` to the state asked for.
fn verb(state: &str, active: &str) -> Option<&'static str> {
    let runs = matches!(active, "active" | "activating" | "reloading" | "refreshing");
    match state {
        "started" => (!runs).then_some("start"),
        "stopped" => (runs || active == "deactivating").then_some("stop"),
        "restarted" => Some(if runs { "restart" } else { "start" }),
        _ => Some(if runs { "reload" } else { "start" }),
    }
}

/// In a chroot `systemctl` does nothing and says so.
fn says_offline(finished: &Finished) -> bool {
    let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
    said.contains("ignoring request") || said.contains("ignoring command")
}

/// The output of `systemctl show`; a value that starts with `{` may go on over lines until one ends in `}`.
fn properties(output: &str) -> Map {
    let mut out = Map::new();
    let mut open: Option<(String, String)> = None;
    for line in output.lines() {
        if let Some((name, mut value)) = open.take() {
            value.push('\n');
            value.push_str(line);
            if line.trim_end().ends_with('}') {
                out.insert(name.as_str().into(), value.trim().into());
            } else {
                open = Some((name, value));
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        if name.starts_with("Exec") && value.trim_start().starts_with('{') && !value.trim_end().ends_with('}') {
            open = Some((name.into(), value.into()));
        } else {
            out.insert(name.into(), value.trim().into());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_over_lines() {
        let map =
            properties("Id=x.service\nExecStart={ path=/a ; argv[]=/a b\nc ; status=0/0 }\nDescription={ not\nA=b=c\n");
        let text = |name: &str| map.get(name).and_then(Value::as_str).unwrap().to_string();
        assert_eq!(text("ExecStart"), "{ path=/a ; argv[]=/a b\nc ; status=0/0 }");
        assert_eq!((text("Id"), text("Description"), text("A")), ("x.service".into(), "{ not".into(), "b=c".into()));
    }

    #[test]
    fn verbs() {
        assert_eq!(verb("started", "failed"), Some("start"));
        assert_eq!(verb("started", "activating"), None);
        assert_eq!(verb("stopped", "failed"), None);
        assert_eq!(verb("restarted", "active"), Some("restart"));
        assert_eq!(verb("reloaded", "inactive"), Some("start"));
    }
}
