//! `authorized_key`: the public keys by which a user may log in.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use adept_wire::{Diff, Map, ModuleOutcome, Value, map};

use crate::file_params::{FileParams, add_path_info, reason};
use crate::file_text::FileText;
use crate::sys::fs::{change_mode, change_owner, real_path};
use crate::sys::user::User;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("user", Kind::Str).required(),
    Param::new("key", Kind::Str).required(),
    Param::new("path", Kind::Path),
    Param::new("manage_dir", Kind::Bool).default(Default::Bool(true)),
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
    Param::new("key_options", Kind::Str),
    Param::new("exclusive", Kind::Bool).default(Default::Bool(false)),
    Param::new("comment", Kind::Str),
    Param::new("validate_certs", Kind::Bool).default(Default::Bool(true)),
    Param::new("follow", Kind::Bool).default(Default::Bool(false)),
];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("authorized_key", "Add or remove keys for logging in", PARAMS), run };

/// The words by which a key is told from its options.
const KINDS: [&str; 14] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
];

/// One key.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    options: String,
    kind: String,
    data: String,
    comment: String,
}

impl Key {
    /// `None` when the line holds no key.
    fn parse(line: &str) -> Option<Key> {
        let line = line.trim();
        let (options, rest) = match line.split_once([' ', '\t']) {
            Some((first, _)) if KINDS.contains(&first) => ("", line),
            _ => line.split_at(end_of_options(line)),
        };
        let mut words = rest.trim_start().splitn(2, [' ', '\t']);
        let kind = words.next().filter(|k| KINDS.contains(k))?;
        let (data, comment) = match words.next()?.trim_start() {
            "" => return None,
            rest => rest.split_once([' ', '\t']).unwrap_or((rest, "")),
        };
        let [options, kind, data, comment] = [options, kind, data, comment.trim()].map(String::from);
        Some(Key { options, kind, data, comment })
    }

    fn line(&self) -> String {
        let options = if self.options.is_empty() { String::new() } else { format!("{} ", self.options) };
        format!("{options}{} {} {}\n", self.kind, self.data, self.comment)
    }
}

/// Where the options end: at the first blank outside of quotes.
fn end_of_options(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in line.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ' ' | '\t' if !quoted => return i,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    line.len()
}

/// One line of a file: a key, or anything else, which is kept.
#[derive(Clone, Debug, PartialEq)]
enum Line {
    Key(Key),
    Other(String),
}

fn lines_of(file: &str) -> Vec<Line> {
    file.lines()
        .map(|l| match Key::parse(l).filter(|_| !l.trim_start().starts_with('#')) {
            Some(key) => Line::Key(key),
            None => Line::Other(l.to_string()),
        })
        .collect()
}

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let text_of_keys = text_of_keys(args, host)?;
    let name = args.str("user").unwrap_or_default();
    let user = User::named(name).ok_or_else(|| {
        let why = format!("Failed to lookup user {name}: \"getpwnam(): name not found: '{name}'\"");
        ModuleError::new(why).param("user")
    });
    let user = match user {
        Ok(user) => Some(user),
        // The user may be made by a task before this one.
        Err(_) if host.check && args.str("path").is_some() => None,
        Err(e) => return Err(e),
    };
    let mut wanted = Vec::new();
    for line in text_of_keys.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let invalid = || ModuleError::new(format!("invalid key specified: {line}")).param("key");
        let mut key = Key::parse(line).ok_or_else(invalid)?;
        if let Some(options) = args.str("key_options") {
            key.options = options.to_string();
        }
        if let Some(comment) = args.str("comment") {
            key.comment = comment.to_string();
        }
        wanted.push(key);
    }
    let shown = match (args.str("path"), &user) {
        (Some(path), _) => path.to_string(),
        (None, Some(user)) => format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/')),
        (None, None) => String::new(),
    };
    let named = host.path(&shown);
    let path = if args.bool("follow") { real_path(&named) } else { named.clone() };
    let file = if path.exists() {
        FileText::read(&path).map_err(|e| ModuleError::new(format!("{shown}: {e}")).param("path"))?
    } else {
        FileText::default()
    };
    let new = edit(&file.text, &wanted, args);
    let mut result = result_of(args, &shown);
    let Some(new) = new else {
        add_path_info(&mut result, &named);
        return Ok(ModuleOutcome::ok(result));
    };
    let mut diff = Vec::new();
    if host.diff {
        diff.push(Diff {
            before_header: shown.clone(),
            after_header: shown,
            before: file.text.as_str().into(),
            after: new.as_str().into(),
        });
    }
    if !host.check {
        write(&path, &file.to_bytes(&new), user.as_ref(), args, host)?;
    }
    add_path_info(&mut result, &named);
    Ok(ModuleOutcome { diff, ..ModuleOutcome::changed(true, result) })
}

