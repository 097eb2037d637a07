//! From a playbook file to its plays, imports resolved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adept_wire::{Map, Value};

use super::files::Files;
use crate::actions::Names;
use crate::diag::Diagnostic;
use crate::playbook::{Entry, Frame, FrameKind, Import, Keywords, Parser, Play, Task, TaskArgs, vars_of};
use crate::template::Templar;

/// A play with what its imports gave it.
#[derive(Clone, Debug)]
pub struct LoadedPlay {
    /// The play.
    pub play: Arc<Play>,
    /// Folder of the file that holds it.
    pub dir: PathBuf,
    /// Variables of the imports around it: they override the play's own.
    pub import_vars: Map,
    /// The play's frame, within frames for the keywords (`when`, `tags`) of its imports.
    pub frame: Arc<Frame>,
}

/// The plays of a file, and of the files that it imports.
///
/// # Errors
/// When a file is missing or has a mistake, or files import each other.
pub fn load_playbook(files: &Files, templar: &Templar, path: &Path) -> Result<Vec<LoadedPlay>, Diagnostic> {
    let mut plays = Vec::new();
    let outer = Outer { stack: Vec::new(), vars: Map::new(), frame: None };
    load(files, templar, path, &outer, &mut plays)?;
    Ok(plays)
}

struct Outer {
    stack: Vec<PathBuf>,
    vars: Map,
    frame: Option<Arc<Frame>>,
}

fn load(
    files: &Files,
    templar: &Templar,
    path: &Path,
    outer: &Outer,
    plays: &mut Vec<LoadedPlay>,
) -> Result<(), Diagnostic> {
    if path.is_dir() {
        return Err(Diagnostic::general(format!("the playbook: {} is a directory, not a file", path.display())));
    }
    let document = files.yaml(path)?;
    let playbook = Parser::new(&Names).playbook(path, &document)?;
    let dir = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let mut stack = outer.stack.clone();
    stack.push(path.to_path_buf());
    for entry in playbook.entries {
        match entry {
            Entry::Play(play) => {
                let frame = Frame { parent: outer.frame.clone(), kind: FrameKind::Play(play.clone()) };
                let import_vars = outer.vars.clone();
                plays.push(LoadedPlay { play, dir: dir.clone(), import_vars, frame: Arc::new(frame) });
            }
            Entry::Import(import) => {
                let file = imported(templar, &import, &dir)?;
                if stack.contains(&file) {
                    let chain: Vec<String> = stack.iter().chain([&file]).map(|p| p.display().to_string()).collect();
                    return Err(Diagnostic::parse("these playbooks import each other without end")
                        .at(import.origin.as_ref())
                        .note(chain.join(" -> ")));
                }
                // An outer import's variables win, as the outermost is nearest to the user.
                let mut vars = import.vars.clone();
                if let Some(own) = import.keywords.get("vars") {
                    vars.extend(vars_of(own)?);
                }
                vars.extend(outer.vars.clone());
                let frame = Some(Arc::new(import_frame(&import, outer.frame.clone())));
                load(files, templar, &file, &Outer { stack: stack.clone(), vars, frame }, plays)?;
            }
        }
    }
    Ok(())
}

fn imported(templar: &Templar, import: &Import, dir: &Path) -> Result<PathBuf, Diagnostic> {
    let name = templar.render(&import.file).map_err(Diagnostic::from)?;
    let name = match name.as_str() {
        Some(name) if !name.is_empty() => name.to_string(),
        _ => return Err(Diagnostic::parse("import_playbook needs the name of a file").at(import.origin.as_ref())),
    };
    let file = dir.join(&name);
    if file.is_dir() {
        return Err(Diagnostic::general(format!("{} is a directory, a playbook was expected", file.display()))
            .at(import.file.origin())
            .width(name.len()));
    }
    if !file.exists() {
        return Err(Diagnostic::parse(format!("the file {} does not exist", file.display()))
            .at(import.file.origin())
            .width(name.len()));
    }
    Ok(file)
}

/// `when` and `tags` of an import hold for every task of its plays.
fn import_frame(import: &Import, parent: Option<Arc<Frame>>) -> Frame {
    let mut keywords = Keywords::default();
    for (kw, value) in import.keywords.iter().filter(|(k, _)| matches!(k.name, "when" | "tags")) {
        keywords.insert(kw, value.clone());
    }
    let task = Task {
        origin: import.origin.clone(),
        action: "import_playbook".into(),
        written: "import_playbook".into(),
        args: TaskArgs { map: adept_wire::map! { "_raw_params" => import.file.clone() }, whole: None::<Value> },
        loop_over: None,
        keywords: import.keywords.clone(),
        handler: false,
        implicit: false,
    };
    let kind =
        FrameKind::Include { task: Arc::new(task), vars: Map::new(), dynamic: false, keywords, locals: Map::new() };
    Frame { parent, kind }
}
