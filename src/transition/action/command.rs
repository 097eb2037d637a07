//! `command`: a program, with the workspace as its working directory.

use std::fs::File;
use std::io;
use std::process::Stdio;

use adept_wire::Map;

use super::output::{Output, Outputs};
use super::variable::strerror;
use super::{Place, optional};
use crate::transition::banner::{banner, shortened};
use crate::transition::child;
use crate::transition::environment::{Environment, environment, without_empty};
use crate::transition::error::TransitionError;
use crate::transition::interrupt::Interrupts;
use crate::transition::io::Io;
use crate::transition::params::{Params, existing, usage};
use crate::transition::substitute::substitute;
use crate::transition::words;

/// A program that is about to be run.
pub struct Command {
    place: Place,
    /// The program's real path, then its arguments.
    words: Vec<String>,
    env: Environment,
    outputs: Outputs,
}

impl Command {
    /// From the arguments of the item.
    pub fn new(params: &Params, place: Place, mut args: Map) -> Result<Command, TransitionError> {
        let failed = |problem: String| place.error("initializing", problem);
        let filepath = place.required(&mut args, "filepath")?;
        let env = without_empty(environment(params));
        let filepath = substitute(&env, &filepath).map_err(failed)?;
        let program = if filepath == "-" {
            // Not a program, but this is where the original looks for standard input; executing it fails.
            filepath.into()
        } else {
            existing(&params.cwd, &filepath).ok_or_else(|| {
                failed(format!("{} Error: {filepath} is not a file\n{}", params.context, usage(&params.program)))
            })?
        };
        let mut command = vec![program.to_string_lossy().into_owned()];
        // Substitution comes before splitting: it reaches into single quotes, and values may bring quotes and comments.
        let arguments = args.get("arguments").is_some_and(|a| a.is_truthy());
        if let Some(text) = optional(&mut args, "arguments").filter(|_| arguments) {
            let text = substitute(&env, &text).map_err(failed)?;
            command.extend(words::split(&text).map_err(|e| failed(e.to_string()))?);
        }
        let outputs = Outputs::open(params, &place, &env, &mut args)?;
        place.no_more(&args)?;
        Ok(Command { place, words: command, env, outputs })
    }

    /// What is about to be run.
    pub fn banner(&self, params: &Params) -> String {
        let (mut lines, exit) = self.outputs.shown();
        lines.extend(self.place.shown());
        lines.push(("cmd", shortened(&self.words.join(" "))));
        lines.extend(exit);
        banner(params, self.place.class, &lines)
    }

    /// Runs it. Standard error is the transition's own; with `stderrfile: "-"` it goes where standard output goes.
    pub fn run(
        &mut self,
        params: &Params,
        io: &Io,
        globals: &Environment,
        interrupts: &Interrupts,
    ) -> Result<i32, TransitionError> {
        let env = with_globals(&self.place, self.env.clone(), globals)?;
        let started = self.start(params, io, &env, interrupts);
        let done = started.and_then(|code| self.outputs.exit_code(code));
        done.map_err(|e| self.place.error("executing", format!("{}: {}", self.words[0], strerror(&e))))
    }

    fn start(&self, params: &Params, io: &Io, env: &Environment, interrupts: &Interrupts) -> io::Result<i32> {
        let stdout = match &self.outputs.stdout {
            Output::File(_, file) => file.try_clone()?,
            Output::Default | Output::Dash => io.stdout.try_clone()?,
        };
        let stderr = match &self.outputs.stderr {
            Output::File(_, file) => file.try_clone()?,
            Output::Dash => stdout.try_clone()?,
            Output::Default => io.stderr.try_clone()?,
        };
        let mut command = std::process::Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear().envs(env).current_dir(&params.workspace);
        command.stdin(Stdio::from(File::try_clone(&io.stdin)?)).stdout(stdout).stderr(stderr);
        child::run(&mut command, interrupts)
    }
}

/// The environment with the global variables, in whose values names are replaced once more.
pub fn with_globals(
    place: &Place,
    mut env: Environment,
    globals: &Environment,
) -> Result<Environment, TransitionError> {
    for (name, value) in globals {
        let value = substitute(&env, value).map_err(|e| place.error("executing", e))?;
        env.insert(name.clone(), value);
    }
    Ok(env)
}
