//! AppArmor, SELinux, FIPS, capabilities, the host's public keys.

use adept_wire::{Value, map};

use super::machine::assignments;
use super::{Facts, Machine};

pub(super) fn apparmor(machine: &Machine<'_>, facts: &mut Facts) {
    let status = if machine.exists("/sys/kernel/security/apparmor") { "enabled" } else { "disabled" };
    facts.set("apparmor", map! { "status" => status });
}

/// From the kernel's own files: no library is asked, so none can be missing.
pub(super) fn selinux(machine: &Machine<'_>, facts: &mut Facts) {
    facts.set("selinux_python_present", true);
    let Some(enforce) = machine.value("/sys/fs/selinux/enforce") else {
        facts.set("selinux", map! { "status" => "disabled" });
        return;
    };
    let config = assignments(&machine.read("/etc/selinux/config").unwrap_or_default());
    let setting = |name: &str| config.iter().find(|(k, _)| k == name).map_or("unknown", |(_, v)| v.as_str());
    let version = machine.value("/sys/fs/selinux/policyvers").and_then(|v| v.parse::<i64>().ok());
    facts.set(
        "selinux",
        map! {
            "status" => "enabled",
            "policyvers" => version.map_or_else(|| Value::from("unknown"), Value::from),
            "config_mode" => setting("SELINUX"),
            "mode" => if enforce == "1" { "enforcing" } else { "permissive" },
            "type" => setting("SELINUXTYPE"),
        },
    );
}

pub(super) fn fips(machine: &Machine<'_>, facts: &mut Facts) {
    facts.set("fips", machine.value("/proc/sys/crypto/fips_enabled").as_deref() == Some("1"));
}

pub(super) fn ssh_host_keys(machine: &Machine<'_>, facts: &mut Facts) {
    for dir in ["/etc/ssh", "/etc/openssh", "/etc"] {
        let mut found = false;
        for kind in ["dsa", "rsa", "ecdsa", "ed25519"] {
            let Some(line) = machine.value(&format!("{dir}/ssh_host_{kind}_key.pub")) else { continue };
            let mut words = line.split_whitespace();
            if let (Some(keytype), Some(key)) = (words.next(), words.next()) {
                facts.set(&format!("ssh_host_key_{kind}_public"), key);
                facts.set(&format!("ssh_host_key_{kind}_public_keytype"), keytype);
                found = true;
            }
        }
        if found {
            return;
        }
    }
}

/// Names of capabilities by number, from <linux/capability.h>.
const CAPABILITIES: &[&str] = &[
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// As Ansible reads the line that `capsh --print` begins with, but from the kernel, so they are there without capsh too.
pub(super) fn capabilities(machine: &Machine<'_>, facts: &mut Facts) {
    let Some(status) = machine.read("/proc/self/status") else { return };
    let set = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|l| u64::from_str_radix(l.trim(), 16).ok()).unwrap_or(0)
    };
    let last = machine.value("/proc/sys/kernel/cap_last_cap").and_then(|v| v.parse().ok()).unwrap_or(40u32);
    let text = capability_text(last, set("CapEff"), set("CapInh"), set("CapPrm"));
    // The part after the first `=`, as Ansible takes it; everything being allowed is "not enforced".
    let current = text.split('=').nth(1).unwrap_or_default().trim();
    let enforced = current != "ep";
    facts.set("system_capabilities_enforced", if enforced { "True" } else { "False" });
    let list: Vec<&str> = if enforced { current.split(',').map(str::trim).collect() } else { Vec::new() };
    facts.set("system_capabilities", list);
}

/// libcap's text form: what most have in common, then what differs: `=ep cap_sys_resource-ep`.
fn capability_text(last: u32, effective: u64, inheritable: u64, permitted: u64) -> String {
    let flags = |n: u32| {
        let has = |set: u64| set >> n & 1 == 1;
        (has(effective), has(inheritable), has(permitted))
    };
    let letters = |(e, i, p): (bool, bool, bool)| {
        [(e, 'e'), (i, 'i'), (p, 'p')].iter().filter(|(on, _)| *on).map(|(_, c)| *c).collect::<String>()
    };
    let all: Vec<u32> = (0..=last.min(63)).collect();
    let count = |of: (bool, bool, bool)| all.iter().filter(|n| flags(**n) == of).count();
    let common = all.iter().map(|n| flags(*n)).max_by_key(|f| count(*f)).unwrap_or_default();
    let mut text = format!("={}", letters(common));
    let mut seen = vec![common];
    for other in all.iter().map(|n| flags(*n)) {
        if seen.contains(&other) {
            continue;
        }
        seen.push(other);
        let names: Vec<String> = all
            .iter()
            .filter(|n| flags(**n) == other)
            .map(|n| CAPABILITIES.get(*n as usize).map_or_else(|| format!("{n}"), |name| format!("cap_{name}")))
            .collect();
        let added = (other.0 && !common.0, other.1 && !common.1, other.2 && !common.2);
        let removed = (!other.0 && common.0, !other.1 && common.1, !other.2 && common.2);
        if text == "=" {
            text.clear();
        } else {
            text.push(' ');
        }
        text.push_str(&names.join(","));
        if common == (false, false, false) {
            text.push('=');
            text.push_str(&letters(other));
        } else {
            for (sign, which) in [('+', added), ('-', removed)] {
                if which != (false, false, false) {
                    text.push(sign);
                    text.push_str(&letters(which));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use adept_wire::Map;

    /// Recorded from libcap 2.66's `capsh --print`.
    #[test]
    fn capabilities_as_libcap_writes_them() {
        let all = (1u64 << 41) - 1;
        for (effective, permitted, text) in [
            (all, all, "=ep"),
            (0, 0, "="),
            (all & !(1 << 24), all & !(1 << 24), "=ep cap_sys_resource-ep"),
            (1 << 13, 1 << 13, "cap_net_raw=ep"),
            (1 << 13 | 1, 1 << 13 | 1, "cap_chown,cap_net_raw=ep"),
        ] {
            assert_eq!(capability_text(40, effective, 0, permitted), text);
        }
    }

    #[test]
    fn selinux_config_is_shell() {
        let settings = assignments("# comment\nSELINUX=enforcing\nSELINUXTYPE=\"targeted\"\n");
        let map: Map = settings.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        assert_eq!(map, map! { "SELINUX" => "enforcing", "SELINUXTYPE" => "targeted" });
    }
}
