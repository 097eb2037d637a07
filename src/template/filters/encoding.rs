//! Filters about encodings and checksums: `b64encode`, `hash`, `to_uuid`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("b64encode", b64encode),
    Filter::new("b64decode", b64decode),
    Filter::new("hash", hash),
    Filter::new("checksum", digest::<Sha1>),
    Filter::new("sha1", digest::<Sha1>),
    Filter::new("md5", digest::<Md5>),
    Filter::new("to_uuid", to_uuid),
];

/// The encodings that Python knows and somebody may ask for.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(Option<bool>),
    Latin1,
}

fn encoding(call: &mut Call<'_>) -> Result<Encoding> {
    let name = call.text_arg(0, "encoding")?.unwrap_or_else(|| "utf-8".into());
    Ok(match name.to_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => Encoding::Utf8,
        "utf-16" | "utf16" => Encoding::Utf16(None),
        "utf-16-le" | "utf-16le" => Encoding::Utf16(Some(false)),
        "utf-16-be" | "utf-16be" => Encoding::Utf16(Some(true)),
        "latin-1" | "latin1" | "iso-8859-1" => Encoding::Latin1,
        other => return Err(call.fail(format!("the encoding '{other}' is not supported yet"))),
    })
}

fn b64encode(call: &mut Call<'_>) -> Result<Val> {
    let encoding = encoding(call)?;
    let urlsafe = call.bool_arg(1, "urlsafe")?.unwrap_or(false);
    call.finish()?;
    let text = call.input_text()?;
    let bytes = match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf16(big) => {
            let mark = big.is_none().then_some(0xfeff_u16);
            let units = mark.into_iter().chain(text.encode_utf16());
            units.flat_map(|u| if big == Some(true) { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        }
        Encoding::Latin1 => {
            let bytes: std::result::Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
            bytes.map_err(|_| call.fail("the text has characters that latin-1 hasn't"))?
        }
    };
    let encoded = STANDARD.encode(bytes);
    Ok(Val::str(if urlsafe { encoded.replace('+', "-").replace('/', "_") } else { encoded }))
}

fn b64decode(call: &mut Call<'_>) -> Result<Val> {
    let encoding = encoding(call)?;
    let urlsafe = call.bool_arg(1, "urlsafe")?.unwrap_or(false);
    call.finish()?;
    let mut text = call.input_text()?.to_string();
    if urlsafe {
        text = text.replace('-', "+").replace('_', "/");
    }
    // As Python: characters that aren't base64's are skipped.
    let text: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c)).collect();
    let bytes = STANDARD.decode(text).map_err(|e| call.fail(format!("not base64: {e}")))?;
    let units = |big: bool, bytes: &[u8]| -> Vec<u16> {
        let unit = |p: &[u8]| if big { u16::from_be_bytes([p[0], p[1]]) } else { u16::from_le_bytes([p[0], p[1]]) };
        bytes.chunks_exact(2).map(unit).collect()
    };
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8(bytes).ok(),
        Encoding::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
        Encoding::Utf16(Some(big)) => String::from_utf16(&units(big, &bytes)).ok(),
        Encoding::Utf16(None) => match &bytes[..] {
            [0xfe, 0xff, rest @ ..] => String::from_utf16(&units(true, rest)).ok(),
            [0xff, 0xfe, rest @ ..] | rest => String::from_utf16(&units(false, rest)).ok(),
        },
    };
    text.map(Val::str).ok_or_else(|| call.fail("the decoded bytes are not text in that encoding"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn digest<D: Digest>(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    Ok(Val::str(hex(&D::digest(call.input_text()?.as_bytes()))))
}

fn hash(call: &mut Call<'_>) -> Result<Val> {
    let kind = call.text_arg(0, "hashtype")?.unwrap_or_else(|| "sha1".into());
    match &*kind {
        "sha1" => digest::<Sha1>(call),
        "md5" => digest::<Md5>(call),
        "sha224" => digest::<Sha224>(call),
        "sha256" => digest::<Sha256>(call),
        "sha384" => digest::<Sha384>(call),
        "sha512" => digest::<Sha512>(call),
        kind if kind.starts_with("sha3_") || kind.starts_with("blake2") || kind.starts_with("shake") => {
            Err(call.fail(format!("the hash type {kind} is not supported yet")))
        }
        other => Err(call.fail(format!("unsupported hash type {other}"))),
    }
}

/// Ansible's own namespace for names that are given without one.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn to_uuid(call: &mut Call<'_>) -> Result<Val> {
    let namespace = call.text_arg(0, "namespace")?.unwrap_or_else(|| NAMESPACE.into());
    call.finish()?;
    let digits: String = namespace.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    let bytes = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32);
    let Some(bytes) = bytes else {
        return Err(
            call.fail(format!("Invalid value '{namespace}' for 'namespace': badly formed hexadecimal UUID string"))
        );
    };
    // A UUID of version 5: SHA-1 of namespace and name.
    let mut hasher = Sha1::new();
    hasher.update(bytes.to_be_bytes());
    hasher.update(call.input_text()?.as_bytes());
    let mut id = [0u8; 16];
    id.copy_from_slice(&hasher.finalize()[..16]);
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let text = hex(&id);
    Ok(Val::str([&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")))
}
