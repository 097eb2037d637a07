//! Statements: what a template puts out, as a native value or as text.

use std::path::PathBuf;
use std::sync::Arc;

use super::ast::{Block, FilterCall, Stmt, StmtNode, Target, Template};
use super::call::{Args, Result};
use super::error::TemplateError;
use super::eval::Eval;
use super::files::Files;
use super::frame::Frame;
use super::function::Function;
use super::inherit::{Module, Super};
use super::place::{Source, Span};
use super::val::Val;

/// What goes on after a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    /// `{% extends %}` was reached: what follows at the top is not put out.
    Extended,
}

/// A block, with the text that it was written in.
#[derive(Clone)]
pub(crate) struct BlockDef {
    pub block: Arc<Block>,
    pub source: Source,
}

/// What is put out.
///
/// A template in a playbook gives a native value where it puts out just one; a template file gives text.
pub(crate) enum Sink {
    Native(Vec<Val>),
    Text(String),
    /// After `{% extends %}`.
    Nowhere,
}

impl Eval<'_> {
    /// All that a template puts out, as a value.
    pub(crate) fn output(&self, template: &Template) -> Result<Val> {
        // The most common template by far: one expression.
        if let [Stmt { node: StmtNode::Emit(expr), .. }] = &template.body[..] {
            return self.expr(expr);
        }
        let mut sink = Sink::Native(Vec::new());
        self.template(template, &mut sink)?;
        self.finish(sink)
    }

    /// What a template puts out, part by part, and whether the part is the template's own text.
    pub(crate) fn parts(&self, template: &Template) -> Result<Vec<(Val, bool)>> {
        let mut parts = Vec::new();
        for stmt in &template.body {
            let val = match &stmt.node {
                StmtNode::Text(text) => Some((Val::str(text.clone()), true)),
                StmtNode::Emit(expr) => Some((self.expr(expr)?, false)),
                _ => {
                    let mut sink = Sink::Native(Vec::new());
                    let flow = self.stmt(stmt, &mut sink, &mut None).map_err(|e| e.at(|| self.place(stmt.span)))?;
                    (flow == Flow::Next).then(|| self.finish(sink)).transpose()?.map(|v| (v, false))
                }
            };
            parts.extend(val.filter(|(v, _)| !v.is_none()));
        }
        Ok(parts)
    }

    /// Runs a template, and those that it extends.
    pub(crate) fn template(&self, template: &Template, sink: &mut Sink) -> Result<()> {
        self.register_blocks(&template.body);
        self.body(&template.body, sink)?;
        Ok(())
    }

    fn register_blocks(&self, body: &[Stmt]) {
        for stmt in body {
            match &stmt.node {
                StmtNode::Block(block) => {
                    let def = BlockDef { block: block.clone(), source: self.source.clone() };
                    self.run.blocks.borrow_mut().entry(block.name.clone()).or_default().push(def);
                    self.register_blocks(&block.body);
                }
                StmtNode::If { then, otherwise, .. } => {
                    self.register_blocks(then);
                    self.register_blocks(otherwise);
                }
                StmtNode::For(f) => self.register_blocks(&f.body),
                StmtNode::With(_, body) | StmtNode::Group(body) | StmtNode::FilterBlock(_, body) => {
                    self.register_blocks(body);
                }
                _ => {}
            }
        }
    }

    /// The value of what was put out: nothing is `none`, one value is itself, several are text.
    pub(crate) fn finish(&self, sink: Sink) -> Result<Val> {
        match sink {
            Sink::Text(text) => Ok(Val::str(text)),
            Sink::Nowhere => Ok(Val::NONE),
            Sink::Native(mut parts) => match parts.len() {
                0 => Ok(Val::NONE),
                1 => Ok(parts.remove(0)),
                _ => {
                    let mut text = String::new();
                    for part in &parts {
                        self.append(part, &mut text)?;
                    }
                    Ok(Val::str(text))
                }
            },
        }
    }

    fn append(&self, val: &Val, text: &mut String) -> Result<()> {
        match val {
            Val::Undefined(u) if u.silent => {}
            val if val.is_none() => {}
            val => text.push_str(&self.text(val)?),
        }
        Ok(())
    }

    /// What these statements put out, as a value: what macros, `{% set %}` blocks and recursive loops give.
    pub(crate) fn capture(&self, body: impl FnOnce(&mut Sink) -> Result<()>) -> Result<Val> {
        let mut sink = Sink::Native(Vec::new());
        body(&mut sink)?;
        self.finish(sink)
    }

    fn emit(&self, val: Val, sink: &mut Sink) -> Result<()> {
        match sink {
            Sink::Nowhere => {}
            Sink::Native(_) if val.is_none() => {}
            Sink::Native(parts) => parts.push(match val {
                Val::Value(_) | Val::Lazy(_) | Val::Undefined(_) | Val::Scope(_) | Val::Hosts(_) => self.settle(val)?,
                // Tuples print as the lists that they become.
                other => Val::Value(self.to_value(&other)?),
            }),
            Sink::Text(text) => match val {
                Val::Tuple(_) | Val::List(_) | Val::Map(_) => {
                    text.push_str(&super::text::str_of(&self.to_value(&val)?));
                }
                val => self.append(&val, text)?,
            },
        }
        Ok(())
    }

    pub(crate) fn body(&self, body: &[Stmt], sink: &mut Sink) -> Result<Flow> {
        let mut parent = None;
        for stmt in body {
            match self.stmt(stmt, sink, &mut parent).map_err(|e| e.at(|| self.place(stmt.span)))? {
                Flow::Next | Flow::Extended => {}
                flow => return Ok(flow),
            }
            if parent.is_some() && !matches!(sink, Sink::Nowhere) {
                // What follows `extends` defines names and blocks, and puts out nothing.
                let rest = &body[body.iter().position(|s| std::ptr::eq(s, stmt)).map_or(body.len(), |i| i + 1)..];
                let mut nowhere = Sink::Nowhere;
                for stmt in rest {
                    self.stmt(stmt, &mut nowhere, &mut None).map_err(|e| e.at(|| self.place(stmt.span)))?;
                }
                break;
            }
        }
        if let Some((source, files)) = parent {
            let template = self.env().file(&source, files.syntax())?;
            let eval = Eval { files: Some(&files), ..self.in_source(&source, self.frame.clone()) };
            eval.template(&template, sink)?;
            return Ok(Flow::Extended);
        }
        Ok(Flow::Next)
    }

    fn stmt(&self, stmt: &Stmt, sink: &mut Sink, parent: &mut Option<(Source, Files)>) -> Result<Flow> {
        match &stmt.node {
            StmtNode::Text(text) => match sink {
                Sink::Native(parts) => parts.push(Val::str(text.clone())),
                Sink::Text(out) => out.push_str(text),
                Sink::Nowhere => {}
            },
            StmtNode::Emit(expr) => {
                if !matches!(sink, Sink::Nowhere) {
                    let val = self.expr(expr)?;
                    self.emit(val, sink)?;
                }
            }
            StmtNode::If { test, then, otherwise } => {
                let chosen = if self.truthy(&self.expr(test)?)? { then } else { otherwise };
                return self.body(chosen, sink);
            }
            StmtNode::For(decl) => {
                self.env().check_cancelled()?;
                let items = self.expr(&decl.iter)?;
                self.for_loop(decl, items, 0, sink)?;
            }
            StmtNode::With(assignments, body) => {
                let inner = self.within(self.frame.child());
                for (target, expr) in assignments {
                    // As in Jinja2, the values don't see each other.
                    let val = self.expr(expr)?;
                    inner.assign(target, val)?;
                }
                return inner.body(body, sink);
            }
            StmtNode::Set(target, expr) => {
                let val = self.expr(expr)?;
                self.assign(target, val)?;
            }
            StmtNode::SetBlock(target, filters, body) => {
                let inner = self.within(self.frame.child());
                let mut val = inner.capture(|sink| inner.body(body, sink).map(|_| ()))?;
                for filter in filters {
                    val = self.filter_call(val, filter)?;
                }
                self.assign(target, val)?;
            }
            StmtNode::FilterBlock(filters, body) => self.filter_block(filters, body, sink)?,
            StmtNode::Group(body) => return self.body(body, sink),
            StmtNode::Block(block) => {
                if !matches!(sink, Sink::Nowhere) {
                    self.block(&block.name, 0, sink)?;
                }
            }
            StmtNode::Extends(name) => {
                let (source, files) = self.load(&self.expr(name)?, stmt.span)?;
                *parent = Some((source, files));
                return Ok(Flow::Extended);
            }
            StmtNode::Include { name, ignore_missing } => {
                let name = self.expr(name)?;
                self.include(&name, *ignore_missing, stmt.span, sink)?;
            }
            StmtNode::Import(name, target) => {
                let module = self.import(&self.expr(name)?, stmt.span)?;
                self.frame.set(target, Val::Object(Arc::new(module)));
            }
            StmtNode::FromImport(name, names) => {
                let module = self.import(&self.expr(name)?, stmt.span)?;
                for (name, alias) in names {
                    let val = module.get(name).unwrap_or_else(|| {
                        let message = format!("the template doesn't export the requested name '{name}'");
                        Val::undefined(TemplateError::undefined(message))
                    });
                    self.frame.set(alias, val);
                }
            }
            StmtNode::Macro(decl) => {
                let function =
                    Function::Macro { decl: decl.clone(), frame: self.frame.clone(), source: self.source.clone() };
                self.frame.set(&decl.name, Val::Function(Arc::new(function)));
            }
            StmtNode::CallBlock(call, body) => {
                let caller =
                    Function::Macro { decl: body.clone(), frame: self.frame.clone(), source: self.source.clone() };
                let val = self.call_with_caller(call, Val::Function(Arc::new(caller)))?;
                self.emit(val, sink)?;
            }
            StmtNode::Do(call) => {
                self.expr(call)?;
            }
            StmtNode::Continue => return Ok(Flow::Continue),
            StmtNode::Break => return Ok(Flow::Break),
        }
        Ok(Flow::Next)
    }

    pub(crate) fn assign(&self, target: &Target, val: Val) -> Result<()> {
        match target {
            Target::Name(name) => self.frame.set(name, val),
            Target::Tuple(targets, span) => {
                let items = self.items(&val).map_err(|_| {
                    TemplateError::failed(format!("cannot unpack non-iterable {} object", val.type_name()))
                        .at(|| self.place(*span))
                })?;
                if items.len() != targets.len() {
                    let (want, got) = (targets.len(), items.len());
                    let message = if got > want {
                        format!("too many values to unpack (expected {want})")
                    } else {
                        format!("not enough values to unpack (expected {want}, got {got})")
                    };
                    return Err(TemplateError::failed(message).at(|| self.place(*span)));
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item)?;
                }
            }
            Target::Attr(object, name) => match self.expr(object)?.defined()? {
                Val::Object(object) => object.set_attr(name, val)?,
                _ => return Err(TemplateError::failed("cannot assign attribute on non-namespace object")),
            },
        }
        Ok(())
    }

    fn filter_block(&self, filters: &[FilterCall], body: &[Stmt], sink: &mut Sink) -> Result<()> {
        let inner = self.within(self.frame.child());
        let mut val = inner.capture(|sink| inner.body(body, sink).map(|_| ()))?;
        for filter in filters {
            val = self.filter_call(val, filter)?;
        }
        self.emit(val, sink)
    }

    /// Puts out the block of this name, as the template that extends most has it; `level` counts calls of `super()`.
    pub(crate) fn block(&self, name: &Arc<str>, level: usize, sink: &mut Sink) -> Result<()> {
        let def = self.run.blocks.borrow().get(name).and_then(|defs| defs.get(level).cloned());
        let Some(def) = def else {
            return Err(TemplateError::undefined(format!("there is no parent block called '{name}'.")));
        };
        if def.block.required && level == 0 {
            return Err(TemplateError::failed(format!("Required block '{name}' not found")));
        }
        let frame = self.frame.child();
        frame.set(&Arc::from("super"), Val::Object(Arc::new(Super { name: name.clone(), level })));
        self.in_source(&def.source, frame).body(&def.block.body, sink)?;
        Ok(())
    }

    fn include(&self, name: &Val, ignore_missing: bool, span: Span, sink: &mut Sink) -> Result<()> {
        let (source, files) = match self.load(name, span) {
            Ok(found) => found,
            Err(error) if ignore_missing && matches!(error.kind(), super::TemplateErrorKind::File(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let template = self.env().file(&source, files.syntax())?;
        let run = super::eval::Run::default();
        let eval = Eval { files: Some(&files), run: &run, ..self.in_source(&source, self.frame.child()) };
        eval.template(&template, sink)?;
        if run.impure.get() {
            self.mark_impure();
        }
        Ok(())
    }

    fn import(&self, name: &Val, span: Span) -> Result<Module> {
        let (source, files) = self.load(name, span)?;
        let template = self.env().file(&source, files.syntax())?;
        let frame = Frame::root();
        let eval = Eval { files: Some(&files), ..self.in_source(&source, frame.clone()) };
        eval.template(&template, &mut Sink::Text(String::new()))?;
        Ok(Module { names: frame.exported() })
    }

    /// The first file that exists of a name or a list of names.
    fn load(&self, name: &Val, span: Span) -> Result<(Source, Files)> {
        let names = if name.is_str() { vec![name.clone()] } else { self.items(name)? };
        let depth = self.files.map_or(0, Files::depth) + 1;
        let mut wanted = Vec::new();
        for name in &names {
            let name = self.text(name)?;
            let found = match self.files {
                Some(files) => files.load(&name, depth)?,
                None => Files::inline(self.search_path()).load(&name, depth)?,
            };
            if let Some(found) = found {
                return Ok(found);
            }
            wanted.push(format!("'{name}'"));
        }
        let error = TemplateError::file(format!("{} not found in search path", wanted.join(", ")));
        Err(error.at(|| self.place(span)))
    }

    /// Folders in which relative names are looked up.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let mut path = self.home.scope.search_path().to_vec();
        if !path.contains(&self.env().basedir) {
            path.push(self.env().basedir.clone());
        }
        path
    }

    fn call_with_caller(&self, call: &super::ast::Expr, caller: Val) -> Result<Val> {
        use super::ast::Node;
        let with = |args: &[super::ast::Arg]| -> Result<Args> {
            let mut args = self.args(args)?;
            args.named.push(("caller".into(), caller.clone()));
            Ok(args)
        };
        match &call.node {
            Node::Call(callee, args) => {
                let callee = self.expr(callee)?;
                let val = self.call(&callee, with(args)?)?;
                val.defined()?;
                Ok(val)
            }
            Node::Method(object, name, args) => {
                let object = self.expr(object)?;
                self.call_method(&object, name, with(args)?)
            }
            _ => Err(TemplateError::failed("a call block needs a call")),
        }
    }
}
