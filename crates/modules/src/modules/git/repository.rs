//! `Repository`: what the module asks of `git`, one method per question.

use std::path::{Path, PathBuf};

use super::named_git_dir;
use crate::file_params::text;
use crate::sys::process::{Command, Finished};
use crate::sys::program::{self, ending};
use crate::{Args, Host, ModuleError, words};

/// The repository on the host.
pub(super) struct Repository<'a> {
    pub(super) args: &'a Args,
    pub(super) host: &'a Host<'a>,
    pub(super) url: String,
    pub(super) dest: PathBuf,
    pub(super) remote: String,
    /// As asked for.
    pub(super) version: String,
    git: String,
    bare: bool,
    ssh: Option<String>,
}

/// What the remote knows of the version asked for.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// The branch to be on.
    pub(super) branch: Option<String>,
    /// Is it a tag?
    tag: bool,
    /// The commit; `None` if the remote names none, so that only a fetch can tell.
    pub(super) head: Option<String>,
}

impl<'a> Repository<'a> {
    pub(super) fn new(args: &'a Args, host: &'a Host<'a>, git: String, url: String, dest: PathBuf) -> Repository<'a> {
        Repository {
            args,
            host,
            git,
            url,
            dest,
            remote: args.str("remote").unwrap_or_default().into(),
            version: args.str("version").unwrap_or_default().into(),
            bare: args.bool("bare"),
            ssh: ssh_command(args, host),
        }
    }

    /// The folder that `.git` names, when it is a file.
    pub(super) fn git_dir_of_file(&self) -> Option<PathBuf> {
        named_git_dir(&self.dest).filter(|d| d.join("config").exists())
    }

    fn git_dir(&self) -> PathBuf {
        if self.bare { self.dest.clone() } else { self.git_dir_of_file().unwrap_or_else(|| self.dest.join(".git")) }
    }

    pub(super) fn argv<'b>(&self, words: impl IntoIterator<Item = &'b str>) -> Vec<String> {
        std::iter::once(self.git.clone()).chain(words.into_iter().map(String::from)).collect()
    }

    /// Runs git in the repository, whatever comes of it.
    pub(super) fn ask(&self, argv: &[String]) -> Result<Finished, ModuleError> {
        // Without a folder yet, it runs where the run is.
        let cwd = if self.dest.is_dir() { &self.dest } else { &self.host.cwd };
        let mut command = Command::new(argv).cwd(cwd).quiet().env("GIT_TERMINAL_PROMPT", "0");
        if let Some(ssh) = &self.ssh {
            command = command.env("GIT_SSH_COMMAND", ssh);
        }
        program::run(argv, command, self.host)
    }

