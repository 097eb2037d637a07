//! A job's lifecycle: setup, then run if the job's setup succeeded, then cleanup, always.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adept_wire::Trust;

use super::action::{EMPTY_FAILS, PlaybookRunner};
use super::error::TransitionError;
use super::io::Io;
use super::params::Params;
use super::workspace_init::{InitError, job_path_line, write_default_vars};
use super::{builtin, runner};
use crate::diag::{Diagnostic, did_you_mean};
use crate::event::{EventKind, Sender};
use crate::yaml;

/// A job and where it is worked on.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's folder; of a built-in job, in the unpacked content.
    pub path: PathBuf,
    /// Is it a built-in one?
    pub builtin: bool,
    /// Where its state and its results are kept.
    pub workspace: PathBuf,
    /// Options for all playbooks (`-e`, `-v`).
    pub options: Vec<String>,
    /// A playbook none of whose plays matches a host is a failure.
    pub empty_fails: bool,
}

/// Why a job could not begin.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// No such job.
    #[error("there is no job {name}: neither a folder, nor one of the built-in jobs ({})", .builtin.join(", "))]
    NoSuchJob {
        /// What was asked for.
        name: String,
        /// What there is.
        builtin: Vec<String>,
    },
    /// A file where a folder is needed.
    #[error("{} is not a folder: a job is a folder with playbooks and roles", .0.display())]
    NotAFolder(PathBuf),
    /// The workspace is another job's.
    #[error("the workspace {} belongs to the job {other}, not to {}", .workspace.display(), .job.display())]
    OtherJob {
        /// The workspace.
        workspace: PathBuf,
        /// The job that it belongs to.
        other: String,
        /// The job that was asked for.
        job: PathBuf,
    },
    /// A file that can't be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `exekutir_vars.yml` is no YAML.
    #[error(transparent)]
    Yaml(#[from] Box<yaml::YamlError>),
    /// The transition can't be started.
    #[error(transparent)]
    Transition(#[from] TransitionError),
}

impl From<InitError> for JobError {
    fn from(error: InitError) -> JobError {
        JobError::File { path: error.path, source: error.source }
    }
}

impl From<JobError> for Diagnostic {
    fn from(error: JobError) -> Diagnostic {
        match error {
            JobError::NoSuchJob { ref name, ref builtin } => {
                let near =
                    did_you_mean(name, builtin.iter().map(String::as_str)).map(|n| format!("did you mean '{n}'?"));
                Diagnostic::options(error.to_string()).maybe_hint(near)
            }
            JobError::NotAFolder(_) => Diagnostic::options(error.to_string()),
            JobError::OtherJob { .. } => Diagnostic::options(error.to_string())
                .hint("name another --workspace, or remove this one after its job was cleaned up"),
            JobError::Yaml(error) => (*error).into(),
            JobError::Transition(error) => error.into(),
            JobError::File { .. } => Diagnostic::general(error.to_string()),
        }
    }
}

/// How a transition ended, or why it did not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended with this code.
    Code(i32),
    /// It was not started, for this reason.
    NotStarted(String),
}

/// One line of the report.
#[derive(Clone, Debug)]
pub struct TransitionReport {
    /// `setup`, `run`, `cleanup`.
    pub context: &'static str,
    /// How it ended.
    pub ending: Ending,
    /// How long it took.
    pub time: Duration,
}

/// What came of a job.
#[derive(Clone, Debug)]
pub struct JobReport {
    /// The transitions, in order.
    pub transitions: Vec<TransitionReport>,
}

impl JobReport {
    /// The first code that isn't 0.
    pub fn exit_code(&self) -> i32 {
        let codes = self.transitions.iter().filter_map(|t| match t.ending {
            Ending::Code(code) if code != 0 => Some(code),
            _ => None,
        });
        codes.into_iter().next().unwrap_or(0)
    }
}

/// Where the built-in content of a workspace is unpacked.
pub fn content_path(workspace: &Path) -> PathBuf {
    workspace.join(".adept").join("content")
}

/// Finds a job: a folder, or a built-in job's name, whose content is in (or will be unpacked to) `content`.
pub fn find(name: &str, cwd: &Path, content: &Path) -> Result<(PathBuf, bool), JobError> {
    let path = cwd.join(name);
    if path.is_dir() {
        let real = path.canonicalize().map_err(|source| JobError::File { path, source })?;
        return Ok((real, false));
    }
    let builtin = builtin::jobs();
    if builtin.iter().any(|b| b == name) {
        return Ok((content.join("jobs").join(name), true));
    }
    if path.exists() {
        return Err(JobError::NotAFolder(path));
    }
    Err(JobError::NoSuchJob { name: name.to_string(), builtin })
}

