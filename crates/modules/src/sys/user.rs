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

/// One user, as `/etc/passwd` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its id.
    pub uid: u32,
    /// The id of its primary group.
    pub gid: u32,
    /// Its full name and the like.
    pub comment: String,
    /// Its home directory.
    pub home: String,
    /// The program it logs in with.
    pub shell: String,
}

impl User {
    /// The user of this name.
    pub fn named(name: &str) -> Option<User> {
        User::from_fields(entry("passwd", 0, name)?)
    }

    /// The user of this name in `/etc/passwd` itself.
    pub fn local(name: &str) -> Option<User> {
        User::from_fields(local_entry("passwd", 0, name)?)
    }

    fn from_fields(fields: Vec<String>) -> Option<User> {
        let [name, _, uid, gid, comment, home, shell] = <[String; 7]>::try_from(fields).ok()?;
        Some(User { name, uid: uid.parse().ok()?, gid: gid.parse().ok()?, comment, home, shell })
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its id.
    pub gid: u32,
    /// The users that have it as a further group.
    pub members: Vec<String>,
}

impl Group {
    /// The group of this name.
    pub fn named(name: &str) -> Option<Group> {
        Group::from_fields(entry("group", 0, name)?)
    }

    /// The group of this id.
    pub fn with_id(gid: u32) -> Option<Group> {
        Group::from_fields(entry("group", 2, &gid.to_string())?)
    }

    /// The group of this name, or else of this id.
    pub fn named_or_with_id(name_or_id: &str) -> Option<Group> {
        Group::named(name_or_id).or_else(|| Group::with_id(name_or_id.parse().ok()?))
    }

    /// All groups of `/etc/group`.
    pub fn all() -> Vec<Group> {
        let file = fs::read_to_string("/etc/group").unwrap_or_default();
        file.lines().filter_map(|l| Group::from_fields(l.split(':').map(String::from).collect())).collect()
    }

    fn from_fields(fields: Vec<String>) -> Option<Group> {
        let [name, _, gid, members] = <[String; 4]>::try_from(fields).ok()?;
        let members = members.split(',').filter(|m| !m.is_empty()).map(String::from).collect();
        Some(Group { name, gid: gid.parse().ok()?, members })
    }
}

/// The fields of this user's line in `/etc/shadow`, where it may be read.
pub fn shadow_of(name: &str) -> Option<Vec<String>> {
    local_entry("shadow", 0, name)
}

fn home_of(name: &str) -> Option<String> {
    entry("passwd", 0, name)?.into_iter().nth(5)
}

/// The fields of the line whose field `index` is `wanted`.
fn entry(database: &str, index: usize, wanted: &str) -> Option<Vec<String>> {
    if wanted.is_empty() {
        return None;
    }
    local_entry(database, index, wanted).or_else(|| {
        let output = Command::new("getent").args([database, wanted]).stdin(Stdio::null()).output().ok()?;
        line_with(&String::from_utf8_lossy(&output.stdout), index, wanted)
    })
}

fn local_entry(database: &str, index: usize, wanted: &str) -> Option<Vec<String>> {
    line_with(&fs::read_to_string(format!("/etc/{database}")).ok()?, index, wanted)
}

fn line_with(text: &str, index: usize, wanted: &str) -> Option<Vec<String>> {
    text.lines()
        .map(|l| l.split(':').map(String::from).collect::<Vec<_>>())
        .find(|f| f.get(index).map(String::as_str) == Some(wanted))
}
