//! `dns`: what `/etc/resolv.conf` says.

use adept_wire::{Map, Value};

use super::{Facts, Machine};

pub(super) fn dns(machine: &Machine<'_>, facts: &mut Facts) {
    facts.set("dns", parse(&machine.read("/etc/resolv.conf").unwrap_or_default()));
}

fn parse(text: &str) -> Map {
    let mut dns = Map::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(['#', ';'])) {
        let mut words = line.split_whitespace();
        let key = words.next().unwrap_or_default();
        let mut values: Vec<Value> = words.clone().map(Value::from).collect();
        match key {
            "nameserver" => {
                let mut all = dns.get("nameservers").and_then(Value::as_list).map_or_else(Vec::new, <[Value]>::to_vec);
                all.append(&mut values);
                dns.insert("nameservers".into(), Value::list(all));
            }
            "domain" => {
                if let Some(domain) = words.next() {
                    dns.insert("domain".into(), domain.into());
                }
            }
            "search" | "sortlist" => {
                dns.insert(key.into(), Value::list(values));
            }
            "options" => {
                let options = words.map(|option| match option.split_once(':') {
                    Some((name, value)) => (name.into(), value.into()),
                    None => (option.into(), true.into()),
                });
                dns.insert("options".into(), options.collect::<Map>().into());
            }
            _ => {}
        }
    }
    dns
}

#[cfg(test)]
mod tests {
    use super::*;
    use adept_wire::map;

    #[test]
    fn all_keywords() {
        let text = "# c\nnameserver 10.0.0.1\nnameserver fe80::1\nsearch a.example b.example\n; c\ndomain example.com\n\
                    options ndots:2 rotate\nsortlist 130.155.160.0/255.255.240.0\n";
        let dns = Value::map(parse(text));
        assert_eq!(
            dns,
            Value::map(map! {
                "nameservers" => vec!["10.0.0.1", "fe80::1"],
                "search" => vec!["a.example", "b.example"],
                "domain" => "example.com",
                "options" => map! { "ndots" => "2", "rotate" => true },
                "sortlist" => vec!["130.155.160.0/255.255.240.0"],
            })
        );
    }
}
