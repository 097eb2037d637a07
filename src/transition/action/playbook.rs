//! `playbook`: a playbook, run in this process as if `ansible-playbook` had been called.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use adept_wire::Map;

use super::command::with_globals;
use super::output::{Output, Outputs};
use super::variable::strerror;
use super::{Place, optional};
use crate::transition::banner::{banner, shortened};
use crate::transition::environment::{Environment, environment, without_empty};
use crate::transition::error::TransitionError;
use crate::transition::params::{Params, real_path};
use crate::transition::substitute::substitute;
use crate::transition::words;

/// A playbook as a program would have been called: the engine parses the command line as `ansible-playbook` does.
#[derive(Debug)]
pub struct PlaybookCall {
    /// The arguments, without the program's name.
    pub args: Vec<String>,
    /// The working directory: the playbook's folder.
    pub cwd: PathBuf,
    /// The complete environment; nothing else may be taken from the real one.
    pub env: Vec<(String, String)>,
    /// Where standard output goes, if not to the transition's own.
    pub stdout: Option<File>,
    /// Where standard error goes, if not to where standard output goes.
    pub stderr: Option<File>,
    /// Under `adept job`, a playbook none of whose plays matches a host is a failure (exit code 72).
    pub empty_fails: bool,
}

/// Runs playbooks. The engine is behind it; tests put a fake there.
///
/// An implementation handles SIGINT and SIGTERM itself while it runs, ends what it started, and gives 130 or 143.
pub trait PlaybookRunner {
    /// Runs a playbook to its end; gives `ansible-playbook`'s exit code.
    fn run(&self, call: PlaybookCall) -> i32;
}

/// The name under which `adept job` asks nested runs to let playbooks without hosts fail.
pub const EMPTY_FAILS: &str = "ADEPT_EMPTY_FAILS";

/// A playbook that is about to be run.
pub struct Playbook {
    place: Place,
    args: Vec<String>,
    cwd: PathBuf,
    env: Environment,
    outputs: Outputs,
    limit: Option<String>,
    varsfile: Option<String>,
}

impl Playbook {
    /// From the arguments of the item.
    pub fn new(
        params: &Params,
        place: Place,
        mut args: Map,
        globals: &Environment,
    ) -> Result<Playbook, TransitionError> {
        let failed = |problem: String| place.error("initializing", problem);
        let filepath = place.required(&mut args, "filepath")?;
        let [varsfile, limit, inventory, config] =
            ["varsfile", "limit", "inventory", "config"].map(|k| optional(&mut args, k).filter(|v| !v.is_empty()));
        if args.contains_key("arguments") {
            return Err(failed("encountered unsupported \"arguments\" key".to_string()));
        }
        let mut env = environment(params);
        let replaced = |env: &Environment, text: &str| substitute(env, text.trim()).map_err(failed);
        let path_of = |env: &Environment, text: &str| -> Result<String, TransitionError> {
            Ok(real_path(&params.cwd, &replaced(env, text)?).to_string_lossy().into_owned())
        };
        let filepath = replaced(&env, &filepath)?;
        if let Some(key) = globals.get("ANSIBLE_PRIVATE_KEY_FILE") {
            env.insert("ANSIBLE_PRIVATE_KEY_FILE".to_string(), key.clone());
        }

        let mut words = Vec::new();
        let mut add = |option: &str, value: String| words.extend([option.to_string(), value]);
        // Given to the command line as it is written: the original replaces nothing in it.
        if let Some(limit) = &limit {
            add("--limit", limit.clone());
        }
        if let Some(inventory) = &inventory {
            add("--inventory", path_of(&env, inventory)?);
        }
        add("--extra-vars", format!("workspace='{}'", env["WORKSPACE"]));
        if !env["ADEPT_OPTIONAL"].is_empty() {
            let optional = replaced(&env, &params.optional)?;
            add("--extra-vars", format!("adept_optional='{optional}'"));
        }
        let mut shown_varsfile = None;
        if let Some(varsfile) = &varsfile {
            let path = path_of(&env, varsfile)?;
            if Path::new(&path).is_file() {
                add("--extra-vars", format!("@{path}"));
                shown_varsfile = Some(path);
            } else {
                // As the original: content can see that there was to be a file.
                add("--extra-vars", format!("varsfile='{path}'"));
            }
        }
        add("--extra-vars", format!("adept_path='{}'", env["ADEPT_PATH"]));
        add("--extra-vars", format!("adept_context='{}'", params.context));
        if let Some(config) = &config {
            let config = replaced(&env, config)?;
            env.insert("ANSIBLE_CONFIG".to_string(), config);
        }
        words.extend(words::split(&params.optional).map_err(|e| failed(e.to_string()))?);
        words.push(filepath.clone());

        let outputs = Outputs::open(params, &place, &env, &mut args)?;
        place.no_more(&args)?;
        let folder = Path::new(&filepath).parent().unwrap_or(Path::new("/"));
        let cwd = params.cwd.join(folder);
        Ok(Playbook { place, args: words, cwd, env: without_empty(env), outputs, limit, varsfile: shown_varsfile })
    }

    /// What is about to be run, as the command that it stands for.
    pub fn banner(&self, params: &Params) -> String {
        let mut lines: Vec<(&str, String)> = self.limit.iter().map(|l| ("limit", l.clone())).collect();
        let (streams, exit) = self.outputs.shown();
        lines.extend(streams);
        lines.extend(self.varsfile.iter().map(|v| ("varsfile", v.clone())));
        lines.extend(self.place.shown());
        lines.push(("cmd", shortened(&format!("ansible-playbook {}", self.args.join(" ")))));
        lines.extend(exit);
        banner(params, self.place.class, &lines)
    }

    /// Runs it.
    pub fn run(
        &mut self,
        params: &Params,
        globals: &Environment,
        playbooks: &dyn PlaybookRunner,
    ) -> Result<i32, TransitionError> {
        let failed = |problem: String| self.place.error("executing", problem);
        if !self.cwd.is_dir() {
            return Err(failed(format!("{} is not a directory", self.cwd.display())));
        }
        let env = with_globals(&self.place, self.env.clone(), globals)?;
        let file = |output: &Output| -> io::Result<Option<File>> {
            match output {
                Output::File(_, file) => file.try_clone().map(Some),
                Output::Default | Output::Dash => Ok(None),
            }
        };
        let call = PlaybookCall {
            args: self.args.clone(),
            cwd: self.cwd.clone(),
            env: env.into_iter().collect(),
            stdout: file(&self.outputs.stdout).map_err(|e| failed(strerror(&e)))?,
            stderr: file(&self.outputs.stderr).map_err(|e| failed(strerror(&e)))?,
            empty_fails: params.env.get(EMPTY_FAILS).is_some_and(|v| !v.is_empty()),
        };
        let code = playbooks.run(call);
        self.outputs.exit_code(code).map_err(|e| failed(strerror(&e)))
    }
}