/// Takes a job through its lifecycle.
///
/// After an interrupt the cleanup runs nevertheless, since what was created should not stay behind; a second interrupt
/// ends that too.
pub fn run(
    job: &Job,
    env: &BTreeMap<String, String>,
    program: &Path,
    io: &Io,
    playbooks: &dyn PlaybookRunner,
    events: &Sender,
) -> Result<JobReport, JobError> {
    let content = content_path(&job.workspace);
    builtin::unpack(&content, program).map_err(|source| JobError::File { path: content.clone(), source })?;
    claim(job)?;
    let mut env = env.clone();
    if job.empty_fails {
        env.insert(EMPTY_FAILS.to_string(), "1".to_string());
    } else {
        env.remove(EMPTY_FAILS);
    }
    let transition = |context: &'static str| -> Result<TransitionReport, JobError> {
        let workspace = job.workspace.to_string_lossy().into_owned();
        let file = content.join("exekutir.xn").to_string_lossy().into_owned();
        let mut args = vec![context.to_string(), workspace.clone(), file];
        // The original joins its options by spaces and splits them again: quoted, they survive that.
        args.extend(job.options.iter().map(|o| quoted(o)));
        let params = Params::check("adept", &args, content.clone(), env.clone(), job.workspace.clone())?;
        events.send(EventKind::TransitionStarted { context: context.to_string(), workspace });
        let started = Instant::now();
        let code = runner::run(&params, io, playbooks);
        let time = started.elapsed();
        let seconds = time.as_secs_f64();
        events.send(EventKind::TransitionFinished { context: context.to_string(), exit_code: code, seconds });
        Ok(TransitionReport { context, ending: Ending::Code(code), time })
    };
    let not_started = |context: &'static str, reason: String| TransitionReport {
        context,
        ending: Ending::NotStarted(reason),
        time: Duration::ZERO,
    };

    let mut transitions = vec![transition("setup")?];
    let interrupted = matches!(transitions[0].ending, Ending::Code(129 | 130 | 143));
    transitions.push(match may_run(&job.workspace) {
        _ if interrupted => not_started("run", "interrupted".to_string()),
        Ok(()) => transition("run")?,
        Err(reason) => not_started("run", reason),
    });
    let filled = job.workspace.join("cleanup_before_job.yml").exists();
    transitions.push(if filled {
        transition("cleanup")?
    } else {
        not_started("cleanup", "nothing was set up".to_string())
    });
    Ok(JobReport { transitions })
}

/// What `setup` wrote down about the job's setup: the gate itself stands in the built-in `run_before_job.yml`.
fn may_run(workspace: &Path) -> Result<(), String> {
    let verdict = yaml::load_file(&workspace.join("setup_verdict.yml"), Trust::Data).map(|(value, _)| value);
    match verdict {
        Ok(verdict) if verdict.get("run_allowed").and_then(|v| v.as_bool()) == Some(true) => Ok(()),
        Ok(verdict) => Err(verdict.get("reason").and_then(|v| v.as_str()).unwrap_or("the setup failed").to_string()),
        Err(_) => Err("the setup did not get to its end".to_string()),
    }
}

/// Makes the workspace the job's: its `exekutir_vars.yml` names the job from now on.
fn claim(job: &Job) -> Result<(), JobError> {
    if write_default_vars(&job.workspace, Some(&job.path))? {
        return Ok(());
    }
    let path = job.workspace.join("exekutir_vars.yml");
    let (vars, _) = yaml::load_file(&path, Trust::Data).map_err(Box::new)?;
    match vars.get("job_path").and_then(|v| v.as_str()) {
        Some(same) if Path::new(same) == job.path || Path::new(same).canonicalize().ok() == Some(job.path.clone()) => {
            Ok(())
        }
        Some(other) => Err(JobError::OtherJob {
            workspace: job.workspace.clone(),
            other: other.to_string(),
            job: job.path.clone(),
        }),
        None => {
            let file = |source| JobError::File { path: path.clone(), source };
            let mut text = fs::read_to_string(&path).map_err(file)?;
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            fs::write(&path, text + &job_path_line(&job.path)).map_err(file)
        }
    }
}

