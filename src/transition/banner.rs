//! The banner before each action: the machine, a line, and what is about to be done.

use super::params::Params;

/// A heading with values, below the line that names the machine. Ends in a newline, to be followed by an empty line.
pub fn banner(params: &Params, heading: &str, values: &[(&str, String)]) -> String {
    let (blue, cyan, normal) = if params.colour() { ("\x1b[1;94m", "\x1b[1;36m", "\x1b[0;39m") } else { ("", "", "") };
    let mut text = format!("{heading}:");
    for (name, value) in values {
        text += &format!("\n    {blue}{name}{normal} = '{cyan}{value}{normal}'");
    }
    divider(params, &text)
}

/// The banner of the parameters, whose heading has a colour of its own.
pub fn parameters(params: &Params) -> String {
    let (purple, normal) = if params.colour() { ("\x1b[1;95m", "\x1b[0;39m") } else { ("", "") };
    let values = [
        ("optional", params.optional.clone()),
        ("xn", params.xn.to_string()),
        ("workspace", params.workspace.display().to_string()),
        ("context", params.context.clone()),
    ];
    banner(params, &format!("{purple}Parameters{normal}"), &values)
}

/// The text below a line of 50 characters that begins with the machine's name.
pub fn divider(params: &Params, text: &str) -> String {
    divided(&params.hostname, params.colour(), text)
}

/// As `divider`, where there are no parameters because they were wrong.
pub fn divided(hostname: &str, colour: bool, text: &str) -> String {
    let (red, green, normal) = if colour { ("\x1b[1;31m", "\x1b[1;32m", "\x1b[0;39m") } else { ("", "", "") };
    let line = "#".repeat(50usize.saturating_sub(hostname.len()));
    format!("{red}{hostname} {green}{line}\n{normal}{text}\n")
}

/// A command line as it is shown: of more than four lines only the first two and the last two.
pub fn shortened(command: &str) -> String {
    let lines: Vec<&str> = command.lines().collect();
    if lines.len() <= 4 {
        return command.to_string();
    }
    [&lines[..2], &["<...truncated...>"], &lines[lines.len() - 2..]].concat().join("\n")
}
