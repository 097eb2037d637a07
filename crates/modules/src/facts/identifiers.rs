//! Names by which storage networks know this host.

use adept_wire::Value;

use super::{Facts, Machine};

pub(super) fn fibre_channel_wwn(machine: &Machine<'_>, facts: &mut Facts) {
    let ports: Vec<Value> = machine
        .names("/sys/class/fc_host")
        .iter()
        .filter_map(|host| machine.value(&format!("/sys/class/fc_host/{host}/port_name")))
        .map(|name| name.trim_start_matches("0x").into())
        .collect();
    facts.set("fibre_channel_wwn", Value::list(ports));
}

pub(super) fn iscsi_iqn(machine: &Machine<'_>, facts: &mut Facts) {
    let text = machine.read("/etc/iscsi/initiatorname.iscsi").unwrap_or_default();
    let name = text.lines().find_map(|l| l.trim().strip_prefix("InitiatorName=")).unwrap_or_default();
    facts.set("iscsi_iqn", name);
}

pub(super) fn hostnqn(machine: &Machine<'_>, facts: &mut Facts) {
    let text = machine.read("/etc/nvme/hostnqn").unwrap_or_default();
    let name = text.lines().map(str::trim).find(|l| l.starts_with("nqn.")).unwrap_or_default();
    facts.set("hostnqn", name);
}
