//! `Machine`: the files that facts are read from. Below another root it is any machine that a test describes.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::Host;

/// Where facts come from, and what bounds their gathering.
pub(crate) struct Machine<'a> {
    root: PathBuf,
    /// The run.
    pub host: &'a Host<'a>,
    /// For what may hang: name servers and network file systems.
    pub timeout: Duration,
    /// Where local facts lie.
    pub fact_path: String,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(host: &'a Host<'a>, timeout: Duration, fact_path: String) -> Machine<'a> {
        Machine { root: PathBuf::from("/"), host, timeout, fact_path }
    }

    /// A machine whose files lie below this directory.
    #[cfg(test)]
    pub(crate) fn at(root: &std::path::Path, host: &'a Host<'a>) -> Machine<'a> {
        Machine { root: root.into(), ..Machine::new(host, Duration::from_secs(1), String::new()) }
    }

    /// An absolute path, as this process sees it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file's text, if it can be read.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read(self.path(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file's text without white space around it; `None` when nothing is left.
    pub(crate) fn value(&self, path: &str) -> Option<String> {
        self.read(path).map(|s| s.trim().to_string()).filter(|s| !s.is_empty())
    }

    /// Is there something?
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The names in a directory, in order.
    pub(crate) fn names(&self, dir: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(dir)) else { return Vec::new() };
        let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The last name of where a link leads, all links followed.
    pub(crate) fn target_name(&self, link: &str) -> Option<String> {
        let target = fs::canonicalize(self.path(link)).ok()?;
        target.file_name().map(|n| n.to_string_lossy().into_owned())
    }

    /// Is this program in one of the places where systems have theirs?
    pub(crate) fn program(&self, name: &str) -> Option<String> {
        let path = self.host.env("PATH").unwrap_or_default();
        path.split(':')
            .chain(["/sbin", "/usr/sbin", "/usr/local/sbin"])
            .filter(|dir| dir.starts_with('/'))
            .map(|dir| format!("{dir}/{name}"))
            .find(|path| rustix::fs::access(self.path(path), rustix::fs::Access::EXEC_OK).is_ok())
    }
}

/// `KEY=value` lines as shells read them, quotes removed: os-release, lsb-release.
pub(crate) fn assignments(text: &str) -> Vec<(String, String)> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once('='))
        .map(|(key, value)| {
            let words = crate::words::split(value).unwrap_or_else(|_| vec![value.to_string()]);
            (key.trim().to_string(), words.join(" "))
        })
        .collect()
}
