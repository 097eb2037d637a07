//! `lineinfile`: makes sure that a line is in a file, or isn't.

use adept_wire::{ModuleOutcome, map};

use crate::edit::{BACKUP, Edit, PATH};
use crate::file_params::AttributeDiff;
use crate::file_text::lines;
use crate::regex::{Flags, Regex, Replacement};
use crate::spec::{self, FILE_PARAMS};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};

const OWN: &[Param] = &[
    PATH,
    Param::new("state", Kind::Str).choices(&["absent", "present"]).default(Default::Str("present")),
    Param::new("regexp", Kind::Str).aliases(&["regex"]),
    Param::new("search_string", Kind::Str),
    Param::new("line", Kind::Str).aliases(&["value"]),
    Param::new("backrefs", Kind::Bool).default(Default::Bool(false)),
    Param::new("insertafter", Kind::Str),
    Param::new("insertbefore", Kind::Str),
    Param::new("create", Kind::Bool).default(Default::Bool(false)),
    Param::new("firstmatch", Kind::Bool).default(Default::Bool(false)),
    Param::new("validate", Kind::Str),
    BACKUP,
    // Ansible 2.4's documentation listed these two for every module with file parameters; old content has them.
    Param::new("follow", Kind::Bool),
    Param::new("others", Kind::Raw),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

const RULES: &[Rule] = &[
    Rule::MutuallyExclusive(&["insertbefore", "insertafter"]),
    Rule::MutuallyExclusive(&["regexp", "search_string"]),
    Rule::MutuallyExclusive(&["backrefs", "search_string"]),
];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("lineinfile", "Manage lines in text files", &PARAMS).rules(RULES), run };

const EMPTY_REGEXP: &str = "The regular expression is an empty string, which will match every line in the file. This may \
                            have unintended consequences, such as replacing the last line in the file rather than appending.";

const EMPTY_SEARCH: &str = "The search string is an empty string, which will match every line in the file. This may have \
                            unintended consequences, such as replacing the last line in the file rather than appending.";

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let mut warnings = Vec::new();
    if args.str("regexp") == Some("") {
        warnings.push(format!(
            "{EMPTY_REGEXP} If this is desired, use '^' to match every line in the file and avoid this warning."
        ));
    }
    if args.str("search_string") == Some("") {
        warnings.push(EMPTY_SEARCH.to_string());
    }
    let edit = Edit::open(args, host)?;
    let mut outcome = if args.str("state") == Some("absent") { absent(args, &edit)? } else { present(args, &edit)? };
    outcome.warnings = warnings;
    Ok(outcome)
}

/// What lines are compared with: a regular expression, a text within them, or the whole line.
enum Pattern<'a> {
    Regexp(Box<Regex>),
    Within(&'a str),
    Whole(&'a str),
}

impl Pattern<'_> {
    fn of<'a>(args: &'a Args, line: &'a str) -> Result<Pattern<'a>, ModuleError> {
        Ok(match (args.str("regexp"), args.str("search_string")) {
            (Some(regexp), _) => Pattern::Regexp(Box::new(compile(regexp, "regexp")?)),
            (None, Some(text)) => Pattern::Within(text),
            (None, None) => Pattern::Whole(line),
        })
    }

    fn matches(&self, line: &str) -> Result<bool, ModuleError> {
        Ok(match self {
            Pattern::Regexp(regex) => regex.is_match(line).map_err(ModuleError::new)?,
            Pattern::Within(text) => line.contains(text),
            Pattern::Whole(whole) => bare(line) == *whole,
        })
    }
}

/// Ansible matches bytes, where `\w` and its like are ASCII only.
fn compile(pattern: &str, param: &'static str) -> Result<Regex, ModuleError> {
    Regex::new(pattern, Flags { ascii: true, ..Flags::default() })
        .map_err(|e| ModuleError::new(format!("{param}: {e}")).param(param))
}

fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// Where a line goes that isn't there yet.
enum Place {
    Start,
    End,
    After(Regex),
    Before(Regex),
}

impl Place {
    fn of(args: &Args) -> Result<Place, ModuleError> {
        Ok(match (args.str("insertbefore"), args.str("insertafter")) {
            (Some("BOF"), _) | (None, Some("BOF")) => Place::Start,
            (Some(regexp), _) => Place::Before(compile(regexp, "insertbefore")?),
            (None, None | Some("EOF")) => Place::End,
            (None, Some(regexp)) => Place::After(compile(regexp, "insertafter")?),
        })
    }
}

