//! `version`: versions compared loosely, strictly, as semantic versions, or as Python packages'.

use std::cmp::Ordering;

use crate::template::call::{Call, Result, Test};

/// The table of this group.
pub const TESTS: &[Test] = &[Test::new("version", version), Test::new("version_compare", version)];

type Parsed<T> = std::result::Result<T, String>;

fn version(call: &mut Call<'_>) -> Result<bool> {
    let other = call.required(0, "version")?;
    let operator = call.text_arg(1, "operator")?.unwrap_or_else(|| "eq".into());
    let strict = match call.arg(2, "strict").filter(|s| !s.is_none()) {
        Some(strict) => Some(call.eval.truthy(&strict)?),
        None => None,
    };
    let kind = call.text_arg(3, "version_type")?;
    call.finish()?;
    let (a, b) = (call.input_text()?, call.eval.text(&other)?);
    if a.is_empty() {
        return Err(call.fail("Input version value cannot be empty"));
    }
    if b.is_empty() {
        return Err(call.fail("Version parameter to compare against cannot be empty"));
    }
    if strict.is_some() && kind.is_some() {
        return Err(call.fail("Cannot specify both 'strict' and 'version_type'"));
    }
    let accepts: fn(Ordering) -> bool = match &*operator {
        "==" | "=" | "eq" => Ordering::is_eq,
        "!=" | "<>" | "ne" => Ordering::is_ne,
        "<" | "lt" => Ordering::is_lt,
        "<=" | "le" => Ordering::is_le,
        ">" | "gt" => Ordering::is_gt,
        ">=" | "ge" => Ordering::is_ge,
        other => {
            return Err(call.fail(format!(
                "Invalid operator type ({other}). Must be one of ==, =, eq, !=, <>, ne, <, lt, <=, le, >, gt, >=, ge"
            )));
        }
    };
    let order = match kind.as_deref() {
        Some("loose") => loose(&a, &b),
        Some("strict") => both(&a, &b, strict_version),
        Some("semver" | "semantic") => both(&a, &b, semantic_version),
        Some("pep440") => both(&a, &b, python_version),
        Some(other) => {
            return Err(call.fail(format!(
                "Invalid version type ({other}). Must be one of loose, strict, semver, semantic, pep440"
            )));
        }
        None if strict == Some(true) => both(&a, &b, strict_version),
        None => loose(&a, &b),
    };
    order.map(accepts).map_err(|e| call.fail(format!("Version comparison failed: {e}")))
}

fn both<T: Ord>(a: &str, b: &str, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<Ordering> {
    Ok(parse(a)?.cmp(&parse(b)?))
}

/// A part of a loose version. Numbers and words have no order among them.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Number(String),
    Word(String),
}

/// distutils' loose versions: numbers, lower-case words, and whatever stands between them.
fn loose(a: &str, b: &str) -> Parsed<Ordering> {
    let (a, b) = (loose_parts(a), loose_parts(b));
    for (x, y) in a.iter().zip(&b) {
        let order = match (x, y) {
            (Part::Number(x), Part::Number(y)) => numeric(x, y),
            (Part::Word(x), Part::Word(y)) => x.cmp(y),
            (Part::Number(n), Part::Word(w)) | (Part::Word(w), Part::Number(n)) => {
                return Err(format!("'{n}' and '{w}' have no order"));
            }
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

fn loose_parts(version: &str) -> Vec<Part> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Digit,
        Letter,
        Dot,
        Other,
    }
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => Kind::Digit,
        c if c.is_ascii_lowercase() => Kind::Letter,
        '.' => Kind::Dot,
        _ => Kind::Other,
    };
    let mut parts: Vec<(Kind, String)> = Vec::new();
    for c in version.trim().chars() {
        match parts.last_mut() {
            Some((last, text)) if *last == kind(c) && *last != Kind::Dot => text.push(c),
            _ => parts.push((kind(c), c.to_string())),
        }
    }
    parts
        .into_iter()
        .filter(|(kind, _)| *kind != Kind::Dot)
        .map(|(kind, text)| if kind == Kind::Digit { Part::Number(text) } else { Part::Word(text) })
        .collect()
}

