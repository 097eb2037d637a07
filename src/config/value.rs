//! From the text of a setting to its value.

use std::path::Path;

use adept_wire::Value;

use super::process_env::ProcessEnv;
use super::setting::Kind;

const TRUE: [&str; 6] = ["y", "yes", "on", "1", "true", "t"];
const FALSE: [&str; 7] = ["n", "no", "off", "0", "false", "f", ""];

/// What relative paths start from, and what `{{CWD}}` and `$NAME` stand for.
pub(super) struct Base<'a> {
    pub env: &'a ProcessEnv,
    /// The folder of the file; for an environment variable or a flag the current folder.
    pub dir: &'a Path,
    /// In a file, quotes around a text don't belong to it.
    pub quoted: bool,
}

/// The value, or what was expected. The warning is of a boolean that means "no" only because it isn't "yes".
pub(super) fn read(text: &str, kind: Kind, base: &Base<'_>) -> Result<(Value, Option<String>), String> {
    let plain = if base.quoted { unquote(text) } else { text };
    let value = match kind {
        Kind::Bool => {
            let word = text.to_lowercase();
            let known = TRUE.contains(&word.as_str()) || FALSE.contains(&word.as_str());
            let warning = (!known).then(|| format!("'{text}' is neither true nor false; it is read as false"));
            return Ok((Value::from(TRUE.contains(&word.as_str())), warning));
        }
        Kind::Int => Value::from(integer(text).ok_or("an integer is expected")?),
        Kind::Float => Value::from(text.trim().parse::<f64>().map_err(|_| "a number is expected")?),
        Kind::Text => Value::str(plain),
        Kind::Choice(words) if words.contains(&plain) => Value::str(plain),
        Kind::Choice(words) => return Err(format!("one of {} is expected", words.join(", "))),
        Kind::List => Value::from(split(text, ',').map(unquote).map(str::to_owned).collect::<Vec<_>>()),
        Kind::Path => path(plain, base),
        Kind::PathSpec => Value::list(split(plain, ':').map(|p| path(p, base)).collect()),
        Kind::PathList => Value::list(split(plain, ',').map(|p| path(p, base)).collect()),
    };
    Ok((value, None))
}

/// The items that aren't empty. (For ansible-core 2.19 an empty path is the current folder: nobody means that.)
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim).filter(|item| !item.is_empty())
}

fn path(text: &str, base: &Base<'_>) -> Value {
    let cwd = base.env.cwd.to_string_lossy();
    let text = text.replace("{{CWD}}", &cwd).replace("{{ CWD }}", &cwd);
    Value::str(base.env.path(&text, base.dir).to_string_lossy())
}

/// `5`, `-1`, and `5.0`.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let float = || text.parse::<f64>().ok().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64);
    text.parse().ok().or_else(float)
}

fn unquote(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote).and_then(|t: &str| t.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}
