//! `template`: renders a file here and brings the text to the host.

use std::path::Path;

use adept_modules::{Default, Kind, Param, Spec};
use adept_wire::{Key, Value};

use super::action::{Action, Binding, Work};
use super::copy::{CopyPlan, Source, basename, mode_of};
use super::error::ActionError;
use super::files::find_file;
use crate::template::{FileOptions, Syntax};

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "template",
        "Renders a template to a file on the host.",
        &adept_modules::spec::join::<24>(
            &[
                Param::new("src", Kind::Path).required(),
                // Expanded on the host, where `~` and variables mean what they mean there.
                Param::new("dest", Kind::Str).required(),
                Param::new("backup", Kind::Bool).default(Default::Bool(false)),
                Param::new("force", Kind::Bool).default(Default::Bool(true)),
                Param::new("follow", Kind::Bool).default(Default::Bool(false)),
                Param::new("validate", Kind::Str),
                Param::new("newline_sequence", Kind::Str)
                    .default(Default::Str("\n"))
                    .choices(&["\n", "\r", "\r\n", "\\n", "\\r", "\\r\\n"]),
                Param::new("block_start_string", Kind::Str),
                Param::new("block_end_string", Kind::Str),
                Param::new("variable_start_string", Kind::Str),
                Param::new("variable_end_string", Kind::Str),
                Param::new("comment_start_string", Kind::Str),
                Param::new("comment_end_string", Kind::Str),
                Param::new("trim_blocks", Kind::Bool).default(Default::Bool(true)),
                Param::new("lstrip_blocks", Kind::Bool).default(Default::Bool(false)),
            ],
            adept_modules::spec::FILE_PARAMS,
        ),
    ),
    bind,
);

/// The parameters that the copying half takes.
const COPY_PARAMS: &[&str] = &[
    "dest",
    "backup",
    "force",
    "follow",
    "validate",
    "mode",
    "owner",
    "group",
    "seuser",
    "serole",
    "setype",
    "selevel",
    "attributes",
    "unsafe_writes",
];

/// The variables that a template may use to tell what it is: `template_path`, `template_host`, ...
fn about(src: &Path, dest: &str) -> adept_wire::Map {
    let path = src.display().to_string();
    let shown =
        |t: jiff::Timestamp| t.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
    let meta = std::fs::metadata(src).ok();
    let mtime = meta.as_ref().and_then(|m| m.modified().ok()).and_then(|t| jiff::Timestamp::try_from(t).ok());
    let uid = meta.as_ref().map(std::os::unix::fs::MetadataExt::uid);
    adept_wire::map! {
        "template_path" => path.as_str(), "template_fullpath" => path.as_str(), "template_destpath" => dest,
        "template_host" => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        "template_uid" => uid.map(|uid| adept_modules::sys::user::user_name(uid).unwrap_or_else(|| uid.to_string())),
        "template_mtime" => mtime.map(shown), "template_run_date" => shown(jiff::Timestamp::now()),
    }
}

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let src = find_file(b.search, "templates", b.args.str("src").unwrap_or_default())?;
    let text = std::fs::read(&src).map_err(|e| ActionError::failed(format!("{}: {e}", src.display())))?;
    let text = String::from_utf8(text)
        .map_err(|_| ActionError::failed(format!("Template source files must be utf-8 encoded: {}", src.display())))?;
    let marks = |start: &str, end: &str, default: (&str, &str)| {
        let (start, end) = (b.args.str(start), b.args.str(end));
        (start.is_some() || end.is_some())
            .then(|| (start.unwrap_or(default.0).to_string(), end.unwrap_or(default.1).to_string()))
    };
    let syntax = Syntax {
        trim_blocks: b.args.bool("trim_blocks"),
        lstrip_blocks: b.args.bool("lstrip_blocks"),
        variable: marks("variable_start_string", "variable_end_string", ("{{", "}}")),
        block: marks("block_start_string", "block_end_string", ("{%", "%}")),
        comment: marks("comment_start_string", "comment_end_string", ("{#", "#}")),
        ..Syntax::FILE
    };
    let options = FileOptions { syntax };
    let mut rendered =
        (b.with)(about(&src, b.args.str("dest").unwrap_or_default())).file(&text, &src.to_string_lossy(), &options)?;
    match b.args.str("newline_sequence") {
        Some("\r" | "\\r") => rendered = rendered.replace('\n', "\r"),
        Some("\r\n" | "\\r\\n") => rendered = rendered.replace('\n', "\r\n"),
        _ => {}
    }
    let mut args: adept_wire::Map = b
        .args
        .map()
        .iter()
        .filter(|(k, _)| k.as_str().is_some_and(|k| COPY_PARAMS.contains(&k)))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    if b.args.str("mode") == Some("preserve") {
        args.insert(Key::from("mode"), Value::from(mode_of(&src)?));
    }
    let source = Source::Content { bytes: rendered.into_bytes().into(), basename: Some(basename(&src)) };
    Ok(Work::Copy(Box::new(CopyPlan { args, source })))
}
