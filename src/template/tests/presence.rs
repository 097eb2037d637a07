//! Tests about being there and being true.

use adept_wire::{Data, Trust};

use crate::template::ast::FilterKind;
use crate::template::call::{Call, Result, Test};
use crate::template::filters::is_true;
use crate::template::registry::Registry;
use crate::template::val::Val;

/// The table of this group.
pub const TESTS: &[Test] = &[
    Test::new("defined", |call| plain(call, |c| c.input.is_defined())).takes_undefined(),
    Test::new("undefined", |call| plain(call, |c| !c.input.is_defined())).takes_undefined(),
    Test::new("none", |call| plain(call, |c| c.input.is_none())),
    Test::new("true", |call| plain(call, |c| boolean(&c.input) == Some(true))),
    Test::new("false", |call| plain(call, |c| boolean(&c.input) == Some(false))),
    Test::new("truthy", truthy),
    Test::new("falsy", |call| truthy(call).map(|t| !t)),
    Test::new("filter", |call| {
        plain(call, |c| c.input.as_str().is_some_and(|n| !matches!(Registry::get().filter(n), FilterKind::Unknown)))
    }),
    Test::new("test", |call| plain(call, |c| c.input.as_str().is_some_and(|n| Registry::get().test(n).is_some()))),
    // Text has no mark of being escaped here.
    Test::new("escaped", |call| plain(call, |_| false)),
    Test::new("vault_encrypted", |call| plain(call, |c| c.input.as_value().is_some_and(|v| v.trust() == Trust::Vault))),
];

fn plain(call: &mut Call<'_>, test: impl Fn(&Call<'_>) -> bool) -> Result<bool> {
    call.finish()?;
    Ok(test(call))
}

fn boolean(val: &Val) -> Option<bool> {
    match val.as_value().map(|v| &v.data) {
        Some(Data::Bool(b)) => Some(*b),
        _ => None,
    }
}

fn truthy(call: &mut Call<'_>) -> Result<bool> {
    let convert = call.bool_arg(0, "convert_bool")?.unwrap_or(false);
    call.finish()?;
    // Only what reads as a boolean is converted; everything else has its own truth.
    let reads_as_boolean = |v: &&adept_wire::Value| match &v.data {
        Data::Bool(_) => true,
        Data::Int(i) => *i == 0 || *i == 1,
        Data::Str(s) => {
            let words = ["y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f"];
            words.contains(&s.trim().to_lowercase().as_str())
        }
        _ => false,
    };
    match call.input.as_value().filter(reads_as_boolean) {
        Some(value) if convert => {
            let short = value.as_str().map(|s| s.trim().to_lowercase());
            Ok(is_true(value) || matches!(short.as_deref(), Some("y" | "t" | "yes" | "on" | "1" | "true")))
        }
        _ => call.eval.truthy(&call.input),
    }
}
