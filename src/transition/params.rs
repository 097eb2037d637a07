//! `Params`: what a transition is started with, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::TransitionError;

/// By this name `adept job` asks nested runs for fewer banners.
pub const QUIET: &str = "ADEPT_QUIET";

/// Where the transition is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input (`-`).
    Stdin,
    /// A file, its path resolved.
    File(PathBuf),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Stdin => f.write_str("-"),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What a transition is started with.
#[derive(Clone, Debug)]
pub struct Params {
    /// `setup`, `run`, `cleanup`, or any other word.
    pub context: String,
    /// The folder in which state is kept.
    pub workspace: PathBuf,
    /// The transition file.
    pub xn: Source,
    /// The remaining arguments, joined by spaces: for every playbook.
    pub optional: String,
    /// The folder of the program, or of the content that it unpacked.
    pub adept_path: PathBuf,
    /// The real environment, of which children see a part.
    pub env: BTreeMap<String, String>,
    /// The short name of this machine.
    pub hostname: String,
    /// The folder that relative paths in the transition start from.
    pub cwd: PathBuf,
    /// The name that usage texts call the program by.
    pub program: String,
}

impl Params {
    /// Checks the positional arguments `context workspace xn [optional...]`, in the original's order: xn, workspace, context.
    pub fn check(
        program: &str,
        args: &[String],
        adept_path: PathBuf,
        env: BTreeMap<String, String>,
        cwd: PathBuf,
    ) -> Result<Params, TransitionError> {
        let wrong = |message: String| TransitionError::Usage { message, usage: usage(program) };
        let [context, workspace, xn, optional @ ..] = args else {
            return Err(wrong("Not enough arguments".to_string()));
        };
        let xn_source = match xn.as_str() {
            "-" => Source::Stdin,
            path => {
                let real = existing(&cwd, path).ok_or_else(|| wrong(format!("xn Error: {path} is not a file")))?;
                if !real.to_string_lossy().ends_with(".xn") {
                    let what = "is not a transition (yaml) file ending in xn";
                    return Err(wrong(format!("xn Error: {} {what}", real.display())));
                }
                Source::File(real)
            }
        };
        let workspace = existing(&cwd, workspace)
            .ok_or_else(|| wrong(format!("workspace Error: {workspace} is not a directory")))?;
        let word = context.replace(['_', '-'], "");
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(wrong(format!("context Error: Unacceptable string: '{context}'")));
        }
        let optional: Vec<&str> = optional.iter().map(|o| o.trim()).filter(|o| !o.is_empty()).collect();
        Ok(Params {
            context: context.clone(),
            workspace,
            xn: xn_source,
            optional: optional.join(" "),
            adept_path,
            env,
            hostname: short_hostname(),
            cwd,
            program: program.to_string(),
        })
    }

    /// Are banners shown of failed actions only? `adept job` asks for that, since its console tells the story.
    pub fn quiet(&self) -> bool {
        self.env.get(QUIET).is_some_and(|v| !v.is_empty())
    }

    /// May output be coloured? The terminal's type decides alone, as in the original: banners go into logs with colour.
    pub fn colour(&self) -> bool {
        !matches!(self.env.get("TERM").map_or("dumb", String::as_str), "dumb" | "serial")
    }
}

/// How the positional form is called.
pub fn usage(program: &str) -> String {
    format!(
        "Usage: {program} context workspace xn\n\
         Where the first is a string, second is a directory, third is an adept transition .xn file,\n\
         and any remaining optional arguments are passed through into all cmmand/playbook handlers"
    )
}

/// The name of this machine up to the first dot.
pub fn short_hostname() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_string()
}

/// The path without links, if something is there.
pub fn existing(cwd: &Path, path: &str) -> Option<PathBuf> {
    if path.is_empty() { None } else { cwd.join(path).canonicalize().ok() }
}

/// The path without links and dots, also of something that isn't there (yet).
pub fn real_path(cwd: &Path, path: &str) -> PathBuf {
    let absolute = cwd.join(path);
    if let Ok(real) = absolute.canonicalize() {
        return real;
    }
    let mut real = PathBuf::from("/");
    for part in absolute.components() {
        match part {
            std::path::Component::ParentDir => {
                real.pop();
            }
            std::path::Component::Normal(name) => {
                real.push(name);
                real = real.canonicalize().unwrap_or(real);
            }
            _ => {}
        }
    }
    real
}
