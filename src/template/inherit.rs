//! `super()` in blocks, and modules: what `{% import %}` gives.

use std::sync::Arc;

use super::call::{Args, Result};
use super::eval::Eval;
use super::object::Object;
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
        eval.capture(|sink| eval.block(&self.name, self.level + 1, sink))
    }
}

/// `self` in a template: its blocks, as methods.
pub(crate) struct Blocks;

impl Object for Blocks {
    fn type_name(&self) -> &'static str {
        "TemplateReference"
    }
    fn attr(&self, _eval: &Eval<'_>, _name: &str) -> Option<Val> {
        None
    }
    fn call_method(&self, eval: &Eval<'_>, name: &str, _args: Args) -> Option<Result<Val>> {
        let name = Arc::from(name);
        let known = eval.run.blocks.borrow().contains_key(&name);
        known.then(|| eval.capture(|sink| eval.block(&name, 0, sink)))
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
