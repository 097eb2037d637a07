//! `service`: services of whatever init the host has: systemd's, or scripts in `/etc/init.d`.

use std::path::Path;
use std::time::Duration;

use adept_wire::{Map, ModuleOutcome, map};

use super::systemd::Systemctl;
use crate::sys::process::{Command, Finished};
use crate::sys::program;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec, words};

const PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).required(),
    Param::new("state", Kind::Str).choices(&["started", "stopped", "reloaded", "restarted"]),
    Param::new("sleep", Kind::Int),
    Param::new("pattern", Kind::Str),
    Param::new("enabled", Kind::Bool),
    Param::new("runlevel", Kind::Str).default(Default::Str("default")),
    Param::new("arguments", Kind::Str).aliases(&["args"]).default(Default::Str("")),
    Param::new("use", Kind::Str).default(Default::Str("auto")),
];

/// The module.
pub const MODULE: Module = Module {
    spec: Spec::new("service", "Manage services", PARAMS).rules(&[Rule::RequiredOneOf(&["state", "enabled"])]),
    run,
};

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let name = args.str("name").unwrap_or_default();
    let systemd = match args.str("use").unwrap_or_default() {
        "auto" => Path::new("/run/systemd/system").exists(),
        "systemd" | "systemd_service" | "ansible.builtin.systemd" | "ansible.builtin.systemd_service" => true,
        "sysvinit" | "service" | "ansible.builtin.sysvinit" | "ansible.builtin.service" => false,
        other => {
            return Err(ModuleError::new(format!("services of '{other}' are not supported yet")).param("use"));
        }
    };
    let mut result = map! { "name" => name };
    let changed = if systemd {
        Systemctl::new(args, host)?.manage(name, args, &mut result)?
    } else {
        Script { name, args, host }.manage(&mut result)?
    };
    Ok(ModuleOutcome::changed(changed, result))
}

/// A service that is a script in `/etc/init.d`.
struct Script<'a> {
    name: &'a str,
    args: &'a Args,
    host: &'a Host<'a>,
}

impl Script<'_> {
    fn manage(&self, result: &mut Map) -> Result<bool, ModuleError> {
        let mut changed = false;
        if let Some(enabled) = self.args.opt_bool("enabled") {
            changed |= self.enable(enabled)?;
            result.insert("enabled".into(), enabled.into());
        }
        if let Some(state) = self.args.str("state") {
            let runs = self.runs()?;
            let verbs: &[&str] = match (state, runs) {
                ("started", false) => &["start"],
                ("stopped", true) => &["stop"],
                ("restarted", true) => &["stop", "start"],
                ("restarted" | "reloaded", false) => &["start"],
                ("reloaded", true) => &["reload"],
                _ => &[],
            };
            changed |= !verbs.is_empty();
            for (i, verb) in verbs.iter().enumerate().filter(|_| !self.host.check) {
                if i > 0 {
                    let seconds = self.args.int("sleep").unwrap_or(1).max(0);
                    std::thread::sleep(Duration::from_secs(seconds.unsigned_abs()));
                }
                self.script(verb)?;
            }
            result.insert("state".into(), if state == "stopped" { "stopped" } else { "started" }.into());
        }
        Ok(changed)
    }

    fn call(&self, argv: &[String]) -> Result<Finished, ModuleError> {
        program::run(argv, Command::new(argv).quiet(), self.host)
    }

    fn argv(&self, verb: &str) -> Result<Vec<String>, ModuleError> {
        let script = format!("/etc/init.d/{}", self.name);
        let mut argv = match program::find("service", self.host) {
            Some(service) => vec![service.to_string_lossy().into_owned(), self.name.to_string()],
            None if Path::new(&script).exists() => vec![script],
            None => {
                let why = format!("Could not find the requested service {}: host", self.name);
                return Err(ModuleError::new(why).param("name"));
            }
        };
        argv.push(verb.into());
        let more = words::split(self.args.str("arguments").unwrap_or_default())
            .map_err(|e| ModuleError::new(e.to_string()).param("arguments"))?;
        argv.extend(more);
        Ok(argv)
    }

    fn script(&self, verb: &str) -> Result<(), ModuleError> {
        let argv = self.argv(verb)?;
        let done = self.call(&argv)?;
        if done.rc == 0 {
            return Ok(());
        }
        let why = if done.stderr.is_empty() { done.stdout_text() } else { done.stderr_text() };
        Err(ModuleError::new(format!("Unable to {verb} service {}: {why}", self.name))
            .result(program::ending(&argv, &done)))
    }

    fn runs(&self) -> Result<bool, ModuleError> {
        if let Some(pattern) = self.args.str("pattern") {
            let argv: Vec<String> = ["ps", "auxww"].map(String::from).into();
            return Ok(self.call(&argv)?.stdout_text().lines().any(|l| l.contains(pattern)));
        }
        let argv = self.argv("status")?;
        let done = self.call(&argv)?;
        let said = format!("{}{}", done.stdout_text(), done.stderr_text());
        if done.rc != 0 && (said.contains("unrecognized service") || said.contains("not found")) {
            let why = format!("Could not find the requested service {}: host", self.name);
            return Err(ModuleError::new(why).param("name"));
        }
        Ok(done.rc == 0)
    }

    /// Links the script into the run levels, or takes it out.
    fn enable(&self, enabled: bool) -> Result<bool, ModuleError> {
        let pattern = format!("/etc/rc[2345S].d/S[0-9][0-9]{}", self.name);
        if crate::glob::exists(Path::new("/"), &pattern) == enabled {
            return Ok(false);
        }
        if self.host.check {
            return Ok(true);
        }
        let words = |list: &[&str]| list.iter().map(|w| w.to_string()).collect::<Vec<_>>();
        let steps = if program::find("update-rc.d", self.host).is_some() {
            // A script without links needs them made before they can be switched.
            let verb = if enabled { "enable" } else { "disable" };
            vec![words(&["update-rc.d", self.name, "defaults"]), words(&["update-rc.d", self.name, verb])]
        } else if program::find("chkconfig", self.host).is_some() {
            vec![words(&["chkconfig", self.name, if enabled { "on" } else { "off" }])]
        } else if program::find("rc-update", self.host).is_some() {
            let verb = if enabled { "add" } else { "delete" };
            let level = self.args.str("runlevel").unwrap_or("default");
            vec![words(&["rc-update", verb, self.name, level])]
        } else {
            return Err(ModuleError::new(
                "cannot change the boot state of services here: no update-rc.d, chkconfig or \
                                         rc-update",
            )
            .param("enabled"));
        };
        for argv in steps {
            let done = self.call(&argv)?;
            if done.rc != 0 {
                let why = format!("Failure for {argv:?}: {}", done.stderr_text());
                return Err(ModuleError::new(why).result(program::ending(&argv, &done)));
            }
        }
        Ok(true)
    }
}
