//! The programs of the shadow suite, and with `local` those of libuser; without them, busybox.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::sys::process::{Command, Finished, program};
use crate::sys::user::{Group, shadow_of};
use crate::{Args, Host, ModuleError};

use super::change::{Change, Expiry};
use super::{busybox, name, password};

/// Takes how one program ended; several may be needed.
pub(super) type Take<'a> = dyn FnMut(Finished) -> Result<(), ModuleError> + 'a;

/// An argument list that grows.
pub(super) struct Argv(Vec<OsString>);

impl Argv {
    pub fn new(program: PathBuf) -> Argv {
        Argv(vec![program.into()])
    }

    pub fn flag(&mut self, flag: &str) {
        self.0.push(flag.into());
    }

    pub fn option(&mut self, option: &str, value: impl Into<OsString>) {
        self.0.extend([option.into(), value.into()]);
    }

    pub fn optional(&mut self, option: &str, value: Option<impl Into<OsString>>) {
        if let Some(value) = value {
            self.option(option, value);
        }
    }

    pub fn run(self, host: &Host<'_>) -> Result<Finished, ModuleError> {
        Ok(Command::new(self.0).quiet().run(host)?)
    }
}

/// The program, or with `local` its twin of libuser.
fn tool(name: &str, args: &Args, host: &Host<'_>) -> Result<PathBuf, ModuleError> {
    if args.bool("local") { program(&format!("l{name}"), host) } else { program(name, host) }
}

pub(super) fn remove(args: &Args, host: &Host<'_>) -> Result<Finished, ModuleError> {
    let userdel = match tool("userdel", args, host) {
        Ok(userdel) => userdel,
        Err(missing) => return busybox::remove(args, host).unwrap_or(Err(missing)),
    };
    let mut argv = Argv::new(userdel);
    if args.bool("force") && !args.bool("local") {
        argv.flag("-f");
    }
    if args.bool("remove") {
        argv.flag("-r");
    }
    argv.flag(name(args));
    argv.run(host)
}

pub(super) fn create(args: &Args, groups: &[String], host: &Host<'_>, take: &mut Take<'_>) -> Result<(), ModuleError> {
    let useradd = match tool("useradd", args, host) {
        Ok(useradd) => useradd,
        Err(missing) => return busybox::create(args, groups, host, take).unwrap_or(Err(missing)),
    };
    let local = args.bool("local");
    let mut argv = Argv::new(useradd);
    if let Some(uid) = args.int("uid") {
        argv.option("-u", uid.to_string());
        if args.bool("non_unique") {
            argv.flag("-o");
        }
    }
    argv.optional("-Z", args.str("seuser"));
    match args.str("group") {
        Some(group) => argv.option("-g", group),
        // Otherwise `useradd` would try to make a group that is there.
        None if Group::named(name(args)).is_some() => argv.flag(if local { "-n" } else { "-N" }),
        None => {}
    }
    if !groups.is_empty() && !local {
        argv.option("-G", groups.join(","));
    }
    argv.optional("-c", args.str("comment"));
    argv.optional("-d", args.str("home"));
    argv.optional("-s", args.str("shell"));
    let expires = Expiry::asked(args);
    argv.optional("-e", expires.filter(|_| !local).map(Expiry::date));
    argv.optional("-f", args.int("password_expire_account_disable").map(|days| days.to_string()));
    let stored = args.str("password").map(|p| password::stored(p, args.opt_bool("password_lock")));
    argv.optional("-p", stored);
    if !args.bool("create_home") {
        argv.flag("-M");
    } else if !local {
        argv.flag("-m");
        argv.optional("-k", args.str("skeleton"));
        argv.optional("-K", args.str("umask").map(|umask| format!("UMASK={umask}")));
    }
    if args.bool("system") {
        argv.flag("-r");
    }
    for (param, key) in [("uid_min", "UID_MIN"), ("uid_max", "UID_MAX")] {
        argv.optional("-K", args.int(param).map(|id| format!("{key}={id}")));
    }
    argv.flag(name(args));
    take(argv.run(host)?)?;
    if local {
        expire_locally(args, expires, host, take)?;
        change_groups_locally(args, groups, &[], host, take)?;
    }
    Ok(())
}

