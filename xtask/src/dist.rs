//! `cargo xtask dist`: the static pair of binaries.

use std::path::Path;
use std::process::Command;

/// Builds `adept` and `adept-agent` for this machine's architecture, each a static file, into `target/dist/<arch>/`.
pub fn main() -> Result<(), String> {
    let arch = std::env::consts::ARCH;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in the project's tree")?;
    let musl = format!("{arch}-unknown-linux-musl");
    let glibc = format!("{arch}-unknown-linux-gnu");
    let target = if has_target(&musl) { musl } else { glibc };
    println!("building for {target}");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--release", "--locked", "--package", "adept-runner", "--package", "adept-agent"])
        .args(["--target", &target])
        .current_dir(root)
        // An explicit --target keeps these flags away from build scripts and proc macros.
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    let status = cargo.status().map_err(|e| format!("cargo: {e}"))?;
    if !status.success() {
        return Err(format!("cargo build: {status}"));
    }
    let dist = root.join("target/dist").join(arch);
    std::fs::create_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    for name in ["adept", "adept-agent"] {
        let from = root.join("target").join(&target).join("release").join(name);
        let to = dist.join(name);
        let size = std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
        println!("{:>9} bytes  {}", size, to.display());
    }
    Ok(())
}

/// Are the target's libraries installed with this compiler?
fn has_target(target: &str) -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output() else {
        return false;
    };
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
}
