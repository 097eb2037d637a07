//! `lsb`: what `lsb_release` would say. Nothing where it isn't installed and has left no file, as in Ansible.

use adept_wire::Map;

use super::machine::assignments;
use super::{Facts, Machine};

pub(super) fn lsb(machine: &Machine<'_>, facts: &mut Facts) {
    let installed = machine.program("lsb_release").is_some();
    facts.set("lsb", read(machine, installed));
}

fn read(machine: &Machine<'_>, installed: bool) -> Map {
    let mut lsb = Map::new();
    let mut set = |name: &str, value: Option<&String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            lsb.insert(name.into(), value.as_str().into());
        }
    };
    let from_lsb = assignments(&machine.read("/etc/lsb-release").unwrap_or_default());
    let of = |all: &[(String, String)], name: &str| all.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    if from_lsb.iter().any(|(k, _)| k.starts_with("DISTRIB_")) {
        set("id", of(&from_lsb, "DISTRIB_ID").as_ref());
        set("release", of(&from_lsb, "DISTRIB_RELEASE").as_ref());
        set("description", of(&from_lsb, "DISTRIB_DESCRIPTION").as_ref());
        set("codename", of(&from_lsb, "DISTRIB_CODENAME").as_ref());
    } else if installed {
        // The program of today's Debian reads this file too.
        let os = assignments(
            &machine.read("/etc/os-release").or_else(|| machine.read("/usr/lib/os-release")).unwrap_or_default(),
        );
        let capitalised = of(&os, "ID").map(|id| {
            let mut chars = id.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        });
        set("id", capitalised.as_ref());
        set("release", of(&os, "VERSION_ID").or(Some("n/a".into())).as_ref());
        set("description", of(&os, "PRETTY_NAME").as_ref());
        set("codename", of(&os, "VERSION_CODENAME").or(Some("n/a".into())).as_ref());
    }
    if let Some(release) = lsb.get("release").and_then(|r| r.as_str()) {
        let major = release.split('.').next().unwrap_or_default().to_string();
        lsb.insert("major_release".into(), major.into());
    }
    lsb
}
