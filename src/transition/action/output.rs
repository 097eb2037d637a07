//! `Outputs`: the three files of a command or playbook. They are emptied when the action is set up.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use adept_wire::{Data, Map, Value};

use super::Place;
use super::variable::strerror;
use crate::transition::environment::Environment;
use crate::transition::error::TransitionError;
use crate::transition::params::{Params, real_path};
use crate::transition::substitute::substitute;
use crate::transition::text::text;

/// Where a stream goes.
pub enum Output {
    /// Nothing was said.
    Default,
    /// `-` was said.
    Dash,
    /// To a file.
    File(PathBuf, File),
}

/// A line of a banner.
type Line = (&'static str, String);

/// The three files of an action.
pub struct Outputs {
    pub stdout: Output,
    pub stderr: Output,
    pub exit: Output,
}

impl Outputs {
    /// Takes `stdoutfile`, `stderrfile` and `exitfile`, and opens them.
    pub fn open(params: &Params, place: &Place, env: &Environment, args: &mut Map) -> Result<Outputs, TransitionError> {
        let mut open = |key: &str| {
            let value = args.shift_remove(key).unwrap_or(Value::NULL);
            match &value.data {
                Data::Str(s) if &**s == "-" => return Ok(Output::Dash),
                // The original compares with Python's numbers for "inherit", "pipe" and "merge".
                Data::Int(-2..=1) | Data::Bool(_) => return Ok(Output::Default),
                _ if !value.is_truthy() => return Ok(Output::Default),
                _ => {}
            }
            let failed = |problem: String| place.error("initializing", problem);
            let path = real_path(&params.cwd, &substitute(env, &text(&value)).map_err(failed)?);
            match File::create(&path) {
                Ok(file) => Ok(Output::File(path, file)),
                Err(e) => Err(failed(format!("opening {key} {}: {}", path.display(), strerror(&e)))),
            }
        };
        Ok(Outputs { stdout: open("stdoutfile")?, stderr: open("stderrfile")?, exit: open("exitfile")? })
    }

    /// The banner's lines before and after the command.
    pub fn shown(&self) -> (Vec<Line>, Vec<Line>) {
        let line = |name, output: &Output| match output {
            Output::File(path, _) => Some((name, path.display().to_string())),
            Output::Default | Output::Dash => None,
        };
        let streams = [line("stdoutfile", &self.stdout), line("stderrfile", &self.stderr)];
        (streams.into_iter().flatten().collect(), line("exitfile", &self.exit).into_iter().collect())
    }

    /// What the action counts for: with an `exitfile` the code is written there, and the action went well.
    pub fn exit_code(&mut self, code: i32) -> io::Result<i32> {
        match &mut self.exit {
            Output::File(_, file) => {
                write!(file, "{code}")?;
                file.sync_data()?;
                Ok(0)
            }
            Output::Default | Output::Dash => Ok(code),
        }
    }
}
