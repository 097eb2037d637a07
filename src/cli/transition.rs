//! `adept CONTEXT WORKSPACE FILE.xn [OPTIONAL...]`, which is also what the name `adept.py` stands for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::transition::{self, Io, Params, PlaybookRunner};

/// The exit code of this form's own errors.
const ERROR: i32 = 1;

/// Is this the positional form? Its third argument is a transition file.
pub fn is_positional(argv: &[OsString]) -> bool {
    argv.get(3).is_some_and(|xn| xn == "-" || xn.to_string_lossy().ends_with(".xn"))
}

/// Runs the transition that the command line names; gives the exit code.
pub fn run(
    argv: &[OsString],
    env: impl IntoIterator<Item = (OsString, OsString)>,
    playbooks: &dyn PlaybookRunner,
) -> i32 {
    let io = match Io::inherit() {
        Ok(io) => io,
        // Without a standard error there is nobody to tell.
        Err(_) => return ERROR,
    };
    let text = |s: OsString| s.to_string_lossy().into_owned();
    let env: BTreeMap<String, String> = env.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let argv0 = argv.first().cloned().unwrap_or_else(|| "adept".into());
    let path = env.get("PATH").map(OsString::from).unwrap_or_default();
    let adept_path = transition::adept_path(&argv0, &path, &cwd);
    let program = Path::new(&argv0).file_name().map_or("adept".into(), |n| n.to_string_lossy());
    let colour = !matches!(env.get("TERM").map_or("dumb", String::as_str), "dumb" | "serial");
    let args: Vec<String> = argv.iter().skip(1).cloned().map(text).collect();
    match Params::check(&program, &args, adept_path, env, cwd) {
        Ok(params) => transition::run(&params, &io, playbooks),
        Err(error) => {
            io.tell(&transition::divided(&transition::short_hostname(), colour, &error.to_string()));
            ERROR
        }
    }
}
