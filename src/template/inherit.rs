//! `super()` in blocks, and modules: what `{% import %}` gives.

use std::sync::Arc;

use super::call::{Args, Result};
use super::eval::Eval;
use super::object::Object;
use super::stmt::Sink;
use super::val::Val;

/// `super()` within a block: the block of the template that is extended.
pub(crate) struct Super {
    pub name: Arc<str>,
    pub level: usize,
}

impl Object for Super {
    fn type_name(&self) -> &'static str {
        "BlockReference"
    }
    fn attr(&self, _eval: &Eval<'_>, _name: &str) -> Option<Val> {
        None
    }
    fn call(&self, eval: &Eval<'_>, _args: Args) -> Result<Val> {
        let mut sink = Sink::Text(String::new());
        eval.block(&self.name, self.level + 1, &mut sink)?;
        eval.finish(sink)
    }
}

/// The names that an imported file sets.
pub(crate) struct Module {
    pub names: Vec<(Arc<str>, Val)>,
}

impl Module {
    pub fn get(&self, name: &str) -> Option<Val> {
        self.names.iter().find(|(n, _)| &**n == name).map(|(_, v)| v.clone())
    }
}

impl Object for Module {
    fn type_name(&self) -> &'static str {
        "TemplateModule"
    }
    fn attr(&self, _eval: &Eval<'_>, name: &str) -> Option<Val> {
        self.get(name)
    }
    fn call_method(&self, eval: &Eval<'_>, name: &str, args: Args) -> Option<Result<Val>> {
        self.get(name).map(|function| eval.call(&function, args))
    }
}
