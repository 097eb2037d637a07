//! `SshOptions`: what `~/.ssh/config`, `/etc/ssh/ssh_config` and ssh arguments say about one host.
//!
//! OpenSSH's rule: of a keyword's values the first one counts, arguments before the user's file before the system's;
//! IdentityFile and CertificateFile gather. What is met and has no effect here is named in [`SshOptions::notes`].

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::known_hosts::Place;
use super::pattern;

/// What to do with a host key that no file knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HostKeyPolicy {
    /// Refuse it.
    #[default]
    Strict,
    /// Take and remember it; a changed one is refused.
    AcceptNew,
    /// Take everything but revoked keys, even a changed one.
    Off,
}

/// One machine on the way: `[user@]host[:port]`, not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JumpName {
    /// The user, if one is named.
    pub user: Option<String>,
    /// The host, as written.
    pub host: String,
    /// The port, if one is named.
    pub port: Option<u16>,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// The host, as written.
    pub host: String,
    /// A user that is set already.
    pub user: Option<String>,
    /// A port that is set already.
    pub port: Option<u16>,
    /// Arguments of ssh (`-o`, `-J`, `-i`, ...).
    pub args: Vec<String>,
    /// The home directory here.
    pub home: PathBuf,
    /// The user's name here.
    pub local_user: String,
    /// The system's file.
    pub system_file: PathBuf,
}

/// What was found, with OpenSSH's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshOptions {
    /// The name or address to connect to.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user there.
    pub user: String,
    /// Files with private keys, in order. Those that OpenSSH tries by itself when none are named.
    pub identity_files: Vec<PathBuf>,
    /// Files with certificates.
    pub certificate_files: Vec<PathBuf>,
    /// Whether only these keys may be tried, even if an agent has more.
    pub identities_only: bool,
    /// The agent's socket, if not `$SSH_AUTH_SOCK`; `none` for no agent.
    pub identity_agent: Option<String>,
    /// Machines to pass, the first one first.
    pub jumps: Vec<JumpName>,
    /// A command whose pipes lead to the host.
    pub proxy_command: Option<String>,
    /// The known_hosts files: those that may be written first.
    pub known_hosts: Vec<PathBuf>,
    /// What to do with unknown keys.
    pub policy: HostKeyPolicy,
    /// Whether names are hashed when they are remembered.
    pub hash_known_hosts: bool,
    /// The name under which the host's key is kept, if another.
    pub host_key_alias: Option<String>,
    /// How long to wait for the connection and the handshake.
    pub connect_timeout: Option<Duration>,
    /// How often to try.
    pub attempts: u32,
    /// After how long a silence to ask whether the other side is there.
    pub alive_interval: Option<Duration>,
    /// How many of these may stay without answer.
    pub alive_count: u32,
    /// Ways to authenticate, in order, if they are limited.
    pub auths: Option<Vec<String>>,
    /// What was met and has no effect.
    pub notes: Vec<Note>,
}

/// A setting that was met and has no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what} has no effect here", place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default())]
pub struct Note {
    /// The setting.
    pub what: String,
    /// Where it is written; nothing for an argument.
    pub place: Option<Place>,
}

/// Why the configuration can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A file can't be read.
    #[error("{}: {why}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// A line or argument can't be meant.
    #[error("{}{message}", place.as_ref().map(|p| format!("{p}: ")).unwrap_or_else(|| "ssh arguments: ".into()))]
    Bad {
        /// What is wrong.
        message: String,
        /// Where; nothing for an argument.
        place: Option<Place>,
    },
}

/// Keywords that are honoured.
const HONOURED: &[&str] = &[
    "hostname",
    "user",
    "port",
    "identityfile",
    "certificatefile",
    "identitiesonly",
    "identityagent",
    "proxyjump",
    "proxycommand",
    "userknownhostsfile",
    "globalknownhostsfile",
    "stricthostkeychecking",
    "hashknownhosts",
    "hostkeyalias",
    "connecttimeout",
    "connectionattempts",
    "serveraliveinterval",
    "serveralivecountmax",
    "preferredauthentications",
    "passwordauthentication",
    "pubkeyauthentication",
    "kbdinteractiveauthentication",
    "challengeresponseauthentication",
    "ignoreunknown",
];

