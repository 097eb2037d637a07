//! `variable`: sets a variable for all later actions, or asserts that one is set.

use std::fs;
use std::io;

use adept_wire::Map;

use super::{Place, optional};
use crate::transition::banner::banner;
use crate::transition::environment::{Environment, environment};
use crate::transition::error::TransitionError;
use crate::transition::params::Params;
use crate::transition::substitute::substitute;

/// A variable that is about to be set.
pub struct Variable {
    place: Place,
    name: String,
    source: Source,
    default: Option<String>,
}

/// Where the value comes from.
enum Source {
    File(String),
    Env(String),
    Value(String),
    /// Nowhere: it must be set already. An empty `value` means the same.
    MustExist,
}

impl Variable {
    /// From the arguments of the item; unknown keys are ignored, as in the original.
    pub fn new(place: Place, mut args: Map) -> Result<Variable, TransitionError> {
        let name = place.required(&mut args, "name")?.trim().to_string();
        let [value, from_env, from_file, default] =
            ["value", "from_env", "from_file", "default"].map(|key| optional(&mut args, key));
        if let Some(value) = &value
            && (from_env.is_some() || from_file.is_some())
        {
            let shown = |v: &Option<String>| v.clone().unwrap_or_else(|| "None".to_string());
            let (env, file) = (shown(&from_env), shown(&from_file));
            let problem =
                format!("only one of value({value}), from_env({env}), or from_file({file}) may be set for {name}");
            return Err(place.error("initializing", problem));
        }
        let given = |v: &Option<String>| v.as_ref().map(|v| v.trim().to_string()).filter(|v| !v.is_empty());
        let source = match (given(&from_file), given(&from_env), given(&value)) {
            (Some(file), _, _) => Source::File(file),
            (None, Some(env), _) => Source::Env(env),
            (None, None, Some(value)) => Source::Value(value),
            (None, None, None) => Source::MustExist,
        };
        Ok(Variable { place, name, source, default: default.map(|d| d.trim().to_string()) })
    }

    /// What is about to be set. Where a value comes from a file or the environment, that is shown, not the value.
    pub fn banner(&self, params: &Params) -> String {
        let shown = match &self.source {
            Source::File(file) => format!("<from {file}> "),
            Source::Env(name) => format!("<from ${name}>"),
            Source::Value(value) => value.clone(),
            Source::MustExist => "<must exist>".to_string(),
        };
        banner(params, self.place.class, &[(&self.name, shown)])
    }

    /// Sets it.
    pub fn run(&self, params: &Params, globals: &mut Environment) -> Result<i32, TransitionError> {
        let env = environment(params);
        let failed = |problem: String| self.place.error("executing", problem);
        let value = match &self.source {
            Source::File(file) => self.read_file(params, &env, file)?,
            Source::Env(name) => self.read_env(params, name)?,
            Source::Value(value) => value.clone(),
            // The original crashes where the variable is set; the documented meaning is that all is well then.
            Source::MustExist if globals.contains_key(&self.name) => return Ok(0),
            Source::MustExist => return Err(failed(format!("Required global variable {} is not set", self.name))),
        };
        let value = substitute(&env, value.trim()).map_err(failed)?;
        let value = substitute(globals, value.trim()).map_err(failed)?;
        globals.insert(self.name.clone(), value);
        Ok(0)
    }

    fn read_env(&self, params: &Params, name: &str) -> Result<String, TransitionError> {
        let set = params.env.get(name).map(|v| v.trim());
        match (set, &self.default) {
            (Some(value), _) if !value.is_empty() => Ok(value.to_string()),
            (_, Some(default)) => Ok(default.clone()),
            (None, None) => {
                Err(self.place.error("executing", format!("environment variable {name} does not exist in environment")))
            }
            (Some(_), None) => Err(self.place.error("executing", format!("environment variable {name} is empty"))),
        }
    }

    fn read_file(&self, params: &Params, env: &Environment, file: &str) -> Result<String, TransitionError> {
        let failed = |verb: &str, name: &str, problem: String| {
            self.place.error("executing", format!("{verb} file {name}: {problem}"))
        };
        let name = substitute(env, file).map_err(|e| failed("reading from", file, e))?;
        let path = params.cwd.join(&name);
        let error = match fs::read(&path) {
            Ok(bytes) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => error,
        };
        let default = self.default.as_ref().ok_or_else(|| failed("reading from", file, strerror(&error)))?;
        // The next run, or a person who looks, finds in the file what was used.
        fs::write(&path, default).map_err(|e| failed("writing the default to", &name, strerror(&e)))?;
        Ok(default.clone())
    }
}

/// The system's text for an error, without Rust's number behind it.
pub fn strerror(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}
