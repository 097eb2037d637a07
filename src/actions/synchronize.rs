//! `synchronize`: a folder's content to another place. What lies on the controller is searched as `copy` searches it.

use adept_modules::Spec;
use adept_wire::{Key, Map};

use super::action::{Action, Binding, Work};
use super::error::ActionError;

pub(super) const ACTION: Action = Action::new(SPEC, bind);

/// The module's own declaration: the action adds nothing to it.
const SPEC: Spec = adept_modules::modules::synchronize::MODULE.spec;

fn bind(b: &Binding<'_>) -> Result<Work, ActionError> {
    let mut args: Map = b.given.clone();
    // The side that is the controller's: with `push` the source, with `pull` the target.
    let (side, kind) = if b.args.str("mode") == Some("pull") { ("dest", None) } else { ("src", Some("files")) };
    if let Some(path) = b.args.str(side) {
        let found = local(b, path, kind);
        args.insert(Key::from(side), found.into());
    }
    Ok(Work::Module { name: "synchronize".into(), args })
}

/// An absolute path, the `/` at its end kept; `HOST:PATH` and URLs are left alone.
fn local(b: &Binding<'_>, path: &str, kind: Option<&str>) -> String {
    let path_here = adept_modules::args::expand(path);
    if path_here.starts_with('/') || path_here.contains(':') {
        return path_here;
    }
    let folders = b.search.0;
    let found = kind.and_then(|kind| super::files::find_file(super::SearchPath(folders), kind, &path_here).ok());
    let base = folders.last().map(|f| f.join(&path_here));
    let mut full = found.or(base).map_or(path_here, |p| p.to_string_lossy().into_owned());
    if path.ends_with('/') && !full.ends_with('/') {
        full.push('/');
    }
    full
}