/// Keywords without a meaning for a connection that runs an agent: multiplexing, terminals, forwarding, other ways to
/// authenticate that are not tried, and what is always so here.
const WITHOUT_MEANING: &[&str] = &[
    "controlmaster",
    "controlpath",
    "controlpersist",
    "loglevel",
    "logverbose",
    "batchmode",
    "tcpkeepalive",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "xauthlocation",
    "escapechar",
    "requesttty",
    "sessiontype",
    "stdinnull",
    "forkafterauthentication",
    "visualhostkey",
    "addkeystoagent",
    "updatehostkeys",
    "checkhostip",
    "numberofpasswordprompts",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hostbasedauthentication",
    "sendenv",
    "ipqos",
    "compression",
    "permitlocalcommand",
    "clearallforwardings",
    "exitonforwardfailure",
    "enablesshkeysign",
    "nohostauthenticationforlocalhost",
    "usekeychain",
    "protocol",
];

/// Keywords whose values gather.
const GATHERED: &[&str] = &["identityfile", "certificatefile"];

/// Keywords whose value is the rest of the line as it stands.
const WHOLE_LINE: &[&str] = &["proxycommand", "localcommand", "remotecommand", "knownhostscommand"];

#[derive(Clone)]
struct Setting {
    words: Vec<String>,
    place: Option<Place>,
}

struct Reader<'a> {
    lookup: &'a Lookup,
    settings: HashMap<String, Vec<Setting>>,
    notes: Vec<Note>,
    ignore: Vec<String>,
}

/// Looks a host up.
///
/// # Errors
/// When a file can't be read or a line can't be meant.
pub fn resolve(lookup: &Lookup) -> Result<SshOptions, ConfigError> {
    let mut reader = Reader { lookup, settings: HashMap::new(), notes: Vec::new(), ignore: Vec::new() };
    let other_file = reader.arguments(&lookup.args)?;
    for (name, value) in [("user", lookup.user.clone()), ("port", lookup.port.map(|p| p.to_string()))] {
        // What is set already stands before the files, but behind arguments, as on ssh's own command line.
        if let Some(value) = value {
            reader.set(name, vec![value], None);
        }
    }
    match other_file {
        Some(file) if file == Path::new("none") => {}
        Some(file) => reader.file(&file, true, true, 0)?,
        None => {
            reader.file(&lookup.home.join(".ssh/config"), false, true, 0)?;
            reader.file(&lookup.system_file, false, false, 0)?;
        }
    }
    reader.finish()
}

