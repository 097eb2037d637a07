//! `fetch`: a file from the host to the controller; only what differs is sent.

use std::io::Write;
use std::path::{Path, PathBuf};

use adept_modules::sys::fs::{Replacing, Staged, normalize, process_umask};
use adept_modules::{Default, Kind, Param, Spec, checksum};
use adept_wire::{Data, Map, ModuleOutcome, Value, map};
use sha1::{Digest, Sha1};

use super::action::{Action, ActionOutcome, Binding, Work};
use super::error::ActionError;
use super::perform::Performer;

/// The first piece is small: the file here may be the same.
const FIRST: i64 = 64 << 10;
/// Each further piece.
const PIECE: i64 = 4 << 20;

pub(super) const ACTION: Action = Action::new(
    Spec::new(
        "fetch",
        "Brings a file from the host to the controller.",
        &[
            // Expanded on the host, where `~` and variables mean what they mean there.
            Param::new("src", Kind::Str),
            Param::new("dest", Kind::Path),
            Param::new("flat", Kind::Bool).default(Default::Bool(false)),
            Param::new("fail_on_missing", Kind::Bool).default(Default::Bool(true)),
            Param::new("validate_checksum", Kind::Bool).default(Default::Bool(true)),
        ],
    ),
    bind,
);

/// A file to bring from a host.
#[derive(Debug)]
pub struct FetchPlan {
    /// Its path there, as written.
    pub src: String,
    /// Where it goes.
    pub dest: Dest,
    /// Is it an error that it isn't there?
    pub fail_on_missing: bool,
    /// Is what arrived compared with what was sent?
    pub validate_checksum: bool,
}

/// Where a fetched file goes.
#[derive(Debug)]
pub enum Dest {
    /// Here.
    File(PathBuf),
    /// Below this folder, at its path on the host.
    Below(PathBuf),
}

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    if b.check {
        let msg = "check mode not (yet) supported for this module";
        let module = ModuleOutcome { skipped: true, result: map! { "msg" => msg }, ..ModuleOutcome::default() };
        return Ok(ActionOutcome::from(module).into());
    }
    for (param, what) in [("src", "source"), ("dest", "dest")] {
        if b.given.get(param).is_some_and(|v| !matches!(v.data, Data::Str(_) | Data::Null)) {
            let why = format!("Invalid type supplied for {what} option, it must be a string");
            return Err(ActionError::failed(why).at(b.given.get(param).and_then(Value::origin)));
        }
    }
    let (Some(src), Some(dest)) = (b.args.str("src"), b.args.str("dest")) else {
        return Err(ActionError::failed("src and dest are required"));
    };
    // Relative paths are the playbook's.
    let local = b.search.0.last().map_or_else(|| PathBuf::from(dest), |folder| folder.join(dest));
    let dest = if !b.args.bool("flat") {
        let host = b.templar.variable("inventory_hostname")?;
        Dest::Below(local.join(host.as_ref().and_then(Value::as_str).unwrap_or("localhost")))
    } else if dest.ends_with('/') {
        Dest::File(local.join(src.rsplit('/').next().unwrap_or(src)))
    } else if local.is_dir() {
        let why = "dest is an existing directory, use a trailing slash if you want to fetch src into that directory";
        return Err(ActionError::failed(why).at(b.given.get("dest").and_then(Value::origin)));
    } else {
        Dest::File(local)
    };
    Ok(Work::Fetch(Box::new(FetchPlan {
        src: src.to_string(),
        dest,
        fail_on_missing: b.args.bool("fail_on_missing"),
        validate_checksum: b.args.bool("validate_checksum"),
    })))
}

