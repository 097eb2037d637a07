//! `wait_for`: waits until a port, a file or a text is there, or is gone.

use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::file_params::add_path_info;
use crate::regex::{Captures, Flags, Regex};
use crate::sys::net::tcp_connections;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("host", Kind::Str).default(Default::Str("127.0.0.1")),
    Param::new("timeout", Kind::Int).default(Default::Int(300)),
    Param::new("connect_timeout", Kind::Int).default(Default::Int(5)),
    Param::new("delay", Kind::Int).default(Default::Int(0)),
    Param::new("port", Kind::Int),
    Param::new("active_connection_states", Kind::ListOfStr).default(Default::List(&[
        "ESTABLISHED",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "SYN_RECV",
        "SYN_SENT",
        "TIME_WAIT",
    ])),
    Param::new("path", Kind::Path),
    Param::new("search_regex", Kind::Str),
    Param::new("state", Kind::Str)
        .choices(&["absent", "drained", "present", "started", "stopped"])
        .default(Default::Str("started")),
    Param::new("exclude_hosts", Kind::ListOfStr),
    Param::new("sleep", Kind::Int).default(Default::Int(1)),
    Param::new("msg", Kind::Str),
];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("wait_for", "Wait for a condition before continuing", PARAMS).no_check_mode(), run };

/// The kernel's numbers of TCP states, from 1.
const TCP_STATES: [&str; 11] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
];

/// How long a read may keep a cancelled run from ending.
const READ_TICK: Duration = Duration::from_millis(200);

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let wait = Wait::of(args, host)?;
    let failed = |msg: &str| {
        let elapsed = wait.started.elapsed().as_secs();
        ModuleOutcome { failed: true, ..ModuleOutcome::ok(map! { "elapsed" => elapsed, "msg" => msg }) }
    };
    if !host.cancel.sleep(seconds(args, "delay")) {
        return Ok(failed("cancelled"));
    }
    let mut found = None;
    while found.is_none() && wait.left() > Duration::ZERO {
        found = wait.look()?;
        if found.is_none() && !host.cancel.sleep(wait.pause.min(wait.left())) {
            return Ok(failed("cancelled"));
        }
    }
    match found {
        Some(found) => Ok(wait.succeeded(found)),
        None => Ok(failed(&args.str("msg").map_or_else(|| wait.complaint(), String::from))),
    }
}

fn seconds(args: &Args, name: &str) -> Duration {
    Duration::from_secs(args.int(name).unwrap_or_default().max(0).unsigned_abs())
}

/// What is waited for.
enum Target<'a> {
    Path(&'a str),
    Port(u16),
    /// Nothing; time passes.
    Time,
}

/// What the regular expression found.
#[derive(Default)]
struct Matched {
    groups: Vec<Value>,
    by_name: Map,
}

impl Matched {
    fn of(captures: &Captures<'_>) -> Matched {
        let group = |i: usize| captures.get(i).map_or(Value::NULL, Value::from);
        Matched {
            groups: (1..=captures.groups()).map(group).collect(),
            by_name: captures.names().map(|(name, i)| (name.into(), group(i))).collect(),
        }
    }
}

struct Wait<'a> {
    args: &'a Args,
    host: &'a Host<'a>,
    target: Target<'a>,
    address: &'a str,
    state: &'a str,
    regex: Option<Regex>,
    /// Numbers of the states that count as active.
    active: Vec<u8>,
    excluded: Vec<IpAddr>,
    started: Instant,
    timeout: Duration,
    pause: Duration,
}

