//! `synchronize`: makes a directory tree on this host like another one on it, by rsync's rules and without rsync.
//!
//! Source and destination are paths of this host; what goes over the network is the controller's business. Results are those
//! of `ansible.posix.synchronize`: `msg` and `stdout_lines` have rsync's itemized lines. `cmd` names the rsync command that
//! would do the same; none is run.

use std::fs;
use std::path::{Path, PathBuf};

use adept_wire::{ModuleOutcome, map};

use crate::file_params::{message, umask};
use crate::sync::{Filter, Options, Report, Scan, Sync, parse_rsync_options, scan};
use crate::words;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("src", Kind::Path).required(),
    Param::new("dest", Kind::Path).required(),
    Param::new("mode", Kind::Str).choices(&["pull", "push"]).default(Default::Str("push")),
    Param::new("archive", Kind::Bool).default(Default::Bool(true)),
    Param::new("checksum", Kind::Bool).default(Default::Bool(false)),
    Param::new("compress", Kind::Bool).default(Default::Bool(true)),
    Param::new("existing_only", Kind::Bool).default(Default::Bool(false)),
    Param::new("delete", Kind::Bool).default(Default::Bool(false)),
    Param::new("delay_updates", Kind::Bool).default(Default::Bool(true)),
    Param::new("dirs", Kind::Bool).default(Default::Bool(false)),
    Param::new("recursive", Kind::Bool),
    Param::new("links", Kind::Bool),
    Param::new("copy_links", Kind::Bool).default(Default::Bool(false)),
    Param::new("perms", Kind::Bool),
    Param::new("times", Kind::Bool),
    Param::new("owner", Kind::Bool),
    Param::new("group", Kind::Bool),
    Param::new("partial", Kind::Bool).default(Default::Bool(false)),
    Param::new("rsync_opts", Kind::ListOfStr).default(Default::EmptyList),
    Param::new("link_dest", Kind::ListOfStr),
    // About the connection or the program: the controller's half, or nobody's, needs them.
    Param::new("dest_port", Kind::Int),
    Param::new("private_key", Kind::Path),
    Param::new("rsync_path", Kind::Str),
    Param::new("rsync_timeout", Kind::Int).default(Default::Int(0)),
    Param::new("set_remote_user", Kind::Bool).default(Default::Bool(true)),
    Param::new("ssh_args", Kind::Str),
    Param::new("use_ssh_args", Kind::Bool).default(Default::Bool(false)),
    Param::new("ssh_connection_multiplexing", Kind::Bool).default(Default::Bool(false)),
    Param::new("verify_host", Kind::Bool).default(Default::Bool(false)),
    Param::new("quiet", Kind::Bool).default(Default::Bool(false)),
];

/// The module.
pub const MODULE: Module =
    Module { spec: Spec::new("synchronize", "Make a directory tree like another one", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let (src, dest) = (args.str("src").unwrap_or_default(), args.str("dest").unwrap_or_default());
    for (param, path) in [("src", src), ("dest", dest)] {
        if path.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err(ModuleError::new(format!(
                "{param}: {path} is on another host, which is not supported yet; synchronize works on one host"
            ))
            .param(param));
        }
    }
    if !args.strings("link_dest").is_empty() {
        return Err(ModuleError::new("link_dest is not supported by the native synchronize").param("link_dest"));
    }
    let (options, filter) = options(args, host)?;
    let cmd = command(args, src, dest);
    let transfer = Transfer::new(src, dest, &options, host);
    let scan = scan(&transfer.source, &transfer.name, &options, &filter);
    check_scan(&scan)?;
    let mut lines = Vec::new();
    transfer.make_dest(&scan, host, &mut lines).map_err(|e| {
        ModuleError::new(format!("rsync: mkdir \"{}\" failed: {}", transfer.dest.display(), message(&e)))
            .param("dest")
            .result(map! { "rc" => 11, "cmd" => cmd.as_str() })
    })?;
    let report = Sync {
        options: &options,
        filter: &filter,
        dest: &transfer.dest,
        renamed: transfer.renamed.as_deref(),
        dry_run: host.check,
        umask: umask(host),
        cancelled: &|| host.is_cancelled(),
    }
    .run(&scan);
    lines.extend(report.lines.iter().cloned());
    outcome(&report, &lines, &cmd)
}

fn outcome(report: &Report, lines: &[String], cmd: &str) -> Result<ModuleOutcome, ModuleError> {
    if !report.errors.is_empty() {
        let mut msg = report.errors.join("\n");
        msg.push_str("\nrsync error: some files/attrs were not transferred (see previous errors) (code 23)");
        return Err(ModuleError::new(msg).result(map! { "rc" => 23, "cmd" => cmd, "stdout_lines" => lines.to_vec() }));
    }
    let msg: String = lines.iter().map(|l| format!("{l}\n")).collect();
    Ok(ModuleOutcome::changed(
        report.changed,
        map! { "msg" => msg, "rc" => 0, "cmd" => cmd, "stdout_lines" => lines.to_vec() },
    ))
}

