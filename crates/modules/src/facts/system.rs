//! Facts out of one file of /proc or one directory of /sys each: boot parameters, memory, load, uptime, DMI.

use adept_wire::{Map, Value, map};

use super::{Facts, Machine};

pub(super) fn cmdline(machine: &Machine<'_>, facts: &mut Facts) {
    let Some(text) = machine.read("/proc/cmdline") else { return };
    let mut last = Map::new();
    let mut all = Map::new();
    for word in boot_words(&text) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Value::from(value)),
            None => (word.as_str(), Value::from(true)),
        };
        last.insert(name.into(), value.clone());
        let repeated = match all.get(name) {
            None => value,
            Some(before) => {
                let mut values = before.as_list().map_or_else(|| vec![before.clone()], <[Value]>::to_vec);
                values.push(value);
                Value::list(values)
            }
        };
        all.insert(name.into(), repeated);
    }
    facts.set("cmdline", last);
    facts.set("proc_cmdline", all);
}

/// Words at white space outside quotes; the quotes stay, as in Ansible.
fn boot_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            None if c.is_ascii_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

pub(super) fn loadavg(machine: &Machine<'_>, facts: &mut Facts) {
    let text = machine.read("/proc/loadavg").unwrap_or_default();
    let mut numbers = text.split_whitespace().filter_map(|w| w.parse::<f64>().ok());
    if let (Some(one), Some(five), Some(fifteen)) = (numbers.next(), numbers.next(), numbers.next()) {
        facts.set("loadavg", map! { "1m" => one, "5m" => five, "15m" => fifteen });
    }
}

pub(super) fn uptime(machine: &Machine<'_>, facts: &mut Facts) {
    let text = machine.read("/proc/uptime").unwrap_or_default();
    if let Some(seconds) = text.split('.').next().and_then(|s| s.trim().parse::<i64>().ok()) {
        facts.set("uptime_seconds", seconds);
    }
}

pub(super) fn memory(machine: &Machine<'_>, facts: &mut Facts) {
    let Some(text) = machine.read("/proc/meminfo") else { return };
    let kb = |name: &str| -> i64 {
        let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|l| l.split_whitespace().next()?.parse::<i64>().ok()).unwrap_or(0)
    };
    let mb = |name: &str| kb(name) / 1024;
    let (total, free) = (mb("MemTotal"), mb("MemFree"));
    let (swap_total, swap_free) = (mb("SwapTotal"), mb("SwapFree"));
    let nocache_free = mb("MemFree") + mb("Cached") + mb("Buffers");
    facts.set("memtotal_mb", total);
    facts.set("memfree_mb", free);
    facts.set("swaptotal_mb", swap_total);
    facts.set("swapfree_mb", swap_free);
    facts.set("memory_mb", map! {
        "real" => map! { "total" => total, "used" => total - free, "free" => free },
        "nocache" => map! { "free" => nocache_free, "used" => total - nocache_free },
        "swap" => map! {
            "total" => swap_total, "free" => swap_free, "used" => swap_total - swap_free, "cached" => mb("SwapCached"),
        },
    });
}

/// Fact and file below /sys/devices/virtual/dmi/id.
const DMI: &[(&str, &str)] = &[
    ("bios_date", "bios_date"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("form_factor", "chassis_type"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

/// Chassis types of the SMBIOS specification (DSP0134, 7.4.1), by number.
const FORM_FACTORS: &[&str] = &[
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

pub(super) fn dmi(machine: &Machine<'_>, facts: &mut Facts) {
    for (fact, file) in DMI {
        let value = machine.value(&format!("/sys/devices/virtual/dmi/id/{file}"));
        let value = match value {
            Some(number) if *fact == "form_factor" => {
                number.parse::<usize>().ok().and_then(|n| FORM_FACTORS.get(n)).map_or(number, |s| s.to_string())
            }
            Some(text) => text,
            None => "NA".into(),
        };
        facts.set(fact, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_words_keep_quotes() {
        assert_eq!(
            boot_words("a b=c dyndbg=\"file x +p; y\"  'z z'\n"),
            ["a", "b=c", "dyndbg=\"file x +p; y\"", "'z z'"]
        );
    }
}
