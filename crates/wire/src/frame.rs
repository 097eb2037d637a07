//! Frames: a length of four bytes (little endian), then one message in postcard's format. The only place that frames bytes.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// Frames above this size are refused: file content travels in chunks.
pub const MAX_FRAME: usize = 64 << 20;

/// One message as a frame.
///
/// # Errors
/// When the message is larger than [`MAX_FRAME`].
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut frame = vec![0u8; 4];
    frame = postcard::to_extend(message, frame).map_err(io::Error::other)?;
    let len = frame.len() - 4;
    if len > MAX_FRAME {
        return Err(io::Error::other(format!("a frame of {len} bytes is larger than {MAX_FRAME}")));
    }
    // The check above keeps the length below 2^32.
    frame[..4].copy_from_slice(&(len as u32).to_le_bytes());
    Ok(frame)
}

/// The message of a frame's body.
///
/// # Errors
/// When the bytes are not such a message.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    postcard::from_bytes(body).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// The body's length from a frame's first four bytes.
///
/// # Errors
/// When the length is beyond [`MAX_FRAME`]: then this is not a frame.
pub fn body_len(header: [u8; 4]) -> io::Result<usize> {
    let len = u32::from_le_bytes(header) as usize;
    if len > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("not a frame: its length would be {len}")));
    }
    Ok(len)
}

/// Reads one message; `None` at a clean end of the stream.
///
/// # Errors
/// On I/O errors, an end within a frame, and bytes that are no message.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut header = [0u8; 4];
    let mut got = 0;
    while got < 4 {
        match from.read(&mut header[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let mut body = vec![0u8; body_len(header)?];
    from.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Writes one message and flushes.
///
/// # Errors
/// On I/O errors and on messages beyond [`MAX_FRAME`].
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    to.write_all(&encode(message)?)?;
    to.flush()
}
