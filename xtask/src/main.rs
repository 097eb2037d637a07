//! `cargo xtask TASK`: the project's own chores.

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask TASK

  oracle [--check] [--sample] [--if-available] [--ansible BIN_DIR] [CASE..]
      runs the compatibility cases with the real ansible-core and records their outcomes; --check compares with
      the records instead of writing them, --sample takes a few cases only, --if-available makes it no error that
      ansible-core can't be installed
  dist
      builds the static pair of binaries into target/dist/<architecture>/
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        Some("oracle") => xtask::oracle::main(args.collect()),
        Some("dist") => xtask::dist::main(),
        _ => Err(USAGE.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
