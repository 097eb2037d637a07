//! `blockinfile`: makes sure that a block of lines between two marker lines is in a file, or isn't.

use adept_wire::{ModuleOutcome, map};

use crate::edit::{BACKUP, Edit, PATH};
use crate::file_params::AttributeDiff;
use crate::file_text::lines;
use crate::regex::{Flags, Regex};
use crate::spec::{self, FILE_PARAMS};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};

const OWN: &[Param] = &[
    PATH,
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
    Param::new("marker", Kind::Str).default(Default::Str("# {mark} ANSIBLE MANAGED BLOCK")),
    Param::new("marker_begin", Kind::Str).default(Default::Str("BEGIN")),
    Param::new("marker_end", Kind::Str).default(Default::Str("END")),
    Param::new("block", Kind::Str).aliases(&["content"]).default(Default::Str("")),
    Param::new("insertafter", Kind::Str),
    Param::new("insertbefore", Kind::Str),
    Param::new("create", Kind::Bool).default(Default::Bool(false)),
    Param::new("append_newline", Kind::Bool).default(Default::Bool(false)),
    Param::new("prepend_newline", Kind::Bool).default(Default::Bool(false)),
    Param::new("validate", Kind::Str),
    BACKUP,
    // Ansible 2.4's documentation listed these two for every module with file parameters; old content has them.
    Param::new("follow", Kind::Bool),
    Param::new("others", Kind::Raw),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

const RULES: &[Rule] = &[Rule::MutuallyExclusive(&["insertbefore", "insertafter"])];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("blockinfile", "Manage a block of lines between markers", &PARAMS).rules(RULES), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let edit = Edit::open(args, host)?;
    let block = if args.str("state") == Some("present") { args.str("block").unwrap_or_default() } else { "" };
    if !edit.exists {
        if !args.bool("create") {
            return Err(ModuleError::new(format!("Path {} does not exist !", edit.shown))
                .param("path")
                .result(map! { "rc" => 257 }));
        }
        if args.str("state") == Some("absent") {
            return Ok(ModuleOutcome::ok(map! { "msg" => format!("File {} not present", edit.shown) }));
        }
        edit.make_parents()?;
    }
    let new = with_block(args, &edit.file.text, block)?;
    let mut changed = new != edit.file.text || !edit.exists;
    let mut message = match (changed, edit.exists, block.is_empty()) {
        (false, ..) => "",
        (true, false, _) => "File created",
        (true, true, true) => "Block removed",
        (true, true, false) => "Block inserted",
    }
    .to_string();
    let mut result = map! {};
    if changed {
        if let Some(backup) = edit.back_up()? {
            result.insert("backup_file".into(), backup.into());
        }
        edit.write(&new)?;
    }
    let mut attributes = AttributeDiff::default();
    changed |= edit.apply_attributes(&mut message, &mut attributes)?;
    result.insert("msg".into(), message.into());
    Ok(edit.outcome(changed, result, &new, attributes))
}

/// The file's text with the block in its place; an empty block means none.
fn with_block(args: &Args, old: &str, block: &str) -> Result<String, ModuleError> {
    let marker = args.str("marker").unwrap_or_default();
    let line = |word: &str| format!("{}\n", marker.replace("{mark}", args.str(word).unwrap_or_default()));
    let (begin, end) = (line("marker_begin"), line("marker_end"));
    let mut rest: Vec<String> = lines(old).into_iter().map(String::from).collect();
    // ansible-core 2.19 doesn't see an end marker that has no newline (the file's last line), and adds a second block; and it
    // changes files without a block for `absent`: a last newline, blank lines. We leave those alone.
    let find = |marker: &str| rest.iter().rposition(|l| l.trim_end_matches('\n') == marker.trim_end_matches('\n'));
    let at = match (find(&begin), find(&end)) {
        (Some(first), Some(last)) => {
            let (first, last) = (first.min(last), first.max(last));
            rest.drain(first..=last);
            first
        }
        _ => insertion_point(args, old, &rest)?,
    };
    if block.is_empty() {
        return Ok(rest.concat());
    }
    if let Some(before) = at.checked_sub(1).and_then(|i| rest.get_mut(i)).filter(|l| !l.ends_with('\n')) {
        before.push('\n');
    }
    let mut new = vec![begin];
    new.extend(lines(block).into_iter().map(String::from));
    if let Some(last) = new.last_mut().filter(|l| !l.ends_with('\n')) {
        last.push('\n');
    }
    new.push(end);
    let blank = |l: &String| l.trim_end_matches(['\r', '\n']).is_empty();
    if args.bool("prepend_newline") && at > 0 && !blank(&rest[at - 1]) {
        new.insert(0, "\n".into());
    }
    if args.bool("append_newline") && rest.get(at).is_some_and(|l| !blank(l)) {
        new.push("\n".into());
    }
    rest.splice(at..at, new);
    Ok(rest.concat())
}

/// Before which line a block goes that isn't there yet.
fn insertion_point(args: &Args, old: &str, rest: &[String]) -> Result<usize, ModuleError> {
    let (param, pattern) = match (args.str("insertbefore"), args.str("insertafter")) {
        (Some("BOF"), _) => return Ok(0),
        (Some(pattern), _) => ("insertbefore", pattern),
        (None, None | Some("EOF")) => return Ok(rest.len()),
        (None, Some(pattern)) => ("insertafter", pattern),
    };
    // Ansible matches bytes, where `\w` and its like are ASCII only.
    let regex = Regex::new(pattern, Flags { ascii: true, ..Flags::default() })
        .map_err(|e| ModuleError::new(format!("{param}: {e}")).param(param))?;
    let after = param == "insertafter";
    if pattern.starts_with("(?") && pattern.split(')').next().is_some_and(|flags| flags.contains('m')) {
        // With `(?m)` the pattern sees the whole file.
        let found = regex.search(old).map_err(ModuleError::new)?;
        return Ok(found
            .map_or(rest.len(), |m| {
                let whole = m.whole();
                let upto = if after { whole.end } else { whole.start };
                old[..upto].matches('\n').count() + usize::from(after)
            })
            .min(rest.len()));
    }
    let mut found = None;
    for (i, line) in rest.iter().enumerate() {
        if regex.is_match(line).map_err(ModuleError::new)? {
            found = Some(i);
        }
    }
    Ok(found.map_or(rest.len(), |i| i + usize::from(after)))
}
