//! `git`: a repository checked out at a version, with the host's `git`.

mod archive;
mod repository;
mod verify;

use std::path::PathBuf;

use adept_wire::{Map, ModuleOutcome, Value, map};

use crate::args::text;
use crate::file_params::text as shown;
use crate::sys::program;
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Rule, Spec};
use repository::Repository;

const PARAMS: &[Param] = &[
    Param::new("repo", Kind::Str).aliases(&["name"]).required(),
    Param::new("dest", Kind::Path),
    Param::new("version", Kind::Str).default(Default::Str("HEAD")),
    Param::new("remote", Kind::Str).default(Default::Str("origin")),
    Param::new("refspec", Kind::Str),
    Param::new("reference", Kind::Str),
    Param::new("force", Kind::Bool).default(Default::Bool(false)),
    Param::new("depth", Kind::Int),
    Param::new("clone", Kind::Bool).default(Default::Bool(true)),
    Param::new("update", Kind::Bool).default(Default::Bool(true)),
    Param::new("verify_commit", Kind::Bool).default(Default::Bool(false)),
    Param::new("gpg_allowlist", Kind::ListOfStr).aliases(&["gpg_whitelist"]).default(Default::EmptyList),
    Param::new("accept_hostkey", Kind::Bool).default(Default::Bool(false)),
    Param::new("accept_newhostkey", Kind::Bool).default(Default::Bool(false)),
    Param::new("key_file", Kind::Path),
    Param::new("ssh_opts", Kind::Str),
    Param::new("executable", Kind::Path),
    Param::new("bare", Kind::Bool).default(Default::Bool(false)),
    Param::new("recursive", Kind::Bool).default(Default::Bool(true)),
    Param::new("single_branch", Kind::Bool).default(Default::Bool(false)),
    Param::new("track_submodules", Kind::Bool).default(Default::Bool(false)),
    Param::new("umask", Kind::Raw),
    Param::new("archive", Kind::Path),
    Param::new("archive_prefix", Kind::Str),
    Param::new("separate_git_dir", Kind::Path),
];

/// The module.
pub const MODULE: Module = Module {
    spec: Spec::new("git", "Check out git repositories", PARAMS).rules(&[
        Rule::MutuallyExclusive(&["separate_git_dir", "bare"]),
        Rule::MutuallyExclusive(&["accept_hostkey", "accept_newhostkey"]),
        Rule::RequiredBy { param: "archive_prefix", needs: &["archive"] },
    ]),
    run,
};

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let umask = umask(args)?.or(host.umask);
    let host = &Host {
        check: host.check,
        diff: host.diff,
        cwd: host.cwd.clone(),
        environment: host.environment,
        umask,
        output: host.output,
        cancel: host.cancel,
        run_dir: host.run_dir,
        counter: host.counter.clone(),
    };
    if let Some(archive) = args.str("archive") {
        archive::format(archive)?;
    }
    let dest = args.str("dest").map(|dest| host.path(dest));
    if dest.is_none() && args.bool("clone") {
        return Err(ModuleError::new("the destination directory must be specified unless clone=no").param("dest"));
    }
    let git = match args.str("executable") {
        Some(path) => path.to_string(),
        None => program::require("git", host)?,
    };
    let repo = args.str("repo").unwrap_or_default();
    let bare = args.bool("bare");
    // A path of this host counts as a URL, so that `depth` means something.
    let url = if repo.starts_with('/') { format!("file://{repo}") } else { repo.to_string() };
    let repository = Repository::new(args, host, git, url, dest.clone().unwrap_or_default());
    let mut run = GitRun { args, host, repository, result: Map::new(), warnings: Vec::new(), changed: false };
    let config = dest.map(|d| if bare { d.join("config") } else { d.join(".git/config") });
    let there = config.as_ref().is_some_and(|c| c.exists() || run.repository.git_dir_of_file().is_some());
    run.result.insert("before".into(), Value::NULL);
    if there {
        run.existing()?;
    } else {
        run.fresh()?;
    }
    Ok(ModuleOutcome { changed: run.changed, result: run.result, warnings: run.warnings, ..ModuleOutcome::default() })
}

struct GitRun<'a> {
    args: &'a Args,
    host: &'a Host<'a>,
    repository: Repository<'a>,
    result: Map,
    warnings: Vec<String>,
    changed: bool,
}

