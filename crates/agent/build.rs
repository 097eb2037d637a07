//! Gives `ADEPT_BUILD`: a hash over the sources of wire, modules and agent, so that an agent is named by what it does.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for name in ["wire", "modules", "agent"] {
        let dir = crates.join(name);
        println!("cargo::rerun-if-changed={}", dir.join("src").display());
        collect(&dir.join("src"), &mut files);
        files.push(dir.join("Cargo.toml"));
    }
    files.sort();
    let mut hash = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hash);
    for file in files {
        fs::read(&file).unwrap_or_default().hash(&mut hash);
    }
    println!("cargo::rustc-env=ADEPT_BUILD={}-{:016x}", env!("CARGO_PKG_VERSION"), hash.finish());
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
