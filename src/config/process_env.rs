//! `ProcessEnv`: the environment of a run, handed over instead of asked for.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Variables and the current folder, as a command line or a transition sees them.
#[derive(Clone, Debug, Default)]
pub struct ProcessEnv {
    /// The environment variables.
    pub vars: BTreeMap<String, String>,
    /// The current folder, absolute.
    pub cwd: PathBuf,
}

impl ProcessEnv {
    /// That of this process: for `main` only. What isn't UTF-8 is read with replacement characters.
    pub fn current() -> std::io::Result<ProcessEnv> {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        let vars = std::env::vars_os().map(|(k, v)| (text(k), text(v))).collect();
        Ok(ProcessEnv { vars, cwd: std::env::current_dir()? })
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// The home folder, if `HOME` has one.
    pub fn home(&self) -> Option<&Path> {
        self.get("HOME").filter(|h| !h.is_empty()).map(Path::new)
    }

    /// `$NAME` and `${NAME}` by their values (what isn't set stays as it is), a leading `~` by the home folder.
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        if let Some(home) = self.home()
            && (text == "~" || text.starts_with("~/"))
        {
            out.push_str(&home.to_string_lossy());
            rest = &text[1..];
        }
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let word = |s: &str| s.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(s.len());
            let (name, length) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
                Some((name, _)) => (name, name.len() + 2),
                None => (&after[..word(after)], word(after)),
            };
            match self.get(name) {
                Some(value) => {
                    out.push_str(value);
                    rest = &after[length..];
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out + rest
    }

    /// The path with variables expanded, from `base` on if it is relative, without `.` and `..`; links are not followed.
    pub fn path(&self, text: &str, base: &Path) -> PathBuf {
        let mut path = PathBuf::new();
        for component in base.join(self.expand(text)).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    path.pop();
                }
                other => path.push(other),
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands() {
        let vars = [("HOME", "/h"), ("A", "1"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let env = ProcessEnv { vars: vars.into(), cwd: "/cwd".into() };
        assert_eq!(env.expand("~/x/$A/${A}b/$NO/$E.$/a~"), "/h/x/1/1b/$NO/.$/a~");
        assert_eq!(env.expand("~user/x"), "~user/x");
        assert_eq!(env.path("../x/./y", Path::new("/a/b")), Path::new("/a/x/y"));
        assert_eq!(env.path("~", Path::new("/a/b")), Path::new("/h"));
    }
}
