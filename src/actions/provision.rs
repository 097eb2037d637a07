//! `provision`: creates or destroys something outside, so that the engine, not a shell line, knows what to undo.
//!
//! `create` prints YAML: a map of variables of what it made. Destroying what isn't there is success. Both get the name
//! and the job's uuid by environment (`ADEPT_NAME`, `ADEPT_UUID`).

use adept_modules::{Default, Kind, Param, Rule, Spec};
use adept_wire::{Data, Key, Map, Trust, Value, map};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;
use super::perform::Performer;
use crate::yaml;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "provision",
        "Creates or destroys something outside, by commands, under a name.",
        &[
            Param::new("name", Kind::Str).required(),
            Param::new("state", Kind::Str).default(Default::Str("present")).choices(&["present", "absent"]),
            Param::new("create", Kind::Raw),
            Param::new("destroy", Kind::Raw),
            Param::new("exists", Kind::Raw),
            Param::new("timeout", Kind::Int).default(Default::Int(600)),
            Param::new("environment", Kind::Dict),
        ],
    )
    .rules(&[
        Rule::RequiredIf { param: "state", value: "present", needs: &["create"], any: false },
        Rule::RequiredIf { param: "state", value: "absent", needs: &["destroy"], any: false },
    ])
    .no_check_mode(),
    bind,
);

/// What to create or destroy.
#[derive(Debug)]
pub struct Provision {
    /// Its name, the same in every run.
    pub name: String,
    /// Create, or destroy?
    pub present: bool,
    /// The `shell` module's arguments for creating.
    pub create: Option<Map>,
    /// For destroying.
    pub destroy: Option<Map>,
    /// For asking whether it is there: 0 means yes.
    pub exists: Option<Map>,
    /// The time that each command may take, in seconds.
    pub timeout: u64,
    /// Environment of all three.
    pub environment: Vec<(String, String)>,
}

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let name = b.args.str("name").unwrap_or_default().trim().to_string();
    if name.is_empty() {
        return Err(ActionError::failed("provision needs a name"));
    }
    let mut environment = vec![("ADEPT_NAME".to_string(), name.clone())];
    if b.templar.scope().get("uuid").is_some() {
        let uuid = b.templar.expression("uuid", None)?;
        environment.push(("ADEPT_UUID".to_string(), adept_modules::args::text(&uuid)));
    }
    if let Some(extra) = b.args.get("environment").and_then(Value::as_map) {
        environment.extend(extra.iter().map(|(k, v)| (k.to_string(), adept_modules::args::text(v))));
    }
    Ok(Work::Provision(Box::new(Provision {
        name,
        present: b.args.str("state") != Some("absent"),
        create: command(b, "create")?,
        destroy: command(b, "destroy")?,
        exists: command(b, "exists")?,
        timeout: b.args.int("timeout").and_then(|t| u64::try_from(t).ok()).unwrap_or(0),
        environment,
    })))
}

/// Text, or a map with `command`, `chdir`, `executable`, `creates`, `removes`: as the `shell` module takes it.
fn command(b: &Binding<'_>, name: &str) -> Result<Option<Map>, ActionError> {
    let Some(value) = b.args.get(name) else { return Ok(None) };
    let wrong = |why: &str| ActionError::failed(format!("{name} {why}")).at(value.origin());
    match &value.data {
        Data::Null => Ok(None),
        Data::Str(text) if text.trim().is_empty() => Ok(None),
        Data::Str(text) => Ok(Some(map! { "_raw_params" => text.clone() })),
        Data::Map(given) => {
            let mut args = Map::new();
            for (key, v) in given.iter() {
                match key.as_str() {
                    Some("command") => {
                        args.insert(Key::from("_raw_params"), v.clone());
                    }
                    Some("chdir" | "executable" | "creates" | "removes") if v.is_null() => {}
                    Some("chdir" | "executable" | "creates" | "removes") => {
                        args.insert(key.clone(), v.clone());
                    }
                    _ => {
                        return Err(wrong(&format!(
                            "has an unknown key '{key}' (known: command, chdir, executable, creates, removes)"
                        )));
                    }
                }
            }
            if !args.contains_key("_raw_params") {
                return Err(wrong("needs the key 'command'"));
            }
            Ok(Some(args))
        }
        _ => Err(wrong("must be a command or a map with the key 'command'")),
    }
}

impl Provision {
    /// Creates or destroys.
    pub(super) async fn perform(self, p: &Performer<'_>) -> Result<ActionOutcome, ActionError> {
        let state = if self.present { "present" } else { "absent" };
        let base = map! { "name" => self.name.as_str(), "state" => state };
        let there = match &self.exists {
            Some(args) => {
                let answer = self.shell(p, args).await?;
                Some((answer.result.get("rc").and_then(Value::as_i64) == Some(0), answer))
            }
            None => None,
        };
        let args = match (&there, self.present) {
            (Some((true, answer)), true) => {
                let mut result = base;
                let stdout = answer.result.get("stdout").and_then(Value::as_str).unwrap_or_default();
                result.insert("vars".into(), variables(stdout).unwrap_or_default().into());
                return Ok(ActionOutcome::ok(result));
            }
            (Some((false, _)), false) => return Ok(ActionOutcome::ok(base)),
            (_, true) => self.create.as_ref(),
            (_, false) => self.destroy.as_ref(),
        };
        let Some(args) = args else { return Ok(ActionOutcome::ok(base)) };
        let mut outcome = self.shell(p, args).await?;
        let own = std::mem::replace(&mut outcome.result, base);
        outcome.result.extend(own);
        if outcome.failed || outcome.skipped {
            return Ok(outcome.into());
        }
        if self.present {
            let stdout = outcome.result.get("stdout").and_then(Value::as_str).unwrap_or_default();
            match variables(stdout) {
                Ok(vars) => {
                    outcome.result.insert("vars".into(), vars.into());
                }
                Err(why) => {
                    outcome.failed = true;
                    outcome.result.insert("msg".into(), why.into());
                }
            }
        } else if let Some(exists) = &self.exists {
            let answer = self.shell(p, exists).await?;
            if answer.result.get("rc").and_then(Value::as_i64) == Some(0) {
                outcome.failed = true;
                outcome
                    .result
                    .insert("msg".into(), format!("'{}' is still there after it was destroyed", self.name).into());
            }
        }
        Ok(outcome.into())
    }

    async fn shell(&self, p: &Performer<'_>, args: &Map) -> Result<adept_wire::ModuleOutcome, ActionError> {
        let mut run = p.run.clone();
        run.module = "shell".into();
        run.args = args.clone();
        run.environment.extend(self.environment.clone());
        run.timeout_ms = (self.timeout > 0).then_some(self.timeout * 1000);
        Ok(p.session.run(run, p.output.clone(), p.cancel).await?)
    }
}

/// The YAML that a provider printed. What it says is data, never a template.
fn variables(stdout: &str) -> Result<Map, String> {
    if stdout.trim().is_empty() {
        return Ok(Map::new());
    }
    let (value, _) = yaml::load_one(stdout.as_bytes(), "<stdout of create>", Trust::Data)
        .map_err(|e| format!("its stdout is not YAML: {e}"))?;
    match &value.data {
        Data::Map(map) => Ok((**map).clone()),
        Data::Null => Ok(Map::new()),
        _ => Err(format!("its stdout must be a YAML map of variables, got a {}", value.type_name())),
    }
}
