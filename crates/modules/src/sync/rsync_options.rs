//! rsync's command-line options, as users write them in `rsync_opts`.

use std::fs;
use std::path::Path;

use super::filter::{Filter, Rule};
use super::options::Options;
use crate::file_mode::FileMode;

/// What changes nothing here: output, transport, and how files are put in place (always at once, by a rename).
const WITHOUT_EFFECT: &[&str] = &[
    "verbose",
    "quiet",
    "human-readable",
    "progress",
    "stats",
    "itemize-changes",
    "numeric-ids",
    "partial",
    "whole-file",
    "no-whole-file",
    "compress",
    "no-compress",
    "delay-updates",
    "blocking-io",
    "fsync",
    "no-motd",
    "info",
    "timeout",
    "bwlimit",
    "compress-level",
    "outbuf",
    "protect-args",
    "secluded-args",
    "old-args",
    "no-inc-recursive",
    "rsh",
    "port",
    "contimeout",
    "no-implied-dirs",
    "mkpath",
    "stop-after",
    "block-size",
    "temp-dir",
    "partial-dir",
    "debug",
    "inplace",
];

/// Options that have a value, in the next word or behind `=`.
const WITH_VALUE: &[&str] = &[
    "exclude",
    "include",
    "filter",
    "exclude-from",
    "include-from",
    "chmod",
    "timeout",
    "bwlimit",
    "compress-level",
    "outbuf",
    "rsh",
    "port",
    "contimeout",
    "stop-after",
    "block-size",
    "temp-dir",
    "partial-dir",
    "info",
    "debug",
];

/// The long name of a short option.
fn long_name(short: char) -> Option<&'static str> {
    Some(match short {
        'a' => "archive",
        'r' => "recursive",
        'd' => "dirs",
        'l' => "links",
        'L' => "copy-links",
        'p' => "perms",
        't' => "times",
        'O' => "omit-dir-times",
        'o' => "owner",
        'g' => "group",
        'D' => "D",
        'c' => "checksum",
        'u' => "update",
        'I' => "ignore-times",
        'f' => "filter",
        'e' => "rsh",
        'v' => "verbose",
        'q' => "quiet",
        'h' => "human-readable",
        'i' => "itemize-changes",
        'P' => "partial",
        'W' => "whole-file",
        'z' => "compress",
        's' => "protect-args",
        'B' => "block-size",
        'T' => "temp-dir",
        _ => return None,
    })
}

/// Takes options in order, as they stand on rsync's command line.
///
/// # Errors
/// Names an option that isn't understood, or a value that is wrong.
pub fn parse(words: &[&str], cwd: &Path, options: &mut Options, filter: &mut Filter) -> Result<(), String> {
    let mut words = words.iter().map(|w| w.trim()).filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--") {
            // `--exclude=x`, or `--exclude x` in one word or two.
            let (name, value) = match name.split_once(['=', ' ']) {
                Some((name, value)) => (name, Some(value.trim())),
                None if WITH_VALUE.contains(&name) => (name, words.next()),
                None => (name, None),
            };
            apply(name, value, word, cwd, options, filter)?;
            continue;
        }
        let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) else {
            return Err(format!("rsync_opts: '{word}' is no option"));
        };
        for (i, letter) in letters.char_indices() {
            let name = long_name(letter).ok_or_else(|| {
                format!("rsync_opts: the option -{letter} is not supported by the native synchronize")
            })?;
            if !WITH_VALUE.contains(&name) {
                apply(name, None, word, cwd, options, filter)?;
                continue;
            }
            let rest = letters[i + letter.len_utf8()..].trim_start_matches([' ', '=']);
            let value = if rest.is_empty() { words.next() } else { Some(rest) };
            apply(name, value, word, cwd, options, filter)?;
            break;
        }
    }
    Ok(())
}

