//! `Pool`: one session per way to a host, opened when it is first needed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::{ConnectionError, ConnectionSpec, Session, Transport, local};
use crate::diag::did_you_mean;

/// Connections by which Ansible reaches hosts, those of well-known collections too; a name with dots may be any other.
const KNOWN: [&str; 18] = [
    "buildah",
    "chroot",
    "docker",
    "httpapi",
    "jail",
    "kubectl",
    "local",
    "lxc",
    "lxd",
    "netconf",
    "network_cli",
    "paramiko",
    "paramiko_ssh",
    "podman",
    "psrp",
    "smart",
    "ssh",
    "winrm",
];

/// The open sessions of a run.
pub struct Pool {
    env: Vec<(String, String)>,
    cwd: PathBuf,
    sessions: Mutex<HashMap<ConnectionSpec, Arc<OnceCell<Arc<Session>>>>>,
}

impl Pool {
    /// A pool whose local agents get this environment and working directory.
    pub fn new(env: Vec<(String, String)>, cwd: PathBuf) -> Pool {
        Pool { env, cwd, sessions: Mutex::default() }
    }

    /// The session for this spec, opened now if it is not open yet.
    ///
    /// # Errors
    /// When the host can't be reached, or the way there is not supported.
    pub async fn session(&self, spec: &ConnectionSpec) -> Result<Arc<Session>, ConnectionError> {
        let cell = self.sessions.lock().await.entry(spec.clone()).or_default().clone();
        cell.get_or_try_init(|| async { self.open(spec).await.map(Arc::new) }).await.cloned()
    }

    async fn open(&self, spec: &ConnectionSpec) -> Result<Session, ConnectionError> {
        if let Some(user) = &spec.become_user {
            return Err(ConnectionError::NotYet { what: format!("become (to user '{user}')") });
        }
        match &spec.transport {
            Transport::Local => local::open(&self.env, &self.cwd).await,
            Transport::NotYet(name) if !name.contains('.') && !KNOWN.contains(&name.as_str()) => {
                Err(ConnectionError::Unknown { name: name.clone(), near: did_you_mean(name, KNOWN.iter().copied()) })
            }
            Transport::NotYet(name) => Err(ConnectionError::NotYet { what: format!("connection '{name}'") }),
        }
    }

    /// Forgets sessions, so that the next task opens new ones (`meta: reset_connection`).
    pub async fn reset(&self, spec: &ConnectionSpec) {
        self.sessions.lock().await.remove(spec);
    }

    /// Says goodbye to every agent.
    pub async fn close(&self) {
        for (_, cell) in self.sessions.lock().await.drain() {
            if let Some(session) = cell.get() {
                session.close().await;
            }
        }
    }
}
