//! Paths that match a pattern, as Python's `glob` finds them: `*`, `?`, `[..]` within one name, hidden names only when asked for.

use std::fs;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

/// Does anything match? Relative patterns count from `dir`. A broken link is there.
pub fn exists(dir: &Path, pattern: &str) -> bool {
    !paths(dir, pattern).is_empty()
}

/// All that match, in the order of names.
pub fn paths(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    if pattern.is_empty() {
        return Vec::new();
    }
    let only_directories = pattern.ends_with('/');
    let mut found = vec![if pattern.starts_with('/') { PathBuf::from("/") } else { dir.to_path_buf() }];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        found = found.iter().flat_map(|base| step(base, part)).collect();
    }
    found.retain(|p| if only_directories { p.is_dir() } else { p.symlink_metadata().is_ok() });
    found
}

fn step(base: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains(['*', '?', '[']) {
        return vec![base.join(part)];
    }
    // Python's patterns know neither `{a,b}` nor escapes.
    let escaped = part.replace('{', "[{]").replace('}', "[}]");
    let Ok(glob) = GlobBuilder::new(&escaped).literal_separator(true).backslash_escape(false).build() else {
        // An unclosed bracket stands for itself.
        return vec![base.join(part)];
    };
    let matcher = glob.compile_matcher();
    let Ok(entries) = fs::read_dir(base) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .flatten()
        .map(|e| e.file_name())
        .filter(|n| {
            (part.starts_with('.') || !n.as_encoded_bytes().starts_with(b".")) && matcher.is_match(Path::new(n))
        })
        .collect();
    names.sort();
    names.into_iter().map(|n| base.join(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_as_python() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.txt", "b.txt", ".hidden", "sub/c.txt", "{x}", "[y"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("nowhere", dir.path().join("broken")).unwrap();
        let find = |pattern: &str| -> Vec<String> {
            paths(dir.path(), pattern)
                .iter()
                .map(|p| p.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(find("*.txt"), ["a.txt", "b.txt"]);
        assert_eq!(find("*"), ["[y", "a.txt", "b.txt", "broken", "sub", "{x}"]);
        assert_eq!(find(".h*"), [".hidden"]);
        assert_eq!(find("*/*.txt"), ["sub/c.txt"]);
        assert_eq!(find("[ab].tx?"), ["a.txt", "b.txt"]);
        assert_eq!(find("[!a].txt"), ["b.txt"]);
        assert_eq!(find("{*}"), ["{x}"]);
        assert_eq!(find("broken"), ["broken"]);
        assert_eq!(find("*/"), ["sub"]);
        assert_eq!(find("nothing*"), Vec::<String>::new());
        assert_eq!(find(""), Vec::<String>::new());
    }
}
