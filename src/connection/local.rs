//! The agent on this machine, as a child process with frames on its pipes.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{ConnectionError, Session};

/// The argument that makes `adept` serve as an agent itself.
pub const AGENT_ROLE: &str = "__agent";

/// The agent's file: beside this program, or in `$ADEPT_AGENT_DIR/ARCH/`.
pub fn find_agent(env: &[(String, String)]) -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| {
        let exe = exe.canonicalize().unwrap_or(exe);
        Some(exe.parent()?.join("adept-agent"))
    });
    let dir = env.iter().find(|(k, _)| k == "ADEPT_AGENT_DIR").map(|(_, v)| PathBuf::from(v));
    let in_dir = dir.map(|d| d.join(std::env::consts::ARCH).join("adept-agent"));
    beside.into_iter().chain(in_dir).find(|p| p.is_file())
}

/// Starts an agent. Without an agent file, or with one of another build, this program serves in its role.
///
/// # Errors
/// When neither can be started.
pub async fn open(env: &[(String, String)], cwd: &Path) -> Result<Session, ConnectionError> {
    if let Some(agent) = find_agent(env) {
        match start(&agent, &[], env, cwd).await {
            Err(ConnectionError::Build { program, theirs, .. }) => {
                tracing::info!(program, theirs, "an agent of another build is left alone; serving as the agent myself");
            }
            Err(ConnectionError::Start { program, why }) => {
                tracing::info!(program, why, "the agent did not start; serving as the agent myself");
            }
            other => return other,
        }
    }
    let own =
        std::env::current_exe().map_err(|e| ConnectionError::Start { program: "adept".into(), why: e.to_string() })?;
    start(&own, &[AGENT_ROLE], env, cwd).await
}

async fn start(
    program: &Path,
    args: &[&str],
    env: &[(String, String)],
    cwd: &Path,
) -> Result<Session, ConnectionError> {
    let name = program.display().to_string();
    let mut child = tokio::process::Command::new(program)
        .args(args)
        .env_clear()
        .envs(env.iter().map(|(k, v)| (k, v)))
        .current_dir(cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        // A terminal's interrupt goes to a whole group: the agent must live to end what it runs.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| ConnectionError::Start { program: name.clone(), why: e.to_string() })?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(ConnectionError::Start { program: name, why: "it has no pipes".into() });
    };
    Session::open(&name, stdout, stdin, Some(child)).await
}
