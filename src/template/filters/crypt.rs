//! `password_hash`: what `/etc/shadow` takes, SHA-256 and SHA-512 crypt with passlib's defaults, as Ansible has them.

use sha_crypt::{Params, sha256_crypt, sha512_crypt};

use crate::template::call::{Call, Filter, Result};
use crate::template::mersenne::Mersenne;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[Filter::new("password_hash", filter).impure()];

/// The characters of salts, and of hashes, in the order of their values.
pub(crate) const SALT: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The rounds that are meant when a hash names none.
const IMPLICIT_ROUNDS: u32 = 5000;

fn filter(call: &mut Call<'_>) -> Result<Val> {
    let kind = call.text_arg(0, "hashtype")?.unwrap_or_else(|| "sha512".into());
    let salt = call.text_arg(1, "salt")?;
    let salt_size = call.int_arg(2, "salt_size")?;
    let rounds = call.int_arg(3, "rounds")?;
    call.named("ident");
    call.finish()?;
    let salt = match (salt, salt_size) {
        (Some(salt), _) => Some(salt.to_string()),
        (None, Some(size)) => Some(Mersenne::from_system().text(SALT, usize::try_from(size).unwrap_or(0))),
        (None, None) => None,
    };
    password_hash(&call.input_text()?, &kind, salt.as_deref(), rounds).map(Val::str).map_err(|e| call.fail(e))
}

/// The hash of a password; without a salt it gets one of its own.
///
/// # Errors
/// On kinds that aren't there, salts of other characters, and too few rounds.
pub(crate) fn password_hash(
    password: &str,
    kind: &str,
    salt: Option<&str>,
    rounds: Option<i64>,
) -> std::result::Result<String, String> {
    let (ident, default_rounds) = match kind {
        "sha512" | "sha512_crypt" => (6, 656_000),
        "sha256" | "sha256_crypt" => (5, 535_000),
        "md5" | "md5_crypt" | "blowfish" | "bcrypt" => {
            return Err(format!("the hash type {kind} is not supported yet"));
        }
        other => return Err(format!("{other} is not in the list of supported algorithms: sha256, sha512")),
    };
    let salt = salt.map_or_else(|| Mersenne::from_system().text(SALT, 16), str::to_owned);
    if let Some(wrong) = salt.chars().find(|c| !SALT.contains(*c)) {
        return Err(format!("invalid character '{wrong}' in the salt: letters, digits, '.' and '/' are allowed"));
    }
    if salt.len() > 16 {
        return Err("the salt is too large: at most 16 characters".to_owned());
    }
    let rounds = u32::try_from(rounds.unwrap_or(default_rounds)).unwrap_or(0);
    let params = Params::new(rounds).map_err(|_| "rounds must be from 1000 to 999999999".to_owned())?;
    let hash = if ident == 6 {
        encoded_512(&sha512_crypt(password.as_bytes(), salt.as_bytes(), params))
    } else {
        encoded_256(&sha256_crypt(password.as_bytes(), salt.as_bytes(), params))
    };
    let named = if rounds == IMPLICIT_ROUNDS { String::new() } else { format!("rounds={rounds}$") };
    Ok(format!("${ident}${named}{salt}${hash}"))
}

/// Three bytes as four characters, the lowest bits first; fewer at the end.
fn push(out: &mut String, high: u8, middle: u8, low: u8, characters: usize) {
    let mut bits = u32::from(high) << 16 | u32::from(middle) << 8 | u32::from(low);
    for _ in 0..characters {
        out.push(SALT.as_bytes()[(bits & 0x3f) as usize].into());
        bits >>= 6;
    }
}

fn encoded_512(hash: &[u8; 64]) -> String {
    let mut out = String::new();
    for i in 0..21 {
        // The three bytes change places from group to group.
        let mut at = [i, i + 21, i + 42];
        at.rotate_left(i % 3);
        push(&mut out, hash[at[0]], hash[at[1]], hash[at[2]], 4);
    }
    push(&mut out, 0, 0, hash[63], 2);
    out
}

fn encoded_256(hash: &[u8; 32]) -> String {
    let mut out = String::new();
    for i in 0..10 {
        let mut at = [i, i + 10, i + 20];
        at.rotate_right(i % 3);
        push(&mut out, hash[at[0]], hash[at[1]], hash[at[2]], 4);
    }
    push(&mut out, 0, hash[31], hash[30], 3);
    out
}

#[cfg(test)]
mod tests {
    use super::password_hash;

    #[test]
    fn hashes_are_passlibs() {
        // Recorded from ansible-core 2.19 with passlib 1.7.4, and from crypt(3).
        let sha512 = "$6$rounds=10000$mysalt$9XTP7570fxVN/uTspSrH6kRPdR4KKGzGz7.TmJjDYGrKSwZuavW/3YaLur8JX6WP75Czcxa.megIO0lKreY0R.";
        assert_eq!(password_hash("secret", "sha512", Some("mysalt"), Some(10000)).unwrap(), sha512);
        let implicit =
            "$6$mysalt$UX6P1VKOf6dr0s2pg4pLNvIUB6hLXvP6M5f/Yj9hJgMPdAJ4oArvk5YUD9/XWtk1JOpVwt/JTsczMJr8sFVML1";
        assert_eq!(password_hash("secret", "sha512", Some("mysalt"), Some(5000)).unwrap(), implicit);
        let sha256 = "$5$mysalt$I2SNajjJ3Gc5gIR/tkrLOGngF8wqv59buJCqxh.o9s8";
        assert_eq!(password_hash("secret", "sha256", Some("mysalt"), Some(5000)).unwrap(), sha256);
    }

    #[test]
    fn a_hash_without_salt_gets_one_of_its_own() {
        let hash = || password_hash("secret", "sha512", None, Some(1000)).unwrap();
        assert!(hash().starts_with("$6$rounds=1000$"));
        assert_ne!(hash(), hash());
    }

    #[test]
    fn wrong_salts_and_kinds_are_refused() {
        assert!(password_hash("secret", "sha512", Some("bad salt!"), None).is_err());
        assert!(password_hash("secret", "sha512", Some("aaaaaaaaaaaaaaaaa"), None).is_err());
        assert!(password_hash("secret", "nope", None, None).is_err());
    }
}
