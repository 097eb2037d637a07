//! `adept keygen FILE`: a key pair for ssh. Built-in content calls it, so that ssh-keygen need not be there.

use std::path::PathBuf;

use clap::Parser;

use super::process::Process;
use crate::diag::exit;
use crate::transition::make_key_pair;

/// Makes an ed25519 key pair without a passphrase. A pair that is there is kept.
#[derive(Debug, Parser)]
#[command(name = "adept keygen")]
pub struct KeygenArgs {
    /// Where the private key goes; the public one gets `.pub` behind its name.
    pub file: PathBuf,
    /// The comment of the public key.
    #[arg(short = 'C', long, default_value = "adept")]
    pub comment: String,
}

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: &Process) -> u8 {
    let name = std::iter::once("adept keygen".to_string());
    let args = match KeygenArgs::try_parse_from(name.chain(args.iter().cloned())) {
        Ok(args) => args,
        Err(e) => return super::usage(&e, process),
    };
    match make_key_pair(&process.cwd.join(&args.file), &args.comment) {
        Ok(made) => {
            let what = if made { "was made" } else { "is there already" };
            super::println_to(process, &format!("{} {what}", args.file.display()));
            exit::OK
        }
        Err(error) => {
            process.tell(&format!("ERROR! {}: {error}", args.file.display()));
            exit::ERROR
        }
    }
}
