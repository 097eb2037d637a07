//! `adept workspace-init`: fills a workspace before its first transition. The built-in exekutir.xn calls it.

use std::path::PathBuf;

use clap::Parser;

use super::process::Process;
use crate::diag::exit;
use crate::transition::init_workspace;

/// Copies built-in content to a workspace, where what is there stays, and adds default variables and keys.
#[derive(Debug, Parser)]
#[command(name = "adept workspace-init")]
pub struct WorkspaceInitArgs {
    /// Where the content was unpacked.
    #[arg(long, value_name = "DIR")]
    pub content: PathBuf,
    /// The workspace.
    pub workspace: PathBuf,
}

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: &Process) -> u8 {
    let name = std::iter::once("adept workspace-init".to_string());
    let args = match WorkspaceInitArgs::try_parse_from(name.chain(args.iter().cloned())) {
        Ok(args) => args,
        Err(e) => return super::usage(&e, process),
    };
    let private_key = process.var("ANSIBLE_PRIVATE_KEY_FILE").map(|k| process.cwd.join(k));
    let (workspace, content) = (process.cwd.join(args.workspace), process.cwd.join(args.content));
    match init_workspace(&workspace, &content, private_key.as_deref()) {
        Ok(done) => {
            done.iter().for_each(|line| super::println_to(process, line));
            exit::OK
        }
        Err(error) => {
            process.tell(&format!("ERROR! {error}"));
            exit::ERROR
        }
    }
}
