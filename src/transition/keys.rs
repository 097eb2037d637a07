//! Key pairs, as `ssh-keygen` makes them, without needing it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, LineEnding, PrivateKey};

/// Makes an ed25519 key pair, the private key for its owner alone. A pair that is there is kept; then this is `false`.
pub fn make_key_pair(path: &Path, comment: &str) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(io::Error::other)?;
    key.set_comment(comment);
    let private = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    let public = key.public_key().to_openssh().map_err(io::Error::other)?;
    write_new(&public_path(path), 0o644, format!("{public}\n").as_bytes())?;
    write_new(path, 0o600, private.as_bytes())?;
    Ok(true)
}

/// Where the public half of a key lies.
pub fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// Writes a file that only ever had this mode.
pub fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    // Whatever is there may be open for others, or be a link to elsewhere.
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(content)
}

/// A new name for a job: 12 characters, a letter first.
pub fn new_uuid() -> String {
    use ssh_key::rand_core::RngCore;
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0u8; 11];
    OsRng.fill_bytes(&mut bytes);
    let tail = bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()]));
    std::iter::once('x').chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn makes_a_pair_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        assert!(make_key_pair(&path, "adept x1").unwrap());
        let private = std::fs::read_to_string(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let public = std::fs::read_to_string(dir.path().join("key.pub")).unwrap();
        assert!(public.starts_with("ssh-ed25519 ") && public.ends_with(" adept x1\n"));
        let read = PrivateKey::from_openssh(&private).unwrap();
        assert_eq!(read.public_key().to_openssh().unwrap() + "\n", public);
        assert!(!make_key_pair(&path, "").unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), private);
    }

    #[test]
    fn names_are_valid_and_differ() {
        let names: std::collections::BTreeSet<String> = (0..50).map(|_| new_uuid()).collect();
        assert_eq!(names.len(), 50);
        assert!(names.iter().all(|n| n.len() == 12 && n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
    }
}
