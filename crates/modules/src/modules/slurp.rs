//! `slurp`: a file's content, in base64; for `fetch` also piece by piece, as bytes.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::file_params::{message, text};
use crate::sys::fs::normalize;
use crate::{Args, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("src", Kind::Path).aliases(&["path"]).required(),
    // `fetch` reads a file in pieces: from this byte on, so many bytes at most.
    Param::new("_offset", Kind::Int),
    Param::new("_size", Kind::Int),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("slurp", "Fetch the content of a file", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let src = args.str("src").unwrap_or_default();
    let fail = |why: String| ModuleError::new(why).param("src");
    let path = host.path(src);
    let explain = |e: io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => fail(format!("File not found: {src}")),
        std::io::ErrorKind::PermissionDenied => fail(format!("File is not readable: {src}")),
        std::io::ErrorKind::IsADirectory => fail(format!("Source is a directory and must be a file: {src}")),
        _ => fail(format!("unable to slurp file: {}", message(&e))),
    };
    if let Some(size) = args.int("_size") {
        let offset = args.int("_offset").unwrap_or(0);
        return Ok(ModuleOutcome::ok(piece(&path, offset.unsigned_abs(), size.unsigned_abs()).map_err(explain)?));
    }
    let content = fs::read(&path).map_err(explain)?;
    Ok(ModuleOutcome::ok(map! { "content" => base64(&content), "source" => src, "encoding" => "base64" }))
}

/// Some bytes of a file; with the first of them its name, size and checksum.
fn piece(path: &Path, offset: u64, size: u64) -> io::Result<Map> {
    let mut file = fs::File::open(path)?;
    let mut result = Map::new();
    if offset == 0 {
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        result.extend(map! {
            "_path" => text(&normalize(path)),
            "_checksum" => crate::checksum::sha1_of_file(path)?,
        });
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    result.insert("_bytes".into(), Value::bytes(bytes));
    Ok(result)
}

/// RFC 4648.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for i in 0..4 {
            if i <= group.len() {
                out.push(char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads_as_rfc_4648_says() {
        let encoded: Vec<String> =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].iter().map(|s| base64(s.as_bytes())).collect();
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
