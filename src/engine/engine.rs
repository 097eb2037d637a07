//! `Engine`: what all plays of a run share. Nothing in it changes but what says so.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::load::Files;
use crate::connection::Pool;
use crate::event::Sender;
use crate::inventory::LoadOptions;
use crate::report::Secrets;
use crate::template::Environment;
use crate::vars::Vars;

/// What all plays of a run share.
pub struct Engine {
    /// Variables of all hosts.
    pub vars: Arc<Vars>,
    /// Parsed templates, and the world that lookups see.
    pub env: Arc<Environment>,
    /// Parsed tasks files and roles.
    pub files: Arc<Files>,
    /// Where events go.
    pub events: Sender,
    /// What must not be shown.
    pub secrets: Secrets,
    /// Sessions with hosts.
    pub pool: Pool,
    /// How many hosts work at a time.
    pub forks: Arc<Semaphore>,
    /// Fires when the run is to end.
    pub cancel: CancellationToken,
    /// What the user asked for.
    pub options: RunOptions,
    /// Inventory sources, for `meta: refresh_inventory`.
    pub inventory_sources: Vec<String>,
    /// How they are read.
    pub load_options: LoadOptions,
    /// The next task's number.
    pub next_task: AtomicU64,
}

/// What the user asked for, from command line and configuration.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Check mode.
    pub check: bool,
    /// Show differences.
    pub diff: bool,
    /// `-v`.
    pub verbosity: u8,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--limit`.
    pub limit: Option<String>,
    /// `--force-handlers`, or the configuration's.
    pub force_handlers: bool,
    /// Refuse everything that isn't supported yet before the run.
    pub strict: bool,
    /// `gathering` of the configuration: `implicit`, `explicit` or `smart`.
    pub gathering: String,
    /// `gather_subset` of the configuration.
    pub gather_subset: Option<String>,
    /// `gather_timeout` of the configuration.
    pub gather_timeout: Option<i64>,
    /// Connection, when neither variables nor keywords say one.
    pub connection: String,
    /// `become` and its user, when neither variables nor keywords say so.
    pub become_default: bool,
    /// The user to become.
    pub become_user: String,
    /// `any_errors_fatal` of the configuration.
    pub any_errors_fatal: bool,
    /// `strategy` of the configuration.
    pub strategy: String,
    /// The folder of the run: where relative names of the command line are looked up.
    pub cwd: PathBuf,
}

impl Engine {
    /// A number for a task that begins.
    pub fn task_number(&self) -> u64 {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }
}
