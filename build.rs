//! Rebuilds when built-in content is added: what is embedded is read at compile time.

fn main() {
    for folder in ["playbooks", "roles", "inventory"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
