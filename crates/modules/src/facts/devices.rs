//! Block devices, from /sys/block, and the links that udev made to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use adept_wire::{Map, Value, map};

use super::{Facts, Machine};

/// Names below /dev/disk/by-X, by device; and which devices are built upon which.
struct Links {
    ids: BTreeMap<String, BTreeSet<String>>,
    labels: BTreeMap<String, BTreeSet<String>>,
    uuids: BTreeMap<String, BTreeSet<String>>,
    masters: BTreeMap<String, BTreeSet<String>>,
}

impl Links {
    fn read(machine: &Machine<'_>) -> Links {
        let by = |what: &str| {
            let dir = format!("/dev/disk/by-{what}");
            let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for name in machine.names(&dir) {
                if let Ok(target) = fs::read_link(machine.path(&format!("{dir}/{name}")))
                    && let Some(device) = target.file_name()
                {
                    links.entry(device.to_string_lossy().into_owned()).or_default().insert(name);
                }
            }
            links
        };
        let mut masters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for device in machine.names("/sys/block") {
            for below in machine.names(&format!("/sys/block/{device}/slaves")) {
                masters.entry(below).or_default().insert(device.clone());
            }
        }
        Links { ids: by("id"), labels: by("label"), uuids: by("uuid"), masters }
    }

