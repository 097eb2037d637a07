//! `known_hosts`: the public keys of hosts that `ssh` trusts. Works without `ssh-keygen`.

use std::fs::File;
use std::io::Read;

use adept_wire::{Diff, ModuleOutcome, Value, map};
use sha1::{Digest, Sha1};

use crate::file_params::{FileParams, add_path_info, message};
use crate::file_text::{FileText, lines};
use crate::fnmatch;
use crate::modules::slurp::base64;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).aliases(&["host"]).required(),
    Param::new("key", Kind::Str),
    Param::new("path", Kind::Path).default(Default::Str("~/.ssh/known_hosts")),
    Param::new("hash_host", Kind::Bool).default(Default::Bool(false)),
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("known_hosts", "Add or remove keys of hosts", PARAMS), run };

/// One key of hosts.
struct Entry<'a> {
    /// `@cert-authority` or `@revoked`.
    marker: &'a str,
    hosts: &'a str,
    kind: &'a str,
    /// The key, without the comment.
    data: &'a str,
}

impl<'a> Entry<'a> {
    /// `None` for comments and what is no key.
    fn parse(line: &'a str) -> Option<Entry<'a>> {
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|w| w.starts_with('@')).unwrap_or_default();
        let hosts = words.next().filter(|w| !w.starts_with('#'))?;
        Some(Entry { marker, hosts, kind: words.next()?, data: words.next()? })
    }

    fn is_for(&self, host: &str) -> bool {
        if let Some(hash) = self.hosts.strip_prefix("|1|") {
            let mut parts = hash.splitn(2, '|');
            let salt = parts.next().and_then(from_base64);
            return salt.is_some_and(|salt| parts.next() == Some(&*base64(&hmac_sha1(&salt, host.as_bytes()))));
        }
        let mut found = false;
        for pattern in self.hosts.split(',').map(str::to_lowercase) {
            match pattern.strip_prefix('!') {
                Some(not) if matches(not, host) => return false,
                None if matches(&pattern, host) => found = true,
                _ => {}
            }
        }
        found
    }

    fn is_hashed(&self) -> bool {
        self.hosts.starts_with("|1|")
    }
}

/// ssh's patterns know `*` and `?`; brackets stand for themselves, as in `[host]:2222`.
fn matches(pattern: &str, host: &str) -> bool {
    let matches = |regex: crate::regex::Regex| regex.is_match(host).unwrap_or(false);
    pattern == host || fnmatch::compile(&pattern.replace('[', "[[]")).is_ok_and(matches)
}

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let name = args.str("name").unwrap_or_default();
    let wanted_host = name.to_lowercase();
    let present = args.str("state") != Some("absent");
    let key = args.str("key");
    if name.contains(',') {
        let why = "Comma separated list of names is not supported. Please pass a single name to lookup in the \
                   known_hosts file.";
        return Err(ModuleError::new(why).param("name"));
    }
    if present && key.is_none() {
        return Err(ModuleError::new("No key specified when adding a host").param("key"));
    }
    let given: Vec<Entry<'_>> = key.unwrap_or_default().lines().filter_map(Entry::parse).collect();
    if key.is_some() && !given.iter().any(|e| e.is_for(&wanted_host)) {
        let why = "Host parameter does not match hashed host field in supplied key";
        return Err(ModuleError::new(why).param("key"));
    }
    let shown = args.str("path").unwrap_or_default();
    let path = host.path(shown);
    let existed = path.exists();
    let file = if existed { FileText::read(&path)? } else { FileText::default() };
    let new = if present {
        with_keys(&file.text, key.unwrap_or_default(), &given, &wanted_host, args.bool("hash_host"))?
    } else {
        without_keys(&file.text, &given, &wanted_host)
    };
    let changed = new != file.text;
    let mut diff = Vec::new();
    if host.diff {
        diff.push(Diff {
            before_header: if existed { shown } else { "/dev/null" }.into(),
            after_header: shown.into(),
            before: file.text.as_str().into(),
            after: new.as_str().into(),
        });
    }
    if host.check {
        return Ok(ModuleOutcome { diff, ..ModuleOutcome::changed(changed, map! {}) });
    }
    if changed {
        FileParams::default().replacing(host).write(&path, &file.to_bytes(&new)).map_err(|e| {
            ModuleError::new(format!("Failed to write to file '{shown}': {}", message(&e))).param("path")
        })?;
    }
    let mut result = map! {
        "name" => name,
        "key" => key.map_or(Value::NULL, Value::from),
        "path" => shown,
        "hash_host" => args.bool("hash_host"),
        "state" => args.str("state").unwrap_or_default(),
    };
    add_path_info(&mut result, &path);
    Ok(ModuleOutcome { diff, ..ModuleOutcome::changed(changed, result) })
}

