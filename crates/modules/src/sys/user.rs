//! Users, groups and home directories: the files under /etc first, then `getent` for what only NSS knows (LDAP, SSSD).

use std::fs;
use std::process::{Command, Stdio};

/// `~` and `~user` at the start of a path become home directories; an unknown user's stays as written.
/// `home` is the caller's own, as its environment has it.
pub fn expand_tilde(path: &str, home: Option<String>) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_string() };
    let (name, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = if name.is_empty() { home.filter(|h| !h.is_empty()) } else { home_of(name) };
    home.map_or_else(|| path.to_string(), |home| format!("{}{tail}", home.trim_end_matches('/')))
}

/// The id of a user, by name.
pub fn uid_of(name: &str) -> Option<u32> {
    entry("passwd", 0, name)?.get(2)?.parse().ok()
}

/// The id of a group, by name.
pub fn gid_of(name: &str) -> Option<u32> {
    entry("group", 0, name)?.get(2)?.parse().ok()
}

/// The name of a user, by id.
pub fn user_name(uid: u32) -> Option<String> {
    entry("passwd", 2, &uid.to_string())?.into_iter().next()
}

/// The name of a group, by id.
pub fn group_name(gid: u32) -> Option<String> {
    entry("group", 2, &gid.to_string())?.into_iter().next()
}

fn home_of(name: &str) -> Option<String> {
    entry("passwd", 0, name)?.into_iter().nth(5)
}

/// The fields of the line whose field `index` is `wanted`.
fn entry(database: &str, index: usize, wanted: &str) -> Option<Vec<String>> {
    let find = |text: &str| {
        text.lines()
            .map(|l| l.split(':').map(String::from).collect::<Vec<_>>())
            .find(|f| f.get(index).map(String::as_str) == Some(wanted))
    };
    if wanted.is_empty() {
        return None;
    }
    let file = fs::read_to_string(format!("/etc/{database}")).unwrap_or_default();
    find(&file).or_else(|| {
        let output = Command::new("getent").args([database, wanted]).stdin(Stdio::null()).output().ok()?;
        find(&String::from_utf8_lossy(&output.stdout))
    })
}
