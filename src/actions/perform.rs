//! `perform`: the half of an action that needs the host.

use std::path::Path;

use adept_wire::{Key, Map, ModuleOutcome, Run, Value, map};
use sha1::{Digest, Sha1};
use tokio_util::sync::CancellationToken;

use super::action::{ActionOutcome, Work};
use super::copy::{CopyPlan, Source, basename, mode_of};
use super::error::ActionError;
use crate::connection::{Output, Session};

/// Content up to this size travels inside the request; of more, the host is asked first whether it has it.
const INLINE: usize = 64 << 10;

/// What a task on a host needs.
pub struct Performer<'a> {
    /// The agent.
    pub session: &'a Session,
    /// The request without module and arguments: working directory, environment, check mode.
    pub run: Run,
    /// Takes live output.
    pub output: Option<Output>,
    /// Fires when the run is to end.
    pub cancel: &'a CancellationToken,
}

/// Does the work on the host. Includes and `meta` are the engine's and give an empty outcome here.
///
/// # Errors
/// When the host is lost, or a local file can't be read.
pub async fn perform(work: Work, p: &Performer<'_>) -> Result<ActionOutcome, ActionError> {
    match work {
        Work::Done(outcome) => Ok(*outcome),
        Work::Module { name, args } => p.module(&name, args).await.map(ActionOutcome::from),
        Work::Copy(plan) => copy(*plan, p).await.map(ActionOutcome::from),
        Work::Fetch(plan) => plan.perform(p).await.map(ActionOutcome::from),
        Work::Unarchive(plan) => plan.perform(p).await.map(ActionOutcome::from),
        Work::Provision(provision) => provision.perform(p).await,
        Work::Include(_) | Work::Meta(_) => Ok(ActionOutcome::default()),
    }
}

impl Performer<'_> {
    /// Runs a module with these arguments.
    pub(super) async fn module(&self, name: &str, args: Map) -> Result<ModuleOutcome, ActionError> {
        let run = Run { module: name.into(), args, ..self.run.clone() };
        Ok(self.session.run(run, self.output.clone(), self.cancel).await?)
    }
}

async fn copy(plan: CopyPlan, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
    match plan.source {
        Source::Content { bytes, basename } => {
            let mut args = plan.args;
            if let Some(name) = basename {
                args.insert("_original_basename".into(), name.into());
            }
            content(args, &bytes, p).await
        }
        Source::File { path, basename } => file(plan.args, &path, &basename, p).await,
        Source::Tree { root, with_root, follow } => tree(&plan.args, &root, with_root, follow, p).await,
    }
}

async fn content(mut args: Map, bytes: &[u8], p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
    let checksum = hex(&Sha1::digest(bytes));
    if let Some(wrong) = unexpected(&mut args, &checksum) {
        return Ok(wrong);
    }
    args.insert("_checksum".into(), checksum.into());
    if bytes.len() <= INLINE {
        args.insert("_content".into(), Value::bytes(bytes));
        return p.module("copy", args).await;
    }
    upload(args, bytes, p).await
}

/// Asks first, then sends.
async fn upload(mut args: Map, content: impl std::io::Read, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
    let asked = p.module("copy", args.clone()).await?;
    if !asked.result.get("_needs_content").is_some_and(Value::is_truthy) {
        return Ok(asked);
    }
    let stored = p.session.put(content).await.map_err(|e| match e {
        crate::connection::PutError::Connection(e) => ActionError::Connection(e),
        other => ActionError::failed(other.to_string()),
    })?;
    args.insert("_source".into(), Value::bytes(stored));
    p.module("copy", args).await
}

