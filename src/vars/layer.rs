//! The precedence table: where a variable can come from, the weakest first.
//!
//! Source: <https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#understanding-variable-precedence>.

/// One source of variables. The order of the variants is the order of precedence: a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What a task knows of its connection when nobody said otherwise: `ansible_host`, `ansible_user`, ...
    ConnectionDefaults,
    /// `defaults/` of roles.
    RoleDefaults,
    /// Group `all` in inventory sources.
    GroupAllInline,
    /// Other groups in inventory sources: weaker than any file of `group_vars/`.
    GroupsInline,
    /// `group_vars/all` beside the inventory.
    GroupAllInventory,
    /// `group_vars/all` beside the playbook.
    GroupAllPlaybook,
    /// `group_vars/*` beside the inventory.
    GroupsInventory,
    /// `group_vars/*` beside the playbook.
    GroupsPlaybook,
    /// Hosts in inventory sources.
    HostInline,
    /// `host_vars/*` beside the inventory.
    HostInventory,
    /// `host_vars/*` beside the playbook.
    HostPlaybook,
    /// Facts, and `set_fact` with `cacheable`.
    Facts,
    /// `vars` of the play.
    PlayVars,
    /// `vars_files` of the play.
    PlayVarsFiles,
    /// `vars/` of roles.
    RoleVars,
    /// `vars` of blocks and of the task, the inner ones first.
    TaskVars,
    /// `include_vars`.
    IncludeVars,
    /// `set_fact` and `register`.
    SetFacts,
    /// Parameters of roles.
    RoleParams,
    /// `vars` of an include.
    IncludeParams,
    /// `-e`.
    Extra,
    /// `inventory_hostname`, `groups`, `hostvars`, ...
    Magic,
    /// Loop variables, and the registered result while its own task still runs.
    Locals,
}

impl Layer {
    /// All layers, the strongest first: the order in which a name is looked up.
    pub const STRONGEST_FIRST: [Layer; 23] = [
        Layer::Locals,
        Layer::Magic,
        Layer::Extra,
        Layer::IncludeParams,
        Layer::RoleParams,
        Layer::SetFacts,
        Layer::IncludeVars,
        Layer::TaskVars,
        Layer::RoleVars,
        Layer::PlayVarsFiles,
        Layer::PlayVars,
        Layer::Facts,
        Layer::HostPlaybook,
        Layer::HostInventory,
        Layer::HostInline,
        Layer::GroupsPlaybook,
        Layer::GroupsInventory,
        Layer::GroupAllPlaybook,
        Layer::GroupAllInventory,
        Layer::GroupsInline,
        Layer::GroupAllInline,
        Layer::RoleDefaults,
        Layer::ConnectionDefaults,
    ];
}

#[cfg(test)]
mod tests {
    use super::Layer;

    #[test]
    fn the_lookup_order_is_the_precedence_reversed() {
        let mut sorted = Layer::STRONGEST_FIRST;
        sorted.sort();
        sorted.reverse();
        assert_eq!(sorted, Layer::STRONGEST_FIRST);
        assert_eq!(Layer::Locals as usize + 1, Layer::STRONGEST_FIRST.len(), "every layer is looked up");
    }
}
