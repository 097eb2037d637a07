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

#[cfg(test)]
mod tests {
    use super::super::fake::facts_of;
    use super::*;
    use adept_wire::{Value, map};

    #[test]
    fn from_its_file_or_from_what_the_program_reads() {
        let lsb_of = |files: &[(&str, &str)]| facts_of(lsb, files, &[]).map["lsb"].clone();
        let ubuntu = "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.4 LTS\"\n";
        assert_eq!(
            lsb_of(&[("etc/lsb-release", ubuntu)]),
            Value::map(map! {
                "id" => "Ubuntu", "release" => "22.04", "codename" => "jammy", "description" => "Ubuntu 22.04.4 LTS",
                "major_release" => "22",
            })
        );
        let debian =
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        assert_eq!(
            lsb_of(&[("etc/os-release", debian), ("usr/bin/lsb_release", "")]),
            Value::map(map! {
                "id" => "Debian", "release" => "12", "codename" => "bookworm", "major_release" => "12",
                "description" => "Debian GNU/Linux 12 (bookworm)",
            })
        );
        assert_eq!(lsb_of(&[("etc/os-release", debian)]), Value::map(map! {}));
    }
}
