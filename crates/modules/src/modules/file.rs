//! `file`: files, directories, links and their attributes.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use adept_wire::{Diff, Map, ModuleOutcome, Value, map};

use crate::file_params::{AttributeDiff, FileParams, add_path_info, reason, text};
use crate::spec::{self, FILE_PARAMS};
use crate::sys::fs::{Moment, PathState, atime, change_mode, mtime, real_path, set_times};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const TIME_FORMAT: Default = Default::Str("%Y%m%d%H%M.%S");

const OWN: &[Param] = &[
    Param::new("path", Kind::Path).aliases(&["dest", "name"]).required(),
    Param::new("state", Kind::Str).choices(&["absent", "directory", "file", "hard", "link", "touch"]),
    Param::new("src", Kind::Path),
    Param::new("recurse", Kind::Bool).default(Default::Bool(false)),
    Param::new("force", Kind::Bool).default(Default::Bool(false)),
    Param::new("follow", Kind::Bool).default(Default::Bool(true)),
    Param::new("modification_time", Kind::Str),
    Param::new("modification_time_format", Kind::Str).default(TIME_FORMAT),
    Param::new("access_time", Kind::Str),
    Param::new("access_time_format", Kind::Str).default(TIME_FORMAT),
    Param::new("_original_basename", Kind::Str),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("file", "Manage files, directories, links and their attributes", &PARAMS), run };

/// What happens to a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Preserve,
    Now,
    At(Moment),
}

struct FileRun<'a> {
    args: &'a Args,
    host: &'a Host<'a>,
    params: FileParams,
    /// The path as results show it.
    shown: String,
    path: PathBuf,
    modified: Stamp,
    accessed: Stamp,
    warnings: Vec<String>,
}

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let shown = args.str("path").unwrap_or_default().to_string();
    let mut run = FileRun {
        args,
        host,
        params: FileParams::from_args(args),
        path: host.path(&shown),
        shown,
        modified: Stamp::Preserve,
        accessed: Stamp::Preserve,
        warnings: Vec::new(),
    };
    let result = run.dispatch();
    let warnings = std::mem::take(&mut run.warnings);
    let (changed, mut result, diff) = result?;
    add_path_info(&mut result, &run.path);
    let diff = if host.diff { vec![diff] } else { Vec::new() };
    Ok(ModuleOutcome { changed, result, diff, warnings, ..ModuleOutcome::default() })
}

type Done = (bool, Map, Diff);