fn without_keys(old: &str, given: &[Entry<'_>], host: &str) -> String {
    let goes = |line: &str| {
        let Some(entry) = Entry::parse(line).filter(|e| e.is_for(host)) else { return false };
        given.is_empty()
            || given.iter().any(|g| g.marker == entry.marker && g.kind == entry.kind && g.data == entry.data)
    };
    lines(old).into_iter().filter(|line| !goes(line)).collect()
}

/// Lines of this host with a key of the same kind are replaced, unless they say the same.
fn with_keys(old: &str, text: &str, given: &[Entry<'_>], host: &str, hash: bool) -> Result<String, ModuleError> {
    let same_kind = |a: &Entry<'_>, b: &Entry<'_>| a.marker == b.marker && a.kind == b.kind;
    let says_it = |line: &Entry<'_>, key: &Entry<'_>| {
        let same_hosts = if hash { line.is_hashed() } else { line.hosts == key.hosts };
        same_kind(line, key) && same_hosts && line.data == key.data
    };
    let old_lines = lines(old);
    let of_host: Vec<Entry<'_>> = old_lines.iter().filter_map(|l| Entry::parse(l)).filter(|e| e.is_for(host)).collect();
    let is_there = |key: &Entry<'_>| of_host.iter().any(|line| says_it(line, key));
    if given.iter().all(is_there) {
        return Ok(old.to_string());
    }
    let replaced = |line: &str| {
        let Some(entry) = Entry::parse(line).filter(|e| e.is_for(host)) else { return false };
        given.iter().any(|key| same_kind(&entry, key)) && !given.iter().any(|key| says_it(&entry, key))
    };
    let mut new: String = old_lines.iter().filter(|line| !replaced(line)).copied().collect();
    // ansible-core 2.19 glues the key to a last line without newline.
    if !new.is_empty() && !new.ends_with('\n') {
        new.push('\n');
    }
    for line in text.lines() {
        match Entry::parse(line) {
            Some(key) if is_there(&key) => {}
            Some(key) if hash && !key.is_hashed() => {
                let rest = line.trim_start().strip_prefix(key.marker).unwrap_or(line).trim_start();
                let rest = rest.strip_prefix(key.hosts).unwrap_or_default();
                let space = if key.marker.is_empty() { "" } else { " " };
                new.push_str(&format!("{}{space}{}{rest}\n", key.marker, hashed(host)?));
            }
            _ => new.push_str(&format!("{line}\n")),
        }
    }
    Ok(new)
}

/// As `ssh` hashes names: `|1|SALT|HMAC`.
fn hashed(host: &str) -> Result<String, ModuleError> {
    let mut salt = [0; 20];
    File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut salt))?;
    Ok(format!("|1|{}|{}", base64(&salt), base64(&hmac_sha1(&salt, host.as_bytes()))))
}

/// RFC 2104, for keys no longer than a block.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha1::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::try_from(DIGITS.iter().position(|d| *d == c)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_as_ssh_keygen_wrote_it() {
        let line = "|1|uPaggE0qbbhWtpKCVY1YYRF7eIE=|tM62LchRF5yxfB6Y6kZHI4yWNU0= ssh-ed25519 AAAA";
        let entry = Entry::parse(line).unwrap();
        assert!(entry.is_for("h") && !entry.is_for("i"));
        let own = format!("{} ssh-ed25519 AAAA", hashed("h").unwrap());
        assert!(Entry::parse(&own).unwrap().is_for("h"));
    }

    #[test]
    fn names_are_patterns() {
        let is_for = |hosts: &str, host: &str| Entry::parse(&format!("{hosts} k d")).unwrap().is_for(host);
        assert!(is_for("a,*.example.org", "x.example.org"));
        assert!(!is_for("*.example.org,!x.example.org", "x.example.org"));
        assert!(is_for("[h]:2222", "[h]:2222") && !is_for("[h]:2222", "h"));
    }
}
