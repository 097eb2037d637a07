//! `password`: a random password, kept in a file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::term::{Term, text_option, texts};
use crate::template::call::{Call, Lookup, Result};
use crate::template::error::TemplateError;
use crate::template::filters::{SALT, generator, password_hash};
use crate::template::mersenne::Mersenne;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("password", password)];

const OPTIONS: &[&str] = &["length", "chars", "encrypt", "ident", "seed"];
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

fn password(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let chars = call.value_arg(usize::MAX, "chars")?;
    let mut named = Vec::new();
    for name in OPTIONS {
        named.push((*name, text_option(call, name)?));
    }
    let terms = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for term in terms {
        let term = Term::parse(&term, OPTIONS);
        let option = |name: &str| {
            let named = named.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.clone());
            term.get(name).map(str::to_owned).or(named)
        };
        let length = option("length").unwrap_or_else(|| "20".to_owned());
        let Some(length) = length.parse::<usize>().ok().filter(|n| *n <= 1 << 20) else {
            return Err(call.fail(format!("'length' must be a number, not '{length}'")));
        };
        let kinds = match (term.get("chars"), &chars) {
            (Some(text), _) => split_chars(text),
            (None, Some(value)) => match value.as_str() {
                Some(text) => split_chars(text),
                None => crate::template::filters::key::texts(value),
            },
            (None, None) => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
        };
        let candidates: Vec<char> = kinds.iter().map(|k| class(k)).collect::<String>().chars().collect();
        if candidates.is_empty() {
            return Err(call.fail("there are no characters to choose from"));
        }
        let path = call.eval.env().basedir.join(&term.text);
        let dev_null = path == Path::new("/dev/null");
        if !dev_null && path.exists() {
            let text = super::files::read(&path)?;
            out.push(encrypted(call, kept(&text).to_owned(), option("encrypt"), salt_of(&text))?);
            continue;
        }
        let seed = option("seed").map(Val::from);
        let mut dice = match &seed {
            Some(_) => generator(call, seed.as_ref())?,
            None => Mersenne::from_system(),
        };
        let fresh: String = (0..length).map(|_| candidates[dice.below(candidates.len() as u64) as usize]).collect();
        let salt = option("encrypt").filter(|e| !e.is_empty()).map(|_| Mersenne::from_system().text(SALT, 8));
        let line = match &salt {
            Some(salt) => format!("{fresh} salt={salt}"),
            None => fresh,
        };
        let line = if dev_null { line } else { keep(&path, &line)? };
        out.push(encrypted(call, kept(&line).to_owned(), option("encrypt"), salt_of(&line))?);
    }
    Ok(out)
}

/// `a,b` is `a` and `b`; two commas are one that is meant.
fn split_chars(text: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    let mut text = text.to_owned();
    if text.contains(",,") {
        kinds.push(",".to_owned());
        text = text.replacen(",,", ",", 1);
    }
    kinds.extend(text.split(',').filter(|k| !k.is_empty()).map(str::to_owned));
    kinds
}

/// The characters of a class of Python's `string` module, or those written.
fn class(name: &str) -> String {
    match name {
        "ascii_letters" => [LOWER, UPPER].concat(),
        "ascii_lowercase" => LOWER.to_owned(),
        "ascii_uppercase" => UPPER.to_owned(),
        "digits" => DIGITS.to_owned(),
        "hexdigits" => "0123456789abcdefABCDEF".to_owned(),
        "octdigits" => "01234567".to_owned(),
        "punctuation" => PUNCTUATION.to_owned(),
        "whitespace" => " \t\n\r\x0b\x0c".to_owned(),
        "printable" => [DIGITS, LOWER, UPPER, PUNCTUATION, " \t\n\r\x0b\x0c"].concat(),
        written => written.replace(['"', '\''], ""),
    }
}

/// The password of a file that may also hold a salt.
fn kept(text: &str) -> &str {
    let line = text.trim_end();
    line.rsplit_once(" salt=").map_or(line, |(password, _)| password)
}

/// The salt of a file that was written with `encrypt`.
fn salt_of(text: &str) -> Option<String> {
    text.trim_end().rsplit_once(" salt=").map(|(_, salt)| salt.to_owned())
}

/// The password itself, or its hash with the salt that is kept beside it.
fn encrypted(call: &Call<'_>, password: String, kind: Option<String>, salt: Option<String>) -> Result<Val> {
    let Some(kind) = kind.filter(|k| !k.is_empty() && !k.eq_ignore_ascii_case("none")) else {
        return Ok(Val::str(password));
    };
    let Some(salt) = salt else {
        return Err(call.fail("the file has no salt, since it was written without 'encrypt'"));
    };
    password_hash(&password, &kind, Some(&salt), None).map(Val::str).map_err(|e| call.fail(e))
}

/// Writes the password where nobody else reads it; one that another process wrote meanwhile counts.
fn keep(path: &Path, password: &str) -> Result<String> {
    let wrong = |e: std::io::Error| TemplateError::file(format!("can't write {}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(wrong)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(format!("{password}\n").as_bytes()).map_err(wrong)?;
            Ok(password.to_owned())
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            super::files::read(path).map(|text| text.trim_end().to_owned())
        }
        Err(e) => Err(wrong(e)),
    }
}
