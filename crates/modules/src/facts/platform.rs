//! Kernel, architecture, names of the host, chroot.

use std::os::unix::fs::MetadataExt;
use std::sync::mpsc;

use super::{Facts, Machine};
use crate::sys::net;

pub(super) fn platform(machine: &Machine<'_>, facts: &mut Facts) {
    let uname = rustix::system::uname();
    let text = |s: &std::ffi::CStr| s.to_string_lossy().into_owned();
    let (nodename, arch) = (text(uname.nodename()), text(uname.machine()));
    facts.set("system", text(uname.sysname()));
    facts.set("kernel", text(uname.release()));
    facts.set("kernel_version", text(uname.version()));
    facts.set("machine", arch.as_str());
    facts.set("hostname", nodename.split('.').next().unwrap_or_default());
    let fqdn = fqdn(machine, &nodename);
    facts.set("domain", fqdn.split_once('.').map_or("", |(_, domain)| domain));
    facts.set("fqdn", fqdn);
    facts.set("nodename", nodename);
    let bits = userspace_bits(machine);
    facts.set("userspace_bits", bits);
    let intel = arch == "x86_64" || (arch.starts_with('i') && arch.ends_with("86"));
    match arch.as_str() {
        _ if intel => {
            facts.set("architecture", if arch == "x86_64" { "x86_64" } else { "i386" });
            facts.set("userspace_architecture", if bits == "64" { "x86_64" } else { "i386" });
        }
        _ => facts.set("architecture", arch.as_str()),
    }
    if let Some(id) = machine.value("/var/lib/dbus/machine-id").or_else(|| machine.value("/etc/machine-id")) {
        facts.set("machine_id", id.lines().next().unwrap_or_default());
    }
}

/// Of the programs that this system runs, told by its shell: the agent itself may be built otherwise.
fn userspace_bits(machine: &Machine<'_>) -> &'static str {
    let header = std::fs::File::open(machine.path("/bin/sh")).ok().and_then(|mut file| {
        let mut header = [0u8; 5];
        std::io::Read::read_exact(&mut file, &mut header).ok().map(|()| header)
    });
    match header {
        Some([0x7f, b'E', b'L', b'F', 1]) => "32",
        Some([0x7f, b'E', b'L', b'F', 2]) => "64",
        _ if cfg!(target_pointer_width = "32") => "32",
        _ => "64",
    }
}

/// The first name with a dot that belongs to the host's address: as `/etc/hosts` has it, else the resolver, which may
/// have to ask a name server and gets the facts' timeout for it.
fn fqdn(machine: &Machine<'_>, nodename: &str) -> String {
    let hosts = machine.read("/etc/hosts").unwrap_or_default();
    if let Some(name) = fqdn_in_hosts(&hosts, nodename) {
        return name;
    }
    let (answer, answered) = mpsc::channel();
    let asked = nodename.to_string();
    let started = std::thread::Builder::new().name("fqdn".into()).spawn(move || {
        let _ = answer.send(net::canonical_name(&asked));
    });
    let name = started.ok().and_then(|_| answered.recv_timeout(machine.timeout).ok()).flatten();
    name.unwrap_or_else(|| nodename.to_string())
}

/// `gethostbyaddr(hostname)` of a resolver that looks into `/etc/hosts` first: the hostname's address, and the first line
/// with that address.
fn fqdn_in_hosts(hosts: &str, nodename: &str) -> Option<String> {
    let lines: Vec<Vec<&str>> = hosts
        .lines()
        .map(|l| l.split('#').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.len() > 1)
        .collect();
    let with_name = |v4: bool| {
        lines.iter().find(|w| w[0].contains(':') != v4 && w[1..].iter().any(|n| n.eq_ignore_ascii_case(nodename)))
    };
    let address = with_name(true).or_else(|| with_name(false))?[0];
    let names = lines.iter().find(|w| w[0] == address)?;
    let best = names[1..].iter().find(|n| n.contains('.')).unwrap_or(&names[1]);
    Some(best.to_string())
}

/// Is the root another one than that of the first process?
pub(super) fn chroot(machine: &Machine<'_>, facts: &mut Facts) {
    let place = |path: &str| std::fs::metadata(machine.path(path)).ok().map(|m| (m.dev(), m.ino()));
    let is_chroot = machine.host.env("debian_chroot").is_some_and(|v| !v.is_empty())
        || match (place("/"), place("/proc/1/root/.")) {
            (Some(ours), Some(first)) => ours != first,
            // The first process' root is hidden from us: a root directory usually is inode 2, in btrfs 256, in XFS 128.
            (Some((_, inode)), None) => ![2, 128, 256].contains(&inode),
            _ => false,
        };
    facts.set("is_chroot", is_chroot);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Python's `socket.getfqdn`.
    #[test]
    fn names_from_the_hosts_file() {
        for (hosts, nodename, fqdn) in [
            ("127.0.0.1 localhost\n127.0.0.1 vm\n", "vm", Some("localhost")),
            ("127.0.0.1 localhost\n127.0.1.1 vm.example.com vm\n", "vm", Some("vm.example.com")),
            ("10.0.0.5 vm vm.example.com # x\n", "vm", Some("vm.example.com")),
            ("::1 vm\n10.0.0.5 vm.example.org vm\n", "vm", Some("vm.example.org")),
            ("# 10.0.0.5 vm\n127.0.0.1 localhost\n", "vm", None),
        ] {
            assert_eq!(fqdn_in_hosts(hosts, nodename).as_deref(), fqdn, "{hosts:?}");
        }
    }
}
