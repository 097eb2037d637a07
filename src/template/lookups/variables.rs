//! Lookups of variables: `vars`, `varnames`, `env`.

use adept_modules::regex::Flags;

use super::term::texts;
use crate::template::call::{Call, Lookup, Result};
use crate::template::error::TemplateError;
use crate::template::filters::compile;
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[
    Lookup::new("vars", vars).pure().takes_undefined(),
    Lookup::new("varnames", varnames),
    Lookup::new("env", env).takes_undefined(),
];

fn vars(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let default = call.named("default");
    let names = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for name in names {
        let found = call.eval.var(&name)?;
        // A variable that is there and uses something undefined isn't a missing one.
        let missing = match &found {
            Val::Undefined(u) => u.error.missing_name() == Some(&*name),
            Val::Function(_) => true,
            _ => false,
        };
        out.push(match (&default, missing) {
            (_, false) => found.defined()?.clone(),
            (Some(default), true) => default.clone(),
            (None, true) => {
                return Err(TemplateError::undefined(format!("No variable named '{name}' was found.")).missing(&name));
            }
        });
    }
    Ok(out)
}

fn varnames(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let patterns = texts(call)?;
    call.finish()?;
    let names = call.eval.scope().names();
    let mut out = Vec::new();
    for pattern in patterns {
        let regex = compile(call, &pattern, Flags::default())?;
        for name in &names {
            if regex.is_match(name).map_err(|e| call.fail(e))? {
                out.push(Val::str(name.clone()));
            }
        }
    }
    Ok(out)
}

fn env(call: &mut Call<'_>) -> Result<Vec<Val>> {
    let default = call.named("default");
    let names = texts(call)?;
    call.finish()?;
    let mut out = Vec::new();
    for term in names {
        let name = term.split_whitespace().next().unwrap_or("");
        out.push(match (call.eval.env().env.get(name), &default) {
            (Some(value), _) => Val::str(&value[..]),
            (None, None) => Val::str(""),
            (None, Some(default)) if default.is_defined() => default.clone(),
            (None, Some(_)) => {
                return Err(TemplateError::undefined(format!("The environment variable '{name}' is not set.")));
            }
        });
    }
    Ok(out)
}
