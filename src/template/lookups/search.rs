//! Where lookups find files with relative names.

use std::path::{Path, PathBuf};

use crate::template::call::Call;

/// The paths that a name may mean, in order: in this folder of each folder of the search path, or beside it.
pub(super) fn candidates(call: &Call<'_>, folder: &str, name: &str) -> Vec<PathBuf> {
    let name = expanded(call, name);
    if name.is_absolute() {
        return vec![name];
    }
    call.eval.search_path().into_iter().flat_map(|p| [p.join(folder).join(&name), p.join(&name)]).collect()
}

/// The first of them that exists.
pub(super) fn find(call: &Call<'_>, folder: &str, name: &str) -> Option<PathBuf> {
    candidates(call, folder, name).into_iter().find(|p| p.exists()).map(tidy)
}

/// `~` at the beginning is the home directory.
fn expanded(call: &Call<'_>, name: &str) -> PathBuf {
    match (name.strip_prefix('~'), call.eval.env().env.get("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => PathBuf::from(format!("{home}{rest}")),
        _ => PathBuf::from(name),
    }
}

/// Without `.` and `..`, as Ansible shows paths.
fn tidy(path: PathBuf) -> PathBuf {
    let tidy = crate::template::filters::paths::normpath(&path.to_string_lossy());
    // `..` behind a link may lead elsewhere: the path as it was is right then.
    if Path::new(&tidy).exists() { PathBuf::from(tidy) } else { path }
}
