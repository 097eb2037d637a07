//! Magic variables: what the engine itself knows.
//!
//! Source: <https://docs.ansible.com/ansible/latest/reference_appendices/special_variables.html>.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use adept_wire::{Map, Value, map};

use super::scope::{AllHosts, PlayScope, TaskScope};
use crate::playbook::RoleUse;
use crate::template::scope::Var;

/// The version of Ansible whose behaviour we follow.
pub const ANSIBLE_VERSION: (i64, i64, i64) = (2, 19, 14);

/// All magic names, for "did you mean" and `varnames`.
pub const NAMES: &[&str] = &[
    "ansible_check_mode",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_managed",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_play_role_names",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_search_path",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "omit",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_path",
    "role_names",
    "vars",
];

/// A magic variable, as this task on this host sees it.
pub fn get(scope: &TaskScope, name: &str) -> Option<Var> {
    let run = scope.vars.run();
    let play = scope.play.as_deref();
    let value: Value = match name {
        "inventory_hostname" | "inventory_hostname_short" | "group_names" if scope.host.is_empty() => return None,
        "inventory_hostname" => Value::str(scope.host.clone()),
        "inventory_hostname_short" => scope.host.split('.').next().unwrap_or_default().into(),
        "group_names" => strings(&scope.vars.inventory().group_names(&scope.host)),
        "groups" => scope.vars.inventory().groups_map().into(),
        "hostvars" => {
            return Some(Var::Hosts(Arc::new(AllHosts { vars: scope.vars.clone(), play: scope.play.clone() })));
        }
        "vars" => return Some(Var::Scope(Arc::new(scope.clone()))),
        "omit" => run.omit.as_str().into(),
        "inventory_dir" => place(scope, crate::inventory::Host::dir),
        "inventory_file" => place(scope, crate::inventory::Host::file),
        "playbook_dir" => path(&play?.playbook_dir),
        "play_hosts" | "ansible_play_batch" => shared(&play?.batch),
        "ansible_play_hosts" => shared(&play?.hosts),
        "ansible_play_hosts_all" => strings(&play?.hosts_all),
        "ansible_play_name" => play?.name.as_str().into(),
        "ansible_play_role_names" => role_names(play?, false),
        "ansible_role_names" | "role_names" => role_names(play?, true),
        "ansible_dependent_role_names" => {
            let all = role_names(play?, true);
            let own = role_names(play?, false);
            let own = own.as_list().unwrap_or_default();
            Value::list(all.as_list().unwrap_or_default().iter().filter(|n| !own.contains(n)).cloned().collect())
        }
        "role_name" => role(scope)?.role.name.rsplit('.').next().unwrap_or_default().into(),
        "ansible_role_name" => role(scope)?.role.name.as_str().into(),
        "role_path" => path(&role(scope)?.role.path),
        "ansible_parent_role_names" => parents(scope, |r| r.role.name.as_str().into())?,
        "ansible_parent_role_paths" => parents(scope, |r| path(&r.role.path))?,
        "ansible_search_path" => Value::list(scope.search_path.iter().map(|p| path(p)).collect()),
        "ansible_check_mode" => run.check.into(),
        "ansible_diff_mode" => run.diff.into(),
        "ansible_forks" => run.forks.into(),
        "ansible_verbosity" => i64::from(run.verbosity).into(),
        "ansible_run_tags" => run.run_tags.clone().into(),
        "ansible_skip_tags" => run.skip_tags.clone().into(),
        "ansible_limit" => run.limit.as_deref()?.into(),
        "ansible_inventory_sources" => run.inventory_sources.clone().into(),
        "ansible_config_file" => run.config_file.clone().into(),
        "ansible_managed" => run.managed.as_str().into(),
        "ansible_version" => version(),
        _ => return None,
    };
    Some(Var::Value(value))
}

/// What a task knows of its connection when nobody said otherwise.
pub fn connection_default(scope: &TaskScope, name: &str) -> Option<Var> {
    // `hostvars` doesn't show these, as in Ansible: they belong to the running task.
    scope.play.as_ref()?;
    let keyword = match name {
        "ansible_user" | "ansible_ssh_user" => scope.keyword("remote_user"),
        "ansible_port" | "ansible_ssh_port" => scope.keyword("port"),
        "ansible_connection" => scope.keyword("connection"),
        _ => None,
    };
    if let Some(value) = keyword {
        return Some(Var::Value(value.clone()));
    }
    let value = match name {
        "ansible_host" | "ansible_ssh_host" => {
            let host = scope.delegate.as_ref().unwrap_or(&scope.host);
            let known = scope.vars.inventory().host_vars(host).get(name).cloned();
            known.unwrap_or_else(|| Value::str(host.clone()))
        }
        _ => scope.vars.run().connection_defaults.get(name)?.clone(),
    };
    Some(Var::Value(value))
}

fn version() -> Value {
    let (major, minor, revision) = ANSIBLE_VERSION;
    let text = format!("{major}.{minor}.{revision}");
    let map: Map = map! {
        "string" => text.as_str(), "full" => text.as_str(), "major" => major, "minor" => minor, "revision" => revision,
    };
    map.into()
}

fn role(scope: &TaskScope) -> Option<&Arc<RoleUse>> {
    scope.frame.as_ref()?.role()
}

fn parents(scope: &TaskScope, of: impl Fn(&RoleUse) -> Value) -> Option<Value> {
    let role = role(scope)?;
    let parents = &role.parents;
    (role.included && !parents.is_empty()).then(|| Value::list(parents.iter().map(|r| of(r)).collect()))
}

fn role_names(play: &PlayScope, dependencies: bool) -> Value {
    fn add(role: &RoleUse, names: &mut Vec<Value>, dependencies: bool) {
        let name = Value::from(role.role.name.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
        if dependencies {
            role.dependencies.iter().for_each(|d| add(d, names, true));
        }
    }
    let mut names = Vec::new();
    for role in play.roles.read().unwrap_or_else(PoisonError::into_inner).iter() {
        add(role, &mut names, dependencies);
    }
    Value::list(names)
}

fn strings(names: &[Arc<str>]) -> Value {
    Value::list(names.iter().map(|n| Value::str(n.clone())).collect())
}

fn shared(names: &RwLock<Vec<Arc<str>>>) -> Value {
    strings(&names.read().unwrap_or_else(PoisonError::into_inner))
}

fn path(p: &Path) -> Value {
    p.to_string_lossy().into_owned().into()
}

fn place(scope: &TaskScope, of: impl Fn(&crate::inventory::Host) -> Option<&Arc<str>>) -> Value {
    scope.vars.inventory().host(&scope.host).and_then(|h| of(h).cloned()).map_or(Value::NULL, Value::str)
}
