//! Users, groups and home directories.

use std::fs;

/// `~` and `~user` at the start of a path become home directories; an unknown user's stays as written.
pub fn expand_tilde(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_string() };
    let (name, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = if name.is_empty() { std::env::var("HOME").ok().filter(|h| !h.is_empty()) } else { home_of(name) };
    home.map_or_else(|| path.to_string(), |home| format!("{}{tail}", home.trim_end_matches('/')))
}

fn home_of(name: &str) -> Option<String> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    passwd
        .lines()
        .map(|l| l.split(':').collect::<Vec<_>>())
        .find(|f| f.first() == Some(&name))?
        .get(5)
        .map(|s| s.to_string())
}
