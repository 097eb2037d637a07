//! `adept-agent`: serves requests on standard input and output. `--version` tells what it speaks.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => adept_agent::main(),
        Some("--version") => {
            println!("adept-agent {} protocol {}", adept_agent::BUILD, adept_agent::PROTOCOL);
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!(
                "adept-agent: unknown argument '{other}'; it serves frames on standard input, or tells its --version"
            );
            ExitCode::from(5)
        }
    }
}