/// rsync reads these files under Ansible (`-F`); going on without them could copy or delete what they protect.
fn check_scan(scan: &Scan) -> Result<(), ModuleError> {
    match scan.entries.iter().find(|e| e.path.file_name().is_some_and(|n| n == ".rsync-filter")) {
        Some(entry) => Err(ModuleError::new(format!(
            "{}: filter files are not supported by the native synchronize",
            entry.source.display()
        ))
        .param("src")),
        None => Ok(()),
    }
}

fn options(args: &Args, host: &Host<'_>) -> Result<(Options, Filter), ModuleError> {
    let mut options = Options {
        dirs: args.bool("dirs"),
        copy_links: args.bool("copy_links"),
        checksum: args.bool("checksum"),
        existing: args.bool("existing_only"),
        delete: args.bool("delete"),
        ..Options::default()
    };
    options.archive(args.bool("archive"));
    for (param, flag) in [
        ("recursive", &mut options.recursive),
        ("links", &mut options.links),
        ("perms", &mut options.perms),
        ("times", &mut options.times),
        ("owner", &mut options.owner),
        ("group", &mut options.group),
    ] {
        if let Some(given) = args.opt_bool(param) {
            *flag = given;
        }
    }
    let mut filter = Filter::default();
    parse_rsync_options(&args.strings("rsync_opts"), &host.cwd, &mut options, &mut filter)
        .map_err(|e| ModuleError::new(e).param("rsync_opts"))?;
    if !rustix::process::geteuid().is_root() {
        // Only root gives files away and makes devices; others may choose among their groups.
        options.owner = false;
        options.devices = false;
        let mut groups: Vec<u32> =
            rustix::process::getgroups().unwrap_or_default().into_iter().map(|g| g.as_raw()).collect();
        groups.push(rustix::process::getegid().as_raw());
        options.groups = Some(groups);
    }
    if options.delete && !options.recursive && !options.dirs {
        return Err(ModuleError::new("delete does not work without recursive or dirs").param("delete"));
    }
    Ok((options, filter))
}

/// What is read from where, and put where, under which name.
struct Transfer {
    source: PathBuf,
    /// The name at the top of the transfer; empty: the content of `source` is the top.
    name: PathBuf,
    dest: PathBuf,
    renamed: Option<PathBuf>,
}

impl Transfer {
    fn new(src: &str, dest: &str, options: &Options, host: &Host<'_>) -> Transfer {
        let source = host.path(src);
        let dest_path = host.path(dest);
        let content_only = src.ends_with('/') || src.ends_with("/.") || src == ".";
        let name = match source.file_name() {
            Some(name) if !content_only => PathBuf::from(name),
            _ => PathBuf::new(),
        };
        let is_dir = source.is_dir() && (!source.is_symlink() || content_only);
        // A directory that is copied without its content is a single thing, which takes the destination's name.
        let is_tree = is_dir && (options.recursive || content_only);
        let into = is_tree || dest.ends_with('/') || dest_path.is_dir();
        if into || name.as_os_str().is_empty() {
            return Transfer { source, name, dest: dest_path, renamed: None };
        }
        let parent = dest_path.parent().unwrap_or(Path::new("/")).to_path_buf();
        Transfer { source, name, dest: parent, renamed: Some(dest_path) }
    }

    /// rsync makes the last directory of the destination, and none above it.
    fn make_dest(&self, scan: &Scan, host: &Host<'_>, lines: &mut Vec<String>) -> std::io::Result<()> {
        if self.dest.is_dir() || scan.entries.is_empty() {
            return Ok(());
        }
        if self.renamed.is_some() {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        let parent = self.dest.parent().unwrap_or(Path::new("/"));
        if host.check {
            fs::metadata(parent)?;
            return Ok(());
        }
        // The top itself is made with everything else, by its entry.
        if self.name.as_os_str().is_empty() {
            fs::metadata(parent)?;
        } else {
            fs::create_dir(&self.dest)?;
        }
        lines.push(format!("created directory {}", self.dest.display()));
        Ok(())
    }
}

fn command(args: &Args, src: &str, dest: &str) -> String {
    let mut words: Vec<String> = vec!["rsync".into()];
    let mut add = |on: bool, option: &str| {
        if on {
            words.push(option.into());
        }
    };
    add(args.bool("delay_updates"), "--delay-updates");
    add(true, "-F");
    add(args.bool("compress"), "--compress");
    add(args.bool("delete"), "--delete-after");
    add(args.bool("existing_only"), "--existing");
    add(args.bool("checksum"), "--checksum");
    add(args.bool("copy_links"), "--copy-links");
    add(args.bool("archive"), "--archive");
    for param in ["recursive", "links", "perms", "times", "owner", "group"] {
        match args.opt_bool(param) {
            Some(false) if args.bool("archive") => add(true, &format!("--no-{param}")),
            Some(true) if !args.bool("archive") => add(true, &format!("--{param}")),
            _ => {}
        }
    }
    add(args.bool("dirs"), "--dirs");
    words.extend(args.strings("rsync_opts").into_iter().map(words::quote));
    words.extend([words::quote(src), words::quote(dest)]);
    words.join(" ")
}
