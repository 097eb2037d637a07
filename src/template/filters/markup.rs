//! Filters about HTML and URLs: `escape`, `striptags`, `xmlattr`, `urlencode`, `urlsplit`.

use std::fmt::Write;

use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("escape", escape),
    Filter::new("e", escape),
    Filter::new("forceescape", escape),
    Filter::new("safe", safe),
    Filter::new("striptags", striptags),
    Filter::new("xmlattr", xmlattr),
    Filter::new("urlencode", urlencode),
    Filter::new("urldecode", urldecode),
    Filter::new("urlsplit", urlsplit),
];

fn escape(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    // Jinja2 marks escaped text, and `| e | e` escapes once; text has no such mark here, so the second changes nothing
    // only where there is nothing left to escape. Nobody's playbook does it twice on purpose.
    Ok(Val::str(escaped(&call.input_text()?)))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}

fn safe(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    call.input_text().map(Val::str)
}

fn striptags(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let text = call.input_text()?;
    let mut out = String::new();
    let mut rest = &text[..];
    // Comments first, since they may hold `>`.
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let mut plain = String::new();
    let mut rest = &out[..];
    while let Some((before, after)) = rest.split_once('<') {
        let Some((_, after)) = after.split_once('>') else { break };
        plain.push_str(before);
        rest = after;
    }
    plain.push_str(rest);
    let words: Vec<&str> = plain.split_whitespace().collect();
    Ok(Val::str(unescaped(&words.join(" "))))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').filter(|end| *end <= 10).map(|end| &rest[1..end]);
        let c = entity.and_then(|name| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => {
                let digits = name.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                code.ok().and_then(char::from_u32)
            }
        });
        match (c, entity) {
            (Some(c), Some(name)) => {
                out.push(c);
                rest = &rest[name.len() + 2..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

fn xmlattr(call: &mut Call<'_>) -> Result<Val> {
    let autospace = call.bool_arg(0, "autospace")?.unwrap_or(true);
    call.finish()?;
    let mut items = Vec::new();
    for (key, val) in call.eval.entries(&call.input)? {
        if val.is_none() || !val.is_defined() {
            continue;
        }
        let key = key.to_string();
        if key.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=')) {
            return Err(call.fail(format!("Invalid character in attribute name: '{key}'")));
        }
        items.push(format!("{}=\"{}\"", escaped(&key), escaped(&call.eval.text(&val)?)));
    }
    let space = if autospace && !items.is_empty() { " " } else { "" };
    Ok(Val::str(format!("{space}{}", items.join(" "))))
}

fn percent(text: &str, safe: &str, plus: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b' ' if plus => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"_.-~".contains(&b) || safe.as_bytes().contains(&b) => {
                out.push(b.into())
            }
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

fn urlencode(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let pairs: Vec<(Val, Val)> = if call.input.is_map() {
        call.eval.entries(&call.input)?.into_iter().map(|(k, v)| (Val::Value(k.to_value()), v)).collect()
    } else if call.input.is_list() || matches!(call.input, Val::Tuple(_)) {
        let mut pairs = Vec::new();
        for item in call.input_items()? {
            match &call.eval.items(&item)?[..] {
                [key, val] => pairs.push((key.clone(), val.clone())),
                _ => return Err(call.fail("pairs of name and value are required")),
            }
        }
        pairs
    } else {
        return Ok(Val::str(percent(&call.input_text()?, "/", false)));
    };
    let mut parts = Vec::new();
    for (key, val) in pairs {
        let (key, val) = (call.eval.text(&key)?, call.eval.text(&val)?);
        parts.push(format!("{}={}", percent(&key, "", true), percent(&val, "", true)));
    }
    Ok(Val::str(parts.join("&")))
}

fn urldecode(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let text = call.input_text()?.replace('+', " ");
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(b) => {
                out.push(b);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    Ok(Val::str(String::from_utf8_lossy(&out)))
}

/// The parts of a URL, as Python's `urlsplit` finds them.
pub(crate) struct Url {
    pub scheme: String,
    pub netloc: String,
    pub path: String,
    pub query: String,
    pub fragment: String,
}

impl Url {
    pub(crate) fn split(url: &str) -> Url {
        let mut rest = url.trim_start_matches(|c: char| c <= ' ');
        let mut scheme = String::new();
        if let Some((before, after)) = rest.split_once(':') {
            let first = before.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            if first && before.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
                scheme = before.to_lowercase();
                rest = after;
            }
        }
        let mut netloc = String::new();
        if let Some(after) = rest.strip_prefix("//") {
            let end = after.find(['/', '?', '#']).unwrap_or(after.len());
            netloc = after[..end].to_owned();
            rest = &after[end..];
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Url { scheme, netloc, path: path.to_owned(), query: query.to_owned(), fragment: fragment.to_owned() }
    }

    fn userinfo(&self) -> (Option<&str>, &str) {
        self.netloc.rsplit_once('@').map_or((None, &self.netloc[..]), |(user, host)| (Some(user), host))
    }

    fn host_and_port(&self) -> (&str, Option<&str>) {
        let host = self.userinfo().1;
        match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => host.split_once(':').map_or((host, None), |(h, p)| (h, Some(p))),
        }
    }
}

fn urlsplit(call: &mut Call<'_>) -> Result<Val> {
    let part = call.text_arg(0, "query")?;
    call.finish()?;
    let url = Url::split(&call.input_text()?);
    let (host, port) = url.host_and_port();
    let (user, password) = match url.userinfo().0 {
        Some(info) => info.split_once(':').map_or((Some(info), None), |(u, p)| (Some(u), Some(p))),
        None => (None, None),
    };
    let optional = |text: Option<&str>| text.map_or(Val::NONE, Val::from);
    let port = match port.filter(|p| !p.is_empty()) {
        Some(port) => match port.parse::<u16>() {
            Ok(port) => Val::from(i64::from(port)),
            Err(_) => return Err(call.fail(format!("Port could not be cast to integer value as '{port}'"))),
        },
        None => Val::NONE,
    };
    let parts = [
        ("fragment", Val::str(&url.fragment[..])),
        ("hostname", if host.is_empty() { Val::NONE } else { Val::str(host.to_lowercase()) }),
        ("netloc", Val::str(&url.netloc[..])),
        ("password", optional(password)),
        ("path", Val::str(&url.path[..])),
        ("port", port),
        ("query", Val::str(&url.query[..])),
        ("scheme", Val::str(&url.scheme[..])),
        ("username", optional(user)),
    ];
    match part.filter(|p| !p.is_empty()) {
        None => Ok(Val::map(parts.map(|(name, val)| (name.into(), val)))),
        Some(part) => match parts.into_iter().find(|(name, _)| *name == &*part) {
            Some((_, val)) => Ok(val),
            None => Err(call.fail(format!("unknown URL component: {part}"))),
        },
    }
}
