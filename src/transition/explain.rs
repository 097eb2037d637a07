//! Which file came from where: the built-in content with the job's files on top.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::builtin;

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// It is built in.
    Builtin,
    /// It is built in, under another name too, since the job overrides it.
    BuiltinAside,
    /// The job brings it.
    Job,
    /// The job brings it in place of a built-in one.
    JobOverrides,
    /// It was in the workspace already.
    Workspace,
}

/// One effective file.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Its path below the workspace.
    pub path: PathBuf,
    /// Where it comes from.
    pub from: From,
    /// That file: in the repository, or on this machine.
    pub source: PathBuf,
}

/// What is never taken from a job, as in the role exekutir_workspace_setup.
const EXCLUDED: [&str; 4] = [".adept", ".ansible", ".git", ".ssh"];

/// All files that a job works with, as setup puts them together.
pub fn explain(job: &Path, workspace: Option<&Path>) -> Vec<Effective> {
    let mut files: BTreeMap<PathBuf, Effective> = BTreeMap::new();
    let mut add = |path: PathBuf, from: From, source: PathBuf| {
        files.insert(path.clone(), Effective { path, from, source });
    };
    let builtin = builtin::files();
    for file in &builtin {
        if let Ok(rest) = file.path.strip_prefix("exekutir") {
            let mine = workspace
                .map(|w| w.join(rest))
                .filter(|p| std::fs::read(p).is_ok_and(|content| content != file.contents));
            match mine {
                Some(mine) => add(rest.to_path_buf(), From::Workspace, mine),
                None => add(rest.to_path_buf(), From::Builtin, file.source.clone()),
            }
        }
    }
    let below = Path::new("kommandir_workspace");
    for file in &builtin {
        if let Ok(rest) = file.path.strip_prefix("kommandir") {
            add(below.join(rest), From::Builtin, file.source.clone());
        }
    }
    for (rest, source) in job_files(job) {
        let replaced = builtin.iter().find(|f| f.path.strip_prefix("kommandir").is_ok_and(|p| p == rest));
        if let Some(file) = replaced {
            let name = rest.to_string_lossy();
            if rest.components().count() == 1 && (name.ends_with(".yml") || name.ends_with(".xn")) {
                add(below.join(format!("default_{name}")), From::BuiltinAside, file.source.clone());
            }
        }
        let from = if replaced.is_some() { From::JobOverrides } else { From::Job };
        add(below.join(&rest), from, source);
    }
    files.into_values().collect()
}

/// The files of a job, by their path below it. Links are followed: they are copied as what they point to.
fn job_files(job: &Path) -> Vec<(PathBuf, PathBuf)> {
    // A built-in job may not be unpacked yet.
    let unpacked = job.is_dir();
    if !unpacked {
        let prefix = Path::new("jobs").join(job.file_name().unwrap_or_default());
        let files = builtin::files().into_iter();
        return files
            .filter_map(|f| Some((f.path.strip_prefix(&prefix).ok()?.to_path_buf(), f.source.clone())))
            .filter(|(rest, _)| rest != Path::new("README"))
            .collect();
    }
    let walk = WalkDir::new(job).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
    let wanted = walk.filter_entry(|e| !EXCLUDED.iter().any(|x| e.file_name() == *x)).flatten();
    wanted
        .filter(|e| e.file_type().is_file())
        .filter_map(|e| Some((e.path().strip_prefix(job).ok()?.to_path_buf(), e.path().to_path_buf())))
        .filter(|(rest, _)| rest != Path::new("README"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn says_what_the_job_overrides() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("roles/common/tasks")).unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        for file in ["run.yml", "roles/common/tasks/main.yml", "extra.yml", "README", ".git/x"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let files = explain(dir.path(), None);
        let of =
            |path: &str| files.iter().find(|f| f.path == Path::new("kommandir_workspace").join(path)).map(|f| &f.from);
        assert_eq!(of("run.yml"), Some(&From::JobOverrides));
        assert_eq!(of("default_run.yml"), Some(&From::BuiltinAside));
        assert_eq!(of("roles/common/tasks/main.yml"), Some(&From::JobOverrides));
        assert_eq!(of("extra.yml"), Some(&From::Job));
        assert_eq!(of("setup.yml"), Some(&From::Builtin));
        assert_eq!((of("README"), of(".git/x"), of("default_setup.yml")), (None, None, None));
    }
}
