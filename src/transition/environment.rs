//! What children get to see of the environment: a short list, so that nothing leaks into jobs by accident.

use std::collections::BTreeMap;

use super::params::Params;

/// Variables by name.
pub type Environment = BTreeMap<String, String>;

/// Passed on where they are set and not empty.
const PASSED_ON: [&str; 9] = ["HOME", "EDITOR", "TERM", "PATH", "PYTHONPATH", "VIRTUAL_ENV", "TZ", "USER", "SHELL"];

/// The variables of every action, `ADEPT_CONTEXT` and `ADEPT_OPTIONAL` even if they are empty.
pub fn environment(params: &Params) -> Environment {
    let mut env: Environment = PASSED_ON
        .iter()
        .filter_map(|name| Some((name.to_string(), params.env.get(*name).filter(|v| !v.is_empty())?.clone())))
        .collect();
    let own = [
        ("TERM", params.env.get("TERM").map_or("dumb", String::as_str).to_string()),
        ("WORKSPACE", params.workspace.to_string_lossy().into_owned()),
        ("ADEPT_PATH", params.adept_path.to_string_lossy().into_owned()),
        ("HOSTNAME", params.hostname.clone()),
        ("ADEPT_CONTEXT", params.context.trim().to_string()),
        ("ADEPT_OPTIONAL", params.optional.trim().to_string()),
    ];
    env.extend(own.map(|(name, value)| (name.to_string(), value)));
    env
}

/// As children get it: an empty `ADEPT_CONTEXT` or `ADEPT_OPTIONAL` is not set at all.
pub fn without_empty(mut env: Environment) -> Environment {
    for name in ["ADEPT_CONTEXT", "ADEPT_OPTIONAL"] {
        if env.get(name).is_some_and(|v| v.trim().is_empty()) {
            env.remove(name);
        }
    }
    env
}