impl FetchPlan {
    /// Asks for the file's checksum and its beginning, and for the rest if the file here is another.
    pub(super) async fn perform(&self, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
        let first = self.piece(0, FIRST, p).await?;
        if first.failed {
            return Ok(self.missing(&first));
        }
        let remote_checksum = text(&first, "_checksum");
        let dest = match &self.dest {
            Dest::File(path) => path.clone(),
            Dest::Below(folder) => folder.join(text(&first, "_path").trim_start_matches('/')),
        };
        let dest = normalize(&dest);
        let shown = dest.to_string_lossy().into_owned();
        if checksum::sha1_of_file(&dest).is_ok_and(|c| c == remote_checksum) {
            return Ok(ModuleOutcome::ok(map! {
                "checksum" => remote_checksum, "dest" => shown, "file" => self.src.as_str(), "md5sum" => md5(&dest)?,
            }));
        }
        let staged = stage(&dest)?;
        let (staged, local_checksum) = match self.receive(staged, first, p).await? {
            Ok(received) => received,
            Err(outcome) => return Ok(outcome),
        };
        if self.validate_checksum && local_checksum != remote_checksum {
            let mut outcome = ModuleOutcome::fail("checksum mismatch");
            outcome.result.extend(map! {
                "file" => self.src.as_str(), "dest" => shown,
                "checksum" => local_checksum, "remote_checksum" => remote_checksum, "remote_md5sum" => Value::NULL,
            });
            return Ok(outcome);
        }
        let replacing = Replacing { unsafe_writes: false, umask: process_umask() };
        replacing.put(staged, &dest).map_err(|e| failed_to_write(&dest, &e))?;
        let result = map! {
            "checksum" => local_checksum,
            "dest" => shown,
            "md5sum" => md5(&dest)?,
            "remote_checksum" => remote_checksum,
            "remote_md5sum" => Value::NULL,
        };
        Ok(ModuleOutcome::changed(true, result))
    }

    async fn piece(&self, offset: i64, size: i64, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
        p.module("slurp", map! { "src" => self.src.as_str(), "_offset" => offset, "_size" => size }).await
    }

    /// Writes this piece and all that follow; the outcome is that of a piece that couldn't be read.
    async fn receive(
        &self,
        mut staged: Staged,
        first: ModuleOutcome,
        p: &Performer<'_>,
    ) -> Result<Result<(Staged, String), ModuleOutcome>, ActionError> {
        let mut hash = Sha1::new();
        let (mut offset, mut asked, mut piece) = (0, FIRST, first);
        loop {
            let Some(Data::Bytes(bytes)) = piece.result.get("_bytes").map(|v| &v.data) else {
                return Ok(Err(piece));
            };
            hash.update(bytes);
            staged.file().write_all(bytes).map_err(|e| failed_to_write(staged.path(), &e))?;
            let got = bytes.len() as i64;
            if got < asked {
                let checksum = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
                return Ok(Ok((staged, checksum)));
            }
            offset += got;
            asked = PIECE;
            piece = self.piece(offset, asked, p).await?;
        }
    }

    /// The outcome when there is nothing to bring. The words are Ansible's, which says "ignored" even when it fails.
    fn missing(&self, asked: &ModuleOutcome) -> ModuleOutcome {
        let why = asked.result.get("msg").and_then(Value::as_str).unwrap_or_default();
        let mut result = Map::new();
        let why = if why.starts_with("File not found") {
            if !self.fail_on_missing {
                result.insert("file".into(), self.src.as_str().into());
            }
            "the remote file does not exist, not transferring, ignored".to_string()
        } else {
            let why = if why.starts_with("Source is a directory") {
                "remote file is a directory, fetch cannot work on directories"
            } else {
                why
            };
            if self.fail_on_missing { why.to_string() } else { format!("{why}, not transferring, ignored") }
        };
        result.insert("msg".into(), why.into());
        ModuleOutcome { failed: self.fail_on_missing, result, ..ModuleOutcome::default() }
    }
}

fn text(outcome: &ModuleOutcome, key: &str) -> String {
    outcome.result.get(key).and_then(Value::as_str).unwrap_or_default().to_string()
}

/// A temporary file beside the destination, whose folders are made.
fn stage(dest: &Path) -> Result<Staged, ActionError> {
    if let Some(folder) = dest.parent() {
        std::fs::create_dir_all(folder).map_err(|e| {
            ActionError::failed(format!("Unable to create local directories '{}': {e}", folder.display()))
        })?;
    }
    Staged::beside(dest).map_err(|e| failed_to_write(dest, &e))
}

fn md5(path: &Path) -> Result<String, ActionError> {
    checksum::md5_of_file(path).map_err(|e| ActionError::failed(format!("could not read {}: {e}", path.display())))
}

fn failed_to_write(path: &Path, e: &std::io::Error) -> ActionError {
    ActionError::failed(format!("could not write {}: {e}", path.display()))
}
