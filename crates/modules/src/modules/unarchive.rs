//! `unarchive`: an archive's content in a folder, with the host's `tar` and `unzip`.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use adept_wire::{Data, ModuleOutcome, Value, map};

use crate::file_params::{FileParams, add_path_info, text};
use crate::spec::{self, FILE_PARAMS};
use crate::sys::process::{Command, Finished};
use crate::sys::program;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};

const OWN: &[Param] = &[
    Param::new("src", Kind::Path).required(),
    Param::new("dest", Kind::Path).required(),
    Param::new("remote_src", Kind::Bool).default(Default::Bool(false)),
    Param::new("creates", Kind::Path),
    Param::new("list_files", Kind::Bool).default(Default::Bool(false)),
    Param::new("keep_newer", Kind::Bool).default(Default::Bool(false)),
    Param::new("exclude", Kind::ListOfStr).default(Default::EmptyList),
    Param::new("include", Kind::ListOfStr).default(Default::EmptyList),
    Param::new("extra_opts", Kind::ListOfStr).default(Default::EmptyList),
    Param::new("validate_certs", Kind::Bool).default(Default::Bool(true)),
    Param::new("io_buffer_size", Kind::Int).default(Default::Int(65536)),
    Param::new("copy", Kind::Bool).default(Default::Bool(true)),
    Param::new("decrypt", Kind::Bool).default(Default::Bool(true)),
    // Where the controller put the archive.
    Param::new("_source", Kind::Raw),
];

const PARAMS: [Param; OWN.len() + FILE_PARAMS.len()] = spec::join(OWN, FILE_PARAMS);

/// The module.
pub const MODULE: Module = Module {
    spec: Spec::new("unarchive", "Unpack an archive", &PARAMS)
        .rules(&[Rule::MutuallyExclusive(&["include", "exclude"])]),
    run,
};

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    if let Some(creates) = args.str("creates")
        && host.path(creates).exists()
    {
        return Ok(ModuleOutcome::skip(format!("skipped, since {creates} exists")));
    }
    let (shown_src, shown_dest) = (args.str("src").unwrap_or_default(), args.str("dest").unwrap_or_default());
    let stored = args.get("_source").and_then(|v| match &v.data {
        Data::Bytes(bytes) => Some(PathBuf::from(String::from_utf8_lossy(bytes).into_owned())),
        _ => None,
    });
    let src = stored.unwrap_or_else(|| host.path(shown_src));
    if shown_src.contains("://") {
        return Err(ModuleError::new("unarchive from a URL is not supported yet").param("src"));
    }
    let dest = host.path(shown_dest);
    if !dest.is_dir() {
        return Err(ModuleError::new(format!("dest '{shown_dest}' must be an existing dir")).param("dest"));
    }
    if !src.exists() {
        return Err(ModuleError::new(format!("Source '{shown_src}' does not exist")).param("src"));
    }
    if src.is_file() && fs::metadata(&src)?.len() == 0 {
        return Err(ModuleError::new(format!("Invalid archive '{}', the file is 0 bytes", text(&src))).param("src"));
    }
    let archive = Archive::open(&src, &dest, args, host)?;
    let files = archive.files()?;
    let mut result = map! { "handler" => archive.kind.handler(), "dest" => shown_dest, "src" => text(&src) };
    let mut changed = !archive.is_unpacked(&files)?;
    if changed && !host.check {
        let (argv, done) = archive.extract()?;
        let told = map! {
            "cmd" => argv, "rc" => done.rc, "out" => done.stdout_text(), "err" => done.stderr_text(),
        };
        result.insert("extract_results".into(), Value::map(told));
        if done.rc != 0 {
            let why = format!("failed to unpack {} to {}", text(&src), text(&dest));
            return Err(ModuleError::new(why).param("src").result(result));
        }
    }
    let params = FileParams::from_args(args);
    for file in &files {
        let path = dest.join(file);
        // What `extra_opts` renames, or a check only would make, isn't there.
        if path.symlink_metadata().is_ok() {
            changed |= params.apply(&path, host, None)?;
        }
    }
    if args.bool("list_files") {
        result.insert("files".into(), files.into());
    }
    add_path_info(&mut result, &dest);
    Ok(ModuleOutcome::changed(changed, result))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ArchiveKind {
    Tgz,
    Tar,
    Zip,
}

