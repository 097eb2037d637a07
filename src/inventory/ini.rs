//! INI inventories: sections of hosts, `[g:children]`, `[g:vars]`, variables beside hosts.

use std::sync::Arc;

use adept_wire::{Key, Origin, Tag, Trust, Value};
use indexmap::IndexMap;

use super::error::InventoryError;
use super::inventory::Inventory;
use super::literal;
use super::words::{self, SplitError, Word};
use super::{address, range};
use crate::diag::{Diagnostic, did_you_mean};

/// What a section's lines are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// A group that was named before it was declared.
struct Pending {
    vars: Option<Origin>,
    parents: Vec<(Arc<str>, Origin)>,
}

/// Reads one file into the inventory.
pub(super) fn parse(
    text: &str,
    file: &Arc<str>,
    inventory: &mut Inventory,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), InventoryError> {
    let mut reader = Reader { file, inventory, warnings, pending: IndexMap::new(), line: 0, indent: 0 };
    let (mut group, mut kind): (Arc<str>, Kind) = ("ungrouped".into(), Kind::Hosts);
    for (number, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = raw.trim();
        reader.line = number as u32 + 1;
        reader.indent = raw.chars().take_while(|c| c.is_whitespace()).count() as u32;
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some((name, section)) = reader.section(line)? {
            (group, kind) = (name, section);
            reader.open(&group, kind)?;
            continue;
        }
        match kind {
            Kind::Hosts => reader.host(line, &group)?,
            Kind::Vars => reader.variable(line, &group)?,
            Kind::Children => reader.child(line, &group)?,
        }
    }
    reader.finish()
}

struct Reader<'a> {
    file: &'a Arc<str>,
    inventory: &'a mut Inventory,
    warnings: &'a mut Vec<Diagnostic>,
    pending: IndexMap<Arc<str>, Pending>,
    line: u32,
    indent: u32,
}

