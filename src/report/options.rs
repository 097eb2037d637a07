//! How the console shows things: plain options, given by the caller.

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always (`ANSIBLE_FORCE_COLOR`).
    Always,
    /// Never (`NO_COLOR`, `ANSIBLE_NOCOLOR`, `TERM=dumb`).
    Never,
}

impl ColorChoice {
    /// What the environment asks for; forcing wins, as in Ansible.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> ColorChoice {
        let is_on = |name| {
            variable(name)
                .is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y" | "t"))
        };
        if is_on("ANSIBLE_FORCE_COLOR") {
            return ColorChoice::Always;
        }
        // no-color.org: any value but an empty one.
        let no_color = variable("NO_COLOR").is_some_and(|v| !v.is_empty());
        if no_color || is_on("ANSIBLE_NOCOLOR") || variable("TERM").as_deref() == Some("dumb") {
            return ColorChoice::Never;
        }
        ColorChoice::Auto
    }

    /// Are colours used, where output goes to a terminal or doesn't?
    pub fn enabled(self, terminal: bool) -> bool {
        match self {
            ColorChoice::Auto => terminal,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }
}

/// How the console shows events.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// Output goes to a terminal: failures are shown as blocks, times where they are long. Else lines are Ansible's.
    pub terminal: bool,
    /// Use colours.
    pub color: bool,
    /// The width of the terminal; banners are at least 80 wide.
    pub width: usize,
    /// How many `-v`.
    pub verbosity: u8,
    /// Show differences (`--diff`).
    pub diff: bool,
    /// Show hosts that skip a task (`display_skipped_hosts`).
    pub display_skipped_hosts: bool,
    /// Show hosts on which nothing changed (`display_ok_hosts`).
    pub display_ok_hosts: bool,
    /// Show the output of commands that run longer than this, in seconds, while they run. `None`: never.
    pub live_after: Option<f64>,
}

impl Default for ConsoleOptions {
    fn default() -> ConsoleOptions {
        ConsoleOptions {
            terminal: false,
            color: false,
            width: 80,
            verbosity: 0,
            diff: false,
            display_skipped_hosts: true,
            display_ok_hosts: true,
            live_after: None,
        }
    }
}

impl ConsoleOptions {
    /// What suits a terminal of this width.
    pub fn terminal(width: usize) -> ConsoleOptions {
        ConsoleOptions { terminal: true, color: true, width, live_after: Some(1.0), ..ConsoleOptions::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::ColorChoice::{Always, Auto, Never};
    use super::*;

    #[test]
    fn the_environment_decides_on_colours() {
        for (variables, expected) in [
            (&[][..], Auto),
            (&[("NO_COLOR", "1")], Never),
            (&[("NO_COLOR", "")], Auto),
            (&[("ANSIBLE_NOCOLOR", "True")], Never),
            (&[("ANSIBLE_NOCOLOR", "0")], Auto),
            (&[("TERM", "dumb")], Never),
            (&[("TERM", "dumb"), ("ANSIBLE_FORCE_COLOR", "1")], Always),
            (&[("NO_COLOR", "1"), ("ANSIBLE_FORCE_COLOR", "yes")], Always),
        ] {
            let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
            assert_eq!(ColorChoice::from_environment(get), expected, "{variables:?}");
        }
        assert!(Auto.enabled(true) && !Auto.enabled(false) && Always.enabled(false) && !Never.enabled(true));
    }
}
