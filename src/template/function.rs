//! `Function`: what a template can call: macros, methods of values, global functions.

use std::sync::Arc;

use super::ast::Macro;
use super::call::{Call, Result};
use super::frame::Frame;
use super::place::Source;
use super::val::Val;

/// Something callable.
pub enum Function {
    /// A global function such as `range`.
    Global(&'static Global),
    /// `object.name`, bound.
    Method {
        /// The object.
        object: Val,
        /// The method.
        name: Arc<str>,
    },
    /// A macro, with the frame and the text in which it was defined.
    Macro {
        /// What it does.
        decl: Arc<Macro>,
        /// The names that it sees.
        frame: Arc<Frame>,
        /// Its text, for errors.
        source: Source,
    },
}

/// A global function. One row of a table.
pub struct Global {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub run: fn(&mut Call<'_>) -> Result<Val>,
    /// May give another result each time.
    pub impure: bool,
    /// Takes undefined arguments.
    pub takes_undefined: bool,
}

impl Function {
    /// What can be read of a macro.
    pub fn attr(&self, name: &str) -> Option<Val> {
        let Function::Macro { decl, .. } = self else { return None };
        Some(match name {
            "name" => Val::str(decl.name.clone()),
            "arguments" => Val::tuple(decl.params.iter().cloned().map(Val::str).collect::<Vec<_>>()),
            "catch_varargs" => Val::from(decl.uses.varargs),
            "catch_kwargs" => Val::from(decl.uses.kwargs),
            "caller" => Val::from(decl.uses.caller),
            _ => return None,
        })
    }

    /// Python's name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Function::Global(_) => "function",
            Function::Method { .. } => "method",
            Function::Macro { .. } => "Macro",
        }
    }
}
