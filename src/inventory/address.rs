//! `host:port`, as inventories and patterns write it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host name, possibly with ranges, and the port after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub host: &'a str,
    pub port: Option<i64>,
}

/// Takes the port off. `None` where the text is no address at all; it may still be a name (`a@b:22`).
pub(super) fn parse(text: &str) -> Option<Address<'_>> {
    if let Some(inner) = text.strip_prefix('[')
        && let Some((host, port)) = inner.rsplit_once("]:")
        && let Some(port) = port_number(port)
        && is_host(host)
    {
        return Some(Address { host, port: Some(port) });
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && let Some(port) = port_number(port)
        && is_name(host)
    {
        return Some(Address { host, port: Some(port) });
    }
    is_host(text).then_some(Address { host: text, port: None })
}

fn port_number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn is_host(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok() || text.parse::<Ipv4Addr>().is_ok() || is_name(text)
}

/// Labels of letters, digits, `_` and inner `-`, with ranges in them.
fn is_name(text: &str) -> bool {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((range, after)) = after.split_once(']') else { return false };
        let bounds: Vec<&str> = range.split(':').collect();
        let fits = |b: &&str| b.bytes().all(|c| c.is_ascii_alphanumeric());
        if !(2..=3).contains(&bounds.len()) || bounds[1].is_empty() || !bounds.iter().all(fits) {
            return false;
        }
        plain.push_str(before);
        plain.push('0');
        rest = after;
    }
    plain.push_str(rest);
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    plain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{Address, parse};

    #[test]
    fn ports_only_after_addresses() {
        let with = |host, port| Some(Address { host, port: Some(port) });
        assert_eq!(parse("h1:2222"), with("h1", 2222));
        assert_eq!(parse("[fe80::1]:22"), with("fe80::1", 22));
        assert_eq!(parse("[web1]:22"), with("web1", 22));
        assert_eq!(parse("a[1:2]b:22"), with("a[1:2]b", 22));
        assert_eq!(parse("w[1:2]"), Some(Address { host: "w[1:2]", port: None }));
        assert_eq!(parse("::1"), Some(Address { host: "::1", port: None }));
        for name in ["a@b:22", "-x:22", "a..b:22", "a/b:22", "a-:22", "a.:22", "ab:c:22", "h1:ssh", "w:", "w:db"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
