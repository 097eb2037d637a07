//! `replace`: replaces every match of a regular expression in a file, or in a part of it.

use adept_wire::{Diff, ModuleOutcome, map};

use crate::edit::{BACKUP, Edit, PATH};
use crate::file_params::AttributeDiff;
use crate::regex::{Flags, Regex};
use crate::spec::{self, FILE_PARAMS};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const OWN: &[Param] = &[
    PATH,
    Param::new("regexp", Kind::Str).required(),
    Param::new("replace", Kind::Str).default(Default::Str("")),
    Param::new("after", Kind::Str),
    Param::new("before", Kind::Str),
    Param::new("encoding", Kind::Str).default(Default::Str("utf-8")),
    Param::new("validate", Kind::Str),
    BACKUP,
    // Ansible 2.4's documentation listed these two for every module with file parameters; old content has them.
    Param::new("follow", Kind::Bool),
    Param::new("others", Kind::Raw),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("replace", "Replace all matches in a file", &PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let encoding = args.str("encoding").unwrap_or("utf-8").to_ascii_lowercase().replace('_', "-");
    if !matches!(encoding.as_str(), "utf-8" | "utf8" | "ascii" | "us-ascii") {
        return Err(
            ModuleError::new(format!("encoding: {encoding} is not supported yet, only utf-8")).param("encoding")
        );
    }
    let edit = Edit::open(args, host)?;
    if !edit.exists {
        return Err(ModuleError::new(format!("Path {} does not exist !", edit.shown))
            .param("path")
            .result(map! { "rc" => 257 }));
    }
    let old = &edit.file.text;
    let Some(section) = section(args, old)? else {
        let pattern = section_pattern(args).unwrap_or_default();
        let msg = format!("Pattern for before/after params did not match the given file: {pattern}");
        return Ok(ModuleOutcome::ok(map! { "msg" => msg, "rc" => 0 }));
    };
    let regex =
        compile(args.str("regexp").unwrap_or_default(), "regexp", Flags { multiline: true, ..Flags::default() })?;
    let (replaced, count) = regex
        .replace(&old[section.clone()], args.str("replace").unwrap_or_default(), 0)
        .map_err(|e| ModuleError::new(format!("Unable to process replace due to error: {e}")).param("replace"))?;
    let mut changed = count > 0 && replaced != old[section.clone()];
    let new = format!("{}{replaced}{}", &old[..section.start], &old[section.end..]);
    let mut message = String::new();
    let mut result = map! {};
    if changed {
        message = format!("{count} replacements made");
        if let Some(backup) = edit.back_up()? {
            result.insert("backup_file".into(), backup.into());
        }
        edit.write(&new)?;
    }
    let mut diff = Vec::new();
    if changed && host.diff {
        diff.push(Diff {
            before_header: edit.shown.clone(),
            after_header: edit.shown.clone(),
            before: old.as_str().into(),
            after: new.into(),
        });
    }
    changed |= edit.apply_attributes(&mut message, &mut AttributeDiff::default())?;
    result.insert("msg".into(), message.into());
    result.insert("rc".into(), 0.into());
    Ok(ModuleOutcome { changed, result, diff, ..ModuleOutcome::default() })
}

fn compile(pattern: &str, param: &'static str, flags: Flags) -> Result<Regex, ModuleError> {
    Regex::new(pattern, flags).map_err(|e| ModuleError::new(format!("{param}: {e}")).param(param))
}

fn section_pattern(args: &Args) -> Option<String> {
    Some(match (args.str("after"), args.str("before")) {
        (Some(after), Some(before)) => format!("{after}(?P<subsection>.*?){before}"),
        (Some(after), None) => format!("{after}(?P<subsection>.*)"),
        (None, Some(before)) => format!("(?P<subsection>.*){before}"),
        (None, None) => return None,
    })
}

/// The part of the file between `after` and `before`; `None` when they don't match.
fn section(args: &Args, text: &str) -> Result<Option<std::ops::Range<usize>>, ModuleError> {
    let Some(pattern) = section_pattern(args) else { return Ok(Some(0..text.len())) };
    let param = if args.str("after").is_some() { "after" } else { "before" };
    let regex = compile(&pattern, param, Flags { dotall: true, ..Flags::default() })?;
    let found = regex.search(text).map_err(ModuleError::new)?;
    Ok(found.and_then(|m| m.range(m.index_of("subsection")?)))
}