impl Reader<'_> {
    /// Takes ssh's arguments; gives the file of `-F`.
    fn arguments(&mut self, args: &[String]) -> Result<Option<PathBuf>, ConfigError> {
        let mut file = None;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) else {
                return Err(bad(format!("'{arg}' is no option"), None));
            };
            for (at, letter) in letters.char_indices() {
                let rest = &letters[at + letter.len_utf8()..];
                if "46AaCfGgKkMNnqsTtVvXxYy".contains(letter) {
                    if "46".contains(letter) {
                        self.note(format!("ssh option -{letter}"), None);
                    }
                    continue;
                }
                if !"BbcDEeFIiJLlmOopPQRSWw".contains(letter) {
                    return Err(bad(format!("unknown option -{letter}"), None));
                }
                let value = match rest {
                    "" => args.next().ok_or_else(|| bad(format!("option -{letter} wants a value"), None))?.clone(),
                    rest => rest.to_string(),
                };
                match letter {
                    'o' => self.line(&value, None)?,
                    'J' => self.set("proxyjump", vec![value], None),
                    'i' => self.set("identityfile", vec![value], None),
                    'l' => self.set("user", vec![value], None),
                    'p' => self.set("port", vec![value], None),
                    'F' => file = Some(self.local_path(&value)),
                    'S' | 'O' | 'e' | 'E' => {}
                    other => self.note(format!("ssh option -{other} {value}"), None),
                }
                break;
            }
        }
        Ok(file)
    }

    fn file(&mut self, file: &Path, must: bool, user: bool, depth: usize) -> Result<(), ConfigError> {
        if depth > 16 {
            return Err(ConfigError::Read { file: file.into(), why: "too many includes in each other".into() });
        }
        let text = match fs::read(file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if !must && matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(e) => return Err(ConfigError::Read { file: file.into(), why: e.to_string() }),
        };
        let mut active = true;
        for (at, line) in text.lines().enumerate() {
            let place = Place { file: file.to_path_buf(), line: at + 1 };
            let Some((keyword, rest)) = split_keyword(line) else { continue };
            match keyword.as_str() {
                "host" => {
                    let words = split_words(rest, &place)?;
                    active = pattern::list_matches(&self.lookup.host, words.iter().map(String::as_str));
                }
                "match" => active = self.matches(&split_words(rest, &place)?, &place)?,
                _ if !active => {}
                "include" => {
                    for word in split_words(rest, &place)? {
                        for found in expand_glob(&self.include_path(&word, user)) {
                            self.file(&found, false, user, depth + 1)?;
                        }
                    }
                }
                _ => self.line(line, Some(place))?,
            }
        }
        Ok(())
    }

    /// One keyword with its value, from a file or from `-o`.
    fn line(&mut self, line: &str, place: Option<Place>) -> Result<(), ConfigError> {
        let Some((keyword, rest)) = split_keyword(line) else { return Ok(()) };
        let words = if WHOLE_LINE.contains(&keyword.as_str()) {
            vec![rest.trim().to_string()]
        } else {
            let nowhere = Place { file: "ssh arguments".into(), line: 1 };
            split_words(rest, place.as_ref().unwrap_or(&nowhere))?
        };
        if words.first().is_none_or(String::is_empty) {
            return Err(bad(format!("{keyword} wants a value"), place));
        }
        if keyword == "ignoreunknown" {
            self.ignore.extend(words.iter().flat_map(|w| w.split(',')).map(str::to_lowercase));
        }
        let known = HONOURED.contains(&keyword.as_str());
        let ignored = || pattern::list_matches(&keyword, self.ignore.iter().map(String::as_str));
        if !known && !WITHOUT_MEANING.contains(&keyword.as_str()) && !ignored() {
            let written = line.trim().split(|c: char| c.is_whitespace() || c == '=').next().unwrap_or_default();
            self.note(format!("ssh option {written}"), place.clone());
        }
        if known {
            self.set(&keyword, words, place);
        }
        Ok(())
    }

    fn set(&mut self, keyword: &str, words: Vec<String>, place: Option<Place>) {
        let values = self.settings.entry(keyword.to_string()).or_default();
        if values.is_empty() || GATHERED.contains(&keyword) {
            values.push(Setting { words, place });
        }
    }

    fn note(&mut self, what: String, place: Option<Place>) {
        let note = Note { what, place };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn matches(&mut self, words: &[String], place: &Place) -> Result<bool, ConfigError> {
        let mut result = true;
        let mut words = words.iter();
        let mut any = false;
        while let Some(word) = words.next() {
            any = true;
            let (not, name) = match word.strip_prefix('!') {
                Some(name) => (true, name),
                None => (false, word.as_str()),
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name.to_lowercase(), Some(value.to_string())),
                None => (name.to_lowercase(), None),
            };
            let holds = match name.as_str() {
                "all" => true,
                // The second pass that these ask for does not exist here.
                "canonical" | "final" => {
                    self.note(format!("Match {name}"), Some(place.clone()));
                    return Ok(false);
                }
                _ => {
                    let Some(value) = value.or_else(|| words.next().cloned()) else {
                        return Err(bad(format!("Match {name} wants a value"), Some(place.clone())));
                    };
                    let text = match name.as_str() {
                        "host" => match self.first("hostname") {
                            Some(s) => expand(&s.words[0], &[('h', &self.lookup.host)], s.place.as_ref())?,
                            None => self.lookup.host.clone(),
                        },
                        "originalhost" => self.lookup.host.clone(),
                        "user" => self.first("user").map_or(self.lookup.local_user.clone(), |s| s.words[0].clone()),
                        "localuser" => self.lookup.local_user.clone(),
                        // A block under a condition that we can't judge doesn't count, and that is said.
                        "exec" | "tagged" | "localnetwork" | "version" | "sessiontype" | "command" => {
                            self.note(format!("Match {name}"), Some(place.clone()));
                            return Ok(false);
                        }
                        other => {
                            return Err(bad(format!("unsupported Match attribute '{other}'"), Some(place.clone())));
                        }
                    };
                    // Names of hosts have no case here, those of users have; `Host` lines compare letter by letter.
                    match name.ends_with("host") {
                        true => pattern::list_matches(&text.to_lowercase(), value.to_lowercase().split(',')),
                        false => pattern::list_matches(&text, value.split(',')),
                    }
                }
            };
            result &= holds != not;
        }
        if any { Ok(result) } else { Err(bad("Match wants a condition".into(), Some(place.clone()))) }
    }

    fn first(&self, keyword: &str) -> Option<&Setting> {
        self.settings.get(keyword).and_then(|v| v.first())
    }

    fn include_path(&self, word: &str, user: bool) -> PathBuf {
        let path = self.local_path(word);
        if path.is_absolute() {
            return path;
        }
        match user {
            true => self.lookup.home.join(".ssh").join(path),
            false => self.lookup.system_file.parent().unwrap_or(Path::new("/etc/ssh")).join(path),
        }
    }

    fn local_path(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/") {
            Some(rest) => self.lookup.home.join(rest),
            None if text == "~" => self.lookup.home.clone(),
            None => PathBuf::from(text),
        }
    }

    fn finish(mut self) -> Result<SshOptions, ConfigError> {
        let lookup = self.lookup;
        let original = lookup.host.to_lowercase();
        let host = match self.first("hostname") {
            Some(s) => expand(&s.words[0], &[('h', &original)], s.place.as_ref())?,
            None => original.clone(),
        };
        let user = self.first("user").map_or(lookup.local_user.clone(), |s| s.words[0].clone());
        let port = self.number("port")?.unwrap_or(22);
        let Some(port) = u16::try_from(port).ok().filter(|p| *p != 0) else {
            return Err(bad(format!("Bad port '{port}'"), self.first("port").and_then(|s| s.place.clone())));
        };
        let alias = self.first("hostkeyalias").map(|s| s.words[0].clone());
        let (home, port_text) = (lookup.home.to_string_lossy().into_owned(), port.to_string());
        let uid = rustix::process::getuid().as_raw().to_string();
        let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let tokens: Vec<(char, &str)> = vec![
            ('h', &host),
            ('n', &original),
            ('p', &port_text),
            ('r', &user),
            ('u', &lookup.local_user),
            ('d', &home),
            ('i', &uid),
            ('l', &node),
            ('L', node.split('.').next().unwrap_or_default()),
            ('k', alias.as_deref().unwrap_or(&original)),
        ];
        let path = |word: &str, place: Option<&Place>| -> Result<PathBuf, ConfigError> {
            expand(word, &tokens, place).map(|t| self.local_path(&t))
        };
        let files = |keyword: &str| -> Result<Option<Vec<PathBuf>>, ConfigError> {
            let Some(settings) = self.settings.get(keyword) else { return Ok(None) };
            let mut out = Vec::new();
            for s in settings {
                for word in s.words.iter().filter(|w| !w.eq_ignore_ascii_case("none")) {
                    let found = path(word, s.place.as_ref())?;
                    if !out.contains(&found) {
                        out.push(found);
                    }
                }
            }
            Ok(Some(out))
        };
        let ssh = lookup.home.join(".ssh");
        let identity_files = files("identityfile")?
            .unwrap_or_else(|| ["id_rsa", "id_ecdsa", "id_ed25519"].iter().map(|n| ssh.join(n)).collect());
        let mut known_hosts = files("userknownhostsfile")?
            .unwrap_or_else(|| ["known_hosts", "known_hosts2"].iter().map(|n| ssh.join(n)).collect());
        known_hosts.extend(files("globalknownhostsfile")?.unwrap_or_else(|| {
            ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"].iter().map(PathBuf::from).collect()
        }));
        let not_none = |k: &str| self.first(k).filter(|s| !s.words[0].eq_ignore_ascii_case("none"));
        let jumps = match not_none("proxyjump") {
            Some(s) => s.words[0].split(',').map(|j| jump(j.trim(), s.place.as_ref())).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let proxy_command = match not_none("proxycommand") {
            Some(s) if jumps.is_empty() => Some(expand(&s.words[0], &tokens, s.place.as_ref())?),
            _ => None,
        };
        let identity_agent = match self.first("identityagent") {
            Some(s) if s.words[0] == "SSH_AUTH_SOCK" => None,
            Some(s) if s.words[0].eq_ignore_ascii_case("none") => Some("none".into()),
            Some(s) => Some(path(&s.words[0], s.place.as_ref())?.to_string_lossy().into_owned()),
            None => None,
        };
        let seconds = |keyword: &str| -> Result<Option<Duration>, ConfigError> {
            let Some(s) = self.first(keyword).filter(|s| s.words[0] != "none") else { return Ok(None) };
            match seconds(&s.words[0]) {
                Some(0) => Ok(None),
                Some(n) => Ok(Some(Duration::from_secs(n))),
                None => Err(bad(format!("{keyword}: '{}' is no time", s.words[0]), s.place.clone())),
            }
        };
        let mut options = SshOptions {
            port,
            identity_files,
            certificate_files: files("certificatefile")?.unwrap_or_default(),
            identities_only: self.yes("identitiesonly")?.unwrap_or(false),
            identity_agent,
            jumps,
            proxy_command,
            known_hosts,
            policy: self.policy()?,
            hash_known_hosts: self.yes("hashknownhosts")?.unwrap_or(false),
            connect_timeout: seconds("connecttimeout")?,
            attempts: self.number("connectionattempts")?.unwrap_or(1).max(1),
            alive_interval: seconds("serveraliveinterval")?,
            alive_count: self.number("serveralivecountmax")?.unwrap_or(3),
            auths: self.auths()?,
            ..SshOptions::default()
        };
        options.notes = std::mem::take(&mut self.notes);
        (options.host, options.user, options.host_key_alias) = (host, user, alias);
        Ok(options)
    }

    fn policy(&self) -> Result<HostKeyPolicy, ConfigError> {
        let Some(s) = self.first("stricthostkeychecking") else { return Ok(HostKeyPolicy::Strict) };
        match s.words[0].to_lowercase().as_str() {
            // Nobody can be asked in the middle of a run.
            "yes" | "true" | "ask" => Ok(HostKeyPolicy::Strict),
            "accept-new" => Ok(HostKeyPolicy::AcceptNew),
            "no" | "false" | "off" => Ok(HostKeyPolicy::Off),
            other => Err(bad(format!("stricthostkeychecking can't be '{other}'"), s.place.clone())),
        }
    }

    fn auths(&self) -> Result<Option<Vec<String>>, ConfigError> {
        let mut auths: Vec<String> = match self.first("preferredauthentications") {
            Some(s) => s.words[0].split(',').map(str::to_lowercase).collect(),
            None => ["publickey", "keyboard-interactive", "password"].map(String::from).to_vec(),
        };
        let mut limited = self.first("preferredauthentications").is_some();
        for (keyword, method) in [
            ("passwordauthentication", "password"),
            ("pubkeyauthentication", "publickey"),
            ("kbdinteractiveauthentication", "keyboard-interactive"),
            ("challengeresponseauthentication", "keyboard-interactive"),
        ] {
            let off = match self.first(keyword) {
                Some(s) if matches!(s.words[0].as_str(), "unbound" | "host-bound") => false,
                _ => self.yes(keyword)? == Some(false),
            };
            if off {
                auths.retain(|a| a != method);
                limited = true;
            }
        }
        Ok(limited.then_some(auths))
    }

    fn yes(&self, keyword: &str) -> Result<Option<bool>, ConfigError> {
        let Some(s) = self.first(keyword) else { return Ok(None) };
        match s.words[0].to_lowercase().as_str() {
            "yes" | "true" => Ok(Some(true)),
            "no" | "false" => Ok(Some(false)),
            other => Err(bad(format!("{keyword} must be yes or no, not '{other}'"), s.place.clone())),
        }
    }

    fn number(&self, keyword: &str) -> Result<Option<u32>, ConfigError> {
        let Some(s) = self.first(keyword) else { return Ok(None) };
        let number = s.words[0].parse::<u32>();
        number.map(Some).map_err(|_| bad(format!("{keyword}: '{}' is no number", s.words[0]), s.place.clone()))
    }
}

