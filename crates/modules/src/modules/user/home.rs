//! The home directory of a user who has none.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use crate::file_params::reason;
use crate::sys::fs::{MODE_BITS, change_mode, change_owner};
use crate::sys::user::User;
use crate::{Args, Host, ModuleError};

/// Makes the directory that was asked for, or else the user's, if it isn't there; says whether it does (in check mode:
/// would).
pub(super) fn make(user: &User, args: &Args, host: &Host<'_>) -> Result<bool, ModuleError> {
    let path = host.path(args.str("home").unwrap_or(&user.home));
    if path.exists() {
        return Ok(false);
    }
    if host.check {
        return Ok(true);
    }
    let failed = |e: std::io::Error| ModuleError::new(reason(&e, &path)).param("home");
    let skeleton = host.path(args.str("skeleton").unwrap_or("/etc/skel"));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    if skeleton.is_dir() {
        copy_tree(&skeleton, &path).map_err(failed)?;
    } else {
        fs::create_dir(&path).map_err(failed)?;
    }
    if let Some(mode) = mode(args.str("umask"), &fs::read_to_string("/etc/login.defs").unwrap_or_default()) {
        change_mode(&path, mode).map_err(failed)?;
    }
    give(&path, user).map_err(failed)?;
    Ok(true)
}

/// The mode by the umask asked for, or by the machine's own settings for new homes.
fn mode(umask: Option<&str>, login_defs: &str) -> Option<u32> {
    let setting = |name: &str| {
        login_defs.lines().find_map(|l| {
            let mut words = l.split_whitespace();
            (words.next() == Some(name)).then(|| words.next()).flatten().map(String::from)
        })
    };
    let octal = |text: &str| u32::from_str_radix(text, 8).ok();
    let masked = |text: &str| octal(text).map(|umask| 0o777 & !umask);
    match umask {
        Some(umask) => masked(umask),
        None => setting("HOME_MODE").and_then(|m| octal(&m)).or_else(|| setting("UMASK").and_then(|m| masked(&m))),
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let (source, kind) = entry.and_then(|e| Ok((e.path(), e.file_type()?)))?;
        let target = to.join(source.file_name().unwrap_or_default());
        if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    change_mode(to, fs::metadata(from)?.mode() & MODE_BITS)
}

fn give(path: &Path, user: &User) -> std::io::Result<()> {
    for entry in walkdir::WalkDir::new(path) {
        change_owner(entry.map_err(std::io::Error::from)?.path(), Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::mode;

    #[test]
    fn mode_of_a_new_home() {
        assert_eq!(mode(Some("077"), "HOME_MODE 0750"), Some(0o700));
        assert_eq!(mode(None, "#HOME_MODE 0700\nUMASK\t027\n"), Some(0o750));
        assert_eq!(mode(None, "UMASK 022\nHOME_MODE\t0700\n"), Some(0o700));
        assert_eq!(mode(None, ""), None);
    }
}
