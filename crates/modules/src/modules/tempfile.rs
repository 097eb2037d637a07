//! `tempfile`: a temporary file or directory that stays until it is removed.

use adept_wire::{ModuleOutcome, map};

use crate::file_params::{add_path_info, reason, text};
use crate::sys::fs::change_mode;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("state", Kind::Str).choices(&["directory", "file"]).default(Default::Str("file")),
    Param::new("path", Kind::Path),
    Param::new("prefix", Kind::Str).default(Default::Str("ansible.")),
    Param::new("suffix", Kind::Str).default(Default::Str("")),
];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("tempfile", "Create a temporary file or directory", PARAMS).no_check_mode(), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let base = match args.str("path") {
        Some(path) => host.path(path),
        None => host.env("TMPDIR").filter(|d| !d.is_empty()).map_or_else(|| "/tmp".into(), std::path::PathBuf::from),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(args.str("prefix").unwrap_or_default()).suffix(args.str("suffix").unwrap_or_default());
    builder.rand_bytes(8);
    let made = if args.str("state") == Some("directory") {
        builder.tempdir_in(&base).map(tempfile::TempDir::keep).and_then(|path| {
            change_mode(&path, 0o700)?;
            Ok(path)
        })
    } else {
        builder.tempfile_in(&base).and_then(|f| f.into_temp_path().keep().map_err(|e| e.error))
    };
    let path = made.map_err(|e| ModuleError::new(reason(&e, &base)).param("path"))?;
    let mut result = map! { "path" => text(&path) };
    add_path_info(&mut result, &path);
    Ok(ModuleOutcome::changed(true, result))
}
