//! Facts about the machine, read from its files: what `setup` returns, under Ansible's names and in its groups.
//!
//! [`COLLECTORS`] is the table: a collector has a name, other names by which a subset may ask for it, and collectors
//! whose facts it builds on. There are no facts about Python: nothing here needs one, and to know one is to start it.

mod date_time;
mod devices;
mod distribution;
mod dns;
#[cfg(test)]
mod fake;
mod identifiers;
mod local;
mod lsb;
mod machine;
mod mounts;
mod network;
mod platform;
mod processor;
mod security;
mod services;
mod subset;
mod system;
mod user;
mod virtualization;

use std::time::Duration;

use adept_wire::{Key, Map, Value};

pub use subset::BadSubset;

use crate::Host;
use machine::Machine;

/// Facts on their way into the result, named without `ansible_`.
#[derive(Default)]
struct Facts {
    map: Map,
    warnings: Vec<String>,
}

impl Facts {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.map.insert(name.into(), value.into());
    }

    /// A text fact that was set before.
    fn text(&self, name: &str) -> &str {
        self.map.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// One source of facts.
struct Collector {
    name: &'static str,
    /// Other names for it in `gather_subset`.
    aliases: &'static [&'static str],
    /// Is it part of `min`?
    minimal: bool,
    /// Collectors whose facts it reads.
    requires: &'static [&'static str],
    collect: fn(&Machine<'_>, &mut Facts),
}

const fn collector(name: &'static str, collect: fn(&Machine<'_>, &mut Facts)) -> Collector {
    Collector { name, aliases: &[], minimal: false, requires: &[], collect }
}

impl Collector {
    const fn minimal(mut self) -> Collector {
        self.minimal = true;
        self
    }
    const fn aliases(mut self, aliases: &'static [&'static str]) -> Collector {
        self.aliases = aliases;
        self
    }
    const fn requires(mut self, requires: &'static [&'static str]) -> Collector {
        self.requires = requires;
        self
    }
}

/// In an order in which each comes after what it requires.
const COLLECTORS: &[Collector] = &[
    collector("platform", platform::platform).minimal().aliases(&[
        "system",
        "kernel",
        "kernel_version",
        "machine",
        "python_version",
        "architecture",
        "machine_id",
    ]),
    collector("distribution", distribution::distribution).minimal().aliases(&[
        "distribution_version",
        "distribution_release",
        "distribution_major_version",
        "os_family",
    ]),
    collector("apparmor", security::apparmor).minimal(),
    collector("caps", security::capabilities)
        .minimal()
        .aliases(&["system_capabilities", "system_capabilities_enforced"]),
    collector("chroot", platform::chroot).aliases(&["is_chroot"]),
    collector("cmdline", system::cmdline).minimal(),
    collector("date_time", date_time::date_time).minimal(),
    collector("dns", dns::dns).minimal(),
    collector("env", user::env).minimal(),
    // Facts of two other programs, which have no place on a host that needs none.
    collector("facter", |_, _| {}),
    collector("fibre_channel_wwn", identifiers::fibre_channel_wwn),
    collector("fips", security::fips).minimal(),
    collector("hardware", |machine, facts| {
        processor::processor(machine, facts);
        system::memory(machine, facts);
        system::dmi(machine, facts);
        devices::devices(machine, facts);
        mounts::mounts(machine, facts);
        system::uptime(machine, facts);
    })
    .aliases(&["processor", "processor_cores", "processor_count", "mounts", "devices"])
    .requires(&["platform"]),
    collector("iscsi", identifiers::iscsi_iqn),
    collector("loadavg", system::loadavg),
    collector("local", local::local).minimal(),
    collector("lsb", lsb::lsb).minimal(),
    collector("network", network::network)
        .aliases(&["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"])
        .requires(&["platform", "distribution"]),
    collector("nvme", identifiers::hostnqn),
    collector("ohai", |_, _| {}),
    collector("pkg_mgr", services::pkg_mgr).minimal().requires(&["distribution"]),
    collector("python", |_, _| {}).minimal(),
    collector("selinux", security::selinux).minimal(),
    collector("service_mgr", services::service_mgr).minimal().requires(&["platform", "distribution"]),
    collector("ssh_pub_keys", security::ssh_host_keys).minimal().aliases(&[
        "ssh_host_pub_keys",
        "ssh_host_key_dsa_public",
        "ssh_host_key_rsa_public",
        "ssh_host_key_ecdsa_public",
        "ssh_host_key_ed25519_public",
    ]),
    collector("systemd", services::systemd).minimal(),
    collector("user", user::user).minimal().aliases(&[
        "user_id",
        "user_uid",
        "user_gid",
        "user_gecos",
        "user_dir",
        "user_shell",
        "real_user_id",
        "effective_user_id",
        "effective_group_ids",
    ]),
    collector("virtual", virtualization::virtualization).aliases(&[
        "virtualization_type",
        "virtualization_role",
        "virtualization_tech_guest",
        "virtualization_tech_host",
    ]),
];

/// What to gather.
pub(crate) struct Wanted<'a> {
    pub subsets: Vec<&'a str>,
    /// Names or patterns; empty for all.
    pub filters: Vec<&'a str>,
    pub timeout: Duration,
    pub fact_path: String,
}

/// The facts, with `ansible_` before their names, and warnings.
///
/// # Errors
/// When a subset isn't known.
pub(crate) fn gather(wanted: &Wanted<'_>, host: &Host<'_>) -> Result<(Map, Vec<String>), BadSubset> {
    let chosen = subset::choose(&wanted.subsets)?;
    let machine = Machine::new(host, wanted.timeout, wanted.fact_path.clone());
    let mut facts = Facts::default();
    for collector in chosen {
        if host.is_cancelled() {
            break;
        }
        (collector.collect)(&machine, &mut facts);
    }
    let mut result: Map = facts.map.into_iter().map(|(k, v)| (Key::from(format!("ansible_{k}")), v)).collect();
    result.insert("gather_subset".into(), wanted.subsets.clone().into());
    result.insert("module_setup".into(), true.into());
    if !wanted.filters.is_empty() {
        let keep = subset::Filter::new(&wanted.filters);
        result.retain(|name, _| name.as_str().is_some_and(|name| keep.matches(name)));
    }
    Ok((result, facts.warnings))
}
