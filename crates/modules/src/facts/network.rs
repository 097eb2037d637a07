//! Interfaces, addresses, the default route.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use adept_wire::{Map, Value, map};

use super::{Facts, Machine};
use crate::sys::net::{self, Address};

pub(super) fn network(machine: &Machine<'_>, facts: &mut Facts) {
    let addresses = net::addresses();
    let mut interfaces: BTreeMap<String, Map> = BTreeMap::new();
    for name in machine.names("/sys/class/net") {
        if machine.path(&format!("/sys/class/net/{name}")).is_dir() {
            interfaces.insert(name.clone(), link(machine, &name));
        }
    }
    let (mut all_v4, mut all_v6) = (Vec::new(), Vec::new());
    let (mut reachable_v4, mut reachable_v6) = (Vec::new(), Vec::new());
    for address in &addresses {
        match address.ip {
            IpAddr::V4(ip) => {
                add_v4(&mut interfaces, address, ip);
                if ip.is_loopback() {
                    if address.prefix < 32 {
                        reachable_v4.push(format!("{}/{}", network_of(ip, address.prefix), address.prefix));
                    }
                } else {
                    all_v4.push(ip.to_string());
                }
                reachable_v4.push(ip.to_string());
            }
            IpAddr::V6(ip) => {
                let entry = map! {
                    "address" => ip.to_string(), "prefix" => address.prefix.to_string(), "scope" => scope(ip),
                };
                let interface = interfaces.entry(address.label.clone()).or_default();
                let mut list = interface.get("ipv6").and_then(Value::as_list).map_or_else(Vec::new, <[Value]>::to_vec);
                list.push(entry.into());
                interface.insert("ipv6".into(), Value::list(list));
                if !ip.is_loopback() {
                    all_v6.push(ip.to_string());
                }
                reachable_v6.push(ip.to_string());
            }
        }
    }
    facts.set("interfaces", interfaces.keys().cloned().collect::<Vec<_>>());
    facts.set("default_ipv4", default_v4(machine, &addresses, &interfaces));
    facts.set("default_ipv6", default_v6(machine, &addresses, &interfaces));
    facts.set("all_ipv4_addresses", all_v4);
    facts.set("all_ipv6_addresses", all_v6);
    reachable_v4.sort();
    reachable_v6.sort();
    facts.set("locally_reachable_ips", map! { "ipv4" => reachable_v4, "ipv6" => reachable_v6 });
    for (name, interface) in interfaces {
        facts.set(&name.replace(['-', ':'], "_"), interface);
    }
}

/// What the kernel tells of an interface, addresses apart.
fn link(machine: &Machine<'_>, name: &str) -> Map {
    let dir = format!("/sys/class/net/{name}");
    let value = |file: &str| machine.value(&format!("{dir}/{file}"));
    let mut link = map! { "device" => name };
    let mut set = |key: &str, v: Value| {
        link.insert(key.into(), v);
    };
    if let Some(mac) = value("address").filter(|mac| mac != "00:00:00:00:00:00") {
        set("macaddress", mac.into());
    }
    if let Some(mtu) = value("mtu").and_then(|m| m.parse::<i64>().ok()) {
        set("mtu", mtu.into());
    }
    if let Some(state) = value("operstate") {
        set("active", (state != "down").into());
    }
    if let Some(module) = machine.target_name(&format!("{dir}/device/driver/module")) {
        set("module", module.into());
    }
    if let Some(kind) = value("type") {
        let kind = match kind.as_str() {
            "1" => "ether",
            "32" => "infiniband",
            "512" => "ppp",
            "772" => "loopback",
            "65534" => "tunnel",
            _ => "unknown",
        };
        set("type", kind.into());
    }
    if machine.exists(&format!("{dir}/bridge")) {
        set("type", "bridge".into());
        set("interfaces", machine.names(&format!("{dir}/brif")).into());
        set("id", value("bridge/bridge_id").into());
        set("stp", (value("bridge/stp_state").as_deref() == Some("1")).into());
    }
    if machine.exists(&format!("{dir}/bonding")) {
        let words =
            |file: &str| value(file).unwrap_or_default().split_whitespace().map(String::from).collect::<Vec<_>>();
        set("type", "bonding".into());
        set("slaves", words("bonding/slaves").into());
        set("mode", words("bonding/mode").first().cloned().into());
        set("miimon", words("bonding/miimon").first().cloned().into());
        set("lacp_rate", words("bonding/lacp_rate").first().cloned().into());
        if let Some(primary) = value("bonding/primary") {
            let all_active = machine.value(&format!("/sys/class/net/{primary}/bonding/all_slaves_active"));
            set("primary", primary.into());
            if let Some(all_active) = all_active {
                set("all_slaves_active", (all_active == "1").into());
            }
        }
    }
    if machine.exists(&format!("{dir}/bonding_slave/perm_hwaddr"))
        && let Some(mac) = value("bonding_slave/perm_hwaddr")
    {
        set("perm_macaddress", mac.into());
    }
    if machine.exists(&format!("{dir}/device"))
        && let Some(pci) = machine.target_name(&format!("{dir}/device"))
    {
        set("pciid", pci.into());
    }
    if let Some(speed) = value("speed").and_then(|s| s.parse::<i64>().ok()) {
        set("speed", speed.into());
    }
    let flags = value("flags").and_then(|f| u32::from_str_radix(f.trim_start_matches("0x"), 16).ok()).unwrap_or(0);
    set("promisc", (flags & 0x100 != 0).into());
    link
}

