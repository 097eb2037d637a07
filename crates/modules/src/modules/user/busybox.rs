//! Hosts that have busybox' `adduser`, `deluser` and `chpasswd` instead of the shadow suite. Each function gives `None`
//! where there isn't even that.

use crate::sys::process::{Command, Finished, program};
use crate::{Args, Host, ModuleError};

use super::change::Change;
use super::tools::{Argv, Take};
use super::{name, password};

/// What its programs have no option for.
const UNSUPPORTED: [&str; 6] = ["expires", "seuser", "uid_min", "uid_max", "umask", "password_expire_account_disable"];

pub(super) fn create(
    args: &Args,
    groups: &[String],
    host: &Host<'_>,
    take: &mut Take<'_>,
) -> Option<Result<(), ModuleError>> {
    let mut argv = Argv::new(adduser(args, host)?);
    for param in UNSUPPORTED {
        if args.get(param).is_some() {
            return Some(Err(unsupported(param)));
        }
    }
    argv.flag("-D");
    argv.optional("-u", args.int("uid").map(|uid| uid.to_string()));
    argv.optional("-G", args.str("group"));
    argv.optional("-g", args.str("comment"));
    argv.optional("-h", args.str("home"));
    argv.optional("-s", args.str("shell"));
    if args.bool("create_home") {
        argv.optional("-k", args.str("skeleton"));
    } else {
        argv.flag("-H");
    }
    if args.bool("system") {
        argv.flag("-S");
    }
    argv.flag(name(args));
    Some((|| {
        take(argv.run(host)?)?;
        if let Some(password) = args.str("password") {
            set_password(args, &password::stored(password, args.opt_bool("password_lock")), host, take)?;
        }
        join(args, groups, host, take)
    })())
}

pub(super) fn modify(
    args: &Args,
    change: &Change,
    host: &Host<'_>,
    take: &mut Take<'_>,
) -> Option<Result<(), ModuleError>> {
    adduser(args, host)?;
    let differing = [
        ("uid", change.uid.is_some()),
        ("group", change.gid.is_some()),
        ("comment", change.comment.is_some()),
        ("home", change.home.is_some()),
        ("shell", change.shell.is_some()),
        ("expires", change.expires.is_some()),
        ("password_expire_account_disable", change.inactive.is_some()),
    ];
    if let Some((param, _)) = differing.iter().find(|(_, differs)| *differs) {
        return Some(Err(unsupported(param)));
    }
    Some((|| {
        if let Some(password) = &change.password {
            set_password(args, password, host, take)?;
        }
        if let Some(lock) = change.lock {
            let mut argv = Argv::new(program("passwd", host)?);
            argv.flag(if lock { "-l" } else { "-u" });
            argv.flag(name(args));
            take(argv.run(host)?)?;
        }
        let Some(groups) = &change.groups else { return Ok(()) };
        join(args, &groups.missing, host, take)?;
        for group in &groups.surplus {
            let mut argv = Argv::new(program("delgroup", host)?);
            argv.option(name(args), group);
            take(argv.run(host)?)?;
        }
        Ok(())
    })())
}

pub(super) fn remove(args: &Args, host: &Host<'_>) -> Option<Result<Finished, ModuleError>> {
    adduser(args, host)?;
    let mut argv = match program("deluser", host) {
        Ok(deluser) => Argv::new(deluser),
        Err(e) => return Some(Err(e)),
    };
    if args.bool("remove") {
        argv.flag("--remove-home");
    }
    argv.flag(name(args));
    Some(argv.run(host))
}

fn adduser(args: &Args, host: &Host<'_>) -> Option<std::path::PathBuf> {
    if args.bool("local") { None } else { program("adduser", host).ok() }
}

fn join(args: &Args, groups: &[String], host: &Host<'_>, take: &mut Take<'_>) -> Result<(), ModuleError> {
    for group in groups {
        let mut argv = Argv::new(program("adduser", host)?);
        argv.option(name(args), group);
        take(argv.run(host)?)?;
    }
    Ok(())
}

fn set_password(args: &Args, stored: &str, host: &Host<'_>, take: &mut Take<'_>) -> Result<(), ModuleError> {
    let line = format!("{}:{stored}\n", name(args));
    let chpasswd = program("chpasswd", host)?.into_os_string();
    take(Command::new([chpasswd, "-e".into()]).stdin(line).quiet().run(host)?)
}

fn unsupported(param: &'static str) -> ModuleError {
    ModuleError::new(format!("busybox can't set or change {param}; this needs the shadow suite's programs"))
        .param(param)
}
