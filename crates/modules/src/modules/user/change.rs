//! `Change`: what is asked of a user and isn't so yet.

use adept_wire::Data;

use crate::sys::user::{Group, User};
use crate::{Args, ModuleError};

use super::group;

/// What differs; `None` is as it should be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub uid: Option<i64>,
    pub gid: Option<u32>,
    pub groups: Option<Groups>,
    pub comment: Option<String>,
    pub home: Option<String>,
    pub shell: Option<String>,
    pub expires: Option<Expiry>,
    /// Days between the end of the password's life and the account's.
    pub inactive: Option<i64>,
    /// As it is to stand in `/etc/shadow`.
    pub password: Option<String>,
    pub lock: Option<bool>,
}

/// Further groups of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Groups {
    /// All that were asked for.
    pub wanted: Vec<String>,
    /// Those that the user isn't in yet.
    pub missing: Vec<String>,
    /// Those that the user is to leave.
    pub surplus: Vec<String>,
}

/// When an account ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expiry {
    Never,
    /// Days since 1970.
    Day(i64),
}

impl Expiry {
    pub fn asked(args: &Args) -> Option<Expiry> {
        let Data::Float(seconds) = args.get("expires")?.data else { return None };
        // A day's number is far below 2^53.
        Some(if seconds < 0.0 { Expiry::Never } else { Expiry::Day((seconds / 86400.0).floor() as i64) })
    }

    /// `2015-01-28`, as `useradd` and `usermod` take it.
    pub fn date(self) -> String {
        match self {
            Expiry::Never => String::new(),
            Expiry::Day(days) => {
                let moment = jiff::Timestamp::from_second(days * 86400).unwrap_or(jiff::Timestamp::MAX);
                moment.strftime("%Y-%m-%d").to_string()
            }
        }
    }
}

impl Change {
    /// What is asked for, less what is so. Without the right to read `/etc/shadow` what it holds counts as different.
    pub fn between(args: &Args, user: &User, shadow: Option<&[String]>) -> Result<Change, ModuleError> {
        let field = |i: usize| shadow.and_then(|s| s.get(i)).map(String::as_str);
        let differs = |param: &str, old: &str| args.str(param).filter(|new| *new != old).map(String::from);
        let gid = match args.str("group") {
            Some(name) => Some(group(name, "group")?.gid).filter(|gid| *gid != user.gid),
            None => None,
        };
        let stored = field(1).unwrap_or_default();
        let locked = args.opt_bool("password_lock");
        let password = args
            .str("password")
            .filter(|_| args.str("update_password") == Some("always"))
            .filter(|new| new.trim_start_matches('!') != stored.trim_start_matches('!') || (field(1).is_none()))
            .map(|new| super::password::stored(new, locked));
        let lock = locked.filter(|locked| password.is_none() && *locked != stored.starts_with('!'));
        Ok(Change {
            uid: args.int("uid").filter(|uid| *uid != i64::from(user.uid)),
            gid,
            groups: Groups::between(args, user)?,
            comment: differs("comment", &user.comment),
            home: differs("home", &user.home),
            shell: differs("shell", &user.shell),
            expires: Expiry::asked(args).filter(|asked| match (asked, field(7)) {
                (Expiry::Never, Some(day)) => !day.is_empty(),
                (Expiry::Day(asked), Some(day)) => day.parse() != Ok(*asked),
                (_, None) => true,
            }),
            inactive: args.int("password_expire_account_disable").filter(|days| match field(6) {
                // ansible-core 2.19 sets -1 again and again.
                Some("") => *days != -1,
                Some(old) => old.parse() != Ok(*days),
                None => true,
            }),
            password,
            lock,
        })
    }

    pub fn is_nothing(&self) -> bool {
        *self == Change::default()
    }
}

impl Groups {
    fn between(args: &Args, user: &User) -> Result<Option<Groups>, ModuleError> {
        let Some(wanted) = wanted_groups(args)? else { return Ok(None) };
        let current: Vec<Group> = Group::all().into_iter().filter(|g| g.members.contains(&user.name)).collect();
        let missing = wanted.iter().filter(|w| !current.iter().any(|g| g.name == **w)).cloned().collect::<Vec<_>>();
        let surplus: Vec<String> = if args.bool("append") {
            Vec::new()
        } else {
            let unwanted = current.into_iter().filter(|g| !wanted.contains(&g.name) && g.gid != user.gid);
            unwanted.map(|g| g.name).collect()
        };
        let differs = !missing.is_empty() || !surplus.is_empty();
        Ok(differs.then_some(Groups { wanted, missing, surplus }))
    }
}

/// The names of the further groups that are asked for; a single empty name is none at all.
pub(super) fn wanted_groups(args: &Args) -> Result<Option<Vec<String>>, ModuleError> {
    if args.get("groups").is_none() {
        return Ok(None);
    }
    let names = args.strings("groups").into_iter().filter(|n| !n.is_empty());
    names.map(|n| group(n, "groups").map(|g| g.name)).collect::<Result<Vec<_>, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use adept_wire::{Map, map};

    use super::*;

    fn user() -> User {
        User {
            name: "nobody-like-this".into(),
            uid: 70,
            gid: 0,
            comment: "c".into(),
            home: "/h".into(),
            shell: "/bin/sh".into(),
        }
    }

    fn change(args: Map, shadow: &str) -> Change {
        let mut all = map! { "name" => "nobody-like-this" };
        all.extend(args);
        let args = Args::parse(&super::super::MODULE.spec, &all).unwrap();
        let shadow: Vec<String> = shadow.split(':').map(String::from).collect();
        Change::between(&args, &user(), Some(&shadow)).unwrap()
    }

    #[test]
    fn what_is_so_already_is_no_change() {
        let same = map! {
            "uid" => 70, "group" => "0", "comment" => "c", "home" => "/h", "shell" => "/bin/sh",
            "expires" => 86400 * 3 + 5, "password" => "$6$a", "password_lock" => true,
            "password_expire_account_disable" => 4,
        };
        assert!(change(same, "n:!$6$a:1:0:9:7:4:3:").is_nothing());
        assert!(change(map! { "expires" => -1, "password_expire_account_disable" => -1 }, "n:*:::::::").is_nothing());
    }

    #[test]
    fn a_password_is_unlocked_by_itself_or_with_a_new_one() {
        let unlock = change(map! { "password_lock" => false }, "n:!x:::::::");
        assert_eq!(unlock, Change { lock: Some(false), ..Change::default() });
        let both = change(map! { "password_lock" => true, "password" => "y" }, "n:x:::::::");
        assert_eq!(both, Change { password: Some("!y".into()), ..Change::default() });
        let later = change(map! { "password" => "y", "update_password" => "on_create" }, "n:x:::::::");
        assert!(later.is_nothing());
    }

    #[test]
    fn expiry_as_a_date() {
        assert_eq!(Expiry::Day(16463).date(), "2015-01-28");
        assert_eq!(change(map! { "expires" => 1422403387.5 }, "n:x:::::::").expires, Some(Expiry::Day(16463)));
        assert_eq!(change(map! { "expires" => -1 }, "n:x::::::16463:").expires, Some(Expiry::Never));
    }
}
