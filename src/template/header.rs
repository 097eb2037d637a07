//! The `#jinja2:` line at the top of a template file: `#jinja2: trim_blocks: False, lstrip_blocks: True`.

use super::call::Result;
use super::error::TemplateError;
use super::options::Syntax;

/// The text behind the line, the syntax that it asks for, and the number of the text's first line in the file.
///
/// # Errors
/// When the line sets something unknown.
pub fn read<'a>(text: &'a str, syntax: &Syntax) -> Result<(&'a str, Syntax, u32)> {
    let mut syntax = syntax.clone();
    let Some(rest) = text.strip_prefix("#jinja2:") else { return Ok((text, syntax, 1)) };
    let (line, body) = rest.split_once('\n').unwrap_or((rest, ""));
    for part in split(line) {
        let Some((name, value)) = part.split_once(':') else {
            return Err(TemplateError::syntax(format!("#jinja2: expected 'name: value', got '{}'", part.trim())));
        };
        let (name, value) = (name.trim(), value.trim());
        let text = value.trim_matches(['"', '\'']).to_owned();
        let boolean = || match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => Err(TemplateError::syntax(format!("#jinja2: {name} must be True or False, not {value}"))),
        };
        let start = |pair: &mut Option<(String, String)>, default: (&str, &str)| {
            pair.get_or_insert_with(|| (default.0.to_owned(), default.1.to_owned())).0 = text.clone();
        };
        let end = |pair: &mut Option<(String, String)>, default: (&str, &str)| {
            pair.get_or_insert_with(|| (default.0.to_owned(), default.1.to_owned())).1 = text.clone();
        };
        match name {
            "trim_blocks" => syntax.trim_blocks = boolean()?,
            "lstrip_blocks" => syntax.lstrip_blocks = boolean()?,
            "keep_trailing_newline" => syntax.keep_trailing_newline = boolean()?,
            "variable_start_string" => start(&mut syntax.variable, ("{{", "}}")),
            "variable_end_string" => end(&mut syntax.variable, ("{{", "}}")),
            "block_start_string" => start(&mut syntax.block, ("{%", "%}")),
            "block_end_string" => end(&mut syntax.block, ("{%", "%}")),
            "comment_start_string" => start(&mut syntax.comment, ("{#", "#}")),
            "comment_end_string" => end(&mut syntax.comment, ("{#", "#}")),
            "newline_sequence" | "autoescape" | "optimized" => {}
            other => return Err(TemplateError::syntax(format!("#jinja2: unknown option '{other}'"))),
        }
    }
    Ok((body, syntax, 2))
}

/// Splits at commas that don't stand in quotes.
fn split(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in line.trim().chars() {
        match quote {
            Some(q) if q == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == ',' => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.retain(|p| !p.trim().is_empty());
    parts
}
