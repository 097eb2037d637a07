//! `generate_ssh_key`: a pair of keys for a user, by `ssh-keygen`.

use std::fs;
use std::path::{Path, PathBuf};

use adept_wire::{Map, Value, map};

use crate::file_params::{reason, text};
use crate::sys::fs::{change_mode, change_owner};
use crate::sys::process::{Command, program};
use crate::sys::user::User;
use crate::{Args, Host, ModuleError};

use super::name;

/// Makes the keys if they aren't there, and tells of them; says whether it does (in check mode: would).
pub(super) fn ensure(
    user: &User,
    args: &Args,
    host: &Host<'_>,
    result: &mut Map,
    warnings: &mut Vec<String>,
) -> Result<bool, ModuleError> {
    if !args.bool("generate_ssh_key") {
        return Ok(false);
    }
    let private = private_key(user, args, host)?;
    let public = PathBuf::from(format!("{}.pub", private.display()));
    let changed = generate(user, &private, &public, args, host, warnings)?;
    result.extend(map! {
        "ssh_fingerprint" => fingerprint(&private, host)?,
        "ssh_key_file" => text(&private),
        "ssh_public_key" => fs::read_to_string(&public).map_or(Value::NULL, |key| key.trim().into()),
    });
    Ok(changed)
}

fn private_key(user: &User, args: &Args, host: &Host<'_>) -> Result<PathBuf, ModuleError> {
    let kind = args.str("ssh_key_type").unwrap_or("rsa");
    let path = args.str("ssh_key_file").map_or_else(|| format!(".ssh/id_{kind}").into(), PathBuf::from);
    if path.is_absolute() {
        return Ok(path);
    }
    let home = host.path(&user.home);
    if !home.exists() && !host.check {
        return Err(ModuleError::new(format!("User {} home directory does not exist", user.name)).param("home"));
    }
    Ok(home.join(path))
}

fn generate(
    user: &User,
    private: &Path,
    public: &Path,
    args: &Args,
    host: &Host<'_>,
    warnings: &mut Vec<String>,
) -> Result<bool, ModuleError> {
    for (kind, path) in [("private", private), ("public", public)] {
        let shown = path.display();
        if !path.exists() {
            continue;
        }
        if !args.bool("force") {
            warnings.push(format!(
                "Found existing ssh key {kind} file \"{shown}\", no force, so skipping ssh-keygen generation"
            ));
            return Ok(false);
        }
        warnings.push(format!("Overwriting existing ssh key {kind} file \"{shown}\""));
    }
    if host.check {
        return Ok(true);
    }
    let failed = |path: &Path, e: std::io::Error| ModuleError::new(reason(&e, path)).param("ssh_key_file");
    if let Some(dir) = private.parent().filter(|d| !d.exists()) {
        fs::create_dir_all(dir).map_err(|e| failed(dir, e))?;
        change_mode(dir, 0o700)
            .and_then(|()| change_owner(dir, Some(user.uid), Some(user.gid)))
            .map_err(|e| failed(dir, e))?;
    }
    for path in [private, public].into_iter().filter(|p| p.exists()) {
        // `ssh-keygen` would ask before it overwrites one.
        fs::remove_file(path).map_err(|e| failed(path, e))?;
    }
    let comment = args.str("ssh_key_comment").map_or_else(default_comment, String::from);
    let mut argv = vec![program("ssh-keygen", host)?.into_os_string()];
    argv.extend(["-q".into(), "-t".into(), args.str("ssh_key_type").unwrap_or("rsa").into()]);
    if let Some(bits) = args.int("ssh_key_bits").filter(|bits| *bits > 0) {
        argv.extend(["-b".into(), bits.to_string().into()]);
    }
    argv.extend(["-C".into(), comment.into(), "-f".into(), private.into()]);
    argv.extend(["-N".into(), args.str("ssh_key_passphrase").unwrap_or_default().into()]);
    let finished = Command::new(argv).quiet().run(host)?;
    if finished.rc != 0 {
        let result = map! { "name" => name(args), "rc" => finished.rc };
        return Err(ModuleError::new(finished.stderr_text()).param("ssh_key_type").result(result));
    }
    for path in [private, public] {
        change_owner(path, Some(user.uid), Some(user.gid)).map_err(|e| failed(path, e))?;
    }
    Ok(true)
}

fn default_comment() -> String {
    format!("ansible-generated on {}", rustix::system::uname().nodename().to_string_lossy())
}

/// What `ssh-keygen -l` says of a key; nothing of one that isn't there.
fn fingerprint(private: &Path, host: &Host<'_>) -> Result<String, ModuleError> {
    if !private.exists() {
        return Ok(String::new());
    }
    let argv = [program("ssh-keygen", host)?.into_os_string(), "-l".into(), "-f".into(), private.into()];
    let finished = Command::new(argv).quiet().run(host)?;
    let said = if finished.rc == 0 { finished.stdout_text() } else { finished.stderr_text() };
    Ok(said.trim().to_string())
}
