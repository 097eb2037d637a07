//! `find`: files below directories, by name, age, size, content and mode.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::checksum;
use crate::file_mode::FileMode;
use crate::file_params::{four_digits, message, text};
use crate::file_text::FileText;
use crate::fnmatch;
use crate::regex::{Flags, Regex};
use crate::sys::fs::{MODE_BITS, Moment, atime, ctime, mtime};
use crate::sys::user;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("paths", Kind::ListOfPath).aliases(&["name", "path"]).required(),
    Param::new("patterns", Kind::ListOfStr).aliases(&["pattern"]).default(Default::EmptyList),
    Param::new("excludes", Kind::ListOfStr).aliases(&["exclude"]),
    Param::new("contains", Kind::Str),
    Param::new("read_whole_file", Kind::Bool).default(Default::Bool(false)),
    Param::new("file_type", Kind::Str).choices(&["any", "directory", "file", "link"]).default(Default::Str("file")),
    Param::new("age", Kind::Str),
    Param::new("age_stamp", Kind::Str).choices(&["atime", "ctime", "mtime"]).default(Default::Str("mtime")),
    Param::new("size", Kind::Str),
    Param::new("recurse", Kind::Bool).default(Default::Bool(false)),
    Param::new("hidden", Kind::Bool).default(Default::Bool(false)),
    Param::new("follow", Kind::Bool).default(Default::Bool(false)),
    Param::new("get_checksum", Kind::Bool).default(Default::Bool(false)),
    Param::new("checksum_algorithm", Kind::Str)
        .aliases(&["checksum", "checksum_algo"])
        .choices(checksum::ALGORITHMS)
        .default(Default::Str("sha1")),
    Param::new("use_regex", Kind::Bool).default(Default::Bool(false)),
    Param::new("depth", Kind::Int),
    Param::new("limit", Kind::Int),
    Param::new("mode", Kind::Mode),
    Param::new("exact_mode", Kind::Bool).default(Default::Bool(true)),
    Param::new("encoding", Kind::Str),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("find", "Find files by what they are", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let filter = Filter::from_args(args)?;
    let mut search = Search {
        filter,
        host,
        recurse: args.bool("recurse"),
        follow: args.bool("follow"),
        depth: args.int("depth").filter(|d| *d > 0),
        limit: args.int("limit").and_then(|l| usize::try_from(l).ok()),
        algorithm: args.bool("get_checksum").then(|| args.str("checksum_algorithm").unwrap_or("sha1").to_string()),
        files: Vec::new(),
        examined: 0,
        skipped: Map::new(),
        warnings: Vec::new(),
        users: HashMap::new(),
        groups: HashMap::new(),
    };
    for path in args.strings("paths") {
        let start = host.path(path);
        if start.is_dir() {
            search.walk(&start, Path::new(path), 1)?;
        } else {
            search.skip(path, format!("'{path}' is not a directory"));
        }
    }
    let msg = if search.skipped.is_empty() {
        "All paths examined"
    } else {
        "Not all paths examined, check warnings for details"
    };
    let result = map! {
        "matched" => search.files.len(), "files" => search.files, "msg" => msg, "examined" => search.examined,
        "skipped_paths" => search.skipped,
    };
    Ok(ModuleOutcome { result, warnings: search.warnings, ..ModuleOutcome::default() })
}

struct Search<'a> {
    filter: Filter,
    host: &'a Host<'a>,
    recurse: bool,
    follow: bool,
    depth: Option<i64>,
    limit: Option<usize>,
    algorithm: Option<String>,
    files: Vec<Value>,
    examined: usize,
    skipped: Map,
    warnings: Vec<String>,
    users: HashMap<u32, Option<String>>,
    groups: HashMap<u32, Option<String>>,
}

