//! `archive`: the version as an archive file.

use adept_wire::map;

use super::repository::Repository;
use crate::file_params::text;
use crate::sys::program;
use crate::{ModuleError, checksum};

/// The format that the file's name asks for.
pub(super) fn format(path: &str) -> Result<&'static str, ModuleError> {
    let name = path.rsplit('/').next().unwrap_or(path);
    [("tar.gz", ".tar.gz"), ("tgz", ".tgz"), ("tar", ".tar"), ("zip", ".zip")]
        .into_iter()
        .find(|(_, end)| name.ends_with(end))
        .map(|(format, _)| format)
        .ok_or_else(|| {
            ModuleError::new(format!("Unable to get file extension from archive file name : {path}"))
                .param("archive")
                .result(map! {
                    "details" => "Please specify archive as filename with extension. File extension can be one of \
                                  ['tar', 'tar.gz', 'zip', 'tgz']",
                })
        })
}

impl Repository<'_> {
    /// Writes the archive, unless it is there already with the same content; says whether it wrote.
    pub(super) fn archive(&self) -> Result<bool, ModuleError> {
        let path = self.args.str("archive").unwrap_or_default();
        let format = format(path)?;
        let target = self.host.path(path);
        let scratch = tempfile::tempdir_in(self.host.run_dir)?;
        let made = scratch.path().join(format!("archive.{format}"));
        let made_text = text(&made);
        let prefix = self.args.str("archive_prefix").map(|p| format!("--prefix={p}"));
        let mut words = vec!["archive", "--format", format, "--output", made_text.as_str()];
        words.extend(prefix.as_deref());
        words.push(&self.version);
        let argv = self.argv(words);
        let finished = self.ask(&argv)?;
        if finished.rc != 0 {
            return Err(ModuleError::new("Failed to perform archive operation").result(map! {
                "details" => format!(
                    "Git archive command failed to create archive {path} using {} directory.Error: {}",
                    text(&self.dest),
                    finished.stderr_text()
                ),
            }));
        }
        if target.exists() && checksum::sha1_of_file(&target)? == checksum::sha1_of_file(&made)? {
            return Ok(false);
        }
        program::relocate(&made, &target, self.host)?;
        Ok(true)
    }
}
