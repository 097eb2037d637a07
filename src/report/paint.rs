//! Ansible's colours, banners and recap.

use unicode_width::UnicodeWidthStr;

use crate::event::{HostStats, Stats, Status};

/// What a text is about; each has a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
    Warning,
    Deprecated,
    Verbose,
    /// Retries, paths: what matters less.
    Dim,
    Added,
    Removed,
    Hunk,
    None,
}

impl Paint {
    /// The colour of a status.
    pub(super) fn of(status: Status) -> Paint {
        match status {
            Status::Ok => Paint::Ok,
            Status::Changed => Paint::Changed,
            Status::Skipped => Paint::Skipped,
            Status::Failed => Paint::Failed,
            Status::Unreachable => Paint::Unreachable,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Paint::Ok | Paint::Added => "0;32",
            Paint::Changed => "0;33",
            Paint::Skipped | Paint::Hunk => "0;36",
            Paint::Failed | Paint::Removed => "0;31",
            Paint::Unreachable => "1;31",
            Paint::Warning => "1;35",
            Paint::Deprecated => "0;35",
            Paint::Verbose => "0;34",
            Paint::Dim => "1;30",
            Paint::None => "",
        }
    }

    /// The text in this colour, each line for itself as Ansible does, so that a pager keeps it.
    pub(super) fn text(self, color: bool, text: &str) -> String {
        if !color || self == Paint::None {
            return text.to_string();
        }
        let lines: Vec<String> = text.split('\n').map(|line| format!("\x1b[{}m{line}\x1b[0m", self.code())).collect();
        lines.join("\n")
    }
}

/// `PLAY [x] ****`, filled to the width, without its newline.
pub(super) fn banner(title: &str, width: usize) -> String {
    let stars = width.max(80).saturating_sub(1 + title.width()).max(3);
    format!("{title} {}", "*".repeat(stars))
}

/// The lines of the recap, hosts by name.
pub(super) fn recap(stats: &Stats, color: bool) -> String {
    let mut hosts: Vec<_> = stats.0.iter().collect();
    hosts.sort_by_key(|(host, _)| *host);
    hosts.into_iter().map(|(host, s)| recap_line(host, s, color) + "\n").collect()
}

fn recap_line(host: &str, s: &HostStats, color: bool) -> String {
    let of_host = if s.failed > 0 || s.unreachable > 0 {
        Paint::Failed
    } else if s.changed > 0 {
        Paint::Changed
    } else {
        Paint::Ok
    };
    let padding = " ".repeat(26usize.saturating_sub(host.chars().count()));
    let columns = [
        ("ok", s.ok, Paint::Ok),
        ("changed", s.changed, Paint::Changed),
        ("unreachable", s.unreachable, Paint::Unreachable),
        ("failed", s.failed, Paint::Failed),
        ("skipped", s.skipped, Paint::Skipped),
        ("rescued", s.rescued, Paint::Ok),
        ("ignored", s.ignored, Paint::Warning),
    ]
    .map(|(name, n, paint)| paint.text(color && n > 0, &format!("{name}={n:<4}")));
    format!("{}{padding} : {}", of_host.text(color, host), columns.join(" "))
}
