//! `verify_commit`: the signature of what is checked out.

use adept_wire::map;

use super::repository::Repository;
use crate::ModuleError;

impl Repository<'_> {
    /// Checks the signature of the commit or the annotated tag, and that the key is one of `gpg_allowlist`.
    pub(super) fn verify(&self) -> Result<(), ModuleError> {
        let version = self.version.as_str();
        let kind = self.git(["cat-file", "-t", version])?;
        let verb = if kind.trim() == "tag" { "verify-tag" } else { "verify-commit" };
        let argv = self.argv([verb, "--raw", version]);
        let finished = self.ask(&argv)?;
        // Without a signature git says nothing, and with one `--raw` writes gpg's status lines.
        let (stdout, stderr) = (finished.stdout_text(), finished.stderr_text());
        let told = map! { "rc" => finished.rc, "stdout" => stdout.as_str(), "stderr" => stderr.as_str() };
        if finished.rc != 0 {
            let why = format!("Failed to verify GPG signature of commit/tag \"{version}\"");
            return Err(ModuleError::new(why).param("verify_commit").result(told));
        }
        let allowed = self.args.strings("gpg_allowlist");
        if allowed.is_empty() {
            return Ok(());
        }
        let fingerprint = fingerprint(&stderr).unwrap_or_default();
        if allowed.contains(&fingerprint) {
            return Ok(());
        }
        let why = format!("The gpg_allowlist does not include the public key \"{fingerprint}\" for this commit");
        Err(ModuleError::new(why).param("gpg_allowlist").result(told))
    }
}

/// The fingerprint of the primary key, the last word of gpg's `VALIDSIG` line.
fn fingerprint(status: &str) -> Option<&str> {
    status.lines().find(|l| l.contains("VALIDSIG"))?.split_whitespace().last()
}

#[cfg(test)]
mod tests {
    #[test]
    fn fingerprint_of_the_primary_key() {
        let status = "[GNUPG:] NEWSIG a@b\n[GNUPG:] GOODSIG 12 a <a@b>\n\
                      [GNUPG:] VALIDSIG SUB 2024-01-01 1704067200 0 4 0 1 10 00 PRIMARY\n";
        assert_eq!(super::fingerprint(status), Some("PRIMARY"));
        assert_eq!(super::fingerprint(""), None);
    }
}
