//! Which program manages services, and which one packages.

use adept_wire::{Value, map};

use super::{Facts, Machine};
use crate::sys::process::Command;

pub(super) fn service_mgr(machine: &Machine<'_>, facts: &mut Facts) {
    let name = manager(machine);
    facts.set("service_mgr", name);
}

fn manager(machine: &Machine<'_>) -> String {
    let first = machine.value("/proc/1/comm").map(|c| c.rsplit('/').next().unwrap_or_default().to_string());
    match first.as_deref() {
        Some("procd") => return "openwrt_init".into(),
        Some("runit-init") => return "runit".into(),
        Some("svscan") => return "svc".into(),
        Some("openrc-init") => return "openrc".into(),
        // `init` may be anything; a shell is the first process of a container.
        Some(name) if name != "init" && !name.ends_with("sh") => return name.to_string(),
        _ => {}
    }
    let systemd = machine.program("systemctl").is_some();
    let running = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"];
    let init = std::fs::read_link(machine.path("/sbin/init")).unwrap_or_default();
    let found = if systemd && running.iter().any(|dir| machine.exists(dir)) {
        "systemd"
    } else if machine.program("initctl").is_some() && machine.exists("/etc/init") {
        "upstart"
    } else if machine.exists("/sbin/openrc") {
        "openrc"
    } else if systemd && init.file_name().is_some_and(|n| n == "systemd") {
        "systemd"
    } else if machine.exists("/etc/init.d") {
        "sysvinit"
    } else if machine.exists("/etc/dinit.d") {
        "dinit"
    } else {
        "service"
    };
    found.into()
}

/// Its version is known to nobody but itself, so this is the one child process of a usual run.
pub(super) fn systemd(machine: &Machine<'_>, facts: &mut Facts) {
    if !machine.exists("/run/systemd/system") {
        return;
    }
    let Some(program) = machine.program("systemctl") else { return };
    let Ok(finished) = Command::new([program.as_str(), "--version"]).quiet().run(machine.host) else { return };
    let text = finished.stdout_text();
    let mut lines = text.lines();
    let version = lines.next().and_then(|l| l.split_whitespace().nth(1)).and_then(|v| v.parse::<i64>().ok());
    if let (0, Some(version)) = (finished.rc, version) {
        facts.set(
            "systemd",
            map! { "version" => version, "features" => lines.next().map(Value::from).unwrap_or_default() },
        );
    }
}

/// A program that only this package manager has, and its name. Later ones win over earlier ones.
const PROGRAMS: &[(&str, &str)] = &[
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/yum", "yum"),
    ("/usr/bin/microdnf", "dnf"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/bin/emerge", "portage"),
    ("/sbin/apk", "apk"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/sbin/slackpkg", "slackpkg"),
];

pub(super) fn pkg_mgr(machine: &Machine<'_>, facts: &mut Facts) {
    let there = |name: &str| PROGRAMS.iter().any(|(path, n)| *n == name && machine.exists(path));
    let major = facts.text("distribution_major_version").parse::<u32>().ok();
    let name = match facts.text("os_family") {
        _ if machine.exists("/run/ostree-booted") && there("atomic_container") => "atomic_container",
        "RedHat" => {
            let old = match facts.text("distribution") {
                "Fedora" => major.is_some_and(|m| m < 23),
                "Amazon" => major.is_some_and(|m| m < 2022),
                _ => major.is_some_and(|m| m < 8),
            };
            let candidates: &[&str] = match facts.text("distribution") {
                _ if old => &["yum", "dnf"],
                "Fedora" if major.is_none_or(|m| m >= 41) => &["dnf5", "dnf", "yum"],
                _ => &["dnf", "dnf5", "yum"],
            };
            candidates.iter().copied().find(|name| there(name)).unwrap_or("unknown")
        }
        "Debian" if there("apt") => "apt",
        "Altlinux" if there("apt") => "apt_rpm",
        "Suse" if there("zypper") => "zypper",
        _ => PROGRAMS.iter().rev().find(|(path, _)| machine.exists(path)).map_or("unknown", |(_, name)| name),
    };
    facts.set("pkg_mgr", name);
}

#[cfg(test)]
mod tests {
    use super::super::fake::facts_of;
    use super::*;

    #[test]
    fn service_managers() {
        for (files, name) in [
            (&[("proc/1/comm", "systemd\n")][..], "systemd"),
            (&[("proc/1/comm", "procd\n")], "openwrt_init"),
            (&[("proc/1/comm", "init\n"), ("sbin/openrc", "")], "openrc"),
            (&[("proc/1/comm", "init\n"), ("usr/bin/initctl", ""), ("etc/init/x.conf", "")], "upstart"),
            (&[("proc/1/comm", "init\n"), ("usr/bin/systemctl", ""), ("run/systemd/system/x", "")], "systemd"),
            // In a container that was started with a shell.
            (
                &[("proc/1/comm", "bash\n"), ("usr/bin/systemctl", ""), ("sbin/init", "-> /lib/systemd/systemd")],
                "systemd",
            ),
            (&[("proc/1/comm", "sh\n"), ("etc/init.d/x", "")], "sysvinit"),
            (&[("proc/1/comm", "sh\n")], "service"),
            (&[("proc/1/comm", "tini\n")], "tini"),
        ] {
            assert_eq!(facts_of(service_mgr, files, &[]).text("service_mgr"), name, "{files:?}");
        }
    }

    #[test]
    fn package_managers() {
        let red_hat = |distribution, major| {
            [("os_family", "RedHat"), ("distribution", distribution), ("distribution_major_version", major)]
        };
        let yum_and_dnf = &[("usr/bin/yum", ""), ("usr/bin/dnf-3", "")][..];
        for (files, known, name) in [
            (&[("usr/bin/apt-get", "")][..], &[("os_family", "Debian"), ("distribution", "Debian")][..], "apt"),
            (yum_and_dnf, &red_hat("CentOS", "7"), "yum"),
            (yum_and_dnf, &red_hat("Rocky", "9"), "dnf"),
            (yum_and_dnf, &red_hat("Amazon", "2"), "yum"),
            (yum_and_dnf, &red_hat("Fedora", "40"), "dnf"),
            (&[("usr/bin/dnf5", ""), ("usr/bin/dnf-3", "")], &red_hat("Fedora", "42"), "dnf5"),
            (&[("usr/bin/microdnf", "")], &red_hat("RedHat", "9"), "dnf"),
            (&[("usr/bin/rpm-ostree", ""), ("run/ostree-booted", "")], &red_hat("Fedora", "40"), "atomic_container"),
            (&[("sbin/apk", "")], &[("os_family", "Alpine")], "apk"),
            (&[("usr/bin/zypper", "")], &[("os_family", "Suse")], "zypper"),
            (&[], &[("os_family", "Debian")], "unknown"),
        ] {
            assert_eq!(facts_of(pkg_mgr, files, known).text("pkg_mgr"), name, "{files:?} {known:?}");
        }
    }
}