fn bad(message: String, place: Option<Place>) -> ConfigError {
    ConfigError::Bad { message, place }
}

/// `[user@]host[:port]`, also as `ssh://...` and with an address in brackets.
fn jump(text: &str, place: Option<&Place>) -> Result<JumpName, ConfigError> {
    let wrong = || bad(format!("'{text}' is no [user@]host[:port]"), place.cloned());
    let rest = text.strip_prefix("ssh://").map_or(text, |r| r.trim_end_matches('/'));
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_string()), rest),
        None => (None, rest),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
        // More than one colon is an address without brackets.
        None if rest.matches(':').count() == 1 => rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p))),
        None => (rest, None),
    };
    let port = port.map(|p| p.parse::<u16>().map_err(|_| wrong())).transpose()?;
    if host.is_empty() || user.as_deref() == Some("") {
        return Err(wrong());
    }
    Ok(JumpName { user, host: host.into(), port })
}

/// The keyword in small letters and what follows it; nothing for an empty line or a comment.
fn split_keyword(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
    let rest = line[end..].trim_start();
    Some((line[..end].to_lowercase(), rest.strip_prefix('=').unwrap_or(rest).trim_start()))
}

/// Words apart by white space, with quotes, up to a comment.
fn split_words(text: &str, place: &Place) -> Result<Vec<String>, ConfigError> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        match chars.peek() {
            None | Some('#') => return Ok(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next_if(|c| quote.is_some() || !c.is_whitespace()) {
            match (c, quote) {
                ('\\', _) => {
                    match chars.next_if(|n| matches!(n, '"' | '\'' | '\\') || (*n == ' ' && quote.is_none())) {
                        Some(escaped) => word.push(escaped),
                        None => word.push('\\'),
                    }
                }
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(q)) if c == q => quote = None,
                (c, _) => word.push(c),
            }
        }
        if quote.is_some() {
            return Err(bad("a quote is not closed".into(), Some(place.clone())));
        }
        words.push(word);
    }
}

