//! `Names`: which names are actions or modules here, which are Ansible's, and which are nobody's.

use crate::playbook::{ActionNames, Known};

/// The plain names of modules that Ansible and its collections have.
const ANSIBLE: &str = include_str!("ansible_modules.txt");

/// Old names that mean a module of ours.
const ALIASES: &[(&str, &str)] = &[("gather_facts", "setup")];

/// The `k=v` names that count in free-form text of modules that take any command line.
const COMMAND_PARAMS: &[&str] = &[
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
    "argv",
    "cmd",
    "expand_argument_vars",
];

/// The table of names.
#[derive(Clone, Copy, Debug)]
pub struct Names;

/// The plain name of a name as written: without `ansible.builtin.` and the like.
pub fn plain(name: &str) -> &str {
    ["ansible.builtin.", "ansible.legacy.", "ansible.posix.", "adept."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

impl ActionNames for Names {
    fn find(&self, name: &str) -> Known {
        let short = plain(name);
        let short = ALIASES.iter().find(|(old, _)| *old == short).map_or(short, |(_, new)| *new);
        let spec = super::find(short).map(|a| &a.spec).or_else(|| adept_modules::find(short).map(|m| &m.spec));
        if let Some(spec) = spec {
            let only = matches!(spec.name, "command" | "shell" | "raw" | "script").then_some(COMMAND_PARAMS);
            return Known::Here { name: spec.name, free_form: spec.free_form, only };
        }
        // A collection may have any module: whether this one exists can't be known here.
        if name.matches('.').count() >= 2 || ANSIBLE.lines().any(|known| known == short) {
            return Known::Elsewhere;
        }
        Known::Unknown
    }

    fn all(&self) -> Vec<&'static str> {
        super::ACTIONS
            .iter()
            .map(|a| a.spec.name)
            .chain(adept_modules::MODULES.iter().map(|m| m.spec.name))
            .chain(ANSIBLE.lines())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_collection() {
        assert!(matches!(Names.find("debug"), Known::Here { name: "debug", .. }));
        assert!(matches!(Names.find("ansible.builtin.debug"), Known::Here { name: "debug", .. }));
        assert_eq!(Names.find("community.general.ufw"), Known::Elsewhere);
        assert_eq!(Names.find("yum_repository"), Known::Elsewhere);
        assert_eq!(Names.find("tempalte"), Known::Unknown);
    }
}
