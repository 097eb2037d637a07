//! Filters about YAML.

use adept_wire::Trust;

use crate::diag::Diagnostic;
use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;
use crate::yaml::{self, DumpOptions, FlowStyle, YamlError};

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("to_yaml", |call| to_yaml(call, DumpOptions::to_yaml())),
    Filter::new("to_nice_yaml", |call| to_yaml(call, DumpOptions::to_nice_yaml())),
    Filter::new("from_yaml", from_yaml),
    Filter::new("from_yaml_all", from_yaml_all),
];

fn to_yaml(call: &mut Call<'_>, mut options: DumpOptions) -> Result<Val> {
    let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    // The first argument of both is the one that users leave out.
    let first = if options.default_flow_style == FlowStyle::Leaves { "default_flow_style" } else { "indent" };
    let flow = if first == "default_flow_style" { call.arg(0, first) } else { call.named("default_flow_style") };
    let indent = if first == "indent" { call.int_arg(0, first)? } else { named_int(call, "indent")? };
    if let Some(flow) = flow {
        options.default_flow_style = match &flow {
            flow if flow.is_none() => FlowStyle::Leaves,
            flow if call.eval.truthy(flow)? => FlowStyle::Flow,
            _ => FlowStyle::Block,
        };
    }
    if let Some(indent) = indent {
        options.indent = small(indent);
    }
    if let Some(width) = named_int(call, "width")? {
        options.width = small(width);
    }
    for (name, option) in [
        ("sort_keys", &mut options.sort_keys),
        ("explicit_start", &mut options.explicit_start),
        ("explicit_end", &mut options.explicit_end),
        ("allow_unicode", &mut options.allow_unicode),
    ] {
        if let Some(given) = call.named(name) {
            *option = call.eval.truthy(&given)?;
        }
    }
    if let Some(style) = call.named("default_style") {
        options.default_style = style.as_str().and_then(|s| s.chars().next());
    }
    for ignored in ["dump_vault_tags", "canonical", "line_break", "encoding", "version", "tags"] {
        call.named(ignored);
    }
    call.finish()?;
    // As in Ansible, the same list or map under two keys is written once.
    options.aliases = true;
    Ok(Val::str(yaml::dump(&call.input_value()?, &options)))
}

fn named_int(call: &mut Call<'_>, name: &str) -> Result<Option<i64>> {
    // Beyond all positions: by name only.
    call.int_arg(usize::MAX, name)
}

fn wrong(call: &Call<'_>, error: YamlError) -> crate::template::error::TemplateError {
    let place = error.place().map(|p| format!(" (line {}, column {})", p.origin.line, p.origin.column));
    call.fail(format!("{}{}", Diagnostic::from(error).message, place.unwrap_or_default()))
}

fn from_yaml(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let Some(text) = call.input.as_str() else { return Ok(call.input.clone()) };
    let (value, _) = yaml::load_one(text, "<string>", Trust::Data).map_err(|e| wrong(call, e))?;
    Ok(Val::Value(value.untagged()))
}

fn from_yaml_all(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    let Some(text) = call.input.as_str() else { return Ok(call.input.clone()) };
    let loaded = yaml::load(text, "<string>", Trust::Data).map_err(|e| wrong(call, e))?;
    Ok(Val::list(loaded.documents.into_iter().map(|d| Val::Value(d.untagged())).collect()))
}
