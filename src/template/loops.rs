//! `{% for %}`, and the `loop` object in its body.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::ast::For;
use super::call::{Args, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::frame::Frame;
use super::object::Object;
use super::place::Source;
use super::stmt::{Flow, Sink};
use super::val::Val;

/// `loop` in the body of a `for`.
struct Loop {
    items: Vec<Val>,
    at: AtomicUsize,
    depth: usize,
    changed: Mutex<Option<Vec<Val>>>,
    recursion: Option<Recursion>,
}

/// What `loop(items)` needs to run the body again.
struct Recursion {
    decl: Arc<For>,
    frame: Arc<Frame>,
    source: Source,
}

impl Eval<'_> {
    pub(crate) fn for_loop(&self, decl: &Arc<For>, items: Val, depth: usize, sink: &mut Sink) -> Result<()> {
        let mut items = self.items(&items)?;
        if let Some(filter) = &decl.filter {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                let inner = self.within(self.frame.child());
                inner.assign(&decl.target, item.clone())?;
                if inner.truthy(&inner.expr(filter)?)? {
                    kept.push(item);
                }
            }
            items = kept;
        }
        if items.is_empty() {
            self.within(self.frame.child()).body(&decl.otherwise, sink)?;
            return Ok(());
        }
        let count = items.len();
        let recursion = decl.recursive.then(|| Recursion {
            decl: decl.clone(),
            frame: self.frame.clone(),
            source: self.source.clone(),
        });
        let state = Arc::new(Loop { items, at: AtomicUsize::new(0), depth, changed: Mutex::default(), recursion });
        let name = Arc::from("loop");
        for i in 0..count {
            state.at.store(i, Ordering::Relaxed);
            let frame = self.frame.child();
            let inner = self.within(frame.clone());
            inner.assign(&decl.target, state.items[i].clone())?;
            frame.set(&name, Val::Object(state.clone()));
            if inner.body(&decl.body, sink)? == Flow::Break {
                break;
            }
        }
        Ok(())
    }
}

impl Object for Loop {
    fn type_name(&self) -> &'static str {
        "LoopContext"
    }

    fn attr(&self, _eval: &Eval<'_>, name: &str) -> Option<Val> {
        let at = self.at.load(Ordering::Relaxed);
        let count = self.items.len();
        let neighbour = |i: Option<usize>| {
            i.and_then(|i| self.items.get(i).cloned()).unwrap_or_else(|| {
                let message = if name == "previtem" { "there is no previous item" } else { "there is no next item" };
                Val::undefined(TemplateError::undefined(message))
            })
        };
        Some(match name {
            "index" => Val::from(at + 1),
            "index0" => Val::from(at),
            "revindex" => Val::from(count - at),
            "revindex0" => Val::from(count - at - 1),
            "first" => Val::from(at == 0),
            "last" => Val::from(at + 1 == count),
            "length" => Val::from(count),
            "depth" => Val::from(self.depth + 1),
            "depth0" => Val::from(self.depth),
            "previtem" => neighbour(at.checked_sub(1)),
            "nextitem" => neighbour(at.checked_add(1)),
            _ => return None,
        })
    }

    fn call_method(&self, eval: &Eval<'_>, name: &str, args: Args) -> Option<Result<Val>> {
        match name {
            "cycle" => {
                let at = self.at.load(Ordering::Relaxed);
                let values = args.positional;
                Some(match values.len() {
                    0 => Err(TemplateError::failed("no items for cycling given")),
                    n => Ok(values[at % n].clone()),
                })
            }
            "changed" => {
                let last = self.changed.lock().unwrap_or_else(PoisonError::into_inner).replace(args.positional.clone());
                Some(match last {
                    None => Ok(Val::from(true)),
                    Some(last) => {
                        eval.equal(&Val::list(last), &Val::list(args.positional)).map(|same| Val::from(!same))
                    }
                })
            }
            _ => None,
        }
    }

    fn call(&self, eval: &Eval<'_>, args: Args) -> Result<Val> {
        let Some(recursion) = &self.recursion else {
            return Err(TemplateError::failed("The loop must have the 'recursive' marker to be called recursively."));
        };
        let [items] = &args.positional[..] else {
            return Err(TemplateError::failed("loop() takes the items to go through"));
        };
        // Deep enough for any tree that a person writes; each level costs stack.
        if self.depth > 100 {
            return Err(TemplateError::failed("recursive loop is nested more than 100 deep"));
        }
        let inner = eval.in_source(&recursion.source, recursion.frame.clone());
        inner.capture(|sink| inner.for_loop(&recursion.decl, items.clone(), self.depth + 1, sink))
    }
}
