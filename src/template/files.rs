//! `Files`: where templates find the files that they include, import and extend.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_wire::Origin;

use super::call::Result;
use super::error::TemplateError;
use super::options::Syntax;
use super::place::Source;

/// Files that include each other deeper than this do so without end.
const MAX_DEPTH: usize = 30;

/// The folders of one template file, and how the files that it asks for are read.
#[derive(Clone)]
pub(crate) struct Files {
    folders: Vec<PathBuf>,
    syntax: Syntax,
    depth: usize,
}

impl Files {
    /// For a template file: its own folder comes first.
    pub fn of(file: &Path, search_path: Vec<PathBuf>, syntax: Syntax) -> Files {
        let own = file.parent().map(Path::to_path_buf);
        Files { folders: own.into_iter().chain(with_templates(search_path)).collect(), syntax, depth: 0 }
    }

    /// For a template in a playbook.
    pub fn inline(search_path: Vec<PathBuf>) -> Files {
        Files { folders: with_templates(search_path), syntax: Syntax::FILE, depth: 0 }
    }

    pub fn syntax(&self) -> &Syntax {
        &self.syntax
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The text of a file; `None` when no folder has it.
    pub fn load(&self, name: &str, depth: usize) -> Result<Option<(Source, Files)>> {
        if depth > MAX_DEPTH {
            return Err(TemplateError::failed(format!("template files include each other without end, at '{name}'")));
        }
        for folder in &self.folders {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let bytes =
                fs::read(&path).map_err(|e| TemplateError::file(format!("can't read {}: {e}", path.display())))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| TemplateError::file(format!("{} is not UTF-8 text", path.display())))?;
            let files = Files { depth, ..self.clone() };
            return Ok(Some((source_of(&path, text.into(), 1), files)));
        }
        Ok(None)
    }
}

/// The text of a file whose first line in the text is this line of the file.
pub(crate) fn source_of(path: &Path, text: Arc<str>, line: u32) -> Source {
    let file = path.to_string_lossy().into();
    Source { text, origin: Some(Origin { file, line, column: 1 }), exact: true }
}

/// Templates of a role lie in its `templates` folder.
fn with_templates(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.into_iter().flat_map(|f| [f.join("templates"), f]).collect()
}