async fn file(mut args: Map, path: &Path, name: &str, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
    let unreadable = |e: std::io::Error| ActionError::failed(format!("could not read {}: {e}", path.display()));
    args.insert("_original_basename".into(), name.into());
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size <= INLINE as u64 {
        let bytes = std::fs::read(path).map_err(unreadable)?;
        return content(args, &bytes, p).await;
    }
    let mut hash = Sha1::new();
    let mut reader = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path).map_err(unreadable)?);
    loop {
        let chunk = std::io::BufRead::fill_buf(&mut reader).map_err(unreadable)?;
        if chunk.is_empty() {
            break;
        }
        hash.update(chunk);
        let len = chunk.len();
        std::io::BufRead::consume(&mut reader, len);
    }
    let checksum = hex(&hash.finalize());
    if let Some(wrong) = unexpected(&mut args, &checksum) {
        return Ok(wrong);
    }
    args.insert("_checksum".into(), checksum.into());
    upload(args, std::fs::File::open(path).map_err(unreadable)?, p).await
}

/// The content isn't what the parameter `checksum` expects.
fn unexpected(args: &mut Map, checksum: &str) -> Option<ModuleOutcome> {
    let expected = args.shift_remove("checksum")?;
    let expected = expected.as_str().unwrap_or_default();
    if expected.is_empty() || expected.eq_ignore_ascii_case(checksum) {
        return None;
    }
    let mut outcome = ModuleOutcome::fail("Copied file does not match the expected checksum. Transfer failed.");
    outcome.result.extend(map! { "checksum" => checksum, "expected_checksum" => expected });
    Some(outcome)
}

/// A folder, file by file; folders get `directory_mode`.
async fn tree(
    args: &Map,
    root: &Path,
    with_root: bool,
    follow: bool,
    p: &Performer<'_>,
) -> Result<ModuleOutcome, ActionError> {
    let dest = args.get("dest").and_then(Value::as_str).unwrap_or_default();
    let mut base = Path::new(dest).to_path_buf();
    if with_root {
        base.push(basename(root));
    }
    let preserve = args.get("mode").and_then(Value::as_str) == Some("preserve");
    let mut changed = false;
    for entry in walkdir::WalkDir::new(root).follow_links(follow).sort_by_file_name() {
        let entry = entry.map_err(|e| ActionError::failed(format!("could not read {}: {e}", root.display())))?;
        let target = match entry.path().strip_prefix(root) {
            Ok(rel) if !rel.as_os_str().is_empty() => base.join(rel),
            _ => base.clone(),
        };
        let target = target.to_string_lossy().into_owned();
        let outcome = if entry.file_type().is_dir() {
            let mut dir = file_args(args);
            dir.shift_remove("mode");
            if let Some(mode) = args.get("directory_mode") {
                dir.insert("mode".into(), mode.clone());
            }
            dir.extend(map! { "path" => target, "state" => "directory" });
            p.module("file", dir).await?
        } else if entry.file_type().is_symlink() {
            let link = std::fs::read_link(entry.path())
                .map_err(|e| ActionError::failed(format!("could not read {}: {e}", entry.path().display())))?;
            let mut dir = file_args(args);
            dir.shift_remove("mode");
            dir.extend(map! {
                "path" => target, "state" => "link", "src" => link.to_string_lossy().into_owned(), "force" => true,
            });
            p.module("file", dir).await?
        } else {
            let mut one = args.clone();
            one.shift_remove("directory_mode");
            one.insert("dest".into(), target.into());
            if preserve {
                one.insert(Key::from("mode"), mode_of(entry.path())?.into());
            }
            file(one, entry.path(), &basename(entry.path()), p).await?
        };
        if outcome.failed {
            return Ok(outcome);
        }
        changed |= outcome.changed;
    }
    let src = root.to_string_lossy().into_owned();
    Ok(ModuleOutcome::changed(changed, map! { "dest" => dest, "src" => src }))
}

/// The arguments that `file` shares with `copy`.
fn file_args(args: &Map) -> Map {
    adept_modules::spec::FILE_PARAMS
        .iter()
        .filter_map(|param| Some((Key::from(param.name), args.get(param.name)?.clone())))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
