//! `LogWriter`: the text of `log_path` - what the console shows, each line with time, process and user, as Ansible writes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Appends whole lines to a log file.
pub struct LogWriter {
    file: File,
    user: String,
    line: Vec<u8>,
}

impl LogWriter {
    /// Appends to this file, made if it isn't there.
    ///
    /// # Errors
    /// When it can't be opened for writing.
    pub fn open(path: &Path, user: &str) -> io::Result<LogWriter> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(LogWriter { file, user: user.to_string(), line: Vec::new() })
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            self.line.extend_from_slice(part);
            if !part.ends_with(b"\n") {
                continue;
            }
            // Several processes of one job may write to one file: a line goes out in one piece.
            let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string();
            let mut out = format!("{now} p={} u={} n=ansible INFO| ", std::process::id(), self.user).into_bytes();
            out.append(&mut self.line);
            self.file.write_all(&out)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_says_when_and_who() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogWriter::open(&path, "me").unwrap();
        log.write_all(b"PLAY [x]\n\nok: ").unwrap();
        log.write_all(b"[h]\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let tails: Vec<&str> = text.lines().map(|l| l.split_once("| ").unwrap().1).collect();
        assert_eq!(tails, ["PLAY [x]", "", "ok: [h]"]);
        assert!(text.contains(" u=me "));
    }
}