impl ArchiveKind {
    fn of(path: &Path) -> std::io::Result<ArchiveKind> {
        let mut start = [0u8; 4];
        let read = fs::File::open(path)?.read(&mut start)?;
        Ok(match &start[..read] {
            [0x1f, 0x8b, ..] => ArchiveKind::Tgz,
            [b'P', b'K', ..] => ArchiveKind::Zip,
            _ => ArchiveKind::Tar,
        })
    }

    /// The name that results give it.
    fn handler(self) -> &'static str {
        match self {
            ArchiveKind::Tgz => "TgzArchive",
            ArchiveKind::Tar => "TarArchive",
            ArchiveKind::Zip => "ZipArchive",
        }
    }
}

struct Archive<'a> {
    kind: ArchiveKind,
    program: String,
    src: String,
    dest: PathBuf,
    args: &'a Args,
    host: &'a Host<'a>,
}

impl<'a> Archive<'a> {
    fn open(src: &Path, dest: &Path, args: &'a Args, host: &'a Host<'a>) -> Result<Archive<'a>, ModuleError> {
        let kind = ArchiveKind::of(src)?;
        let program = match kind {
            ArchiveKind::Zip => program::require("unzip", host)?,
            _ => match program::find("gtar", host) {
                Some(gtar) => text(&gtar),
                None => program::require("tar", host)?,
            },
        };
        Ok(Archive { kind, program, src: text(src), dest: dest.into(), args, host })
    }

    fn call(&self, argv: &[String]) -> Result<Finished, ModuleError> {
        program::run(argv, Command::new(argv).quiet(), self.host)
    }

    /// A call of tar: the operation, the options that every one has, the archive, what is included.
    fn tar(&self, operation: &str) -> Vec<String> {
        let mut argv = vec![self.program.clone(), operation.into(), "-C".into(), text(&self.dest)];
        if self.kind == ArchiveKind::Tgz {
            argv.push("-z".into());
        }
        let extra = self.args.strings("extra_opts");
        if !extra.is_empty() {
            argv.push("--show-transformed-names".into());
        }
        argv.extend(extra.iter().map(|o| o.to_string()));
        if operation == "--extract" {
            if self.args.bool("keep_newer") {
                argv.push("--keep-newer-files".into());
            }
            for param in ["owner", "group"] {
                argv.extend(self.args.str(param).map(|name| format!("--{param}={name}")));
            }
        }
        argv.extend(self.args.strings("exclude").iter().map(|e| format!("--exclude={e}")));
        argv.extend(["-f".into(), self.src.clone()]);
        argv.extend(self.args.strings("include").iter().map(|i| i.to_string()));
        argv
    }

    /// A call of unzip: before the archive, and after what is included and excluded.
    fn unzip(&self, before: &[&str], after: &[String]) -> Vec<String> {
        let mut argv = vec![self.program.clone()];
        argv.extend(before.iter().map(|w| w.to_string()));
        argv.push(self.src.clone());
        argv.extend(self.args.strings("include").iter().map(|i| i.to_string()));
        let exclude = self.args.strings("exclude");
        if !exclude.is_empty() {
            argv.push("-x".into());
            argv.extend(exclude.iter().map(|e| e.to_string()));
        }
        argv.extend(after.iter().cloned());
        argv
    }

    /// The paths in the archive, as they will be below `dest`.
    fn files(&self) -> Result<Vec<String>, ModuleError> {
        let argv = match self.kind {
            ArchiveKind::Zip => self.unzip(&["-Z", "-1"], &[]),
            _ => {
                let mut argv = self.tar("--list");
                // Names as they are, not escaped for a terminal.
                argv.insert(2, "--quoting-style=literal".into());
                argv
            }
        };
        let done = self.call(&argv)?;
        let listed = done.stdout_text();
        let files: Vec<String> = listed
            .lines()
            .map(|l| l.strip_prefix("./").unwrap_or(l))
            .filter(|l| !l.is_empty())
            .map(String::from)
            .collect();
        if done.rc != 0 || files.is_empty() {
            let why = if done.rc == 0 {
                format!(
                    "Command \"{}\" found no files in archive. Empty archive files are not supported.",
                    self.program
                )
            } else {
                format!(
                    "Command \"{}\" could not handle archive: Unable to list files in the archive: {}",
                    self.program,
                    done.stderr_text()
                )
            };
            return Err(ModuleError::new(format!(
                "Failed to find handler for \"{}\". Make sure the required command to extract the file is installed.\n{why}",
                self.src
            ))
            .param("src"));
        }
        Ok(files)
    }

    /// Is everything there as it is in the archive?
    fn is_unpacked(&self, files: &[String]) -> Result<bool, ModuleError> {
        if self.kind == ArchiveKind::Zip {
            return self.is_unzipped(files);
        }
        let done = self.call(&self.tar("--diff"))?;
        if done.rc == 0 {
            return Ok(true);
        }
        let said = format!("{}\n{}", done.stdout_text(), done.stderr_text());
        Ok(!said.lines().any(|line| self.tells_difference(line)))
    }

    /// Does this line of `tar --diff` tell of something that unpacking would change? What the parameters set is theirs.
    fn tells_difference(&self, line: &str) -> bool {
        let given = |param| self.args.str(param).is_some();
        let root = rustix::process::geteuid().is_root();
        if line.ends_with(": Uid differs") {
            return root && !given("owner");
        }
        if line.ends_with(": Gid differs") {
            return root && !given("group");
        }
        if line.ends_with(": Mode differs") {
            return !given("mode");
        }
        [": Mod time differs", ": Size differs", ": Contents differ", ": Symlink differs", ": File type differs"]
            .iter()
            .any(|end| line.ends_with(end))
            || line.contains(": Warning: Cannot stat")
            || line.contains(": Cannot stat: No such file")
            || line.contains("Not linked to")
    }

    /// unzip has no comparison: sizes and checksums are.
    fn is_unzipped(&self, files: &[String]) -> Result<bool, ModuleError> {
        let listed = self.call(&self.unzip(&["-v"], &[]))?.stdout_text();
        let names: HashSet<&str> = files.iter().map(String::as_str).collect();
        for line in listed.lines() {
            // Length, method, size, ratio, date, time, CRC, name.
            let mut rest = line;
            let mut columns = Vec::new();
            for _ in 0..7 {
                rest = rest.trim_start();
                let end = rest.find(' ').unwrap_or(rest.len());
                columns.push(&rest[..end]);
                rest = &rest[end..];
            }
            let name = rest.trim_start();
            let (Some(Ok(size)), Some(Ok(crc))) =
                (columns.first().map(|c| c.parse::<u64>()), columns.get(6).map(|c| u32::from_str_radix(c, 16)))
            else {
                continue;
            };
            if !names.contains(name) {
                continue;
            }
            let path = self.dest.join(name);
            let Ok(meta) = path.symlink_metadata() else { return Ok(false) };
            let same = if name.ends_with('/') {
                meta.is_dir()
            } else if meta.is_symlink() {
                let target = fs::read_link(&path)?;
                crc32(text(&target).as_bytes()) == crc
            } else {
                meta.len() == size && crc32(&fs::read(&path)?) == crc
            };
            if !(same || self.args.bool("keep_newer") && is_newer(&meta, &self.src)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn extract(&self) -> Result<(Vec<String>, Finished), ModuleError> {
        let argv = match self.kind {
            ArchiveKind::Zip => {
                let overwrite = if self.args.bool("keep_newer") { "-uo" } else { "-o" };
                let extra = self.args.strings("extra_opts");
                let mut before = vec![overwrite];
                before.extend(extra);
                self.unzip(&before, &["-d".into(), text(&self.dest)])
            }
            _ => self.tar("--extract"),
        };
        let done = self.call(&argv)?;
        Ok((argv, done))
    }
}

/// Was the file changed after the archive was written?
fn is_newer(meta: &fs::Metadata, archive: &str) -> bool {
    let times = (meta.modified(), fs::metadata(archive).and_then(|m| m.modified()));
    matches!(times, (Ok(file), Ok(archive)) if file > archive)
}

/// The checksum that zip files have.
fn crc32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|i| {
        (0..8).fold(i as u32, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    !bytes.iter().fold(!0u32, |crc, b| crc >> 8 ^ table[((crc ^ u32::from(*b)) & 0xff) as usize])
}

#[cfg(test)]
mod tests {
    #[test]
    fn crc_of_the_standard_text() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