/// The keys as given, or those of the file that is named.
fn text_of_keys(args: &Args, host: &Host<'_>) -> Result<String, ModuleError> {
    let key = args.str("key").unwrap_or_default();
    if let Some(path) = key.strip_prefix("file://") {
        return fs::read_to_string(host.path(path))
            .map_err(|_| ModuleError::new(format!("Path to a key file not found: {path}")).param("key"));
    }
    if key.starts_with("http") {
        let why =
            format!("Error getting key from: {key}: keys from a URL are not supported yet; use lookup('url', ...)");
        return Err(ModuleError::new(why).param("key"));
    }
    Ok(key.to_string())
}

/// The file's new content; `None` when it is as it should be.
fn edit(old: &str, wanted: &[Key], args: &Args) -> Option<String> {
    let mut lines = lines_of(old);
    let present = args.str("state") != Some("absent");
    let is = |line: &Line, key: &Key| matches!(line, Line::Key(k) if k.data == key.data && k.kind == key.kind);
    let mut changed = false;
    for key in wanted {
        // Of several the last counts, as in Ansible, and one that changes goes to the end.
        let found = lines.iter().rev().find(|l| is(l, key));
        let is_so = if present { found == Some(&Line::Key(key.clone())) } else { found.is_none() };
        if is_so {
            continue;
        }
        changed = true;
        lines.retain(|l| !is(l, key));
        if present {
            lines.push(Line::Key(key.clone()));
        }
    }
    if present && args.bool("exclusive") {
        let before = lines.len();
        lines.retain(|l| wanted.iter().any(|key| is(l, key)));
        changed |= before != lines.len();
    }
    let written = |line: &Line| match line {
        Line::Key(key) => key.line(),
        Line::Other(other) => format!("{other}\n"),
    };
    changed.then(|| lines.iter().map(written).collect())
}

fn write(path: &Path, content: &[u8], user: Option<&User>, args: &Args, host: &Host<'_>) -> Result<(), ModuleError> {
    let failed = |path: &Path, e: std::io::Error| ModuleError::new(reason(&e, path)).param("path");
    let own = |path: &Path| user.map_or(Ok(()), |user| change_owner(path, Some(user.uid), Some(user.gid)));
    let dir = path.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
    let is_new = !dir.exists();
    if is_new {
        fs::create_dir_all(&dir).map_err(|e| failed(&dir, e))?;
    }
    if args.bool("manage_dir") || is_new {
        own(&dir).and_then(|()| change_mode(&dir, 0o700)).map_err(|e| failed(&dir, e))?;
    }
    let replacing = FileParams::default().replacing(host);
    let mut staged = replacing.stage(path).map_err(|e| failed(path, e))?;
    let prepared = staged.file().write_all(content).and_then(|()| replacing.prepare(&staged, path));
    prepared
        .and_then(|()| own(staged.path()))
        .and_then(|()| change_mode(staged.path(), 0o600))
        .and_then(|()| replacing.commit(staged, path))
        .map_err(|e| failed(path, e))
}

fn result_of(args: &Args, keyfile: &str) -> Map {
    let given = |name: &str| args.get(name).cloned().unwrap_or(Value::NULL);
    let mut result = map! { "keyfile" => keyfile };
    for param in PARAMS {
        result.insert(param.name.into(), given(param.name));
    }
    if args.str("path").is_none() {
        result.insert("path".into(), Value::NULL);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_have_blanks_in_quotes() {
        let key = Key::parse(r#"no-pty,command="a \" b"  ssh-rsa AAAA me too"#).unwrap();
        assert_eq!((key.options.as_str(), key.comment.as_str()), (r#"no-pty,command="a \" b""#, "me too"));
        assert_eq!(Key::parse("one two three"), None);
        assert_eq!(Key::parse("ssh-rsa"), None);
    }
}
