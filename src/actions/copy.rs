//! `copy`: files from the controller to the host; only what differs is sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_modules::{Default, Kind, Param, Rule, Spec};
use adept_wire::{Data, Key, Map, Value};

use super::action::{Action, Binding, Work};
use super::error::ActionError;
use super::files::find_file;
use crate::template::filters::json::JsonOptions;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "copy",
        "Copies files to the host.",
        &adept_modules::spec::join::<20>(
            &[
                Param::new("src", Kind::Path),
                Param::new("content", Kind::Raw),
                // Expanded on the host, where `~` and variables mean what they mean there.
                Param::new("dest", Kind::Str).required(),
                Param::new("backup", Kind::Bool).default(Default::Bool(false)),
                Param::new("force", Kind::Bool).aliases(&["thirsty"]).default(Default::Bool(true)),
                Param::new("validate", Kind::Str),
                Param::new("directory_mode", Kind::Mode),
                Param::new("remote_src", Kind::Bool).default(Default::Bool(false)),
                Param::new("local_follow", Kind::Bool).default(Default::Bool(true)),
                Param::new("follow", Kind::Bool).default(Default::Bool(false)),
                Param::new("checksum", Kind::Str),
            ],
            adept_modules::spec::FILE_PARAMS,
        ),
    )
    .rules(&[Rule::MutuallyExclusive(&["src", "content"])]),
    bind,
);

/// Files to bring to a host.
#[derive(Debug)]
pub struct CopyPlan {
    /// The module's arguments, without the source.
    pub args: Map,
    /// What to bring.
    pub source: Source,
}

/// What to bring.
#[derive(Debug)]
pub enum Source {
    /// One file.
    File {
        /// Where it lies here.
        path: PathBuf,
        /// The name it had as source, for a `dest` that is a folder.
        basename: String,
    },
    /// Content made here.
    Content {
        /// The bytes.
        bytes: Arc<[u8]>,
        /// The name that the source had, if it had one.
        basename: Option<String>,
    },
    /// A folder.
    Tree {
        /// Where it lies here.
        root: PathBuf,
        /// Its own name counts: the source was written without a `/` at its end.
        with_root: bool,
        /// Follow links in it.
        follow: bool,
    },
}

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let mut args = b.args.map().clone();
    if b.args.bool("remote_src") && b.args.str("src").is_some() {
        return Ok(Work::Module { name: "copy".into(), args });
    }
    let content = args.shift_remove("content");
    let src = args.shift_remove("src");
    args.shift_remove("local_follow");
    args.shift_remove("remote_src");
    let source = match (content, src) {
        (Some(content), _) => {
            let bytes: Arc<[u8]> = match &content.data {
                Data::Str(s) => s.as_bytes().into(),
                Data::Bytes(bytes) => bytes.clone(),
                // A map or list becomes JSON, as in Ansible.
                Data::Map(_) | Data::List(_) => {
                    crate::template::filters::json::dumps(&content, &JsonOptions::new(None)).into_bytes().into()
                }
                _ => adept_modules::args::text(&content).into_bytes().into(),
            };
            if b.args.str("dest").is_some_and(|d| d.ends_with('/')) {
                return Err(ActionError::failed("can not use content with a dir as dest"));
            }
            Source::Content { bytes, basename: None }
        }
        (None, Some(src)) => {
            let name = src.as_str().unwrap_or_default();
            let path = find_file(b.search, "files", name)?;
            if path.is_dir() {
                Source::Tree { root: path, with_root: !name.ends_with('/'), follow: b.args.bool("local_follow") }
            } else {
                Source::File { basename: basename(&path), path }
            }
        }
        (None, None) => return Err(ActionError::failed("src (or content) is required")),
    };
    // `mode: preserve` takes the mode of the source.
    if args.get("mode").and_then(Value::as_str) == Some("preserve")
        && let Source::File { path, .. } = &source
    {
        args.insert(Key::from("mode"), Value::from(mode_of(path)?));
    }
    Ok(Work::Copy(Box::new(CopyPlan { args, source })))
}

/// The last part of a path.
pub(super) fn basename(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The permission bits of a file here, as octal text.
pub(super) fn mode_of(path: &Path) -> Result<String, ActionError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(path).map_err(|e| ActionError::failed(format!("{}: {e}", path.display())))?;
    Ok(format!("{:04o}", meta.permissions().mode() & 0o7777))
}
