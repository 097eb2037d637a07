//! `adept`: see the library. By its name the program is also `ansible-playbook` and `adept.py`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().collect();
    ExitCode::from(adept_runner::cli::main(&argv))
}
