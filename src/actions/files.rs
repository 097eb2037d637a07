//! Where relative file names of actions are searched.
//!
//! Source: <https://docs.ansible.com/ansible/latest/playbook_guide/playbook_pathing.html>.

use std::path::{Path, PathBuf};

use super::error::ActionError;

/// The folders to search, in order: the roles from the task's own outwards, the tasks file's folder, the playbook's.
#[derive(Clone, Copy, Debug)]
pub struct SearchPath<'a>(pub &'a [PathBuf]);

/// Finds a file: in each folder first below `kind` (`files`, `templates`, `vars`), then in the folder itself.
///
/// # Errors
/// When it is nowhere; the message names all places that were tried.
pub fn find_file(search: SearchPath<'_>, kind: &str, name: &str) -> Result<PathBuf, ActionError> {
    let name = adept_modules::args::expand(name);
    let path = Path::new(&name);
    if path.is_absolute() {
        if path.exists() {
            return Ok(path.to_path_buf());
        }
        return Err(ActionError::failed(format!(
            "Could not find or access '{name}' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option"
        )));
    }
    let mut tried = Vec::new();
    for folder in search.0 {
        for candidate in [folder.join(kind).join(path), folder.join(path)] {
            if candidate.exists() {
                return Ok(candidate);
            }
            tried.push(format!("\t{}", candidate.display()));
        }
    }
    Err(ActionError::failed(format!(
        "Could not find or access '{name}'\nSearched in:\n{} on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option",
        tried.join("\n")
    )))
}
