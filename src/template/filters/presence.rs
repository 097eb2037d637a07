//! Filters about being there and being true: `default`, `mandatory`, `ternary`, `bool`, `type_debug`.

use adept_wire::{Data, Value};

use crate::template::call::{Call, Filter, Result};
use crate::template::error::TemplateError;
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("default", default).takes_undefined(),
    Filter::new("d", default).takes_undefined(),
    Filter::new("mandatory", mandatory).takes_undefined(),
    Filter::new("ternary", ternary).takes_undefined(),
    Filter::new("bool", bool),
    Filter::new("type_debug", type_debug).takes_undefined(),
];

fn default(call: &mut Call<'_>) -> Result<Val> {
    let fallback = call.arg(0, "default_value").unwrap_or_else(|| Val::str(""));
    let falsy_too = call.bool_arg(1, "boolean")?.unwrap_or(false);
    call.finish()?;
    let keep = call.input.is_defined() && (!falsy_too || call.eval.truthy(&call.input)?);
    Ok(if keep { call.input.clone() } else { fallback })
}

fn mandatory(call: &mut Call<'_>) -> Result<Val> {
    let message = call.text_arg(0, "msg")?;
    call.finish()?;
    let Val::Undefined(undefined) = &call.input else { return Ok(call.input.clone()) };
    // Not an undefined error any more: nothing that forgives those may forgive this one.
    Err(TemplateError::failed(match (message, undefined.error.missing_name()) {
        (Some(message), _) => message.to_string(),
        (None, Some(name)) => format!("Mandatory variable '{name}' not defined."),
        (None, None) => format!("Mandatory variable not defined: {}", undefined.error),
    }))
}

fn ternary(call: &mut Call<'_>) -> Result<Val> {
    let yes = call.required(0, "true_val")?;
    let no = call.required(1, "false_val")?;
    let none = call.arg(2, "none_val");
    call.finish()?;
    let input = call.input.defined()?;
    if input.is_none()
        && let Some(none) = none.filter(|n| !n.is_none())
    {
        return Ok(none);
    }
    Ok(if call.eval.truthy(input)? { yes } else { no })
}

fn bool(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    Ok(call.input.as_value().is_some_and(is_true).into())
}

/// What Ansible takes for true: `yes`, `on`, `true`, `1`, in any case; everything else is false.
pub(crate) fn is_true(value: &Value) -> bool {
    match &value.data {
        Data::Bool(b) => *b,
        Data::Int(i) => *i == 1,
        Data::Float(f) => *f == 1.0,
        Data::Str(s) => matches!(s.to_lowercase().as_str(), "yes" | "on" | "1" | "true"),
        _ => false,
    }
}

fn type_debug(call: &mut Call<'_>) -> Result<Val> {
    call.finish()?;
    Ok(Val::str(if call.input.is_defined() { call.input.type_name() } else { "UndefinedMarker" }))
}