impl FileRun<'_> {
    fn dispatch(&mut self) -> Result<Done, ModuleError> {
        let src = self.args.str("src");
        let state = self.args.str("state");
        if !matches!(state, Some("link" | "absent")) && self.path.is_dir() {
            let basename = self.args.str("_original_basename").or(src).map(|s| s.rsplit('/').next().unwrap_or(s));
            if let Some(basename) = basename.filter(|b| !b.is_empty()) {
                self.shown = format!("{}/{basename}", self.shown.trim_end_matches('/'));
                self.path = self.host.path(&self.shown);
            }
        }
        let recurse = self.args.bool("recurse");
        let state = state.unwrap_or_else(|| match PathState::of(&self.path) {
            PathState::Absent if recurse => "directory",
            PathState::Absent => "file",
            present => present.name(),
        });
        if recurse && state != "directory" {
            return Err(self.fail("recurse option requires state to be 'directory'").param("recurse"));
        }
        if src.is_some() && !matches!(state, "link" | "hard") {
            return Err(self.fail("src option requires state to be 'link' or 'hard'").param("src"));
        }
        let default = if state == "touch" { "now" } else { "preserve" };
        self.modified = self.stamp("modification_time", "modification_time_format", default)?;
        self.accessed = self.stamp("access_time", "access_time_format", default)?;
        match state {
            "absent" => self.absent(),
            "directory" => self.directory(recurse),
            "link" => self.link(src),
            "hard" => self.hard(src),
            "touch" => self.touch(),
            _ => self.attributes_of_file(),
        }
    }

    fn fail(&self, message: impl Into<String>) -> ModuleError {
        ModuleError::new(message).result(map! { "path" => self.shown.as_str() })
    }

    fn fail_link(&self, message: impl Into<String>, src: &str) -> ModuleError {
        ModuleError::new(message).result(map! { "dest" => self.shown.as_str(), "src" => src })
    }

    fn stamp(&self, param: &'static str, format: &str, default: &str) -> Result<Stamp, ModuleError> {
        let given = self.args.str(param).unwrap_or(default);
        match given {
            "preserve" => Ok(Stamp::Preserve),
            "now" => Ok(Stamp::Now),
            _ => {
                let format = self.args.str(format).unwrap_or_default();
                let parsed = jiff::fmt::strtime::parse(format, given)
                    .and_then(|t| t.to_datetime().or_else(|_| t.to_date().map(|d| d.at(0, 0, 0, 0))))
                    .and_then(|t| t.to_zoned(jiff::tz::TimeZone::system()));
                let zoned = parsed.map_err(|e| {
                    let why = format!("Error while obtaining timestamp for time {given} using format {format}: {e}");
                    self.fail(why).param(param)
                })?;
                Ok(Stamp::At(Moment { seconds: zoned.timestamp().as_second(), nanos: 0 }))
            }
        }
    }

    /// What was there, for the diff; `state` is what will be.
    fn start_diff(&self, state: &str, before: PathState) -> AttributeDiff {
        let mut diff = AttributeDiff::default();
        diff.note("path", self.shown.as_str(), self.shown.as_str());
        if before.name() != state {
            diff.note("state", before.name(), state);
        }
        if state == "absent" && before == PathState::Directory {
            let (mut directories, mut files) = (Vec::new(), Vec::new());
            list_below(&self.path, &mut directories, &mut files);
            diff.before
                .insert("path_content".into(), Value::map(map! { "directories" => directories, "files" => files }));
        }
        diff
    }

    fn done(&self, changed: bool, diff: AttributeDiff) -> Done {
        (changed, map! { "path" => self.shown.as_str() }, headless(diff))
    }

    fn absent(&mut self) -> Result<Done, ModuleError> {
        let before = PathState::of(&self.path);
        let mut result = map! { "path" => self.shown.as_str(), "state" => "absent" };
        if before == PathState::Absent {
            return Ok((false, result, Diff::default()));
        }
        let diff = self.start_diff("absent", before);
        if !self.host.check {
            if before == PathState::Directory {
                fs::remove_dir_all(&self.path)
                    .map_err(|e| self.fail(format!("rmtree failed: {}", reason(&e, &self.path))))?;
            } else if let Err(e) = fs::remove_file(&self.path)
                && e.kind() != std::io::ErrorKind::NotFound
            {
                return Err(self.fail(format!("unlinking failed: {} ", reason(&e, &self.path))));
            }
        }
        result.insert("state".into(), "absent".into());
        Ok((true, result, headless(diff)))
    }

    fn attributes_of_file(&mut self) -> Result<Done, ModuleError> {
        let mut before = PathState::of(&self.path);
        if before == PathState::Link && self.args.bool("follow") {
            self.follow();
            before = PathState::of(&self.path);
        }
        if !matches!(before, PathState::File | PathState::Hard) {
            return Err(ModuleError::new(format!("file ({}) is {}, cannot continue", self.shown, before.name()))
                .result(map! { "path" => self.shown.as_str(), "state" => before.name() }));
        }
        let mut diff = self.start_diff("file", before);
        let mut changed = self.params.apply(&self.path, self.host, Some(&mut diff))?;
        changed |= self.apply_times(&self.path.clone(), &mut diff)?;
        Ok(self.done(changed, diff))
    }

    /// Goes on with what the link points to, and shows that in results.
    fn follow(&mut self) {
        self.path = real_path(&self.path);
        self.shown = text(&self.path);
    }

    /// Where attributes are applied: behind the link, if it is to be followed.
    fn attribute_path(&self) -> PathBuf {
        if self.args.bool("follow") && self.path.is_symlink() { real_path(&self.path) } else { self.path.clone() }
    }

    fn directory(&mut self, recurse: bool) -> Result<Done, ModuleError> {
        let mut before = PathState::of(&self.path);
        if before == PathState::Link && self.args.bool("follow") {
            self.follow();
            before = PathState::of(&self.path);
        }
        let mut diff = self.start_diff("directory", before);
        match before {
            PathState::Absent => {
                if self.host.check {
                    return Ok(self.done(true, diff));
                }
                self.make_directories(&mut diff)?;
                Ok(self.done(true, diff))
            }
            PathState::Directory => {
                let mut changed = self.params.apply(&self.path, self.host, Some(&mut diff))?;
                changed |= self.apply_times(&self.path.clone(), &mut diff)?;
                if recurse {
                    changed |= self.apply_below(&self.path.clone(), &mut diff)?;
                }
                Ok(self.done(changed, diff))
            }
            other => Err(self.fail(format!("{} already exists as a {}", self.shown, other.name()))),
        }
    }

    /// Makes the directory and what misses above it; each one made gets the attributes.
    fn make_directories(&self, diff: &mut AttributeDiff) -> Result<(), ModuleError> {
        let failed = |path: &Path, e: &std::io::Error| {
            self.fail(format!("There was an issue creating {} as requested: {}", self.shown, reason(e, path)))
        };
        let mut missing: Vec<&Path> = self.path.ancestors().take_while(|p| !p.exists()).collect();
        missing.reverse();
        for path in missing {
            match fs::create_dir(path) {
                Ok(()) => {
                    // The standard library's mode is 0777 less the process's umask; the run's own may differ.
                    if let Some(umask) = self.host.umask {
                        change_mode(path, 0o777 & !umask).map_err(|e| failed(path, &e))?;
                    }
                }
                Err(_) if path.is_dir() => {}
                Err(e) => return Err(failed(path, &e)),
            }
            self.params.apply(path, self.host, Some(diff))?;
        }
        Ok(())
    }

    fn apply_below(&self, top: &Path, diff: &mut AttributeDiff) -> Result<bool, ModuleError> {
        let mut changed = false;
        for entry in walkdir::WalkDir::new(top).min_depth(1) {
            let entry = entry.map_err(|e| {
                self.fail(format!("Could not recursively set attributes on {}. Original error was: '{e}'", text(top)))
            })?;
            changed |= self.params.apply(entry.path(), self.host, Some(diff))?;
            changed |= self.apply_times(entry.path(), diff)?;
            if entry.path_is_symlink() && self.args.bool("follow") && entry.path().exists() {
                let target = real_path(entry.path());
                if target.is_dir() {
                    // A link to a directory above would lead in circles.
                    if top.starts_with(&target) {
                        continue;
                    }
                    changed |= self.apply_below(&target, diff)?;
                }
                changed |= self.params.apply(&target, self.host, Some(diff))?;
                changed |= self.apply_times(&target, diff)?;
            }
        }
        Ok(changed)
    }

    fn touch(&mut self) -> Result<Done, ModuleError> {
        let before = PathState::of(&self.path);
        let result = map! { "dest" => self.shown.as_str() };
        let mut diff = self.start_diff("touch", before);
        if self.host.check {
            let mut changed = before == PathState::Absent;
            if !changed {
                let path = self.attribute_path();
                changed |= self.params.apply(&path, self.host, Some(&mut diff))?;
                changed |= self.apply_times(&path, &mut diff)?;
            }
            return Ok((changed, result, headless(diff)));
        }
        let mut changed = false;
        if before == PathState::Absent {
            fs::File::create(&self.path)
                .and_then(|_| match self.host.umask {
                    Some(umask) => change_mode(&self.path, 0o666 & !umask),
                    None => Ok(()),
                })
                .map_err(|e| self.fail(format!("Error, could not touch target: {}", reason(&e, &self.path))))?;
            changed = true;
        }
        let path = self.attribute_path();
        let applied = self
            .params
            .apply(&path, self.host, Some(&mut diff))
            .and_then(|c| self.apply_times(&path, &mut diff).map(|t| c || t));
        if applied.is_err() && before == PathState::Absent {
            // A file made only to fail on its attributes doesn't stay.
            let _ = fs::remove_file(&self.path);
        }
        changed |= applied?;
        Ok((changed, result, headless(diff)))
    }

    fn link(&mut self, src: Option<&str>) -> Result<Done, ModuleError> {
        let before = PathState::of(&self.path);
        let (force, follow) = (self.args.bool("force"), self.args.bool("follow"));
        let current = fs::read_link(&self.path).ok().map(|p| text(&p));
        // Without `src` an existing link stays as it is, and only its attributes are looked at.
        let shown_src: Value = src.or(current.as_deref().filter(|_| follow)).into();
        let Some(src) = src.map(String::from).or(current) else {
            return Err(ModuleError::new("src is required for creating new symlinks").param("src"));
        };
        let base = if before == PathState::Directory { Some(self.path.as_path()) } else { self.path.parent() };
        let absolute = base.unwrap_or(Path::new("/")).join(&src);
        if !force && !absolute.exists() {
            return Err(ModuleError::new(format!(
                "src file does not exist, use 'force=yes' if you really want to create the link: {}",
                text(&absolute)
            ))
            .result(map! { "path" => self.shown.as_str(), "src" => src.as_str() }));
        }
        match before {
            PathState::Directory if !force => {
                return Err(self.fail(format!("refusing to convert from directory to symlink for {}", self.shown)));
            }
            PathState::Directory if fs::read_dir(&self.path)?.next().is_some() => {
                return Err(self.fail(format!("the directory {} is not empty, refusing to convert it", self.shown)));
            }
            PathState::File | PathState::Hard if !force => {
                return Err(self.fail(format!(
                    "refusing to convert from {} to symlink for {}",
                    before.name(),
                    self.shown
                )));
            }
            _ => {}
        }
        let mut diff = self.start_diff("link", before);
        let mut changed = before != PathState::Link;
        if before == PathState::Link {
            let old = text(&fs::read_link(&self.path)?);
            if old != src {
                diff.note("src", old, src.as_str());
                changed = true;
            }
        }
        if changed && !self.host.check {
            self.replace_by(before, |path| symlink(&src, path)).map_err(|e| {
                let what = if before == PathState::Absent { "linking" } else { "replacing" };
                self.fail(format!("Error while {what}: {}", reason(&e, &self.path)))
            })?;
        }
        let result = map! { "dest" => self.shown.as_str(), "src" => shown_src };
        if self.host.check && !self.path.exists() {
            return Ok((changed, result, headless(diff)));
        }
        let path = self.attribute_path();
        if follow && self.path.is_symlink() && !path.exists() {
            self.warnings.push(
                "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this."
                    .into(),
            );
        } else {
            changed |= self.params.apply(&path, self.host, Some(&mut diff))?;
            changed |= self.apply_times(&path, &mut diff)?;
        }
        Ok((changed, result, headless(diff)))
    }

    fn hard(&mut self, src: Option<&str>) -> Result<Done, ModuleError> {
        let before = PathState::of(&self.path);
        let force = self.args.bool("force");
        if src.is_none() && before != PathState::Hard {
            return Err(ModuleError::new("src is required for creating new hardlinks").param("src"));
        }
        let src_path = src.map(|s| self.host.path(s));
        if let (Some(src), Some(path)) = (src, &src_path)
            && !path.exists()
        {
            return Err(self.fail_link("src does not exist", src).param("src"));
        }
        let shown_src = src.unwrap_or_default();
        let mut diff = self.start_diff("hard", before);
        let same = match &src_path {
            Some(src) => same_file(src, &self.path),
            None => true,
        };
        let changed = match before {
            PathState::Absent => true,
            PathState::Link => {
                diff.note("src", text(&fs::read_link(&self.path)?), shown_src);
                true
            }
            PathState::Hard if same => false,
            PathState::Hard if !force => {
                return Err(self.fail_link("Cannot link, different hard link exists at destination", shown_src));
            }
            PathState::File | PathState::Directory if !force => {
                return Err(self.fail_link(format!("Cannot link, {} exists at destination", before.name()), shown_src));
            }
            _ => true,
        };
        if let (true, false, Some(src)) = (changed, self.host.check, &src_path) {
            if before == PathState::Directory && fs::read_dir(&self.path)?.next().is_some() {
                let why = format!("the directory {} is not empty, refusing to convert it", self.shown);
                return Err(self.fail_link(why, shown_src));
            }
            self.replace_by(before, |path| fs::hard_link(src, path)).map_err(|e| {
                let what = if before == PathState::Absent { "linking" } else { "replacing" };
                self.fail_link(format!("Error while {what}: {}", reason(&e, &self.path)), shown_src)
            })?;
        }
        let mut result = map! { "dest" => self.shown.as_str() };
        result.insert("src".into(), src.into());
        if self.host.check && !self.path.exists() {
            return Ok((changed, result, headless(diff)));
        }
        let path = self.attribute_path();
        let mut changed = changed;
        changed |= self.params.apply(&path, self.host, Some(&mut diff))?;
        changed |= self.apply_times(&path, &mut diff)?;
        Ok((changed, result, headless(diff)))
    }

    /// Makes a link at the path; where something stands there, beside it first and then by a rename.
    fn replace_by(&self, before: PathState, make: impl Fn(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
        if before == PathState::Absent {
            return make(&self.path);
        }
        let count = self.host.counter.get();
        self.host.counter.set(count + 1);
        let name = format!(".adept-{}-{count}.tmp", std::process::id());
        let temporary = self.path.with_file_name(name);
        if before == PathState::Directory {
            fs::remove_dir(&self.path)?;
        }
        make(&temporary)?;
        fs::rename(&temporary, &self.path).inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
    }

    fn apply_times(&self, path: &Path, diff: &mut AttributeDiff) -> Result<bool, ModuleError> {
        if self.modified == Stamp::Preserve && self.accessed == Stamp::Preserve {
            return Ok(false);
        }
        // Through a link, as utime(2) goes; a link that leads nowhere has times of its own only.
        let path = &if path.exists() { real_path(path) } else { path.to_path_buf() };
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(_) if self.host.check => return Ok(true),
            Err(e) => return Err(self.fail(format!("Error while updating modification or access time: {e}"))),
        };
        let now = Moment::now();
        let pick = |stamp: Stamp, old: Moment| match stamp {
            Stamp::Preserve => old,
            Stamp::Now => now,
            Stamp::At(moment) => moment,
        };
        let (old_modified, old_accessed) = (mtime(&meta), atime(&meta));
        let (modified, accessed) = (pick(self.modified, old_modified), pick(self.accessed, old_accessed));
        if modified == old_modified && accessed == old_accessed {
            return Ok(false);
        }
        if !self.host.check {
            set_times(path, Some(modified), Some(accessed))
                .map_err(|e| self.fail(format!("Error while updating modification or access time: {e}")))?;
        }
        if modified != old_modified {
            diff.note("mtime", old_modified.as_f64(), modified.as_f64());
        }
        if accessed != old_accessed {
            diff.note("atime", old_accessed.as_f64(), accessed.as_f64());
        }
        Ok(true)
    }
}

fn headless(diff: AttributeDiff) -> Diff {
    diff.into_diff("")
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::metadata(a), fs::metadata(b)), (Ok(a), Ok(b)) if a.ino() == b.ino() && a.dev() == b.dev())
}

/// Names everything below a directory: a directory's own files before those further down.
fn list_below(top: &Path, directories: &mut Vec<String>, files: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(top).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    let (below, here): (Vec<_>, Vec<_>) = entries.into_iter().partition(|p| p.is_dir());
    directories.extend(below.iter().map(|p| text(p)));
    files.extend(here.iter().map(|p| text(p)));
    for path in below.iter().filter(|p| !p.is_symlink()) {
        list_below(path, directories, files);
    }
}
