//! `group`: makes sure that a group of the system is there, or isn't.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use adept_wire::{ModuleOutcome, map};

use crate::file_params::FileParams;
use crate::sys::process::{Command, Finished, program};
use crate::sys::user::Group;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};

const PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).required(),
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
    Param::new("force", Kind::Bool).default(Default::Bool(false)),
    Param::new("gid", Kind::Int),
    Param::new("gid_min", Kind::Int),
    Param::new("gid_max", Kind::Int),
    Param::new("system", Kind::Bool).default(Default::Bool(false)),
    Param::new("local", Kind::Bool).default(Default::Bool(false)),
    Param::new("non_unique", Kind::Bool).default(Default::Bool(false)),
];

const RULES: &[Rule] = &[Rule::RequiredIf { param: "non_unique", value: "True", needs: &["gid"], any: false }];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("group", "Manage groups of the system", PARAMS).rules(RULES), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let name = args.str("name").unwrap_or_default();
    let state = args.str("state").unwrap_or("present");
    if args.bool("local") {
        if args.bool("force") {
            let msg = "force is not a valid option for local, force=True and local=True are mutually exclusive";
            return Err(ModuleError::new(msg).param("force"));
        }
        for param in ["gid_min", "gid_max"] {
            if args.int(param).is_some() {
                return Err(ModuleError::new(format!("'{param}' can not be used with 'local'")).param(param));
            }
        }
    }
    let is_there = |name: &str| {
        if args.bool("local") { Group::all().into_iter().find(|g| g.name == name) } else { Group::named(name) }
    };
    let change = match (is_there(name), state) {
        (Some(_), "absent") => Some(Change::Remove),
        (None, "absent") => None,
        (None, _) => Some(Change::Add),
        (Some(group), _) => {
            let wanted = args.int("gid").filter(|gid| *gid != i64::from(group.gid));
            wanted.map(|gid| Change::Renumber { gid, old: group.gid })
        }
    };
    if host.check && matches!(change, Some(Change::Add | Change::Remove)) {
        return Ok(ModuleOutcome::changed(true, map! {}));
    }
    let mut result = map! { "name" => name };
    if let Some(change) = &change
        && !host.check
    {
        let finished = carry_out(change, args, host)?;
        if finished.rc != 0 {
            return Err(ModuleError::new(finished.stderr_text()).result(result));
        }
        for (key, text) in [("stdout", finished.stdout_text()), ("stderr", finished.stderr_text())] {
            if !text.is_empty() {
                result.insert(key.into(), text.into());
            }
        }
    }
    result.insert("state".into(), state.into());
    if let Some(group) = is_there(name) {
        result.insert("system".into(), args.bool("system").into());
        result.insert("gid".into(), group.gid.into());
    }
    Ok(ModuleOutcome::changed(change.is_some(), result))
}

enum Change {
    Add,
    Renumber { gid: i64, old: u32 },
    Remove,
}

fn carry_out(change: &Change, args: &Args, host: &Host<'_>) -> Result<Finished, ModuleError> {
    let local = args.bool("local");
    if local
        && let Some(gid) = args.int("gid")
        && !matches!(change, Change::Remove)
        && !args.bool("non_unique")
        && let Some(owner) = Group::all().into_iter().find(|g| i64::from(g.gid) == gid)
    {
        let msg = format!("GID '{gid}' already exists with group '{}'", owner.name);
        return Err(ModuleError::new(msg).param("gid"));
    }
    let tool = match (change, local) {
        (Change::Add, false) => "groupadd",
        (Change::Add, true) => "lgroupadd",
        (Change::Renumber { .. }, false) => "groupmod",
        (Change::Renumber { .. }, true) => "lgroupmod",
        (Change::Remove, false) => "groupdel",
        (Change::Remove, true) => "lgroupdel",
    };
    let tool = match program(tool, host) {
        Ok(tool) => tool,
        Err(missing) => return carry_out_with_busybox(change, args, host).unwrap_or(Err(missing)),
    };
    let mut argv: Vec<OsString> = vec![tool.into()];
    if matches!(change, Change::Remove) && args.bool("force") {
        argv.push("-f".into());
    }
    if !matches!(change, Change::Remove)
        && let Some(gid) = args.int("gid")
    {
        argv.extend(["-g".into(), gid.to_string().into()]);
        if args.bool("non_unique") {
            argv.push("-o".into());
        }
    }
    if matches!(change, Change::Add) {
        if args.bool("system") {
            argv.push("-r".into());
        }
        for (param, key) in [("gid_min", "GID_MIN"), ("gid_max", "GID_MAX")] {
            if let Some(value) = args.int(param) {
                argv.extend(["-K".into(), format!("{key}={value}").into()]);
            }
        }
    }
    argv.push(args.str("name").unwrap_or_default().into());
    Ok(Command::new(argv).quiet().run(host)?)
}

/// busybox has `addgroup` and `delgroup`, and nothing that changes a group's number. `None` when it isn't there either.
fn carry_out_with_busybox(change: &Change, args: &Args, host: &Host<'_>) -> Option<Result<Finished, ModuleError>> {
    let add = program("addgroup", host).ok()?;
    if args.bool("local") {
        return None;
    }
    if args.bool("non_unique") {
        return Some(Err(ModuleError::new("non_unique is not supported by busybox").param("non_unique")));
    }
    let name = args.str("name").unwrap_or_default();
    let argv: Vec<OsString> = match change {
        Change::Add => {
            let mut argv: Vec<OsString> = vec![add.into()];
            if let Some(gid) = args.int("gid") {
                argv.extend(["-g".into(), gid.to_string().into()]);
            }
            if args.bool("system") {
                argv.push("-S".into());
            }
            argv.push(name.into());
            argv
        }
        Change::Remove => match program("delgroup", host) {
            Ok(delete) => vec![delete.into(), name.into()],
            Err(e) => return Some(Err(e)),
        },
        Change::Renumber { gid, old } => return Some(renumber(name, *old, *gid, host)),
    };
    Some(Command::new(argv).quiet().run(host).map_err(ModuleError::from))
}

fn renumber(name: &str, old: u32, gid: i64, host: &Host<'_>) -> Result<Finished, ModuleError> {
    if let Some(owner) = u32::try_from(gid).ok().and_then(Group::with_id) {
        let msg = format!("gid {gid} is already in use by {}", owner.name);
        return Err(ModuleError::new(msg).param("gid"));
    }
    let path: PathBuf = Path::new("/etc/group").into();
    let new = with_number(&fs::read_to_string(&path)?, name, old, gid);
    FileParams::default().replacing(host).write(&path, new.as_bytes())?;
    Ok(Finished { rc: 0, stdout: Vec::new(), stderr: Vec::new() })
}

fn with_number(file: &str, name: &str, old: u32, gid: i64) -> String {
    let renumbered = |line: &str| {
        let mut fields: Vec<String> = line.split(':').map(String::from).collect();
        if fields.first().map(String::as_str) == Some(name) && fields.get(2) == Some(&old.to_string()) {
            fields[2] = gid.to_string();
        }
        fields.join(":")
    };
    file.split_inclusive('\n').map(renumbered).collect()
}

#[cfg(test)]
mod tests {
    use super::with_number;

    #[test]
    fn one_line_gets_the_number() {
        let file = "ab:x:7:\na:x:7:b,c\nz:x:7";
        assert_eq!(with_number(file, "a", 7, 8), "ab:x:7:\na:x:8:b,c\nz:x:7");
        assert_eq!(with_number(file, "z", 6, 8), file);
    }
}