/// A word that `shlex.split` gives back as it was.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_string(), |q| q.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::PlaybookCall;
    use super::*;
    use std::cell::RefCell;
    use std::fs::File;

    /// Stands for playbooks that go well, but for those that are named; does of the real ones what later steps need.
    struct Fake {
        fails: &'static str,
        verdict: &'static str,
        seen: RefCell<Vec<String>>,
    }

    impl PlaybookRunner for Fake {
        fn run(&self, call: PlaybookCall) -> i32 {
            let playbook = call.args.last().unwrap().rsplit('/').next().unwrap().to_string();
            self.seen.borrow_mut().push(playbook.clone());
            if playbook == "setup_before_job.yml" {
                let kommandir = call.cwd.join("kommandir_workspace");
                fs::create_dir_all(&kommandir).unwrap();
                fs::write(kommandir.join("kommandir_vars.yml"), "").unwrap();
                fs::write(kommandir.join("adept.py"), "#!/bin/sh\necho \"$@\" >> ../job\n").unwrap();
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                fs::set_permissions(kommandir.join("adept.py"), mode).unwrap();
            }
            if playbook == "setup_after_job.yml" && !self.verdict.is_empty() {
                fs::write(call.cwd.join("setup_verdict.yml"), self.verdict).unwrap();
            }
            assert!(call.empty_fails);
            if playbook == self.fails { 2 } else { 0 }
        }
    }

    fn run_with(fails: &'static str, verdict: &'static str) -> (Vec<(&'static str, Ending)>, i32, Vec<String>, String) {
        let dir = tempfile::tempdir().unwrap();
        let workspace = dir.path().join("ws");
        fs::create_dir(&workspace).unwrap();
        // Stands for this program, which is called to fill the workspace.
        let program = dir.path().join("adept");
        fs::write(&program, "#!/bin/sh\ncp -r \"$3/exekutir/.\" \"$4\"\n").unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let job = Job {
            path: content_path(&workspace).join("jobs/quickstart"),
            builtin: true,
            workspace: workspace.clone(),
            options: vec!["-e".into(), "a=b 'c'".into()],
            empty_fails: true,
        };
        let io = Io {
            stdin: File::open("/dev/null").unwrap(),
            stdout: File::create(dir.path().join("out")).unwrap(),
            stderr: File::create(dir.path().join("err")).unwrap(),
        };
        let env = [("PATH".to_string(), "/usr/bin:/bin".to_string())].into();
        let fake = Fake { fails, verdict, seen: RefCell::default() };
        let report = run(&job, &env, &program, &io, &fake, &Sender::default()).unwrap();
        let code = report.exit_code();
        let endings = report.transitions.into_iter().map(|t| (t.context, t.ending)).collect();
        let nested = fs::read_to_string(workspace.join("job")).unwrap_or_default();
        (endings, code, fake.seen.into_inner(), nested)
    }

    #[test]
    fn all_three_transitions_with_options_that_survive() {
        let (endings, code, seen, nested) = run_with("", "run_allowed: true\n");
        assert_eq!(endings, ["setup", "run", "cleanup"].map(|c| (c, Ending::Code(0))));
        assert_eq!(code, 0);
        let expected =
            ["setup", "run", "cleanup"].map(|c| [format!("{c}_before_job.yml"), format!("{c}_after_job.yml")]);
        assert_eq!(seen, expected.concat());
        let quoted: Vec<String> = nested.lines().map(|l| l.split(" -e ").nth(1).unwrap().to_string()).collect();
        assert_eq!(nested.lines().count(), 3, "{nested}");
        assert_eq!(super::super::words::split(&quoted[0]).unwrap(), ["a=b 'c'"]);
    }

    #[test]
    fn run_needs_the_jobs_setup_and_cleanup_needs_nothing() {
        let (endings, code, ..) = run_with("setup_after_job.yml", "run_allowed: false\nreason: it broke\n");
        assert_eq!(
            endings,
            [("setup", Ending::Code(2)), ("run", Ending::NotStarted("it broke".into())), ("cleanup", Ending::Code(0))]
        );
        assert_eq!(code, 2);
        let (endings, code, ..) = run_with("setup_before_job.yml", "");
        assert_eq!(endings[1].1, Ending::NotStarted("the setup did not get to its end".into()));
        assert_eq!((&endings[2].1, code), (&Ending::Code(0), 2));
    }

    #[test]
    fn a_workspace_is_one_jobs() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["a", "b", "ws"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let job = |name: &str| Job {
            path: root.join(name),
            builtin: false,
            workspace: root.join("ws"),
            options: Vec::new(),
            empty_fails: false,
        };
        fs::write(root.join("ws/exekutir_vars.yml"), "uuid: abcdefgh").unwrap();
        claim(&job("a")).unwrap();
        claim(&job("a")).unwrap();
        assert!(matches!(claim(&job("b")), Err(JobError::OtherJob { .. })));
    }

    #[test]
    fn jobs_are_found_by_folder_or_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir(root.join("mine")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        let content = Path::new("/content");
        assert_eq!(find("mine", &root, content).unwrap(), (root.join("mine"), false));
        assert_eq!(find("quickstart", &root, content).unwrap(), (content.join("jobs/quickstart"), true));
        assert!(matches!(find("file", &root, content), Err(JobError::NotAFolder(_))));
        let error = Diagnostic::from(find("quikstart", &root, content).unwrap_err());
        assert_eq!(error.hint.as_deref(), Some("did you mean 'quickstart'?"));
    }
}
