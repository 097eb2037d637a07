//! Tags: does a task run with these `--tags` and `--skip-tags`?
//!
//! Source: <https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_tags.html>.

use adept_wire::{Data, Value};

use crate::playbook::Placed;
use crate::template::Templar;

/// The tags of a task and all that stands around it.
pub fn tags_of(placed: &Placed, templar: &Templar) -> Vec<String> {
    let mut tags = Vec::new();
    for raw in placed.keyword_all("tags") {
        // A tag that can't be rendered yet is taken as it is written.
        let value = templar.render(raw).unwrap_or_else(|_| raw.clone());
        match &value.data {
            Data::List(items) => items.iter().for_each(|v| add(&mut tags, v)),
            _ => add(&mut tags, &value),
        }
    }
    tags
}

fn add(tags: &mut Vec<String>, value: &Value) {
    let text = adept_modules::args::text(value);
    tags.extend(
        text.split(',')
            .map(|t| t.trim().to_string())
            .filter(|t| !t.is_empty() && !tags.contains(t))
            .collect::<Vec<_>>(),
    );
}

/// Does a task with these tags run?
pub fn runs(tags: &[String], only: &[String], skip: &[String]) -> bool {
    let has = |list: &[String], tag: &str| list.iter().any(|t| t == tag);
    let common = |list: &[String]| tags.iter().any(|t| has(list, t));
    let mut run = true;
    if !only.is_empty() {
        let never = has(tags, "never");
        run = has(tags, "always")
            || common(only)
            || has(only, "all") && !never
            || has(only, "tagged") && !tags.is_empty() && !never
            || has(only, "untagged") && tags.is_empty();
    }
    if run && !skip.is_empty() {
        let skipped = if has(skip, "all") {
            !has(tags, "always") || has(skip, "always")
        } else {
            common(skip) || has(skip, "tagged") && !tags.is_empty() || has(skip, "untagged") && tags.is_empty()
        };
        run = !skipped;
    }
    run
}

#[cfg(test)]
mod tests {
    use super::runs;

    fn check(tags: &[&str], only: &[&str], skip: &[&str]) -> bool {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        runs(&own(tags), &own(only), &own(skip))
    }

    #[test]
    fn as_documented() {
        assert!(check(&[], &["all"], &[]));
        assert!(check(&["a"], &["a"], &[]));
        assert!(!check(&["b"], &["a"], &[]));
        assert!(check(&["always"], &["a"], &[]));
        assert!(!check(&["never"], &["all"], &[]));
        assert!(check(&["never", "debug"], &["debug"], &[]));
        assert!(!check(&["a"], &["all"], &["a"]));
        assert!(!check(&["always"], &["a"], &["always"]));
        assert!(check(&["a"], &["tagged"], &[]));
        assert!(!check(&[], &["tagged"], &[]));
        assert!(check(&[], &["untagged"], &[]));
    }
}