impl Reader<'_> {
    /// A place in the current line; `column` counts from 0 within the trimmed line.
    fn origin(&self, column: usize) -> Origin {
        Origin { file: self.file.clone(), line: self.line, column: self.indent + column as u32 + 1 }
    }

    fn error(
        &self,
        column: usize,
        width: usize,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> InventoryError {
        InventoryError::Syntax { message: message.into(), origin: self.origin(column), width, hint: hint.into() }
    }

    /// `[group]`, `[group:children]`, `[group:vars]`; `None` for a line of a section.
    fn section(&self, line: &str) -> Result<Option<(Arc<str>, Kind)>, InventoryError> {
        let Some(inner) = line.strip_prefix('[') else { return Ok(None) };
        let width = line.chars().count();
        let Some((inside, tail)) = inner.split_once(']') else {
            return Err(self.error(0, width, "section has no closing ']'", format!("[{}]", inner.trim())));
        };
        let tail = tail.trim_start();
        if !(tail.is_empty() || tail.starts_with('#')) {
            // A host whose name begins with a range or an address in brackets.
            if address::parse(line.split_whitespace().next().unwrap_or_default()).is_some() || inside.contains(':') {
                return Ok(None);
            }
            let hint = format!("put it on the next line; a comment begins with '#': [{inside}] # {tail}");
            return Err(self.error(inside.chars().count() + 2, 1, "text after the section's closing ']'", hint));
        }
        let (name, kind) = match inside.split_once(':') {
            None => (inside, Kind::Hosts),
            Some((name, "hosts")) => (name, Kind::Hosts),
            Some((name, "children")) => (name, Kind::Children),
            Some((name, "vars")) => (name, Kind::Vars),
            Some((name, other)) => {
                let hint = match did_you_mean(other, ["children", "vars", "hosts"]) {
                    Some(near) => format!("did you mean [{name}:{near}]?"),
                    None => format!("a section is [{name}], [{name}:children] or [{name}:vars]"),
                };
                let message = format!("Section [{inside}] has unknown type: {other}");
                return Err(self.error(name.chars().count() + 2, other.chars().count(), message, hint));
            }
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            let hint = match name.trim().replace(char::is_whitespace, "_") {
                fixed if fixed.is_empty() => "a section is named after its group: [web]".to_owned(),
                fixed => format!("group names have no spaces: [{}]", inside.replacen(name, &fixed, 1)),
            };
            return Err(self.error(0, width, format!("invalid section entry '[{inside}]'"), hint));
        }
        Ok(Some((name.into(), kind)))
    }

    fn open(&mut self, group: &Arc<str>, kind: Kind) -> Result<(), InventoryError> {
        let known = self.inventory.group(group).is_some();
        self.inventory.group_mut(group);
        if kind == Kind::Vars {
            let origin = self.origin(1);
            if !known {
                self.pending.insert(group.clone(), Pending { vars: Some(origin), parents: Vec::new() });
            }
            return Ok(());
        }
        if let Some(pending) = self.pending.shift_remove(group) {
            for (parent, origin) in pending.parents {
                self.inventory.link_groups(&parent, group, Some(&origin))?;
            }
        }
        Ok(())
    }

    fn host(&mut self, line: &str, group: &str) -> Result<(), InventoryError> {
        let words = words::split(line).map_err(|error| match error {
            SplitError::NoClosingQuotation(column) => self.error(
                column,
                1,
                "this quote is never closed",
                "close it, or write \\ before it if it belongs to the text".to_owned(),
            ),
            SplitError::NoEscapedCharacter(column) => self.error(
                column,
                1,
                "a backslash at the end of the line escapes nothing",
                "double it if it is meant".to_owned(),
            ),
        })?;
        let Some((pattern, assignments)) = words.split_first() else { return Ok(()) };
        let (names, port) = self.names(pattern)?;
        let mut vars: IndexMap<&str, Value> = IndexMap::new();
        for word in assignments {
            let (key, value) = word.text.split_once('=').ok_or_else(|| self.no_assignment(line, word))?;
            let tag = self.tag(word.column + key.chars().count() + 1);
            vars.insert(key, literal::value(value, &tag));
            self.check_name(key, word.column);
        }
        if let Some(port) = port
            && !vars.contains_key("ansible_port")
        {
            vars.insert("ansible_port", Value::from(port).with_tag(self.tag(pattern.column)));
        }
        for name in names {
            self.inventory.host_mut(&name);
            self.inventory.link_host(group, &name);
            for (key, value) in &vars {
                self.inventory.set_host_var(&name, Key::from(*key), value.clone());
            }
        }
        Ok(())
    }

    fn no_assignment(&self, line: &str, word: &Word) -> InventoryError {
        let message = format!("Expected key=value host variable assignment, got: {}", word.text);
        let before = line.chars().take(word.column).collect::<String>();
        let after = line.chars().skip(word.column + word.width).collect::<String>();
        let hint = if word.text.starts_with(';') {
            "a comment behind a host begins with '#'"
        } else if before.contains("{{") {
            "quote values that have spaces: key=\"{{ value }}\""
        } else if word.text == "=" || after.trim_start().starts_with('=') {
            "no spaces around '=' here: key=value"
        } else if self.inventory.groups().count() <= 2 && !line.contains('=') {
            "one host a line; variables as key=value; groups begin with a line [group]"
        } else {
            "quote values that have spaces: key=\"some words\""
        };
        self.error(word.column, word.width, message, hint.to_owned())
    }

    /// The hosts that a pattern declares, and the port after it.
    fn names(&self, pattern: &Word) -> Result<(Vec<String>, Option<i64>), InventoryError> {
        let text = pattern.text.as_str();
        let problem = |message: String, hint: &str| self.error(pattern.column, pattern.width, message, hint.to_owned());
        if text.starts_with("---") {
            return Err(problem("'---' begins YAML, not INI".into(), "name the file .yml, or remove the line"));
        }
        if text.ends_with(':') {
            let hint = "a colon is only written before a port; if this is YAML, name the file .yml";
            return Err(problem(format!("Invalid host pattern '{text}': it ends in ':'"), hint));
        }
        let (host, port) = match address::parse(text) {
            Some(address) => (address.host, address.port),
            None => (text, None),
        };
        let names =
            range::expand(host).map_err(|e| problem(format!("{e}: '{text}'"), "as in web[01:10] or db-[a:f]"))?;
        Ok((names, port))
    }

    fn variable(&mut self, line: &str, group: &str) -> Result<(), InventoryError> {
        let Some((key, value)) = line.split_once('=') else {
            let hint = match line.split_once(':') {
                Some((key, value)) => format!("{}={}", key.trim(), value.trim()),
                None => "a line of a :vars section is key=value".to_owned(),
            };
            return Err(self.error(0, line.chars().count(), format!("Expected key=value, got: {line}"), hint));
        };
        let column = line.chars().count() - value.trim_start().chars().count();
        let value = literal::value(value.trim(), &self.tag(column));
        self.check_name(key.trim(), 0);
        self.inventory.set_group_var(group, Key::from(key.trim()), value)
    }

    fn child(&mut self, line: &str, group: &Arc<str>) -> Result<(), InventoryError> {
        let name = line.split('#').next().unwrap_or_default().trim();
        if name.contains(|c: char| c.is_whitespace() || c == ':' || c == ']') {
            let hint = "one group a line; its variables stand in a section [group:vars]".to_owned();
            return Err(self.error(0, line.chars().count(), format!("Expected group name, got: {line}"), hint));
        }
        let origin = self.origin(0);
        if self.inventory.group(name).is_some() && !self.pending.contains_key(name) {
            return self.inventory.link_groups(group, name, Some(&origin));
        }
        let pending = self.pending.entry(name.into()).or_insert_with(|| Pending { vars: None, parents: Vec::new() });
        pending.parents.push((group.clone(), origin));
        Ok(())
    }

    fn finish(self) -> Result<(), InventoryError> {
        let Some((group, pending)) = self.pending.first() else { return Ok(()) };
        let pending_names: Vec<&Arc<str>> = self.pending.keys().collect();
        let known = self.inventory.groups().map(|g| g.name()).filter(|n| !pending_names.contains(n)).map(|n| &**n);
        let hint = match did_you_mean(group, known) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("declare the group with a section [{group}], which may be empty"),
        };
        let (message, origin) = match (&pending.vars, pending.parents.first()) {
            (Some(origin), _) => (format!("Section [{group}:vars] not valid for undefined group '{group}'"), origin),
            (None, Some((parent, origin))) => {
                (format!("Section [{parent}:children] includes undefined group '{group}'"), origin)
            }
            (None, None) => return Ok(()),
        };
        let width = group.chars().count();
        Err(InventoryError::Syntax { message, origin: origin.clone(), width, hint: Some(hint) })
    }

    fn tag(&self, column: usize) -> Arc<Tag> {
        Arc::new(Tag { origin: Some(self.origin(column)), trust: Trust::Template })
    }

    fn check_name(&mut self, name: &str, column: usize) {
        let origin = self.origin(column);
        check_variable_name(name, Some(&origin), self.warnings);
    }
}

/// Warns of a variable that no template can name.
pub(super) fn check_variable_name(name: &str, origin: Option<&Origin>, warnings: &mut Vec<Diagnostic>) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let valid = name.chars().all(word) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !valid || ["True", "False", "None"].contains(&name) || ["true", "false", "none"].contains(&name) {
        let message = format!("invalid variable name '{name}'");
        let hint = "names begin with a letter or '_' and have only letters, digits and '_'";
        warnings.push(Diagnostic::parse(message).at(origin).width(name.chars().count()).hint(hint));
    }
}
