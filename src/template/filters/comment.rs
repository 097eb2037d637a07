//! `comment`: text as a comment of some language.

use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[Filter::new("comment", comment)];

struct Style {
    name: &'static str,
    beginning: &'static str,
    decoration: &'static str,
    end: &'static str,
}

const STYLES: &[Style] = &[
    Style { name: "plain", beginning: "", decoration: "# ", end: "" },
    Style { name: "erlang", beginning: "", decoration: "% ", end: "" },
    Style { name: "c", beginning: "", decoration: "// ", end: "" },
    Style { name: "cblock", beginning: "/*", decoration: " * ", end: " */" },
    Style { name: "xml", beginning: "<!--", decoration: " - ", end: "-->" },
];

fn comment(call: &mut Call<'_>) -> Result<Val> {
    let name = call.text_arg(0, "style")?.unwrap_or_else(|| "plain".into());
    let Some(style) = STYLES.iter().find(|s| s.name == &*name) else {
        return Err(call.fail(format!("Invalid style '{name}'.")));
    };
    let mut option = |name: &str| match call.named(name) {
        Some(val) => call.eval.text(&val).map(|t| Some(t.to_string())),
        None => Ok(None),
    };
    let newline = option("newline")?.unwrap_or_else(|| "\n".to_owned());
    let beginning = option("beginning")?.unwrap_or_else(|| style.beginning.to_owned());
    let end = option("end")?.unwrap_or_else(|| style.end.to_owned());
    let decoration = option("decoration")?.unwrap_or_else(|| style.decoration.to_owned());
    let around = decoration.trim_end().to_owned();
    let prefix = option("prefix")?.unwrap_or_else(|| around.clone());
    let postfix = option("postfix")?.unwrap_or_else(|| around.clone());
    let mut count = |name: &str| {
        let count = call.int_arg(usize::MAX, name)?;
        Ok(count.map_or(1, |n| usize::try_from(n).unwrap_or(0)))
    };
    let (prefix_count, postfix_count) = (count("prefix_count")?, count("postfix_count")?);
    call.finish()?;

    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&beginning);
        out.push_str(&newline);
    }
    if !prefix.is_empty() {
        let line = if prefix == newline { newline.clone() } else { format!("{prefix}{newline}") };
        out.push_str(&line.repeat(prefix_count));
    }
    let text = call.input_text()?.replace('\n', &format!("{newline}{decoration}"));
    // Lines without text get no blanks at their end.
    let text = format!("{decoration}{text}").replace(&format!("{decoration}{newline}"), &format!("{around}{newline}"));
    out.push_str(&text);
    out.push_str(&format!("{newline}{postfix}").repeat(postfix_count));
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(Val::str(out))
}
