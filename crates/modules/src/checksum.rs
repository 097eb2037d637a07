//! Checksums of files and texts, by the names that modules use.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Digest;

/// The choices of `checksum_algorithm`.
pub const ALGORITHMS: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/// The checksum of some bytes, in hexadecimal; `None` for an unknown algorithm.
pub fn of_bytes(algorithm: &str, bytes: &[u8]) -> Option<String> {
    // Reading from memory can't fail.
    of_reader(algorithm, bytes).ok().flatten()
}

/// The checksum of a file, in hexadecimal; `None` for an unknown algorithm.
///
/// # Errors
/// When the file can't be read.
pub fn of_file(algorithm: &str, path: &Path) -> io::Result<Option<String>> {
    of_reader(algorithm, File::open(path)?)
}

/// SHA-1 of a file: what `copy`, `stat` and `fetch` compare content by.
///
/// # Errors
/// When the file can't be read.
pub fn sha1_of_file(path: &Path) -> io::Result<String> {
    digest::<sha1::Sha1>(File::open(path)?)
}

/// MD5 of a file: a result key of `copy`.
///
/// # Errors
/// When the file can't be read.
pub fn md5_of_file(path: &Path) -> io::Result<String> {
    digest::<md5::Md5>(File::open(path)?)
}

fn of_reader(algorithm: &str, from: impl Read) -> io::Result<Option<String>> {
    Ok(Some(match algorithm {
        "md5" => digest::<md5::Md5>(from)?,
        "sha1" => digest::<sha1::Sha1>(from)?,
        "sha224" => digest::<sha2::Sha224>(from)?,
        "sha256" => digest::<sha2::Sha256>(from)?,
        "sha384" => digest::<sha2::Sha384>(from)?,
        "sha512" => digest::<sha2::Sha512>(from)?,
        _ => return Ok(None),
    }))
}

fn digest<D: Digest>(mut from: impl Read) -> io::Result<String> {
    let mut hasher = D::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(hasher.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
