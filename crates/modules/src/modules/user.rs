//! `user`: makes sure that a user of the system is there and as described, or isn't there.
//!
//! ```text
//! Wish (the arguments) -> Change (what differs from /etc/passwd, /etc/shadow, /etc/group) -> programs of shadow, or of busybox
//! ```

mod busybox;
mod change;
mod home;
mod password;
mod ssh_key;
mod tools;

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::sys::process::Finished;
use crate::sys::user::{Group, User, shadow_of};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

use change::Change;

const PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).aliases(&["user"]).required(),
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
    Param::new("uid", Kind::Int),
    Param::new("non_unique", Kind::Bool).default(Default::Bool(false)),
    Param::new("uid_min", Kind::Int),
    Param::new("uid_max", Kind::Int),
    Param::new("group", Kind::Str),
    Param::new("groups", Kind::ListOfStr),
    Param::new("append", Kind::Bool).default(Default::Bool(false)),
    Param::new("comment", Kind::Str),
    Param::new("home", Kind::Path),
    Param::new("create_home", Kind::Bool).aliases(&["createhome"]).default(Default::Bool(true)),
    Param::new("move_home", Kind::Bool).default(Default::Bool(false)),
    Param::new("skeleton", Kind::Str),
    Param::new("umask", Kind::Str),
    Param::new("shell", Kind::Path),
    Param::new("password", Kind::Str).secret(),
    Param::new("update_password", Kind::Str).choices(&["always", "on_create"]).default(Default::Str("always")),
    Param::new("password_lock", Kind::Bool),
    Param::new("password_expire_max", Kind::Int),
    Param::new("password_expire_min", Kind::Int),
    Param::new("password_expire_warn", Kind::Int),
    Param::new("password_expire_account_disable", Kind::Int),
    Param::new("expires", Kind::Float),
    Param::new("system", Kind::Bool).default(Default::Bool(false)),
    Param::new("local", Kind::Bool).default(Default::Bool(false)),
    Param::new("seuser", Kind::Str),
    Param::new("remove", Kind::Bool).default(Default::Bool(false)),
    Param::new("force", Kind::Bool).default(Default::Bool(false)),
    Param::new("generate_ssh_key", Kind::Bool).default(Default::Bool(false)),
    Param::new("ssh_key_bits", Kind::Int),
    Param::new("ssh_key_comment", Kind::Str),
    Param::new("ssh_key_file", Kind::Path),
    Param::new("ssh_key_passphrase", Kind::Str).secret(),
    Param::new("ssh_key_type", Kind::Str).default(Default::Str("rsa")),
    // BSD and macOS; they do nothing on Linux, as in Ansible.
    Param::new("login_class", Kind::Str),
    Param::new("hidden", Kind::Bool),
    Param::new("authorization", Kind::Str),
    Param::new("profile", Kind::Str),
    Param::new("role", Kind::Str),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("user", "Manage users of the system", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    refuse(args)?;
    let mut warnings = Vec::new();
    if args.str("password").is_some_and(|password| !password::looks_hashed(password)) {
        warnings.push(password::NOT_HASHED.to_string());
    }
    if args.bool("append") && args.get("groups").is_none() {
        // The words are ansible-core's, which says so to this day.
        warnings.push(
            "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.This will change \
             to an error in Ansible 2.14."
                .to_string(),
        );
    }
    let user = find(args);
    let mut outcome = match (args.str("state"), user) {
        (Some("absent"), Some(_)) => remove(args, host)?,
        (Some("absent"), None) => ModuleOutcome::ok(map! { "name" => name(args), "state" => "absent" }),
        (_, None) => create(args, host, &mut warnings)?,
        (_, Some(user)) => modify(args, host, &user, &mut warnings)?,
    };
    outcome.warnings = warnings;
    Ok(outcome)
}

/// What can't be had, by itself or with `local`.
fn refuse(args: &Args) -> Result<(), ModuleError> {
    for param in ["authorization", "profile", "role"] {
        if args.get(param).is_some() {
            return Err(ModuleError::new(format!("{param} is for Solaris only")).param(param));
        }
    }
    for param in ["uid_min", "uid_max", "umask"] {
        if args.bool("local") && args.get(param).is_some() {
            return Err(ModuleError::new(format!("'{param}' can not be used with 'local'")).param(param));
        }
    }
    Ok(())
}

fn name(args: &Args) -> &str {
    args.str("name").unwrap_or_default()
}

fn find(args: &Args) -> Option<User> {
    if args.bool("local") { User::local(name(args)) } else { User::named(name(args)) }
}

