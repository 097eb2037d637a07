//! Where `ADEPT_PATH` points: the folder of the program as it was called.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The folder of `argv0`, searched in `path` if it is a bare name. Links in the folder's path are resolved; the program
/// itself may be a link and isn't followed, so that a link named `adept.py` in a checkout gives the checkout.
pub fn adept_path(argv0: &OsStr, path: &OsStr, cwd: &Path) -> PathBuf {
    let called = Path::new(argv0);
    let folder = if argv0.as_bytes().contains(&b'/') {
        cwd.join(called.parent().unwrap_or(Path::new("")))
    } else {
        let executable = |p: &Path| fs::metadata(p).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
        std::env::split_paths(path)
            .map(|dir| cwd.join(dir))
            .find(|dir| executable(&dir.join(called)))
            .unwrap_or_else(|| cwd.to_path_buf())
    };
    folder.canonicalize().unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_folder_of_the_link_and_not_of_its_target() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for sub in ["real", "bin", "empty"] {
            fs::create_dir(root.join(sub)).unwrap();
        }
        fs::write(root.join("real/adept"), "").unwrap();
        fs::set_permissions(root.join("real/adept"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(root.join("empty/adept.py"), "not executable").unwrap();
        std::os::unix::fs::symlink(root.join("real/adept"), root.join("bin/adept.py")).unwrap();
        std::os::unix::fs::symlink("bin", root.join("also")).unwrap();

        let of = |argv0: &str, path: &str| adept_path(OsStr::new(argv0), OsStr::new(path), &root);
        let search = format!("{0}/empty:{0}/bin", root.display());
        assert_eq!(of("bin/adept.py", ""), root.join("bin"));
        assert_eq!(of("./also/adept.py", ""), root.join("bin"));
        assert_eq!(of(&format!("{}/bin/adept.py", root.display()), ""), root.join("bin"));
        assert_eq!(of("adept.py", &search), root.join("bin"));
        assert_eq!(of("adept.py", "bin"), root.join("bin"));
        assert_eq!(of("nowhere", &search), root);
    }
}
