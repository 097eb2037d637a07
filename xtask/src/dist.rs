//! `cargo xtask dist`: the static pair of binaries.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The pair, and the package that makes each.
const PAIR: [(&str, &str); 2] = [("adept", "adept-runner"), ("adept-agent", "adept-agent")];

/// Builds `adept` and `adept-agent` for this machine's architecture, each a static file, into `target/dist/<arch>/`,
/// and tries them there.
pub fn main() -> Result<(), String> {
    let arch = std::env::consts::ARCH;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in the project's tree")?;
    let musl = format!("{arch}-unknown-linux-musl");
    let glibc = format!("{arch}-unknown-linux-gnu");
    let target = if has_target(&musl) { musl } else { glibc };
    println!("building for {target}");
    let built = build(root, &target)?;
    let dist = root.join("target/dist").join(arch);
    std::fs::create_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    for (name, _) in PAIR {
        let from = built.iter().find(|path| path.ends_with(name)).ok_or_else(|| format!("cargo built no {name}"))?;
        let to = dist.join(name);
        // Beside, then over: a file that is being executed can't be written to.
        let new = dist.join(format!(".{name}.new"));
        let size = std::fs::copy(from, &new).map_err(|e| format!("{}: {e}", from.display()))?;
        if !is_static(&new)? {
            return Err(format!("{} is not static: it asks for a dynamic loader", from.display()));
        }
        std::fs::rename(&new, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        println!("{size:>9} bytes, static  {}", to.display());
    }
    try_pair(&dist)
}

/// Builds the pair and gives the paths of the programs, wherever this machine's configuration puts them.
fn build(root: &Path, target: &str) -> Result<Vec<PathBuf>, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics", "--target", target]);
    cargo.args(PAIR.iter().flat_map(|(_, package)| ["--package", package]));
    // An explicit --target keeps these flags away from build scripts and proc macros.
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static").current_dir(root).stdout(Stdio::piped());
    let mut child = cargo.spawn().map_err(|e| format!("cargo: {e}"))?;
    let mut built = Vec::new();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(|e| format!("cargo: {e}"))?;
        let message: serde_json::Value = serde_json::from_str(&line).map_err(|e| format!("cargo said {line}: {e}"))?;
        built.extend(message["executable"].as_str().map(PathBuf::from));
    }
    let status = child.wait().map_err(|e| format!("cargo: {e}"))?;
    if status.success() { Ok(built) } else { Err(format!("cargo build: {status}")) }
}

/// Are the target's libraries installed with this compiler?
fn has_target(target: &str) -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output() else {
        return false;
    };
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
}

/// Does a 64-bit ELF file run without a dynamic loader, so has no program header of type `PT_INTERP`?
fn is_static(path: &Path) -> Result<bool, String> {
    const PT_INTERP: [u8; 4] = 3u32.to_ne_bytes();
    let file = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let strange = || format!("{} is no 64-bit ELF file", path.display());
    let at = |offset: usize, len: usize| file.get(offset..offset.checked_add(len)?);
    let half = |offset| at(offset, 2).map(|b| usize::from(u16::from_ne_bytes([b[0], b[1]]))).ok_or_else(strange);
    if at(0, 5) != Some(b"\x7fELF\x02") {
        return Err(strange());
    }
    let table = at(0x20, 8).and_then(|b| b.try_into().ok()).map(u64::from_ne_bytes).ok_or_else(strange)?;
    let table = usize::try_from(table).map_err(|_| strange())?;
    let (size, count) = (half(0x36)?, half(0x38)?);
    let mut headers = (0..count).map(|n| table.checked_add(n * size).and_then(|offset| at(offset, 4)));
    headers.try_fold(true, |so_far, kind| Ok(so_far && kind.ok_or_else(strange)? != PT_INTERP.as_slice()))
}

/// Runs the built-in job with the pair, and a play that tells which program did its work: the agent beside `adept`.
fn try_pair(dist: &Path) -> Result<(), String> {
    const PLAY: &str =
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - shell: readlink /proc/$PPID/exe > worker\n";
    let dir = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    let dir = dir.path();
    std::fs::write(dir.join("site.yml"), PLAY).map_err(|e| format!("site.yml: {e}"))?;
    for args in [&["job", "--workspace", "job"][..], &["playbook", "site.yml"]] {
        let mut adept = Command::new(dist.join("adept"));
        adept.args(args).current_dir(dir).stdin(Stdio::null());
        // No setting of this machine, and no other agent.
        adept.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir).env("LC_ALL", "C.UTF-8");
        let output = adept.output().map_err(|e| format!("{}: {e}", dist.join("adept").display()))?;
        if !output.status.success() {
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            return Err(format!("adept {}: {}\n{out}{err}", args.join(" "), output.status));
        }
    }
    let worker = std::fs::read_to_string(dir.join("worker")).map_err(|e| format!("worker: {e}"))?;
    let agent = dist.join("adept-agent").canonicalize().map_err(|e| format!("adept-agent: {e}"))?;
    if Path::new(worker.trim()) != agent {
        return Err(format!("{} did the work of a play, not {}", worker.trim(), agent.display()));
    }
    println!("the quickstart and a play ran, with the agent beside adept");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header and one program header of this kind.
    fn elf(kind: u32) -> Vec<u8> {
        let mut file = b"\x7fELF\x02".to_vec();
        file.resize(0x78, 0);
        file[0x20..0x28].copy_from_slice(&0x40u64.to_ne_bytes());
        file[0x36..0x38].copy_from_slice(&0x38u16.to_ne_bytes());
        file[0x38..0x3a].copy_from_slice(&1u16.to_ne_bytes());
        file[0x40..0x44].copy_from_slice(&kind.to_ne_bytes());
        file
    }

    #[test]
    fn a_file_that_names_a_loader_is_not_static() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let check = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).unwrap();
            is_static(file.path())
        };
        assert_eq!(check(&elf(1)), Ok(true));
        assert_eq!(check(&elf(3)), Ok(false));
        assert!(check(&elf(3)[..0x42]).is_err());
        assert!(check(b"#!/bin/sh\n").is_err());
    }
}