/// Puts in what `%h` and its like stand for, and `${VARIABLE}`.
fn expand(text: &str, tokens: &[(char, &str)], place: Option<&Place>) -> Result<String, ConfigError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['%', '$']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some((name, after)) = tail.strip_prefix("${").and_then(|t| t.split_once('}')) {
            let value = std::env::var(name)
                .map_err(|_| bad(format!("the environment variable {name} is not set"), place.cloned()))?;
            out.push_str(&value);
            rest = after;
            continue;
        }
        let mut chars = tail.chars();
        if chars.next() == Some('$') {
            out.push('$');
            rest = chars.as_str();
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some(c) => match tokens.iter().find(|(t, _)| *t == c) {
                Some((_, value)) => out.push_str(value),
                None => return Err(bad(format!("%{c} in '{text}' is not supported"), place.cloned())),
            },
            None => return Err(bad(format!("'{text}' ends in a single %"), place.cloned())),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    Ok(out)
}

/// The files that a path with `*`, `?` or `[...]` means, sorted.
fn expand_glob(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let text = part.as_os_str().to_string_lossy();
        let glob = text.contains(['*', '?', '[']).then(|| globset::Glob::new(&text).ok()).flatten();
        let Some(glob) = glob.map(|g| g.compile_matcher()) else {
            found.iter_mut().for_each(|p| p.push(part));
            continue;
        };
        let mut next = Vec::new();
        for dir in &found {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if glob.is_match(&name) && (text.starts_with('.') || !name.to_string_lossy().starts_with('.')) {
                    next.push(dir.join(name));
                }
            }
        }
        next.sort();
        found = next;
    }
    found
}

/// OpenSSH's times: `90`, `1m30s`, `2h`.
fn seconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    match number.is_empty() {
        true if text.is_empty() => None,
        true => Some(total),
        false => total.checked_add(number.parse().ok()?),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
