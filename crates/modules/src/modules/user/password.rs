//! Hashed passwords.

/// What is said about one that can't be a hash; ansible-core's words.
pub(super) const NOT_HASHED: &str = "The input password appears not to have been hashed. The 'password' argument must be \
                                     encrypted for this module to work properly.";

/// Is it a hash that `crypt` could have made, or one of the usual signs for no password?
pub(super) fn looks_hashed(password: &str) -> bool {
    if matches!(password, "" | "*" | "!" | "*************") {
        return true;
    }
    let mut fields = password.split('$');
    let (Some(""), Some(kind), Some(hash)) = (fields.next(), fields.next(), fields.next_back()) else { return false };
    let length_fits = match kind {
        "1" => hash.len() == 22,
        "5" => hash.len() == 43,
        "6" => hash.len() == 86,
        // yescrypt and bcrypt; no hash is shorter than MD5's.
        _ => hash.len() >= 22,
    };
    length_fits && hash.chars().all(|c| c.is_ascii_alphanumeric() || "./=".contains(c))
}

/// A password as it is to stand in `/etc/shadow`.
pub(super) fn stored(password: &str, locked: Option<bool>) -> String {
    if locked == Some(true) && !password.starts_with('!') { format!("!{password}") } else { password.to_string() }
}

#[cfg(test)]
mod tests {
    use super::looks_hashed;

    /// Recorded from ansible-core 2.19's warning.
    #[test]
    fn hashes_are_told_from_words() {
        for hashed in ["", "*", "!", "*************", "$1$abcdefgh$0123456789012345678901"] {
            assert!(looks_hashed(hashed), "{hashed}");
        }
        assert!(looks_hashed("$5$rounds=5000$abc$0123456789012345678901234567890123456789012"));
        for plain in
            ["x", "!!", "abcdefghijklm", "$1$abcdefgh$012345678901234567890", "$2b$12$abc:def", "a:b", "$6$salt$abc"]
        {
            assert!(!looks_hashed(plain), "{plain}");
        }
    }
}