pub(super) fn modify(args: &Args, change: &Change, host: &Host<'_>, take: &mut Take<'_>) -> Result<(), ModuleError> {
    let usermod = match tool("usermod", args, host) {
        Ok(usermod) => usermod,
        Err(missing) => return busybox::modify(args, change, host, take).unwrap_or(Err(missing)),
    };
    let local = args.bool("local");
    let only_groups_locally = Change { groups: None, expires: None, ..change.clone() }.is_nothing() && local;
    if !only_groups_locally {
        take(usermod_argv(usermod, args, change).run(host)?)?;
    }
    if local {
        expire_locally(args, change.expires, host, take)?;
        if let Some(groups) = &change.groups {
            change_groups_locally(args, &groups.missing, &groups.surplus, host, take)?;
        }
    }
    Ok(())
}

fn usermod_argv(usermod: PathBuf, args: &Args, change: &Change) -> Argv {
    let local = args.bool("local");
    let mut argv = Argv::new(usermod);
    if let Some(uid) = change.uid {
        argv.option("-u", uid.to_string());
        if args.bool("non_unique") {
            argv.flag("-o");
        }
    }
    argv.optional("-g", change.gid.map(|gid| gid.to_string()));
    if let Some(groups) = change.groups.as_ref().filter(|_| !local) {
        if args.bool("append") {
            argv.flag("-a");
        }
        argv.option("-G", groups.wanted.join(","));
    }
    argv.optional("-c", change.comment.as_deref());
    if let Some(home) = &change.home {
        argv.option("-d", home);
        if args.bool("move_home") {
            argv.flag("-m");
        }
    }
    argv.optional("-s", change.shell.as_deref());
    argv.optional("-e", change.expires.filter(|_| !local).map(Expiry::date));
    argv.optional("-f", change.inactive.map(|days| days.to_string()));
    match change.lock {
        Some(true) => argv.flag("-L"),
        Some(false) => argv.flag("-U"),
        None => {}
    }
    argv.optional("-p", change.password.as_deref());
    argv.flag(name(args));
    argv
}

/// libuser's programs take no date; `lchage` takes a day's number.
fn expire_locally(
    args: &Args,
    expires: Option<Expiry>,
    host: &Host<'_>,
    take: &mut Take<'_>,
) -> Result<(), ModuleError> {
    let Some(expires) = expires else { return Ok(()) };
    let day = match expires {
        Expiry::Never => -1,
        Expiry::Day(day) => day,
    };
    let mut argv = Argv::new(program("lchage", host)?);
    argv.option("-E", day.to_string());
    argv.flag(name(args));
    take(argv.run(host)?)
}

fn change_groups_locally(
    args: &Args,
    join: &[String],
    leave: &[String],
    host: &Host<'_>,
    take: &mut Take<'_>,
) -> Result<(), ModuleError> {
    for (option, groups) in [("-M", join), ("-m", leave)] {
        for group in groups {
            let mut argv = Argv::new(program("lgroupmod", host)?);
            argv.option(option, name(args));
            argv.flag(group);
            take(argv.run(host)?)?;
        }
    }
    Ok(())
}

/// The parameters on a password's age, with `chage`'s options and their places in `/etc/shadow`.
const AGES: [(&str, &str, usize); 3] =
    [("password_expire_min", "-m", 3), ("password_expire_max", "-M", 4), ("password_expire_warn", "-W", 5)];

/// The options for `chage`, if one of the ages differs.
pub(super) fn password_ages(args: &Args) -> Option<Vec<(&'static str, i64)>> {
    let shadow = shadow_of(name(args))?;
    let differing = AGES.iter().filter_map(|(param, option, i)| {
        let asked = args.int(param)?;
        (shadow.get(*i).and_then(|old| old.parse().ok()) != Some(asked)).then_some((*option, asked))
    });
    Some(differing.collect::<Vec<_>>()).filter(|d| !d.is_empty())
}

/// Sets what differs of a password's ages.
pub(super) fn set_password_ages(args: &Args, host: &Host<'_>) -> Result<Option<Finished>, ModuleError> {
    let Some(ages) = password_ages(args) else { return Ok(None) };
    let mut argv = Argv::new(program("chage", host)?);
    for (option, days) in ages {
        argv.option(option, days.to_string());
    }
    argv.flag(name(args));
    argv.run(host).map(Some)
}