/// Two texts of digits, of any length.
fn numeric(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// distutils' strict versions: two or three numbers, and perhaps `a1` or `b2`, which come before none.
fn strict_version(text: &str) -> Parsed<([u64; 3], (bool, char, u64))> {
    let wrong = || format!("invalid version number '{text}'");
    let (numbers, pre) = match text.find(['a', 'b']) {
        Some(at) => {
            let pre = number(&text[at + 1..]).ok_or_else(wrong)?;
            (&text[..at], (false, text.as_bytes()[at].into(), pre))
        }
        None => (text, (true, ' ', 0)),
    };
    let parts: Option<Vec<u64>> = numbers.split('.').map(number).collect();
    match parts.as_deref() {
        Some([major, minor]) => Ok(([*major, *minor, 0], pre)),
        Some([major, minor, patch]) => Ok(([*major, *minor, *patch], pre)),
        _ => Err(wrong()),
    }
}

/// An identifier of a pre-release: numbers come before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

/// Semantic versions; one without pre-release comes after those with one.
fn semantic_version(text: &str) -> Parsed<([u64; 3], bool, Vec<Identifier>)> {
    let wrong = || format!("invalid semantic version '{text}'");
    let (text_without_build, build) = text.split_once('+').map_or((text, None), |(t, b)| (t, Some(b)));
    let (numbers, pre) = text_without_build.split_once('-').map_or((text_without_build, None), |(n, p)| (n, Some(p)));
    let good = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let zeros = |id: &str| id.len() > 1 && id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit());
    if build.is_some_and(|b| !b.split('.').all(good)) || numbers.split('.').any(zeros) {
        return Err(wrong());
    }
    let parts: Option<Vec<u64>> = numbers.split('.').map(number).collect();
    let Some([major, minor, patch]) = parts.as_deref() else { return Err(wrong()) };
    let mut identifiers = Vec::new();
    for id in pre.into_iter().flat_map(|p| p.split('.')) {
        if !good(id) || zeros(id) {
            return Err(wrong());
        }
        identifiers.push(number(id).map_or_else(|| Identifier::Word(id.to_owned()), Identifier::Number));
    }
    Ok(([*major, *minor, *patch], pre.is_none(), identifiers))
}

/// What orders Python packages' versions: epoch, release, pre, post, dev, local.
type PythonVersion = (u64, Vec<u64>, (u8, u64), (u8, u64), (u8, u64), Vec<(u8, u64, String)>);

/// Versions as PEP 440 has them: `1!2.0rc1.post2.dev3+local`.
fn python_version(text: &str) -> Parsed<PythonVersion> {
    let wrong = || format!("Invalid version: '{text}'");
    let lower = text.trim().to_lowercase();
    let rest = lower.strip_prefix('v').unwrap_or(&lower);
    let (rest, local) = rest.split_once('+').map_or((rest, None), |(r, l)| (r, Some(l)));
    let (epoch, rest) = match rest.split_once('!') {
        Some((epoch, rest)) => (number(epoch).ok_or_else(wrong)?, rest),
        None => (0, rest),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let numbers = rest[..end].trim_end_matches('.');
    let release: Option<Vec<u64>> = numbers.split('.').map(number).collect();
    let mut release = release.ok_or_else(wrong)?;
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let mut rest = &rest[numbers.len()..];
    let (mut pre, mut post, mut dev) = (None, None, None);
    while !rest.is_empty() {
        let separated = rest.trim_start_matches(['.', '-', '_']);
        let dashed = rest.starts_with('-') && separated.starts_with(|c: char| c.is_ascii_digit());
        let end = separated.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(separated.len());
        let (word, after) = separated.split_at(end);
        let after_separator = after.trim_start_matches(['.', '-', '_']);
        let after = if after_separator.starts_with(|c: char| c.is_ascii_digit()) { after_separator } else { after };
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let n = if digits == 0 { 0 } else { number(&after[..digits]).ok_or_else(wrong)? };
        let slot = match word {
            "a" | "alpha" if pre.is_none() && post.is_none() && dev.is_none() => pre.insert((0u8, n)),
            "b" | "beta" if pre.is_none() && post.is_none() && dev.is_none() => pre.insert((1, n)),
            "c" | "rc" | "pre" | "preview" if pre.is_none() && post.is_none() && dev.is_none() => pre.insert((2, n)),
            "post" | "rev" | "r" if post.is_none() && dev.is_none() => post.insert((1, n)),
            "" if dashed && post.is_none() && dev.is_none() => post.insert((1, n)),
            "dev" if dev.is_none() => dev.insert((0, n)),
            _ => return Err(wrong()),
        };
        let _ = slot;
        rest = &after[digits..];
    }
    // Without a pre-release a version comes after those with one; a mere development version comes before all of them.
    let pre_order = match pre {
        Some((kind, n)) => (kind + 1, n),
        None if post.is_none() && dev.is_some() => (0, 0),
        None => (9, 0),
    };
    let local = local.into_iter().flat_map(|l| l.split(['.', '-', '_'])).map(|part| match number(part) {
        Some(n) => (1, n, String::new()),
        None => (0, 0, part.to_owned()),
    });
    Ok((epoch, release, pre_order, post.unwrap_or((0, 0)), dev.unwrap_or((1, 0)), local.collect()))
}
