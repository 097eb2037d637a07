//! Is this a virtual machine, a container, or a host of such?

use std::collections::BTreeSet;

use super::{Facts, Machine};

/// What was found: the first find of a guest decides type and role, all are listed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    decided: Option<(&'static str, &'static str)>,
    guest: BTreeSet<&'static str>,
    host: BTreeSet<&'static str>,
}

impl Found {
    fn guest(&mut self, name: &'static str) {
        self.guest.insert(name);
        self.decided.get_or_insert((name, "guest"));
    }

    fn host(&mut self, name: &'static str) {
        self.host.insert(name);
        self.decided.get_or_insert((name, "host"));
    }
}

pub(super) fn virtualization(machine: &Machine<'_>, facts: &mut Facts) {
    let found = detect(machine);
    let (kind, role) = found.decided.unwrap_or(("NA", "NA"));
    facts.set("virtualization_type", kind);
    facts.set("virtualization_role", role);
    facts.set("virtualization_tech_guest", found.guest.into_iter().collect::<Vec<_>>());
    facts.set("virtualization_tech_host", found.host.into_iter().collect::<Vec<_>>());
}

fn detect(machine: &Machine<'_>) -> Found {
    let mut found = Found::default();
    containers(machine, &mut found);
    machines(machine, &mut found);
    hosts(machine, &mut found);
    found
}

fn containers(machine: &Machine<'_>, found: &mut Found) {
    let cgroup = machine.read("/proc/1/cgroup").unwrap_or_default();
    let environ = machine.read("/proc/1/environ").unwrap_or_default();
    let runs_in = environ.split('\0').find_map(|v| v.strip_prefix("container=")).filter(|v| !v.is_empty());
    let docker = cgroup.lines().any(|l| l.contains("/docker/") || l.contains("/docker-"));
    if docker || machine.exists("/.dockerenv") || machine.exists("/.dockerinit") {
        found.guest("docker");
        found.guest("container");
    }
    if cgroup.lines().any(|l| l.contains("/lxc/") || l.contains("/lxc.payload")) || runs_in == Some("lxc") {
        found.guest("lxc");
        found.guest("container");
    }
    if runs_in == Some("podman") || machine.exists("/run/.containerenv") {
        found.guest("podman");
        found.guest("container");
    }
    if machine.value("/run/systemd/container").as_deref() == Some("systemd-nspawn") || runs_in == Some("systemd-nspawn")
    {
        found.guest("systemd-nspawn");
        found.guest("container");
    }
    if runs_in.is_some() {
        found.guest("container");
    }
    if machine.exists("/proc/vz") && !machine.exists("/proc/lve") {
        if machine.exists("/proc/bc") {
            found.host("openvz");
        } else {
            found.guest("openvz");
        }
    }
}

/// DMI texts, by file, that tell the hypervisor: a text that begins so, and what it means.
const DMI: &[(&str, &str, &str)] = &[
    ("product_name", "KVM", "kvm"),
    ("product_name", "Bochs", "kvm"),
    ("product_name", "AHV", "kvm"),
    ("product_name", "RHEV Hypervisor", "RHEV"),
    ("product_name", "oVirt", "oVirt"),
    ("product_name", "VMware", "VMware"),
    ("product_name", "OpenStack", "openstack"),
    ("product_name", "Google Compute Engine", "kvm"),
    ("bios_vendor", "Xen", "xen"),
    ("bios_vendor", "innotek GmbH", "virtualbox"),
    ("bios_vendor", "SeaBIOS", "kvm"),
    ("product_name", "VirtualBox", "virtualbox"),
    ("sys_vendor", "VMware, Inc.", "VMware"),
    ("sys_vendor", "Parallels", "parallels"),
    ("sys_vendor", "KubeVirt", "KubeVirt"),
    ("sys_vendor", "oVirt", "oVirt"),
    ("sys_vendor", "QEMU", "kvm"),
    ("sys_vendor", "Amazon EC2", "kvm"),
    ("sys_vendor", "DigitalOcean", "kvm"),
    ("sys_vendor", "Hetzner", "kvm"),
    ("sys_vendor", "Google", "kvm"),
    ("sys_vendor", "OpenStack Foundation", "openstack"),
    ("sys_vendor", "Red Hat", "kvm"),
];