    /// Runs git in the repository; a failure is the module's.
    pub(super) fn git<'b>(&self, words: impl IntoIterator<Item = &'b str>) -> Result<String, ModuleError> {
        let argv = self.argv(words);
        let finished = self.ask(&argv)?;
        if finished.rc != 0 {
            let why = finished.stderr_text();
            return Err(ModuleError::new(why.trim_end()).result(ending(&argv, &finished)));
        }
        Ok(finished.stdout_text())
    }

    /// Runs git in the repository; a failure has this message.
    fn git_or<'b>(&self, words: impl IntoIterator<Item = &'b str>, message: String) -> Result<String, ModuleError> {
        let argv = self.argv(words);
        let finished = self.ask(&argv)?;
        if finished.rc != 0 {
            return Err(ModuleError::new(message).result(ending(&argv, &finished)));
        }
        Ok(finished.stdout_text())
    }

    /// The commit that is checked out.
    pub(super) fn head(&self) -> Result<String, ModuleError> {
        Ok(self.git(["rev-parse", "HEAD"])?.trim().to_string())
    }

    /// Are files changed that git knows?
    pub(super) fn is_modified(&self) -> Result<bool, ModuleError> {
        Ok(self.git(["status", "--porcelain"])?.lines().any(|l| !l.starts_with("??")))
    }

    pub(super) fn reset(&self) -> Result<(), ModuleError> {
        self.git(["reset", "--hard", "HEAD"]).map(drop)
    }

    pub(super) fn diff(&self, before: &str, after: &str) -> Result<String, ModuleError> {
        let argv = self.argv(["diff", "--no-color", before, after]);
        let finished = self.ask(&argv)?;
        if finished.rc == 0 {
            return Ok(finished.stdout_text());
        }
        Ok(format!("Unable to get proper diff between {before} and {after}:\n> {}", finished.stderr_text().trim_end()))
    }

    /// Sets the remote's URL; says whether it was another.
    pub(super) fn set_url(&self) -> Result<bool, ModuleError> {
        let argv = self.argv(["config", "--get", &format!("remote.{}.url", self.remote)]);
        let finished = self.ask(&argv)?;
        let now = finished.stdout_text();
        let now = (finished.rc == 0).then(|| now.trim());
        // A path and its URL are the same place.
        let plain = |url: &str| url.strip_prefix("file://").unwrap_or(url).to_string();
        if now.map(plain) == Some(plain(&self.url)) {
            return Ok(false);
        }
        if !self.host.check {
            let message = format!("Failed to set a new url {} for {}", self.url, self.remote);
            match now {
                Some(_) => self.git_or(["remote", "set-url", &self.remote, &self.url], message)?,
                None => self.git_or(["remote", "add", &self.remote, &self.url], message)?,
            };
        }
        Ok(now.is_some())
    }

    /// Asks the remote, once, what the version is.
    pub(super) fn look_up(&self, remote: &str) -> Result<Version, ModuleError> {
        let wanted = match self.version.as_str() {
            "HEAD" => self.current_branch(),
            version => Some(version.to_string()),
        };
        let name = wanted.as_deref().unwrap_or("HEAD");
        let (branch, tag) = (format!("refs/heads/{name}"), format!("refs/tags/{name}"));
        let peeled = format!("{tag}^{{}}");
        let listed = self.git(["ls-remote", remote, name, &branch, &tag, &peeled])?;
        let find = |reference: &str| {
            listed
                .lines()
                .find_map(|l| l.split_once('\t').filter(|(_, r)| *r == reference))
                .map(|(id, _)| id.to_string())
        };
        if wanted.is_none() {
            return Ok(Version { branch: None, tag: false, head: find("HEAD") });
        }
        if let Some(head) = find(&branch) {
            return Ok(Version { branch: Some(name.into()), tag: false, head: Some(head) });
        }
        if let Some(head) = find(&peeled).or_else(|| find(&tag)) {
            return Ok(Version { branch: None, tag: true, head: Some(head) });
        }
        if self.version == "HEAD" {
            // The branch that is checked out is nobody's but ours.
            return Ok(Version { branch: Some(name.into()), tag: false, head: None });
        }
        let is_id = name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(Version { branch: None, tag: false, head: is_id.then(|| name.to_string()).or_else(|| find(name)) })
    }

    /// The branch that is checked out, or else the one that the remote's HEAD was when it was cloned.
    fn current_branch(&self) -> Option<String> {
        let git_dir = self.git_dir();
        let read = |path: PathBuf| std::fs::read_to_string(path).ok();
        let branch =
            read(git_dir.join("HEAD")).and_then(|head| head.trim().strip_prefix("ref: refs/heads/").map(String::from));
        branch.or_else(|| {
            let head = read(git_dir.join("refs/remotes").join(&self.remote).join("HEAD"))?;
            head.trim().strip_prefix(&format!("ref: refs/remotes/{}/", self.remote)).map(String::from)
        })
    }

    /// The version as a commit of this repository, where the remote knows no such name; else as it was given.
    pub(super) fn local_commit(&self) -> Result<String, ModuleError> {
        let argv = self.argv(["rev-parse", "--verify", "--quiet", &format!("{}^{{commit}}", self.version)]);
        let finished = self.ask(&argv)?;
        let found = finished.stdout_text();
        Ok(if finished.rc == 0 { found.trim().to_string() } else { self.version.clone() })
    }

    fn depth(&self) -> Option<String> {
        self.args.int("depth").map(|d| d.to_string())
    }

    pub(super) fn clone_to(&self, version: &Version, warnings: &mut Vec<String>) -> Result<(), ModuleError> {
        if let Some(parent) = self.dest.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let is_head = self.version == "HEAD";
        let mut words: Vec<&str> = vec!["clone"];
        if self.bare {
            words.push("--bare");
        } else {
            words.extend(["--origin", &self.remote]);
        }
        let named = version.branch.is_some() || version.tag;
        let depth = self.depth();
        if let Some(depth) = &depth {
            if named || is_head {
                words.extend(["--depth", depth]);
            } else if self.args.str("refspec").is_none() {
                // The words are ansible-core's.
                warnings.push(
                    "Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in \
                     combination with refspec."
                        .into(),
                );
            }
        }
        if named && !is_head && !self.bare {
            words.extend(["--branch", &self.version]);
        }
        if let Some(reference) = self.args.str("reference") {
            words.extend(["--reference", reference]);
        }
        if self.args.bool("single_branch") {
            words.push("--single-branch");
        }
        let separate = self.args.str("separate_git_dir").map(|d| format!("--separate-git-dir={d}"));
        words.extend(separate.as_deref());
        let dest = text(&self.dest);
        words.extend([self.url.as_str(), &dest]);
        self.git(words)?;
        if self.bare && self.remote != "origin" {
            self.git(["remote", "add", &self.remote, &self.url])?;
        }
        if let Some(refspec) = self.args.str("refspec") {
            let mut words = vec!["fetch"];
            if let Some(depth) = &depth {
                words.extend(["--depth", depth]);
            }
            words.extend([self.remote.as_str(), refspec]);
            self.git(words)?;
        }
        Ok(())
    }

    pub(super) fn fetch(&self, version: &Version) -> Result<(), ModuleError> {
        let mut words: Vec<&str> = vec!["fetch", "--force"];
        let mut refspecs: Vec<String> = Vec::new();
        let depth = self.depth();
        if let Some(depth) = &depth {
            match &version.branch {
                Some(branch) if self.bare => refspecs.push(format!("+refs/heads/{branch}:refs/heads/{branch}")),
                Some(branch) => refspecs.push(format!("+refs/heads/{branch}:refs/remotes/{}/{branch}", self.remote)),
                None if version.tag => refspecs.push(format!("+refs/tags/{0}:refs/tags/{0}", self.version)),
                None => {}
            }
            if !refspecs.is_empty() {
                words.extend(["--depth", depth]);
            }
        }
        if refspecs.is_empty() {
            if self.bare {
                refspecs = vec!["+refs/heads/*:refs/heads/*".into(), "+refs/tags/*:refs/tags/*".into()];
            } else {
                words.push("--tags");
            }
            // A commit by its id may be older than what a shallow clone has.
            let by_id = version.branch.is_none() && !version.tag;
            if depth.is_none() && by_id && self.git_dir().join("shallow").exists() {
                words.push("--unshallow");
            }
        }
        let own = self.args.str("refspec").map(String::from);
        // With refspecs of the user's, git fetches nothing else; the remote's own are wanted as well.
        if own.is_some() && refspecs.is_empty() {
            refspecs.push(format!("+refs/heads/*:refs/remotes/{}/*", self.remote));
        }
        refspecs.extend(own);
        // A clone of one branch, as a shallow one is, knows of no other.
        if let Some(branch) = version.branch.as_ref().filter(|_| !self.bare && self.is_narrow()) {
            self.git(["remote", "set-branches", "--add", &self.remote, branch])?;
        }
        words.push(&self.remote);
        words.extend(refspecs.iter().map(String::as_str));
        let argv = self.argv(words);
        let finished = self.ask(&argv)?;
        if finished.rc != 0 {
            let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
            return Err(ModuleError::new(format!("Failed to download remote objects and refs:  {said}"))
                .result(ending(&argv, &finished)));
        }
        Ok(())
    }

    /// Is fewer than every branch fetched?
    fn is_narrow(&self) -> bool {
        let argv = self.argv(["config", "--get-all", &format!("remote.{}.fetch", self.remote)]);
        self.ask(&argv).is_ok_and(|f| f.rc == 0 && !f.stdout_text().contains("refs/heads/*"))
    }

    /// Checks the version out; on a branch, as it is at the remote.
    pub(super) fn switch(&self, version: &Version) -> Result<(), ModuleError> {
        let Some(branch) = &version.branch else {
            if self.version == "HEAD" {
                return Ok(());
            }
            return self.checkout(&self.version, format!("Failed to checkout {}", self.version));
        };
        let message = format!("Failed to checkout {branch}");
        let local = self.argv(["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")]);
        let remote = format!("{}/{branch}", self.remote);
        if self.ask(&local)?.rc == 0 {
            self.checkout(branch, message)?;
            if version.head.is_some() {
                self.git_or(["reset", "--hard", &remote, "--"], format!("Failed to reset to {remote}"))?;
            }
            return Ok(());
        }
        self.git_or(["checkout", "--track", "-b", branch, &remote], message).map(drop)
    }

    fn checkout(&self, what: &str, message: String) -> Result<(), ModuleError> {
        self.git_or(["checkout", "--force", what], message).map(drop)
    }

    /// Brings submodules to what the version says; tells whether that changed any.
    pub(super) fn update_submodules(&self) -> Result<bool, ModuleError> {
        if !self.args.bool("recursive") || !self.dest.join(".gitmodules").exists() {
            return Ok(false);
        }
        let before = self.git(["submodule", "status", "--recursive"])?;
        self.git(["submodule", "sync"])?;
        let mut words = vec!["submodule", "update", "--init", "--recursive"];
        if self.args.bool("track_submodules") {
            words.push("--remote");
        }
        if self.args.bool("force") {
            words.push("--force");
        }
        self.git_or(words, "Failed to init/update submodules".into())?;
        // The first column says how a submodule stands to the commit, the rest which commit it has.
        Ok(self.git(["submodule", "status", "--recursive"])? != before)
    }
}