impl Search<'_> {
    fn skip(&mut self, path: &str, why: String) {
        self.warnings.push(format!("Skipped '{path}' path due to this access issue: {why}\n"));
        self.skipped.insert(path.into(), why.into());
    }

    fn full(&self) -> bool {
        self.limit.is_some_and(|limit| self.files.len() >= limit)
    }

    /// One directory: its own entries first, then those below, as Python's `os.walk` goes.
    fn walk(&mut self, dir: &Path, shown: &Path, depth: i64) -> Result<(), ModuleError> {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) => {
                self.skip(&text(shown), format!("{}: '{}'", message(&e), text(shown)));
                return Ok(());
            }
        };
        let mut names: Vec<PathBuf> = entries.flatten().map(|e| PathBuf::from(e.file_name())).collect();
        names.sort();
        let (directories, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|n| dir.join(n).is_dir());
        self.examined += directories.len() + others.len();
        if self.depth.is_some_and(|limit| depth > limit) {
            return Ok(());
        }
        for name in others.iter().chain(&directories) {
            if self.full() {
                return Ok(());
            }
            let path = dir.join(name);
            let meta = match fs::symlink_metadata(&path) {
                Ok(meta) => meta,
                Err(e) => {
                    self.skip(&text(&shown.join(name)), message(&e));
                    continue;
                }
            };
            if self.filter.accepts(&text(name), &path, &meta)? {
                let found = self.describe(&path, &shown.join(name), &meta)?;
                self.files.push(Value::map(found));
            }
        }
        if !self.recurse {
            return Ok(());
        }
        for name in &directories {
            let path = dir.join(name);
            if self.full() || self.host.is_cancelled() {
                break;
            }
            if path.is_symlink() {
                // A link to a directory above would lead in circles.
                let target = fs::canonicalize(&path).unwrap_or_default();
                let circular = fs::canonicalize(dir).is_ok_and(|dir| dir.starts_with(&target));
                if !self.follow || circular {
                    continue;
                }
            }
            self.walk(&path, &shown.join(name), depth + 1)?;
        }
        Ok(())
    }

    fn describe(&mut self, path: &Path, shown: &Path, meta: &Metadata) -> Result<Map, ModuleError> {
        let mode = meta.mode();
        let bit = |b: u32| Value::from(mode & b != 0);
        let kind = meta.file_type();
        let time = |m: Moment| Value::from(m.as_f64());
        let user = self.users.entry(meta.uid()).or_insert_with(|| user::user_name(meta.uid())).clone();
        let group = self.groups.entry(meta.gid()).or_insert_with(|| user::group_name(meta.gid())).clone();
        let mut found = map! {
            "path" => text(&crate::sys::fs::normalize(shown)),
            "mode" => four_digits(mode),
            "isdir" => kind.is_dir(),
            "ischr" => kind.is_char_device(),
            "isblk" => kind.is_block_device(),
            "isreg" => kind.is_file(),
            "isfifo" => kind.is_fifo(),
            "islnk" => kind.is_symlink(),
            "issock" => kind.is_socket(),
            "uid" => meta.uid(),
            "gid" => meta.gid(),
            "size" => meta.len(),
            "inode" => meta.ino(),
            "dev" => meta.dev(),
            "nlink" => meta.nlink(),
            "atime" => time(atime(meta)),
            "mtime" => time(mtime(meta)),
            "ctime" => time(ctime(meta)),
            "gr_name" => group.unwrap_or_default(),
            "pw_name" => user.unwrap_or_default(),
            "wusr" => bit(0o200),
            "rusr" => bit(0o400),
            "xusr" => bit(0o100),
            "wgrp" => bit(0o020),
            "rgrp" => bit(0o040),
            "xgrp" => bit(0o010),
            "woth" => bit(0o002),
            "roth" => bit(0o004),
            "xoth" => bit(0o001),
            "isuid" => bit(0o4000),
            "isgid" => bit(0o2000),
        };
        if let Some(algorithm) = &self.algorithm
            && kind.is_file()
        {
            found.insert("checksum".into(), checksum::of_file(algorithm, path)?.into());
        }
        Ok(found)
    }
}

/// What a file must be to be found.
struct Filter {
    kind: String,
    hidden: bool,
    patterns: Vec<Regex>,
    excludes: Vec<Regex>,
    age: Option<f64>,
    age_stamp: String,
    size: Option<i64>,
    contains: Option<Regex>,
    whole_file: bool,
    mode: Option<FileMode>,
    exact_mode: bool,
}