fn machines(machine: &Machine<'_>, found: &mut Found) {
    if machine.exists("/proc/xen") {
        if machine.value("/proc/xen/capabilities").is_some_and(|c| c.contains("control_d")) {
            found.host("xen");
        } else {
            found.guest("xen");
        }
    }
    let dmi = |file: &str| machine.value(&format!("/sys/devices/virtual/dmi/id/{file}")).unwrap_or_default();
    let told = DMI.iter().find(|(file, text, _)| dmi(file).starts_with(text)).map(|(_, _, name)| *name);
    if let Some(name) = told {
        found.guest(name);
        if matches!(name, "RHEV" | "oVirt" | "openstack" | "KubeVirt") {
            found.guest.insert("kvm");
        }
    } else if dmi("sys_vendor") == "Microsoft Corporation" && dmi("product_name") == "Virtual Machine" {
        found.guest("VirtualPC");
    }
    let cpuinfo = machine.read("/proc/cpuinfo").unwrap_or_default();
    for line in cpuinfo.lines() {
        let Some((key, value)) = line.split_once(':').map(|(k, v)| (k.trim(), v.trim())) else { continue };
        match (key, value) {
            ("model name", model) if model.starts_with("QEMU Virtual CPU") => found.guest("kvm"),
            ("vendor_id", "User Mode Linux") => found.guest("uml"),
            ("vendor_id", "PowerVM Lx86") => found.guest("powervm_lx86"),
            ("vendor_id", "IBM/S390") => found.guest("PR/SM"),
            _ => {}
        }
    }
}

fn hosts(machine: &Machine<'_>, found: &mut Found) {
    // With a module loaded, or built in and with its device there.
    let modules = machine.read("/proc/modules").unwrap_or_default();
    let loaded = |name: &str| modules.lines().any(|l| l.split(' ').next() == Some(name));
    if loaded("kvm") || machine.exists("/dev/kvm") {
        found.host("kvm");
        // The daemon of oVirt and RHEV.
        if machine.exists("/rhev") {
            found.host("RHEV");
        }
    }
    if loaded("vboxdrv") {
        found.host("virtualbox");
    }
    if loaded("virtio") && found.guest.is_empty() {
        found.guest("kvm");
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::facts_of;
    use super::*;

    #[test]
    fn guests_and_hosts() {
        const DMI: &str = "sys/devices/virtual/dmi/id";
        for (files, kind, role) in [
            (&[][..], "NA", "NA"),
            (&[(".dockerenv", "")], "docker", "guest"),
            (&[("proc/1/cgroup", "1:cpu:/docker/0123abc\n")], "docker", "guest"),
            (&[("proc/1/environ", "PATH=/bin\0container=podman\0")], "podman", "guest"),
            (&[("proc/1/environ", "container=lxc\0")], "lxc", "guest"),
            (&[("run/systemd/container", "systemd-nspawn\n")], "systemd-nspawn", "guest"),
            (&[("dmi/product_name", "KVM\n"), ("dmi/sys_vendor", "Red Hat\n")], "kvm", "guest"),
            (&[("dmi/sys_vendor", "QEMU\n"), ("dmi/product_name", "Standard PC (Q35 + ICH9, 2009)\n")], "kvm", "guest"),
            (
                &[("dmi/sys_vendor", "VMware, Inc.\n"), ("dmi/product_name", "VMware Virtual Platform\n")],
                "VMware",
                "guest",
            ),
            (&[("dmi/bios_vendor", "innotek GmbH\n"), ("dmi/product_name", "VirtualBox\n")], "virtualbox", "guest"),
            (&[("dmi/sys_vendor", "Amazon EC2\n")], "kvm", "guest"),
            (
                &[("dmi/sys_vendor", "OpenStack Foundation\n"), ("dmi/product_name", "OpenStack Nova\n")],
                "openstack",
                "guest",
            ),
            (
                &[("dmi/sys_vendor", "Microsoft Corporation\n"), ("dmi/product_name", "Virtual Machine\n")],
                "VirtualPC",
                "guest",
            ),
            (&[("proc/modules", "kvm 1 0 - Live 0x0\n"), ("dmi/sys_vendor", "LENOVO\n")], "kvm", "host"),
            (&[("proc/xen/capabilities", "control_d\n")], "xen", "host"),
            (&[("proc/xen/capabilities", "")], "xen", "guest"),
        ] {
            let files: Vec<(String, &str)> =
                files.iter().map(|(p, t)| (p.replacen("dmi/", &format!("{DMI}/"), 1), *t)).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), *t)).collect();
            let facts = facts_of(virtualization, &files, &[]);
            assert_eq!(
                (facts.text("virtualization_type"), facts.text("virtualization_role")),
                (kind, role),
                "{files:?}"
            );
        }
    }

    #[test]
    fn a_container_on_a_virtual_machine_is_both() {
        let files = [(".dockerenv", ""), ("sys/devices/virtual/dmi/id/product_name", "KVM\n")];
        let facts = facts_of(virtualization, &files, &[]);
        assert_eq!(facts.text("virtualization_type"), "docker");
        assert_eq!(facts.map["virtualization_tech_guest"], vec!["container", "docker", "kvm"].into());
    }
}
