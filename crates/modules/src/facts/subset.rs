//! Which collectors `gather_subset` asks for, and which facts `filter` lets through.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::{COLLECTORS, Collector};

/// A subset that isn't known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Bad subset '{name}' given to Ansible. gather_subset options allowed: all, {}", all_names().into_iter().collect::<Vec<_>>().join(", "))]
pub struct BadSubset {
    /// As it was written, without `!`.
    pub name: String,
}

fn names(collector: &Collector) -> impl Iterator<Item = &'static str> {
    std::iter::once(collector.name).chain(collector.aliases.iter().copied())
}

fn all_names() -> BTreeSet<&'static str> {
    COLLECTORS.iter().flat_map(names).collect()
}

fn minimal_names() -> BTreeSet<&'static str> {
    COLLECTORS.iter().filter(|c| c.minimal).map(|c| c.name).collect()
}

/// The collectors that are asked for, with those they require, in the table's order.
///
/// Ansible's rules: the minimum comes along unless `!min` is there; `!x` alone leaves the minimum; what is asked for by
/// name comes even if a group that holds it is excluded. `!min` excludes names, not their aliases: so under `all,!min` a
/// minimal collector that has aliases still comes.
pub(super) fn choose(subsets: &[&str]) -> Result<Vec<&'static Collector>, BadSubset> {
    let known = all_names();
    let minimal = minimal_names();
    let mut wanted = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    let mut named = BTreeSet::new();
    for subset in subsets {
        match subset.strip_prefix('!') {
            None if *subset == "all" => wanted.extend(&known),
            None if *subset == "min" => wanted.extend(&minimal),
            None => {
                let name = *known.get(subset).ok_or_else(|| BadSubset { name: subset.to_string() })?;
                wanted.insert(name);
                named.insert(name);
            }
            Some("all") => excluded.extend(known.difference(&minimal)),
            Some("min") => excluded.extend(&minimal),
            // One that isn't known excludes nothing.
            Some(name) => excluded.extend(COLLECTORS.iter().filter(|c| c.name == name).flat_map(names)),
        }
    }
    if !excluded.contains("platform") {
        wanted.extend(&minimal);
    }
    wanted.retain(|name| !excluded.contains(name) || named.contains(name));
    let mut chosen: BTreeSet<&str> =
        COLLECTORS.iter().filter(|c| names(c).any(|n| wanted.contains(n))).map(|c| c.name).collect();
    let required: Vec<&str> =
        COLLECTORS.iter().filter(|c| chosen.contains(c.name)).flat_map(|c| c.requires).copied().collect();
    chosen.extend(required);
    Ok(COLLECTORS.iter().filter(|c| chosen.contains(c.name)).collect())
}

/// Shell patterns on names, with and without `ansible_`.
pub(super) struct Filter(Vec<GlobMatcher>);

impl Filter {
    pub(super) fn new(patterns: &[&str]) -> Filter {
        let matcher = |pattern: &str| {
            let escaped = pattern.replace('{', "[{]").replace('}', "[}]");
            GlobBuilder::new(&escaped).backslash_escape(false).build().map(|g| g.compile_matcher()).ok()
        };
        let with_prefix = |p: &&str| -> Vec<String> {
            if p.starts_with("ansible_") || p.starts_with("facter_") || p.starts_with("ohai_") {
                vec![p.to_string()]
            } else {
                vec![p.to_string(), format!("ansible_{p}")]
            }
        };
        Filter(patterns.iter().flat_map(with_prefix).filter_map(|p| matcher(&p)).collect())
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|m| m.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(subsets: &[&str]) -> Vec<&'static str> {
        choose(subsets).unwrap().iter().map(|c| c.name).collect()
    }

    /// Recorded from ansible-core 2.19.14, by the facts that came.
    #[test]
    fn chooses_as_ansible() {
        let min: Vec<&str> = COLLECTORS.iter().filter(|c| c.minimal).map(|c| c.name).collect();
        assert_eq!(chosen(&["min"]), min);
        assert_eq!(chosen(&["!all"]), min);
        assert_eq!(chosen(&["!hardware"]), min);
        assert_eq!(chosen(&["!bogus"]), min);
        assert_eq!(chosen(&["!all", "!min"]), [""; 0]);
        assert_eq!(chosen(&["!all", "!min", "dns"]), ["dns"]);
        assert_eq!(chosen(&["!all", "!min", "default_ipv4"]), ["platform", "distribution", "network"]);
        assert_eq!(chosen(&["network", "!all", "!min"]), ["platform", "distribution", "network"]);
        assert_eq!(chosen(&["!all", "!min", "service_mgr"]), ["platform", "distribution", "service_mgr"]);
        assert_eq!(chosen(&["!all", "!min", "mounts"]), ["platform", "hardware"]);
        assert_eq!(chosen(&["all"]).len(), COLLECTORS.len());
        assert!(chosen(&["!all", "network"]).contains(&"env"));
        let without_min = chosen(&["all", "!min"]);
        assert!(without_min.contains(&"user") && !without_min.contains(&"env") && !without_min.contains(&"lsb"));
        let without_hardware = chosen(&["all", "!hardware"]);
        assert!(!without_hardware.contains(&"hardware") && without_hardware.contains(&"network"));
    }

    #[test]
    fn a_bad_subset_lists_the_good_ones() {
        let text = choose(&["bogus"]).err().unwrap().to_string();
        assert!(text.starts_with("Bad subset 'bogus' given to Ansible. gather_subset options allowed: all, all_ipv4_addresses, all_ipv6_addresses, apparmor, architecture, caps, chroot,"), "{text}");
    }

    #[test]
    fn filters_by_pattern_with_or_without_prefix() {
        let filter = Filter::new(&["ansible_dist*", "kernel", "eth[01]"]);
        for (name, passes) in [
            ("ansible_distribution", true),
            ("ansible_kernel", true),
            ("ansible_kernel_version", false),
            ("ansible_eth0", true),
            ("ansible_eth2", false),
            ("gather_subset", false),
        ] {
            assert_eq!(filter.matches(name), passes, "{name}");
        }
    }
}
