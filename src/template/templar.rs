//! `Templar`: renders values, expressions, conditions and files in one scope.

use std::path::Path;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Origin, Trust, Value};

use super::call::{Args, Result};
use super::environment::{Environment, is_template};
use super::error::TemplateError;
use super::eval::{Eval, Run, has_templates, missing_newlines};
use super::files::{Files, source_of};
use super::frame::Frame;
use super::header;
use super::home::Home;
use super::options::{FileOptions, Syntax};
use super::place::{Place, Source, Span};
use super::scope::{Scope, Var};
use super::stmt::Sink;
use super::val::Val;
use crate::diag::{Diagnostic, did_you_mean};

/// Renders in one scope. A variable is rendered at most once per templar, unless it used something that changes.
pub struct Templar {
    home: Arc<Home>,
}

impl Templar {
    /// A templar of this scope.
    pub fn new(env: Arc<Environment>, scope: Arc<dyn Scope>) -> Templar {
        Templar { home: Home::new(env, scope) }
    }

    /// The environment.
    pub fn env(&self) -> &Arc<Environment> {
        &self.home.shared.env
    }

    /// The scope.
    pub fn scope(&self) -> &Arc<dyn Scope> {
        &self.home.scope
    }

    /// The rendered value of a variable; `None` where there is none of this name.
    ///
    /// # Errors
    /// As [`Templar::render`].
    pub fn variable(&self, name: &str) -> Result<Option<Value>> {
        match self.home.scope.get(name) {
            Some(Var::Value(value)) => self.render(&value).map(Some),
            Some(_) => self.expression(name, None).map(Some),
            None => Ok(None),
        }
    }

    /// Is there anything to render in this value, at any depth?
    pub fn is_template(value: &Value) -> bool {
        has_templates(value)
    }

    /// Renders a value throughout: text that is trusted and has marks; items of lists and maps. What has nothing to render comes
    /// back as it is, origin and all; what was rendered is data, and never rendered again.
    ///
    /// # Errors
    /// When a template doesn't parse, fails, or uses something undefined.
    pub fn render(&self, value: &Value) -> Result<Value> {
        match &value.data {
            Data::Str(text) if value.trust() == Trust::Template && is_template(text) => {
                let source = Source { text: text.clone(), origin: value.origin().cloned(), exact: false };
                self.run(&source, |eval| eval.to_value(&eval.inline()?))
            }
            Data::List(items) if has_templates(value) => {
                Ok(Value::list(items.iter().map(|i| self.render(i)).collect::<Result<_>>()?))
            }
            Data::Map(map) if has_templates(value) => {
                Ok(Value::map(map.iter().map(|(k, v)| Ok((k.clone(), self.render(v)?))).collect::<Result<_>>()?))
            }
            _ => Ok(value.clone()),
        }
    }

    /// Renders a value as text: what `str()` gives of the result, nothing for `none`.
    ///
    /// # Errors
    /// As [`Templar::render`].
    pub fn text(&self, value: &Value) -> Result<String> {
        let rendered = self.render(value)?;
        Ok(if rendered.is_null() { String::new() } else { super::text::str_of(&rendered).to_string() })
    }

    /// Renders a template, one level: items of what comes out may still be lazy.
    pub(crate) fn val(&self, value: &Value) -> Result<Val> {
        let Data::Str(text) = &value.data else { return Ok(Val::Value(value.clone())) };
        if value.trust() != Trust::Template || !is_template(text) {
            return Ok(Val::Value(value.clone()));
        }
        let source = Source { text: text.clone(), origin: value.origin().cloned(), exact: false };
        self.run(&source, |eval| {
            let val = eval.inline()?;
            val.defined()?;
            Ok(val)
        })
    }

    /// The value of an expression without marks.
    ///
    /// # Errors
    /// When it doesn't parse, fails, or is undefined.
    pub fn expression(&self, source: &str, origin: Option<&Origin>) -> Result<Value> {
        let val = self.expression_val(&source.into(), origin)?;
        self.with_eval(origin, |eval| eval.to_value(&val))
    }

    pub(crate) fn expression_val(&self, text: &Arc<str>, origin: Option<&Origin>) -> Result<Val> {
        let source = Source { text: text.clone(), origin: origin.cloned(), exact: false };
        self.run(&source, |eval| {
            let template = eval.env().expression(&source)?;
            let val = eval.output(&template)?;
            val.defined()?;
            eval.settle(val)
        })
    }

