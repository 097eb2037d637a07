//! `FileText`: a file's content as text that regular expressions can work on, and back without loss.

use std::fs;
use std::path::Path;

use crate::ModuleError;

/// Bytes that are no UTF-8 become these characters (the last of the last private plane), one for each byte, and go back.
const ESCAPES: u32 = 0x0010_FF00;

/// Content read from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileText {
    /// The text.
    pub text: String,
    /// Were bytes replaced?
    escaped: bool,
}

impl FileText {
    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(path: &Path) -> Result<FileText, ModuleError> {
        FileText::from_bytes(fs::read(path)?)
    }

    /// Text of these bytes.
    ///
    /// # Errors
    /// When they are no UTF-8 and hold the very characters that stand for such bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<FileText, ModuleError> {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return Ok(FileText { text, escaped: false }),
            Err(e) => e.into_bytes(),
        };
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            if chunk.valid().chars().any(|c| c as u32 >= ESCAPES) {
                return Err(ModuleError::new("the file is neither UTF-8 nor text that can be kept as it is"));
            }
            text.push_str(chunk.valid());
            // Below 0x110000 for any byte, so it is a character.
            text.extend(chunk.invalid().iter().filter_map(|b| char::from_u32(ESCAPES + u32::from(*b))));
        }
        Ok(FileText { text, escaped: true })
    }

    /// Changed text of this file as bytes.
    pub fn to_bytes(&self, text: &str) -> Vec<u8> {
        if !self.escaped {
            return text.as_bytes().to_vec();
        }
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            match (c as u32).checked_sub(ESCAPES) {
                // ESCAPES + 0xFF is the largest character there is.
                Some(byte) => bytes.push(byte as u8),
                None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }
}

/// The lines of a text, each with its `\n`.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::FileText;

    #[test]
    fn bytes_that_are_no_text_come_back() {
        let bytes = b"caf\xe9 \xff\xc3\xa4\n".to_vec();
        let file = FileText::from_bytes(bytes.clone()).unwrap();
        assert_eq!(file.to_bytes(&file.text), bytes);
        assert!(file.text.contains('ä'));
    }

    #[test]
    fn private_characters_of_real_text_are_kept() {
        let bytes = "\u{10ff41}".as_bytes().to_vec();
        let file = FileText::from_bytes(bytes.clone()).unwrap();
        assert_eq!(file.to_bytes(&file.text), bytes);
        assert!(FileText::from_bytes([bytes.as_slice(), &[0xff]].concat()).is_err());
    }
}