fn apply(
    name: &str,
    value: Option<&str>,
    word: &str,
    cwd: &Path,
    options: &mut Options,
    filter: &mut Filter,
) -> Result<(), String> {
    if WITHOUT_EFFECT.contains(&name) {
        return Ok(());
    }
    if WITH_VALUE.contains(&name) {
        let value = value.ok_or_else(|| format!("rsync_opts: {word} needs a value"))?;
        return match name {
            "exclude" => rule(false, value, filter),
            "include" => rule(true, value, filter),
            "filter" => filter_rule(value, filter),
            "chmod" => chmod(value, options),
            _ => patterns_from(name == "include-from", &cwd.join(value), filter),
        };
    }
    let (name, on) = match name.strip_prefix("no-") {
        Some(name) => (name, false),
        None => (name, true),
    };
    let flag = match name {
        "archive" | "a" => {
            options.archive(on);
            return Ok(());
        }
        "D" => {
            options.devices = on;
            &mut options.specials
        }
        "delete" | "del" | "delete-after" | "delete-before" | "delete-during" | "delete-delay" => &mut options.delete,
        "delete-excluded" => {
            options.delete |= on;
            &mut options.delete_excluded
        }
        "recursive" | "r" => &mut options.recursive,
        "dirs" | "d" => &mut options.dirs,
        "links" | "l" => &mut options.links,
        "copy-links" | "L" => &mut options.copy_links,
        "perms" | "p" => &mut options.perms,
        "times" | "t" => &mut options.times,
        "omit-dir-times" | "O" => &mut options.omit_dir_times,
        "owner" | "o" => &mut options.owner,
        "group" | "g" => &mut options.group,
        "devices" => &mut options.devices,
        "specials" => &mut options.specials,
        "checksum" | "c" => &mut options.checksum,
        "size-only" => &mut options.size_only,
        "ignore-times" | "I" => &mut options.ignore_times,
        "update" | "u" => &mut options.update,
        "existing" | "ignore-non-existing" => &mut options.existing,
        "ignore-existing" => &mut options.ignore_existing,
        _ => return Err(format!("rsync_opts: the option {word} is not supported by the native synchronize")),
    };
    *flag = on;
    Ok(())
}

fn rule(include: bool, pattern: &str, filter: &mut Filter) -> Result<(), String> {
    filter.push(Rule::new(include, pattern).map_err(|e| format!("rsync_opts: the pattern '{pattern}': {e}"))?);
    Ok(())
}

/// `- PATTERN`, `+ PATTERN`, `exclude PATTERN`, `include PATTERN`; with `,` or `_` in place of the space, too.
fn filter_rule(text: &str, filter: &mut Filter) -> Result<(), String> {
    let unsupported = || format!("rsync_opts: the filter rule '{text}' is not supported by the native synchronize");
    let text_ = text.trim_matches(['\'', '"']);
    let (kind, pattern) = text_.split_once([' ', '_', ',']).ok_or_else(unsupported)?;
    match kind {
        "-" | "exclude" => rule(false, pattern, filter),
        "+" | "include" => rule(true, pattern, filter),
        _ => Err(unsupported()),
    }
}

/// A file of patterns, one a line; `#` and `;` begin comments, `+ ` and `- ` say otherwise than the option.
fn patterns_from(include: bool, path: &Path, filter: &mut Filter) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|e| format!("rsync_opts: {}: {e}", path.display()))?;
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', ';'])) {
        match line.split_at_checked(2) {
            Some(("+ ", pattern)) => rule(true, pattern, filter)?,
            Some(("- ", pattern)) => rule(false, pattern, filter)?,
            _ => rule(include, line, filter)?,
        }
    }
    Ok(())
}

/// `D755,Fu=rw,go-w`: for directories, for files, for both.
fn chmod(text: &str, options: &mut Options) -> Result<(), String> {
    for part in text.split(',') {
        let (for_dirs, for_files, mode) = match part.split_at_checked(1) {
            Some(("D", mode)) => (true, false, mode),
            Some(("F", mode)) => (false, true, mode),
            _ => (true, true, part),
        };
        let mode = FileMode::parse(mode).map_err(|e| format!("rsync_opts: --chmod={text}: {e}"))?;
        if for_dirs {
            options.dir_modes.push(mode.clone());
        }
        if for_files {
            options.file_modes.push(mode);
        }
    }
    Ok(())
}
