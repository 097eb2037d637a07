//! Calling macros: parameters, defaults, `varargs`, `kwargs`, `caller`.

use std::sync::Arc;

use adept_wire::Key;

use super::ast::Macro;
use super::call::{Args, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::frame::Frame;
use super::place::Source;
use super::val::Val;

/// Macros nested deeper than this call themselves without end.
const MAX_DEPTH: usize = 60;

impl Eval<'_> {
    pub(crate) fn call_macro(&self, decl: &Arc<Macro>, frame: &Arc<Frame>, source: &Source, args: Args) -> Result<Val> {
        if self.depth >= MAX_DEPTH {
            return Err(TemplateError::failed(format!("macro {} is nested more than {MAX_DEPTH} deep", decl.name)));
        }
        let scope = frame.child();
        let inner = Eval { depth: self.depth + 1, ..self.in_source(source, scope.clone()) };
        let Args { positional, mut named } = args;
        let mut positional = positional.into_iter();
        let mandatory = decl.params.len() - decl.defaults.len();
        for (i, param) in decl.params.iter().enumerate() {
            let by_name = named.iter().position(|(n, _)| n == param).map(|at| named.remove(at).1);
            let val = match (positional.next(), by_name) {
                (Some(_), Some(_)) => {
                    let message = format!("macro '{}' got multiple values for argument '{param}'", decl.name);
                    return Err(TemplateError::failed(message));
                }
                (Some(val), None) | (None, Some(val)) => val,
                (None, None) if i >= mandatory => inner.expr(&decl.defaults[i - mandatory])?,
                (None, None) => {
                    Val::undefined(TemplateError::undefined(format!("parameter '{param}' was not provided")))
                }
            };
            scope.set(param, val);
        }
        if let Some(at) = named.iter().position(|(n, _)| &**n == "caller") {
            let caller = named.remove(at).1;
            if !decl.uses.caller {
                let message = format!("macro '{}' takes no caller", decl.name);
                return Err(TemplateError::failed(message));
            }
            scope.set(&Arc::from("caller"), caller);
        }
        if !decl.uses.kwargs
            && let Some((name, _)) = named.first()
        {
            return Err(TemplateError::failed(format!("macro '{}' takes no keyword argument '{name}'", decl.name)));
        }
        if !decl.uses.varargs && positional.len() > 0 {
            let most = decl.params.len();
            return Err(TemplateError::failed(format!("macro '{}' takes not more than {most} argument(s)", decl.name)));
        }
        scope.set(&Arc::from("varargs"), Val::tuple(positional.collect::<Vec<_>>()));
        scope.set(&Arc::from("kwargs"), Val::map(named.into_iter().map(|(k, v)| (Key::from(k), v))));
        inner.capture(|sink| inner.body(&decl.body, sink).map(|_| ()))
    }
}