/// The group of this name or number.
fn group(name: &str, param: &'static str) -> Result<Group, ModuleError> {
    let missing = || ModuleError::new(format!("Group {name} does not exist")).param(param);
    Group::named_or_with_id(name).ok_or_else(missing)
}

fn remove(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    if host.check {
        return Ok(ModuleOutcome::changed(true, map! {}));
    }
    let mut said = Said::default();
    said.add(tools::remove(args, host)?, args)?;
    let mut result = map! {
        "name" => name(args), "state" => "absent", "force" => args.bool("force"), "remove" => args.bool("remove"),
    };
    said.into_result(&mut result);
    Ok(ModuleOutcome::changed(true, result))
}

fn create(args: &Args, host: &Host<'_>, warnings: &mut Vec<String>) -> Result<ModuleOutcome, ModuleError> {
    if let Some(primary) = args.str("group") {
        group(primary, "group")?;
    }
    let groups = change::wanted_groups(args)?.unwrap_or_default();
    if host.check {
        return Ok(ModuleOutcome::changed(true, map! {}));
    }
    let mut said = Said::default();
    tools::create(args, &groups, host, &mut |finished| said.add(finished, args))?;
    let mut result = map! {
        "name" => name(args),
        "state" => "present",
        "system" => args.bool("system"),
        "create_home" => args.bool("create_home"),
    };
    if args.str("password").is_some_and(|p| !p.is_empty()) || args.get("password").is_some() {
        result.insert("password".into(), "NOT_LOGGING_PASSWORD".into());
    }
    if let Some(user) = find(args) {
        if let Some(finished) = tools::set_password_ages(args, host)? {
            said.add(finished, args)?;
        }
        // `useradd` is told to do without a home, or doesn't make one where the directory above is missing.
        if args.bool("create_home") {
            home::make(&user, args, host)?;
        }
        add_user(&mut result, &user, args);
        ssh_key::ensure(&user, args, host, &mut result, warnings)?;
    }
    said.into_result(&mut result);
    Ok(ModuleOutcome::changed(true, result))
}

fn modify(args: &Args, host: &Host<'_>, user: &User, warnings: &mut Vec<String>) -> Result<ModuleOutcome, ModuleError> {
    let change = Change::between(args, user, shadow_of(&user.name).as_deref())?;
    let mut changed = !change.is_nothing();
    let mut said = Said::default();
    if changed && !host.check {
        tools::modify(args, &change, host, &mut |finished| said.add(finished, args))?;
    }
    if tools::password_ages(args).is_some() {
        changed = true;
        if !host.check
            && let Some(finished) = tools::set_password_ages(args, host)?
        {
            said.add(finished, args)?;
        }
    }
    let after = find(args).unwrap_or_else(|| user.clone());
    if args.bool("create_home") {
        changed |= home::make(&after, args, host)?;
    }
    let mut result = map! {
        "name" => name(args),
        "state" => "present",
        "append" => args.bool("append"),
        "move_home" => args.bool("move_home"),
    };
    if args.get("password").is_some() {
        result.insert("password".into(), "NOT_LOGGING_PASSWORD".into());
    }
    add_user(&mut result, &after, args);
    changed |= ssh_key::ensure(&after, args, host, &mut result, warnings)?;
    said.into_result(&mut result);
    Ok(ModuleOutcome::changed(changed, result))
}

fn add_user(result: &mut Map, user: &User, args: &Args) {
    result.extend(map! {
        "uid" => user.uid,
        "group" => user.gid,
        "comment" => user.comment.as_str(),
        "home" => user.home.as_str(),
        "shell" => user.shell.as_str(),
    });
    if args.get("groups").is_some() {
        result.insert("groups".into(), Value::from(args.strings("groups").join(",")));
    }
}

/// What the programs said.
#[derive(Default)]
struct Said {
    stdout: String,
    stderr: String,
}

impl Said {
    /// Takes what one said; it must have succeeded.
    fn add(&mut self, finished: Finished, args: &Args) -> Result<(), ModuleError> {
        if finished.rc != 0 {
            let result = map! { "name" => name(args), "rc" => finished.rc };
            return Err(ModuleError::new(finished.stderr_text()).result(result));
        }
        self.stdout.push_str(&finished.stdout_text());
        self.stderr.push_str(&finished.stderr_text());
        Ok(())
    }

    fn into_result(self, result: &mut Map) {
        for (key, text) in [("stdout", self.stdout), ("stderr", self.stderr)] {
            if !text.is_empty() {
                result.insert(key.into(), text.into());
            }
        }
    }
}