/// The first address of a label is its `ipv4`, others are `ipv4_secondaries`; an old-style alias such as `eth0:1` is an
/// entry of its own.
fn add_v4(interfaces: &mut BTreeMap<String, Map>, address: &Address, ip: Ipv4Addr) {
    let entry = map! {
        "address" => ip.to_string(),
        "broadcast" => address.broadcast.map_or_else(String::new, |b| b.to_string()),
        "netmask" => netmask(address.prefix).to_string(),
        "network" => network_of(ip, address.prefix).to_string(),
        "prefix" => address.prefix.to_string(),
    };
    let interface = interfaces.entry(address.label.clone()).or_default();
    if !interface.contains_key("ipv4") {
        interface.insert("ipv4".into(), entry.into());
        return;
    }
    let mut list = interface.get("ipv4_secondaries").and_then(Value::as_list).map_or_else(Vec::new, <[Value]>::to_vec);
    list.push(entry.into());
    interface.insert("ipv4_secondaries".into(), Value::list(list));
}

fn netmask(prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0))
}

fn network_of(ip: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    ip & netmask(prefix)
}

fn scope(ip: Ipv6Addr) -> &'static str {
    match ip.segments()[0] {
        _ if ip.is_loopback() => "host",
        first if first & 0xffc0 == 0xfe80 => "link",
        first if first & 0xffc0 == 0xfec0 => "site",
        _ => "global",
    }
}

/// Which address a packet to the outside would have. No packet is sent.
fn source_towards(outside: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if outside.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((outside, 53)).ok()?;
    socket.local_addr().ok().map(|a| a.ip())
}

/// What both families say about the interface of the default route.
fn describe(interfaces: &BTreeMap<String, Map>, address: &Address, gateway: Option<String>) -> Map {
    let mut default = map! { "interface" => address.device(), "address" => address.ip.to_string() };
    if let Some(gateway) = gateway {
        default.insert("gateway".into(), gateway.into());
    }
    if let Some(interface) = interfaces.get(address.device()) {
        for key in ["macaddress", "mtu", "type"] {
            if let Some(value) = interface.get(key) {
                default.insert(key.into(), value.clone());
            }
        }
    }
    default
}

fn default_v4(machine: &Machine<'_>, addresses: &[Address], interfaces: &BTreeMap<String, Map>) -> Map {
    let Some(route) = default_route_v4(&machine.read("/proc/net/route").unwrap_or_default()) else { return Map::new() };
    let source = source_towards(Ipv4Addr::new(8, 8, 8, 8).into());
    let of_source = addresses.iter().find(|a| Some(a.ip) == source);
    let Some(address) = of_source.or_else(|| addresses.iter().find(|a| a.ip.is_ipv4() && a.device() == route.0)) else {
        return Map::new();
    };
    let IpAddr::V4(ip) = address.ip else { return Map::new() };
    let gateway = (!route.1.is_unspecified()).then(|| route.1.to_string());
    let mut default = describe(interfaces, address, gateway);
    default.extend(map! {
        "broadcast" => address.broadcast.map_or_else(String::new, |b| b.to_string()),
        "netmask" => netmask(address.prefix).to_string(),
        "network" => network_of(ip, address.prefix).to_string(),
        "prefix" => address.prefix.to_string(),
        "alias" => address.label.as_str(),
    });
    default
}