fn present(args: &Args, edit: &Edit<'_>) -> Result<ModuleOutcome, ModuleError> {
    let backrefs = args.bool("backrefs");
    if backrefs && args.str("regexp").is_none() {
        return Err(ModuleError::new("regexp is required with backrefs=true").param("regexp"));
    }
    let Some(line) = args.str("line") else {
        return Err(ModuleError::new("line is required with state=present").param("line"));
    };
    if !edit.exists {
        if !args.bool("create") {
            return Err(ModuleError::new(format!("Destination {} does not exist !", edit.shown))
                .param("path")
                .result(map! { "rc" => 257 }));
        }
        edit.make_parents()?;
    }
    let old = lines(&edit.file.text);
    let (message, new) = place_line(args, line, &old)?;
    let mut message = message.to_string();
    let new: String = match new {
        Some(lines) => lines.concat(),
        None => edit.file.text.clone(),
    };
    let mut changed = !message.is_empty();
    let mut backup = None;
    if changed {
        backup = edit.back_up()?;
        edit.write(&new)?;
    }
    let mut attributes = AttributeDiff::default();
    changed |= edit.apply_attributes(&mut message, &mut attributes)?;
    let result = map! { "msg" => message, "backup" => backup.unwrap_or_default() };
    Ok(edit.outcome(changed, result, &new, attributes))
}

/// The file's lines with the line in its place, and what was done; no lines when there was nothing to do.
fn place_line(args: &Args, line: &str, old: &[&str]) -> Result<(&'static str, Option<Vec<String>>), ModuleError> {
    let firstmatch = args.bool("firstmatch");
    let place = Place::of(args)?;
    let pattern = Pattern::of(args, line)?;
    let searched = !matches!(pattern, Pattern::Whole(_));
    let mut found = None;
    let mut anchor = None;
    for (i, current) in old.iter().enumerate() {
        if pattern.matches(current)? {
            found = Some(i);
            if firstmatch && searched {
                break;
            }
        }
    }
    if found.is_none() {
        if searched
            && let Some(i) = old.iter().position(|l| bare(l) == line)
            && !args.bool("backrefs")
        {
            // The line is there already, though the pattern doesn't see it.
            found = Some(i);
        }
        for (i, current) in old.iter().enumerate() {
            let at = match &place {
                Place::After(regex) if regex.is_match(current).map_err(ModuleError::new)? => i + 1,
                Place::Before(regex) if regex.is_match(current).map_err(ModuleError::new)? => i,
                _ => continue,
            };
            anchor = Some(at);
            if firstmatch {
                break;
            }
        }
    }
    let with_newline = |l: &str| if l.ends_with('\n') { l.to_string() } else { format!("{l}\n") };
    let mut new: Vec<String> = old.iter().map(|l| l.to_string()).collect();
    if let Some(i) = found {
        let replaced = match &pattern {
            Pattern::Regexp(regex) if args.bool("backrefs") => match regex.search(old[i]).map_err(ModuleError::new)? {
                Some(captures) => Replacement::parse(line, regex)
                    .map_err(|e| ModuleError::new(format!("line: {e}")).param("line"))?
                    .expand(&captures),
                None => line.to_string(),
            },
            _ => line.to_string(),
        };
        let replaced = with_newline(&replaced);
        if old[i] == replaced {
            return Ok(("", None));
        }
        new[i] = replaced;
        return Ok(("line replaced", Some(new)));
    }
    if args.bool("backrefs") {
        return Ok(("", None));
    }
    let added = format!("{line}\n");
    match (place, anchor) {
        (Place::Start, _) => new.insert(0, added),
        (Place::After(_) | Place::Before(_), Some(at)) if at < new.len() => {
            // Never twice in a row.
            if bare(&new[at]) == line {
                return Ok(("", None));
            }
            new.insert(at, added);
        }
        _ => {
            // ansible-core 2.19 glues the line to a last line without newline where `insertafter` matched that; we never do.
            if let Some(last) = new.last_mut() {
                *last = with_newline(last);
            }
            new.push(added);
        }
    }
    Ok(("line added", Some(new)))
}

fn absent(args: &Args, edit: &Edit<'_>) -> Result<ModuleOutcome, ModuleError> {
    let line = args.str("line");
    if line.is_none() && args.str("regexp").is_none() && args.str("search_string").is_none() {
        return Err(ModuleError::new("one of line, search_string, or regexp is required with state=absent"));
    }
    if !edit.exists {
        return Ok(ModuleOutcome::ok(map! { "msg" => "file not present" }));
    }
    let pattern = Pattern::of(args, line.unwrap_or_default())?;
    let old = lines(&edit.file.text);
    let mut kept = String::new();
    let mut found = 0;
    for current in &old {
        if pattern.matches(current)? {
            found += 1;
        } else {
            kept.push_str(current);
        }
    }
    let mut changed = found > 0;
    let mut backup = None;
    if changed {
        backup = edit.back_up()?;
        edit.write(&kept)?;
    }
    let mut message = if changed { format!("{found} line(s) removed") } else { String::new() };
    let mut attributes = AttributeDiff::default();
    changed |= edit.apply_attributes(&mut message, &mut attributes)?;
    let result = map! { "found" => found, "msg" => message, "backup" => backup.unwrap_or_default() };
    let mut outcome = edit.outcome(changed, result, &kept, attributes);
    if let Some(diff) = outcome.diff.first_mut().filter(|_| !changed) {
        diff.before = edit.file.text.as_str().into();
        diff.after = diff.before.clone();
    }
    Ok(outcome)
}
