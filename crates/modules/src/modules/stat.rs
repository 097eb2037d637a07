//! `stat`: what is known about a path.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Stdio};

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::checksum;
use crate::file_params::{ExtendedAttributes, four_digits, message, text};
use crate::sys::fs::{Moment, atime, ctime, may, mtime, real_path};
use crate::sys::user;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("path", Kind::Path).aliases(&["dest", "name"]).required(),
    Param::new("follow", Kind::Bool).default(Default::Bool(false)),
    Param::new("get_checksum", Kind::Bool).default(Default::Bool(true)),
    Param::new("checksum_algorithm", Kind::Str)
        .aliases(&["checksum", "checksum_algo"])
        .choices(checksum::ALGORITHMS)
        .default(Default::Str("sha1")),
    Param::new("get_mime", Kind::Bool).aliases(&["mime", "mime_type", "mime-type"]).default(Default::Bool(true)),
    Param::new("get_attributes", Kind::Bool).aliases(&["attr", "attributes"]).default(Default::Bool(true)),
    // ansible-core 2.5 and older had this switch, on by default; old content sets it to no.
    Param::new("get_md5", Kind::Bool).default(Default::Bool(false)),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("stat", "Retrieve the status of a file", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let shown = args.str("path").unwrap_or_default();
    let path = host.path(shown);
    let follow = args.bool("follow");
    let looked_at = if follow { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
    let meta = match looked_at {
        Ok(meta) => meta,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound) => {
            return Ok(ModuleOutcome::ok(map! { "stat" => map! { "exists" => false } }));
        }
        Err(e) => return Err(ModuleError::new(message(&e)).param("path")),
    };
    let mut stat = status(&meta);
    stat.insert("path".into(), shown.into());
    if meta.is_symlink() {
        stat.insert("lnk_source".into(), text(&real_path(&path)).into());
        stat.insert("lnk_target".into(), text(&fs::read_link(&path)?).into());
    }
    for (key, what) in [("readable", 'r'), ("writeable", 'w'), ("executable", 'x')] {
        stat.insert(key.into(), may(&path, what).into());
    }
    if meta.is_file() && may(&path, 'r') && args.bool("get_checksum") {
        let algorithm = args.str("checksum_algorithm").unwrap_or("sha1");
        if let Some(sum) = checksum::of_file(algorithm, &path)? {
            stat.insert("checksum".into(), sum.into());
        }
    }
    if meta.is_file() && may(&path, 'r') && args.bool("get_md5") {
        stat.insert("md5".into(), checksum::md5_of_file(&path)?.into());
    }
    if args.bool("get_mime") {
        let (kind, charset) = mime(&path);
        stat.insert("mimetype".into(), kind.into());
        stat.insert("charset".into(), charset.into());
    }
    if args.bool("get_attributes") {
        let attributes = ExtendedAttributes::of(&path);
        if let Some(version) = attributes.as_ref().and_then(|a| a.version.as_deref()) {
            stat.insert("version".into(), version.into());
        }
        let attributes = attributes.unwrap_or_default();
        stat.insert("attributes".into(), attributes.names().into());
        stat.insert("attr_flags".into(), attributes.flags.into());
    }
    Ok(ModuleOutcome::ok(map! { "stat" => stat }))
}

/// The keys that come from the inode alone; `find` gives most of them too.
fn status(meta: &fs::Metadata) -> Map {
    let mode = meta.mode();
    let bit = |b: u32| Value::from(mode & b != 0);
    let kind = meta.file_type();
    let time = |m: Moment| Value::from(m.as_f64());
    let mut stat = map! {
        "exists" => true,
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
        "blocks" => meta.blocks(),
        "block_size" => meta.blksize(),
        "device_type" => meta.rdev(),
    };
    if let Some(name) = user::user_name(meta.uid()) {
        stat.insert("pw_name".into(), name.into());
    }
    if let Some(name) = user::group_name(meta.gid()) {
        stat.insert("gr_name".into(), name.into());
    }
    stat
}

/// What `file` says of type and character set; `unknown` where it says nothing.
fn mime(path: &Path) -> (String, String) {
    // The path itself, even where `follow` looks behind a link: so does Ansible.
    let output = Command::new("file").args(["--mime-type", "--mime-encoding"]).arg(path).stdin(Stdio::null()).output();
    let unknown = || ("unknown".to_string(), "unknown".to_string());
    let Ok(output) = output else { return unknown() };
    let out = String::from_utf8_lossy(&output.stdout);
    let Some((kind, charset)) = out.trim().rsplit_once(": ").and_then(|(_, rest)| rest.split_once("; charset=")) else {
        return unknown();
    };
    (kind.trim().to_string(), charset.trim().to_string())
}