impl Filter {
    fn from_args(args: &Args) -> Result<Filter, ModuleError> {
        let use_regex = args.bool("use_regex");
        let compile = |param: &'static str| -> Result<Vec<Regex>, ModuleError> {
            args.strings(param)
                .into_iter()
                .map(|p| if use_regex { Regex::new(p, Flags::default()) } else { fnmatch::compile(p) })
                .collect::<Result<_, _>>()
                .map_err(|e| ModuleError::new(format!("{param}: {e}")).param(param))
        };
        let age = quantity(args, "age", &[('s', 1), ('m', 60), ('h', 3600), ('d', 86400), ('w', 604_800)])?;
        let size = quantity(args, "size", &[('b', 1), ('k', 1 << 10), ('m', 1 << 20), ('g', 1 << 30), ('t', 1 << 40)])?;
        let contains = args
            .str("contains")
            .map(|p| Regex::new(p, Flags::default()))
            .transpose()
            .map_err(|e| ModuleError::new(format!("contains: {e}")).param("contains"))?;
        let mode = args.str("mode").map(FileMode::parse).transpose().map_err(|e| ModuleError::new(e).param("mode"))?;
        Ok(Filter {
            kind: args.str("file_type").unwrap_or("file").to_string(),
            hidden: args.bool("hidden"),
            patterns: compile("patterns")?,
            excludes: compile("excludes")?,
            age: age.map(|a| a as f64),
            age_stamp: args.str("age_stamp").unwrap_or("mtime").to_string(),
            size,
            contains,
            whole_file: args.bool("read_whole_file"),
            mode,
            exact_mode: args.bool("exact_mode"),
        })
    }

    fn accepts(&self, name: &str, path: &Path, meta: &Metadata) -> Result<bool, ModuleError> {
        if !self.hidden && name.starts_with('.') {
            return Ok(false);
        }
        let kind_fits = match self.kind.as_str() {
            "file" => meta.is_file(),
            "directory" => meta.is_dir(),
            "link" => meta.is_symlink(),
            _ => true,
        };
        if !kind_fits || !self.name_fits(name)? || !self.age_fits(meta) || !self.mode_fits(meta) {
            return Ok(false);
        }
        match self.kind.as_str() {
            "file" => Ok(self.size_fits(meta) && self.content_fits(path)?),
            "any" if meta.is_file() => Ok(self.size_fits(meta)),
            _ => Ok(true),
        }
    }

    fn name_fits(&self, name: &str) -> Result<bool, ModuleError> {
        let any = |list: &[Regex]| -> Result<bool, ModuleError> {
            for regex in list {
                if regex.match_start(name).map_err(ModuleError::new)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        Ok((self.patterns.is_empty() || any(&self.patterns)?) && !any(&self.excludes)?)
    }

    fn age_fits(&self, meta: &Metadata) -> bool {
        let Some(age) = self.age else { return true };
        let stamp = match self.age_stamp.as_str() {
            "atime" => atime(meta),
            "ctime" => ctime(meta),
            _ => mtime(meta),
        };
        let old = Moment::now().as_f64() - stamp.as_f64();
        if age >= 0.0 { old >= age } else { old <= -age }
    }

    fn size_fits(&self, meta: &Metadata) -> bool {
        let length = i64::try_from(meta.len()).unwrap_or(i64::MAX);
        match self.size {
            None => true,
            Some(size) if size >= 0 => length >= size,
            Some(size) => length <= -size,
        }
    }

    fn mode_fits(&self, meta: &Metadata) -> bool {
        let Some(mode) = &self.mode else { return true };
        let has = meta.mode() & MODE_BITS;
        let wanted = mode.apply(0, meta.is_dir(), 0) & MODE_BITS;
        if self.exact_mode { has == wanted } else { has & wanted == wanted }
    }

    fn content_fits(&self, path: &Path) -> Result<bool, ModuleError> {
        let Some(regex) = &self.contains else { return Ok(true) };
        // What can't be read doesn't contain anything.
        let Ok(file) = FileText::read(path) else { return Ok(false) };
        if self.whole_file {
            return regex.is_match(&file.text).map_err(ModuleError::new);
        }
        for line in file.text.split_inclusive('\n') {
            if regex.match_start(line).map_err(ModuleError::new)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// `-10m` as a number of the smallest unit.
fn quantity(args: &Args, param: &'static str, units: &[(char, i64)]) -> Result<Option<i64>, ModuleError> {
    let Some(given) = args.str(param) else { return Ok(None) };
    let wrong = || ModuleError::new(format!("failed to process {param}")).param(param).result(map! { param => given });
    let lower = given.to_ascii_lowercase();
    let unit = lower.chars().last().filter(char::is_ascii_alphabetic);
    let (digits, factor) = match unit {
        None => (lower.as_str(), 1),
        Some(unit) => {
            let factor = units.iter().find(|(u, _)| *u == unit).map(|(_, f)| *f).ok_or_else(wrong)?;
            (&lower[..lower.len() - 1], factor)
        }
    };
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).map(Some).ok_or_else(wrong)
}