    fn each(&self) -> [(&'static str, &BTreeMap<String, BTreeSet<String>>); 4] {
        [("ids", &self.ids), ("labels", &self.labels), ("masters", &self.masters), ("uuids", &self.uuids)]
    }

    fn of(&self, device: &str) -> Map {
        let list = |set: Option<&BTreeSet<String>>| set.map_or_else(Vec::new, |s| s.iter().cloned().collect());
        self.each().into_iter().map(|(kind, all)| (kind.into(), list(all.get(device)).into())).collect()
    }

    fn all(&self) -> Map {
        let plain = |all: &BTreeMap<String, BTreeSet<String>>| -> Map {
            all.iter().map(|(d, names)| (d.as_str().into(), names.iter().cloned().collect::<Vec<_>>().into())).collect()
        };
        self.each().into_iter().map(|(kind, all)| (kind.into(), plain(all).into())).collect()
    }
}

pub(super) fn devices(machine: &Machine<'_>, facts: &mut Facts) {
    let links = Links::read(machine);
    let mut devices = Map::new();
    for name in machine.names("/sys/block") {
        devices.insert(name.as_str().into(), device(machine, &links, &name).into());
    }
    facts.set("device_links", links.all());
    facts.set("devices", devices);
    // What LVM has on its disks only LVM's programs tell.
    facts.set("lvm", "N/A");
}

fn device(machine: &Machine<'_>, links: &Links, name: &str) -> Map {
    let dir = format!("/sys/block/{name}");
    let value = |file: &str| machine.value(&format!("{dir}/{file}"));
    let sectors = value("size").and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
    let scheduler = value("queue/scheduler").unwrap_or_default();
    let scheduler = scheduler.split_once('[').and_then(|(_, s)| s.split_once(']')).map_or("", |(mode, _)| mode);
    let mut partitions = Map::new();
    for part in machine.names(&dir).iter().filter(|n| n.starts_with(name)) {
        if machine.exists(&format!("{dir}/{part}/partition")) {
            partitions.insert(part.as_str().into(), partition(machine, links, &format!("{dir}/{part}"), part).into());
        }
    }
    let mut device = map! {
        "virtual" => 1,
        "links" => links.of(name),
        "vendor" => value("device/vendor"),
        "model" => value("device/model"),
        "sas_address" => value("device/sas_address"),
        "sas_device_handle" => value("device/sas_device_handle"),
        "removable" => value("removable"),
        "support_discard" => value("queue/discard_granularity"),
        "partitions" => partitions,
        "rotational" => value("queue/rotational"),
        "scheduler_mode" => scheduler,
        "sectors" => sectors,
        "sectorsize" => value("queue/logical_block_size").unwrap_or_else(|| "512".into()),
        "size" => human_bytes(sectors * 512),
        "host" => "",
        "holders" => holders(machine, &dir),
    };
    if let Some(serial) = value("device/serial") {
        device.insert("serial".into(), serial.into());
    }
    device
}

fn partition(machine: &Machine<'_>, links: &Links, dir: &str, name: &str) -> Map {
    let sectors = machine.value(&format!("{dir}/size")).and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
    map! {
        "links" => links.of(name),
        "start" => machine.value(&format!("{dir}/start")).unwrap_or_else(|| "0".into()),
        "sectors" => sectors,
        "sectorsize" => 512,
        "size" => human_bytes(sectors * 512),
        "uuid" => links.uuids.get(name).and_then(|set| set.first().cloned()),
        "holders" => holders(machine, dir),
    }
}

/// What is built on it: by its device mapper name, where it has one.
fn holders(machine: &Machine<'_>, dir: &str) -> Vec<Value> {
    machine
        .names(&format!("{dir}/holders"))
        .into_iter()
        .map(|name| machine.value(&format!("{dir}/holders/{name}/dm/name")).unwrap_or(name).into())
        .collect()
}

/// `256.00 GB`.
fn human_bytes(bytes: i64) -> String {
    let units =
        [(1i64 << 60, "EB"), (1 << 50, "PB"), (1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match units.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.2} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes:.2}.00 Bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        for (bytes, text) in [
            (0, "0.00 Bytes"),
            (512, "512.00 Bytes"),
            (1024, "1.00 KB"),
            (274_877_906_944, "256.00 GB"),
            (1_500_000, "1.43 MB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    #[test]
    fn a_disk_with_partitions_under_lvm() {
        use super::super::fake::facts_of;
        let facts = facts_of(
            devices,
            &[
                ("sys/block/sda/size", "83886080\n"),
                ("sys/block/sda/removable", "0\n"),
                ("sys/block/sda/device/model", "HARDDISK   \n"),
                ("sys/block/sda/queue/scheduler", "none [mq-deadline] bfq\n"),
                ("sys/block/sda/queue/logical_block_size", "4096\n"),
                ("sys/block/sda/sda1/partition", "1\n"),
                ("sys/block/sda/sda1/start", "2048\n"),
                ("sys/block/sda/sda1/size", "204800\n"),
                ("sys/block/sda/sda1/holders/dm-0/dm/name", "vg-root\n"),
                ("sys/block/dm-0/size", "204800\n"),
                ("sys/block/dm-0/slaves/sda1/size", "1\n"),
                ("dev/disk/by-uuid/1234-ABCD", "-> ../../sda1"),
                ("dev/disk/by-id/ata-HARDDISK", "-> ../../sda"),
            ],
            &[],
        );
        let disk = facts.map["devices"].get("sda").unwrap();
        let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).map(String::from);
        assert_eq!(text(disk, "model").as_deref(), Some("HARDDISK"));
        assert_eq!(text(disk, "size").as_deref(), Some("40.00 GB"));
        assert_eq!(text(disk, "scheduler_mode").as_deref(), Some("mq-deadline"));
        assert_eq!(text(disk, "sectorsize").as_deref(), Some("4096"));
        let part = disk.get("partitions").and_then(|p| p.get("sda1")).unwrap();
        assert_eq!(text(part, "uuid").as_deref(), Some("1234-ABCD"));
        assert_eq!(part.get("holders"), Some(&vec!["vg-root"].into()));
        assert_eq!(part.get("links").and_then(|l| l.get("masters")), Some(&vec!["dm-0"].into()));
        assert_eq!(facts.map["device_links"].get("ids").and_then(|l| l.get("sda")), Some(&vec!["ata-HARDDISK"].into()));
    }
}
