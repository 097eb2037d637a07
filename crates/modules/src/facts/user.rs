//! Who the agent is, and its environment.

use adept_wire::Map;

use super::{Facts, Machine};

pub(super) fn env(machine: &Machine<'_>, facts: &mut Facts) {
    let mut env: Map = std::env::vars_os()
        .map(|(k, v)| (k.to_string_lossy().into_owned().into(), v.to_string_lossy().into_owned().into()))
        .collect();
    env.extend(machine.host.environment.iter().map(|(k, v)| (k.as_str().into(), v.as_str().into())));
    facts.set("env", env);
}

pub(super) fn user(machine: &Machine<'_>, facts: &mut Facts) {
    let uid = rustix::process::getuid().as_raw();
    let passwd = machine.read("/etc/passwd").unwrap_or_default();
    let entry = |at: usize, text: &str| -> Option<Vec<String>> {
        let found = passwd.lines().map(|l| l.split(':').map(String::from).collect::<Vec<_>>());
        found.into_iter().find(|f| f.len() >= 7 && f[at] == text)
    };
    // Python's `getpass.getuser`, which Ansible asks, believes these variables first.
    let claimed = ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .iter()
        .find_map(|name| machine.host.env(name).filter(|value| !value.is_empty()));
    let by_id = || entry(2, &uid.to_string()).or_else(|| getent(machine, &uid.to_string()));
    let id = claimed.or_else(|| by_id().map(|e| e[0].clone())).unwrap_or_else(|| uid.to_string());
    let fields = entry(0, &id).or_else(|| getent(machine, &id)).or_else(by_id);
    facts.set("user_id", id);
    if let Some(fields) = fields {
        let number = |at: usize| fields[at].parse::<i64>().unwrap_or_default();
        facts.set("user_uid", number(2));
        facts.set("user_gid", number(3));
        facts.set("user_gecos", fields[4].as_str());
        facts.set("user_dir", fields[5].as_str());
        facts.set("user_shell", fields[6].as_str());
    }
    facts.set("real_user_id", uid);
    facts.set("effective_user_id", rustix::process::geteuid().as_raw());
    facts.set("real_group_id", rustix::process::getgid().as_raw());
    facts.set("effective_group_id", rustix::process::getegid().as_raw());
}

/// For users whom only LDAP or SSSD know.
fn getent(machine: &Machine<'_>, user: &str) -> Option<Vec<String>> {
    let finished =
        crate::sys::process::Command::new(["getent", "passwd", "--", user]).quiet().run(machine.host).ok()?;
    let fields: Vec<String> = finished.stdout_text().trim_end().split(':').map(String::from).collect();
    (finished.rc == 0 && fields.len() >= 7).then_some(fields)
}
