//! `template`: a template file, rendered.

use super::search;
use super::term::{bool_option, text_option, texts};
use crate::template::call::{Call, Lookup, Result};
use crate::template::error::TemplateError;
use crate::template::files::source_of;
use crate::template::frame::Frame;
use crate::template::header;
use crate::template::options::Syntax;
use crate::template::templar::render_file;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[Lookup::new("template", template)];

fn template(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let frame = Frame::root();
    if let Some(vars) = call.named("template_vars") {
        for (name, val) in call.eval.entries(&vars)? {
            frame.set(&name.to_string().into(), val);
        }
    }
    let mut syntax = Syntax::FILE;
    for (option, start, end, default) in [
        (&mut syntax.variable, "variable_start_string", "variable_end_string", ("{{", "}}")),
        (&mut syntax.block, "block_start_string", "block_end_string", ("{%", "%}")),
        (&mut syntax.comment, "comment_start_string", "comment_end_string", ("{#", "#}")),
    ] {
        let (start, end) = (text_option(call, start)?, text_option(call, end)?);
        if start.is_some() || end.is_some() {
            *option = Some((start.unwrap_or_else(|| default.0.into()), end.unwrap_or_else(|| default.1.into())));
        }
    }
    if let Some(trim) = bool_option(call, "trim_blocks")? {
        syntax.trim_blocks = trim;
    }
    if let Some(lstrip) = bool_option(call, "lstrip_blocks")? {
        syntax.lstrip_blocks = lstrip;
    }
    // ansible-core 2.19 takes these two and gives text in any case.
    call.named("convert_data");
    call.named("jinja2_native");
    let names = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for name in names {
        let Some(path) = search::find(call, "templates", &name) else {
            let message = format!("{}: the template file {name} could not be found for the lookup", call.name);
            return Err(TemplateError::file(message));
        };
        let text = super::files::read(&path)?;
        let (text, syntax, line) = header::read(&text, &syntax)?;
        let source = source_of(&path, text.into(), line);
        let eval = call.eval.in_source(&source, frame.clone());
        out.push(Val::str(render_file(&eval, &path, &syntax)?));
    }
    Ok(out)
}