impl GitRun<'_> {
    /// There is no repository yet.
    fn fresh(&mut self) -> Result<(), ModuleError> {
        self.changed = true;
        let version = self.repository.look_up(&self.repository.url.clone())?;
        if self.host.check || !self.args.bool("clone") {
            let head = version.head.clone().unwrap_or_else(|| self.repository.version.clone());
            self.result.insert("after".into(), head.as_str().into());
            self.show_diff(None, &head)?;
            return Ok(());
        }
        self.repository.clone_to(&version, &mut self.warnings)?;
        if !self.args.bool("bare") {
            self.repository.switch(&version)?;
            if self.repository.update_submodules()? {
                self.result.insert("submodules_changed".into(), true.into());
            }
        }
        if self.args.bool("verify_commit") {
            self.repository.verify()?;
        }
        let after = self.repository.head()?;
        self.result.insert("after".into(), after.as_str().into());
        if self.args.str("archive").is_some() {
            self.repository.archive()?;
        }
        self.show_diff(None, &after)
    }

    /// There is one.
    fn existing(&mut self) -> Result<(), ModuleError> {
        self.relocate()?;
        let bare = self.args.bool("bare");
        let before = self.repository.head()?;
        self.result.insert("before".into(), before.as_str().into());
        if !self.args.bool("update") {
            self.result.insert("after".into(), before.as_str().into());
            return self.archive_existing();
        }
        let modified = !bare && self.repository.is_modified()?;
        if modified && !self.args.bool("force") {
            let dest = shown(&self.repository.dest);
            return Err(ModuleError::new(format!("Local modifications exist in the destination: {dest} (force=no)."))
                .param("force")
                .result(map! { "before" => before, "changed" => false }));
        }
        if modified && !self.host.check {
            self.repository.reset()?;
            let dest = shown(&self.repository.dest);
            self.result.insert("msg".into(), format!("Local modifications exist in the destination: {dest}").into());
        }
        let url_changed = self.repository.set_url()?;
        self.result.insert("remote_url_changed".into(), url_changed.into());
        self.changed |= (modified && !self.host.check) || url_changed;
        let remote = if self.host.check { self.repository.url.clone() } else { self.repository.remote.clone() };
        let version = self.repository.look_up(&remote)?;
        if self.host.check {
            let after = match &version.head {
                Some(head) => head.clone(),
                None => self.repository.local_commit()?,
            };
            self.changed |= after != before;
            self.result.insert("after".into(), after.as_str().into());
            if self.host.diff && after != before {
                self.repository.fetch(&version)?;
            }
            return self.show_diff(Some(&before), &after);
        }
        self.repository.fetch(&version)?;
        let mut submodules_changed = false;
        if !bare {
            self.repository.switch(&version)?;
            submodules_changed = self.repository.update_submodules()?;
        }
        if self.args.bool("verify_commit") {
            self.repository.verify()?;
        }
        let after = self.repository.head()?;
        if submodules_changed {
            self.result.insert("submodules_changed".into(), true.into());
        }
        self.changed |= after != before || submodules_changed;
        self.result.insert("after".into(), after.as_str().into());
        self.archive_existing()?;
        self.show_diff(Some(&before), &after)
    }

    fn archive_existing(&mut self) -> Result<(), ModuleError> {
        if self.args.str("archive").is_some() && !self.host.check {
            self.changed |= self.repository.archive()?;
        }
        Ok(())
    }

    /// Moves the repository's own files to `separate_git_dir`, if they are elsewhere.
    fn relocate(&mut self) -> Result<(), ModuleError> {
        let wanted = self.args.str("separate_git_dir").map(|p| self.host.path(p));
        // In check mode ansible-core says nothing of it.
        let Some(wanted) = wanted.filter(|_| !self.host.check) else { return Ok(()) };
        let link = self.repository.dest.join(".git");
        let now = self.repository.git_dir_of_file().unwrap_or_else(|| link.clone());
        if now == wanted {
            return Ok(());
        }
        if wanted.exists() {
            let why = format!("Separate-git-dir path {} already exists.", wanted.display());
            return Err(ModuleError::new(why).param("separate_git_dir"));
        }
        self.changed = true;
        self.result.insert("git_dir_before".into(), shown(&now).into());
        self.result.insert("git_dir_now".into(), shown(&wanted).into());
        program::relocate(&now, &wanted, self.host)?;
        Ok(std::fs::write(&link, format!("gitdir: {}\n", wanted.display()))?)
    }

    fn show_diff(&mut self, before: Option<&str>, after: &str) -> Result<(), ModuleError> {
        if !self.host.diff || !self.changed {
            return Ok(());
        }
        let prepared = match before {
            None => format!(">> Newly checked out {after}"),
            Some(before) if before == after => return Ok(()),
            Some(before) => self.repository.diff(before, after)?,
        };
        self.result.insert("diff".into(), Value::map(map! { "prepared" => prepared }));
        Ok(())
    }
}

fn umask(args: &Args) -> Result<Option<u32>, ModuleError> {
    let Some(value) = args.get("umask").filter(|v| !v.is_null()) else { return Ok(None) };
    let Some(digits) = value.as_str() else {
        return Err(ModuleError::new("umask must be defined as a quoted octal integer").param("umask"));
    };
    let bits = u32::from_str_radix(digits.trim().trim_start_matches("0o"), 8).map_err(|_| {
        ModuleError::new("umask must be an octal integer")
            .param("umask")
            .result(map! { "details" => format!("invalid literal for int() with base 8: '{}'", text(value)) })
    })?;
    Ok(Some(bits))
}

/// The folder that a `.git` file names.
fn named_git_dir(dest: &std::path::Path) -> Option<PathBuf> {
    let content = std::fs::read_to_string(dest.join(".git")).ok()?;
    let named = content.lines().find_map(|l| l.strip_prefix("gitdir:"))?.trim().to_string();
    Some(dest.join(named))
}
