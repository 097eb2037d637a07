//! `unarchive`: an archive of the controller or the host, unpacked there.

use std::path::PathBuf;

use adept_modules::Spec;
use adept_wire::{Map, ModuleOutcome, Value};

use super::action::{Action, Binding, Work};
use super::error::ActionError;
use super::files::find_file;
use super::perform::Performer;

pub(super) const ACTION: Action = Action::new(SPEC, bind);

/// The module's own declaration: the action adds nothing to it.
const SPEC: Spec = adept_modules::modules::unarchive::MODULE.spec;

/// An archive to bring to a host and to unpack there.
#[derive(Debug)]
pub struct UnarchivePlan {
    /// The module's arguments.
    args: Map,
    /// The archive here.
    archive: PathBuf,
}

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let args = b.given.clone();
    let src = b.args.str("src").unwrap_or_default();
    // `copy: false` is the older way to say it.
    if b.args.bool("remote_src") || !b.args.bool("copy") {
        return Ok(Work::Module { name: "unarchive".into(), args });
    }
    let archive = find_file(b.search, "files", src)?;
    Ok(Work::Unarchive(Box::new(UnarchivePlan { args, archive })))
}

impl UnarchivePlan {
    /// Sends the archive, then has it unpacked.
    pub(super) async fn perform(mut self, p: &Performer<'_>) -> Result<ModuleOutcome, ActionError> {
        let file = std::fs::File::open(&self.archive)
            .map_err(|e| ActionError::failed(format!("could not read {}: {e}", self.archive.display())))?;
        let stored = p.session.put(file).await.map_err(|e| match e {
            crate::connection::PutError::Connection(e) => ActionError::Connection(e),
            other => ActionError::failed(other.to_string()),
        })?;
        self.args.insert("_source".into(), Value::bytes(stored));
        p.module("unarchive", self.args).await
    }
}