/// Interface and gateway of the default route that wins.
fn default_route_v4(table: &str) -> Option<(String, Ipv4Addr)> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let f: Vec<&str> = line.split_whitespace().collect();
        let is_default = f.get(1) == Some(&"00000000") && f.get(7) == Some(&"00000000");
        let flags = u32::from_str_radix(f.get(3)?, 16).ok()?;
        if !is_default || flags & 1 == 0 {
            return None;
        }
        // As the kernel has it in memory: little endian on the machines that print it so.
        let gateway = Ipv4Addr::from(u32::from_str_radix(f[2], 16).ok()?.to_ne_bytes());
        Some((f[6].parse::<u32>().ok()?, f[0].to_string(), gateway))
    });
    routes.min_by_key(|(metric, ..)| *metric).map(|(_, name, gateway)| (name, gateway))
}

fn default_v6(machine: &Machine<'_>, addresses: &[Address], interfaces: &BTreeMap<String, Map>) -> Map {
    let Some(route) = default_route_v6(&machine.read("/proc/net/ipv6_route").unwrap_or_default()) else {
        return Map::new();
    };
    let outside = Ipv6Addr::new(0x2404, 0x6800, 0x400a, 0x800, 0, 0, 0, 0x1012);
    let source = source_towards(outside.into());
    let of_source = addresses.iter().find(|a| Some(a.ip) == source);
    let usable = |a: &&Address| matches!(a.ip, IpAddr::V6(ip) if a.device() == route.0 && scope(ip) == "global");
    let Some(address) = of_source.or_else(|| addresses.iter().find(usable)) else { return Map::new() };
    let IpAddr::V6(ip) = address.ip else { return Map::new() };
    let gateway = (!route.1.is_unspecified()).then(|| route.1.to_string());
    let mut default = describe(interfaces, address, gateway);
    default.insert("prefix".into(), address.prefix.to_string().into());
    default.insert("scope".into(), scope(ip).into());
    default
}

fn default_route_v6(table: &str) -> Option<(String, Ipv6Addr)> {
    let routes = table.lines().filter_map(|line| {
        let f: Vec<&str> = line.split_whitespace().collect();
        let hex = |s: &str| u32::from_str_radix(s, 16).ok();
        let is_default = f.first()?.chars().all(|c| c == '0') && f.get(1) == Some(&"00");
        let (metric, flags, device) = (hex(f.get(5)?)?, hex(f.get(8)?)?, f.get(9)?);
        // Up, and none that rejects.
        if !is_default || flags & 1 == 0 || flags & 0x200 != 0 || *device == "lo" {
            return None;
        }
        let gateway = Ipv6Addr::from(u128::from_str_radix(f[4], 16).ok()?);
        Some((metric, device.to_string(), gateway))
    });
    routes.min_by_key(|(metric, ..)| *metric).map(|(_, name, gateway)| (name, gateway))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_default_route_with_the_lowest_metric() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                     eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                     eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(default_route_v4(table), Some(("eth0".into(), Ipv4Addr::new(192, 0, 2, 1))));
        assert_eq!(default_route_v4(""), None);
        let zero = "00000000000000000000000000000000";
        let table = format!(
            "{zero} 00 {zero} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n"
        );
        assert_eq!(default_route_v6(&table), Some(("eth0".into(), "fd00::1".parse().unwrap())));
    }

    #[test]
    fn masks_and_scopes() {
        assert_eq!(netmask(0).to_string(), "0.0.0.0");
        assert_eq!(netmask(20).to_string(), "255.255.240.0");
        assert_eq!(network_of("192.0.2.77".parse().unwrap(), 26).to_string(), "192.0.2.64");
        for (ip, name) in [
            ("::1", "host"),
            ("fe80::1", "link"),
            ("fec0::1", "site"),
            ("fd00::1", "global"),
            ("2001:db8::1", "global"),
        ] {
            assert_eq!(scope(ip.parse().unwrap()), name);
        }
    }
}