    /// The value of what `debug: var` names: the text is rendered, and the result evaluated as an expression.
    ///
    /// # Errors
    /// As [`Templar::expression`].
    pub fn expression_var(&self, name: &Value) -> Result<Value> {
        let rendered = self.render(name)?;
        match rendered.as_str() {
            Some(text) => self.expression(text, name.origin()),
            None => Ok(rendered),
        }
    }

    /// Renders the text of a template file. `file` is its name: for errors, and for finding what it includes.
    ///
    /// # Errors
    /// As [`Templar::render`].
    pub fn file(&self, text: &str, file: &str, options: &FileOptions) -> Result<String> {
        let (text, syntax, line) = header::read(text, &options.syntax)?;
        let source = source_of(Path::new(file), text.into(), line);
        self.run(&source, |eval| render_file(eval, Path::new(file), &syntax))
    }

    /// Runs a lookup, for `with_*` loops: always a list.
    ///
    /// # Errors
    /// When there is no such lookup, or it fails.
    pub fn lookup(&self, name: &str, terms: Vec<Value>, options: Map) -> Result<Value> {
        self.with_eval(None, |eval| {
            let args = Args {
                positional: terms.into_iter().map(Val::Value).collect(),
                named: options.into_iter().map(|(k, v): (Key, Value)| (k.to_string().into(), Val::Value(v))).collect(),
            };
            let found = eval.lookup(name, args, true)?;
            eval.to_value(&found)
        })
    }

    /// Python's truth of a value.
    pub(crate) fn truth(&self, val: &Val) -> Result<bool> {
        self.with_eval(None, |eval| eval.truthy(val))
    }

    pub(crate) fn home(&self) -> &Arc<Home> {
        &self.home
    }

    /// Warnings so far, each once.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        self.home.take_warnings()
    }

    pub(crate) fn warn(&self, warning: Diagnostic) {
        self.home.warn(warning);
    }

    pub(crate) fn place_of(&self, value: &Value) -> Option<Place> {
        let text = value.as_str().unwrap_or_default();
        let source = Source { text: text.into(), origin: value.origin().cloned(), exact: false };
        Place::new(&source, Span { start: 0, end: text.len() as u32 })
    }

    /// One evaluation; an error about an undefined name gets its hint here, where it is known to be final.
    pub(crate) fn run<T>(&self, source: &Source, body: impl FnOnce(&Eval<'_>) -> Result<T>) -> Result<T> {
        let run = Run::default();
        let eval =
            Eval { home: &self.home, source, run: &run, active: None, depth: 0, files: None, frame: Frame::root() };
        body(&eval).map_err(|error| {
            let place = || Place::new(source, Span { start: 0, end: source.text.len() as u32 });
            self.with_suggestion(error.at(place))
        })
    }

    fn with_eval<T>(&self, origin: Option<&Origin>, body: impl FnOnce(&Eval<'_>) -> Result<T>) -> Result<T> {
        self.run(&Source { text: "".into(), origin: origin.cloned(), exact: false }, body)
    }

    fn with_suggestion(&self, error: TemplateError) -> TemplateError {
        let Some(missing) = error.missing_name() else { return error };
        let names = self.home.scope.names();
        match did_you_mean(missing, names.iter().map(|n| &**n)) {
            Some(near) => {
                let hint = format!("did you mean '{near}'?");
                error.hint(hint)
            }
            None => error,
        }
    }
}

/// Renders the text of this evaluation's source, which a template file holds.
///
/// # Errors
/// As [`Templar::render`].
pub(crate) fn render_file(eval: &Eval<'_>, path: &Path, syntax: &Syntax) -> Result<String> {
    let files = Files::of(path, eval.search_path(), syntax.clone());
    let template = eval.env().file(eval.source, syntax)?;
    let mut sink = Sink::Text(String::new());
    Eval { files: Some(&files), ..eval.clone() }.template(&template, &mut sink)?;
    let Sink::Text(mut out) = sink else { return Ok(String::new()) };
    out.push_str(&"\n".repeat(missing_newlines(&eval.source.text, &out)));
    Ok(out)
}