impl<'a> Wait<'a> {
    fn of(args: &'a Args, host: &'a Host<'a>) -> Result<Wait<'a>, ModuleError> {
        let wrong =
            |param: &'static str, msg: String| Err(ModuleError::new(msg).param(param).result(map! { "elapsed" => 0 }));
        let state = args.str("state").unwrap_or("started");
        let target = match (args.str("path"), args.int("port")) {
            (Some(_), Some(_)) => {
                return wrong("path", "port and path parameter can not both be passed to wait_for".into());
            }
            (Some(_), None) if matches!(state, "stopped" | "drained") => {
                let msg = format!("state={state} should only be used for checking a port in the wait_for module");
                return wrong("state", msg);
            }
            (Some(path), None) => Target::Path(path),
            (None, Some(port)) => match u16::try_from(port) {
                Ok(port) => Target::Port(port),
                Err(_) => return wrong("port", format!("port must be 0-65535, not {port}")),
            },
            (None, None) if state == "drained" => return wrong("state", "state=drained needs a port".into()),
            (None, None) => Target::Time,
        };
        if args.get("exclude_hosts").is_some() && state != "drained" {
            return wrong("exclude_hosts", "exclude_hosts should only be with state=drained".into());
        }
        let mut active = Vec::new();
        for name in args.strings("active_connection_states") {
            match TCP_STATES.iter().position(|s| *s == name) {
                // There are eleven of them.
                Some(i) => active.push(i as u8 + 1),
                None => {
                    let msg = format!("unknown active_connection_state ({name}) defined");
                    return wrong("active_connection_states", msg);
                }
            }
        }
        let regex = args.str("search_regex").map(|pattern| {
            Regex::new(pattern, Flags { multiline: true, ..Flags::default() })
                .map_err(|e| ModuleError::new(format!("Invalid regular expression: {e}")).param("search_regex"))
        });
        let mut excluded = Vec::new();
        for name in args.strings("exclude_hosts") {
            excluded.extend(addresses_of(name, "exclude_hosts")?);
        }
        Ok(Wait {
            args,
            host,
            target,
            address: args.str("host").unwrap_or_default(),
            state,
            regex: regex.transpose()?,
            active,
            excluded,
            started: Instant::now(),
            timeout: seconds(args, "timeout"),
            pause: seconds(args, "sleep"),
        })
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// Is it as asked for now?
    fn look(&self) -> Result<Option<Matched>, ModuleError> {
        let gone = matches!(self.state, "absent" | "stopped");
        match self.target {
            Target::Path(path) if gone => {
                // As Ansible: a link to nothing is absent, and `search_regex` doesn't count.
                Ok((!self.host.path(path).exists()).then(Matched::default))
            }
            Target::Path(path) => self.look_at_file(path),
            Target::Port(port) if self.state == "drained" => self.look_for_connections(port),
            Target::Port(port) if gone => Ok(self.connect(port).is_none().then(Matched::default)),
            Target::Port(port) => Ok(self.connect(port).and_then(|stream| self.listen(stream))),
            Target::Time => {
                self.host.cancel.sleep(self.left());
                Ok(Some(Matched::default()))
            }
        }
    }

    fn look_at_file(&self, path: &str) -> Result<Option<Matched>, ModuleError> {
        let path = self.host.path(path);
        let Some(regex) = &self.regex else { return Ok(path.exists().then(Matched::default)) };
        // What can't be read now may be readable later.
        let Ok(content) = std::fs::read(&path) else { return Ok(None) };
        let text = String::from_utf8_lossy(&content);
        Ok(regex.search(&text).map_err(ModuleError::new)?.map(|captures| Matched::of(&captures)))
    }

    fn connect(&self, port: u16) -> Option<TcpStream> {
        let timeout = seconds(self.args, "connect_timeout").min(self.left()).max(Duration::from_millis(1));
        let addresses = (self.address, port).to_socket_addrs().ok()?;
        addresses.into_iter().find_map(|address: SocketAddr| TcpStream::connect_timeout(&address, timeout).ok())
    }

    /// Reads what the port sends, until it matches, ends, or the time is up.
    fn listen(&self, mut stream: TcpStream) -> Option<Matched> {
        let Some(regex) = &self.regex else {
            let _ = stream.shutdown(Shutdown::Both);
            return Some(Matched::default());
        };
        stream.set_read_timeout(Some(READ_TICK)).ok()?;
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        while self.left() > Duration::ZERO && !self.host.is_cancelled() {
            match stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(n) => received.extend_from_slice(&buffer[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                    continue;
                }
                Err(_) => return None,
            }
            let text = String::from_utf8_lossy(&received);
            if let Ok(Some(captures)) = regex.search(&text) {
                let _ = stream.shutdown(Shutdown::Both);
                return Some(Matched::of(&captures));
            }
        }
        None
    }

    fn look_for_connections(&self, port: u16) -> Result<Option<Matched>, ModuleError> {
        let own = addresses_of(self.address, "host")?;
        let anywhere = own.iter().any(IpAddr::is_unspecified);
        let busy = tcp_connections()?.into_iter().any(|c| {
            c.local.port() == port
                && self.active.contains(&c.state)
                && (anywhere || own.contains(&c.local.ip()) || c.local.ip().is_unspecified())
                && !self.excluded.contains(&c.remote.ip())
        });
        Ok((!busy).then(Matched::default))
    }

    fn complaint(&self) -> String {
        let address = self.address;
        let pattern = self.args.str("search_regex");
        match (&self.target, self.state) {
            (Target::Path(path), "absent") => format!("Timeout when waiting for {path} to be absent."),
            (Target::Path(path), _) => match pattern {
                Some(pattern) => format!("Timeout when waiting for search string {pattern} in {path}"),
                None => format!("Timeout when waiting for file {path}"),
            },
            (Target::Port(port), "drained") => format!("Timeout when waiting for {address}:{port} to drain"),
            (Target::Port(port), "absent" | "stopped") => {
                format!("Timeout when waiting for {address}:{port} to stop.")
            }
            (Target::Port(port), _) => match pattern {
                Some(pattern) => format!("Timeout when waiting for search string {pattern} in {address}:{port}"),
                None => format!("Timeout when waiting for {address}:{port}"),
            },
            (Target::Time, _) => "Timeout".into(),
        }
    }

    fn succeeded(&self, found: Matched) -> ModuleOutcome {
        let given = |name: &str| self.args.get(name).cloned().unwrap_or(Value::NULL);
        let mut result = map! {
            "state" => self.state,
            "port" => given("port"),
            "search_regex" => given("search_regex"),
            "match_groups" => Value::list(found.groups),
            "match_groupdict" => Value::map(found.by_name),
            "path" => given("path"),
            "elapsed" => self.started.elapsed().as_secs(),
        };
        if let Target::Path(path) = self.target {
            add_path_info(&mut result, &self.host.path(path));
        }
        ModuleOutcome::ok(result)
    }
}

fn addresses_of(name: &str, param: &'static str) -> Result<Vec<IpAddr>, ModuleError> {
    let found = (name, 0).to_socket_addrs().map_err(|e| ModuleError::new(format!("{name}: {e}")).param(param))?;
    Ok(found.map(|address| address.ip().to_canonical()).collect())
}