/// The ssh that git is to use, if the parameters say anything of it.
fn ssh_command(args: &Args, host: &Host<'_>) -> Option<String> {
    let opts = args.str("ssh_opts").unwrap_or_default();
    let key = args.str("key_file");
    let (any, new) = (args.bool("accept_hostkey"), args.bool("accept_newhostkey"));
    if opts.is_empty() && key.is_none() && !any && !new {
        return None;
    }
    let given = host.env("GIT_SSH_COMMAND").or_else(|| host.env("GIT_SSH").map(|p| words::quote(&p)));
    let mut line = given.unwrap_or_else(|| "ssh".into());
    if !opts.is_empty() {
        line.push_str(&format!(" {opts}"));
    }
    if !opts.contains("BatchMode") {
        line.push_str(" -o BatchMode=yes");
    }
    if !opts.contains("StrictHostKeyChecking") {
        match (any, new) {
            (true, _) => line.push_str(" -o StrictHostKeyChecking=no"),
            (false, true) => line.push_str(" -o StrictHostKeyChecking=accept-new"),
            _ => {}
        }
    }
    if let Some(key) = key {
        let key = text(Path::new(&host.path(key)));
        line.push_str(&format!(" -i {} -o IdentitiesOnly=yes", words::quote(&key)));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use adept_wire::map;

    use super::*;
    use crate::Cancel;

    #[test]
    fn options_of_ssh() {
        let environment = [("GIT_SSH_COMMAND".to_string(), "ssh -4".to_string())];
        let host = Host {
            check: false,
            diff: false,
            cwd: "/w".into(),
            environment: &environment,
            umask: None,
            output: None,
            cancel: &Cancel::default(),
            run_dir: Path::new("/"),
            counter: Cell::new(0),
        };
        let of = |more: adept_wire::Map| {
            let mut args = map! { "repo" => "r", "dest" => "/d" };
            args.extend(more);
            ssh_command(&Args::parse(&super::super::MODULE.spec, &args).unwrap(), &host)
        };
        assert_eq!(of(map! {}), None);
        assert_eq!(
            of(map! { "accept_newhostkey" => true }).unwrap(),
            "ssh -4 -o BatchMode=yes -o StrictHostKeyChecking=accept-new"
        );
        assert_eq!(
            of(map! { "key_file" => "a b", "ssh_opts" => "-o BatchMode=no", "accept_hostkey" => true }).unwrap(),
            "ssh -4 -o BatchMode=no -o StrictHostKeyChecking=no -i '/w/a b' -o IdentitiesOnly=yes"
        );
    }
}
