//! Files by pattern, as Python's `glob.glob` finds them.

use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// The files (no folders) that a pattern finds, sorted by name. Names that begin with a dot need a pattern that does.
///
/// # Errors
/// When it is no pattern.
pub(crate) fn files(pattern: &str) -> Result<Vec<String>, String> {
    let mut found = vec![PathBuf::from(if pattern.starts_with('/') { "/" } else { "" })];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        if !part.contains(['*', '?', '[']) {
            found = found.into_iter().map(|f| f.join(part)).collect();
            continue;
        }
        let matcher = matcher(part)?;
        found = found.iter().flat_map(|folder| matching(folder, part, &matcher)).collect();
    }
    Ok(found.into_iter().filter(|f| f.is_file()).map(|f| f.to_string_lossy().into_owned()).collect())
}

fn matcher(part: &str) -> Result<GlobMatcher, String> {
    // Python knows no braces and no escapes in patterns.
    let literal = part.replace('\\', "[\\\\]").replace('{', "[{]").replace('}', "[}]");
    let glob = GlobBuilder::new(&literal).literal_separator(true).build().map_err(|e| e.to_string())?;
    Ok(glob.compile_matcher())
}

fn matching(folder: &Path, part: &str, matcher: &GlobMatcher) -> Vec<PathBuf> {
    let read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(read) else { return Vec::new() };
    let mut names: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.file_name())).collect();
    names.retain(|n| {
        let hidden = n.to_string_lossy().starts_with('.');
        (!hidden || part.starts_with('.')) && matcher.is_match(Path::new(n))
    });
    names.sort();
    names.into_iter().map(|n| folder.join(n)).collect()
}
