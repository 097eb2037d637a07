//! `Environment`: what all templates of a run share: parsed templates, options, the world that lookups may see.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::ast::Template;
use super::call::Result;
use super::error::{TemplateError, TemplateErrorKind};
use super::options::Syntax;
use super::parse;
use super::place::{Place, Source};
use super::registry::Registry;

/// Shared by all evaluations of a run. Cheap to ask from several threads.
#[derive(Default)]
pub struct Environment {
    /// Only booleans decide conditions, as ansible-core 2.19 wants it.
    pub strict_conditionals: bool,
    /// Where commands of lookups run, and from where relative names are looked up last.
    pub basedir: PathBuf,
    /// The environment variables that `lookup('env')` sees.
    pub env: BTreeMap<String, String>,
    /// Set when the run is cancelled: lookups that wait give up.
    pub cancel: Arc<AtomicBool>,
    parsed: RwLock<Parsed>,
}

#[derive(Default)]
struct Parsed {
    inline: HashMap<Arc<str>, Arc<Template>>,
    expressions: HashMap<Arc<str>, Arc<Template>>,
    files: HashMap<(Arc<str>, Syntax), Arc<Template>>,
}

impl Environment {
    /// An environment of this folder and these environment variables.
    pub fn new(basedir: impl Into<PathBuf>, env: BTreeMap<String, String>) -> Environment {
        Environment { basedir: basedir.into(), env, ..Environment::default() }
    }

    /// Was the run cancelled?
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// An error, once the run was cancelled.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.is_cancelled() { Err(TemplateError::new(TemplateErrorKind::Cancelled)) } else { Ok(()) }
    }

    /// All errors that can be told without variables: syntax, and names of filters, tests and lookups that nobody has.
    pub fn check(&self, source: &Source) -> Vec<TemplateError> {
        if !is_template(&source.text) {
            return Vec::new();
        }
        Environment::problems(self.inline(source), source)
    }

    /// The same for an expression without marks (`when`, `until`, `debug: var`).
    pub fn check_expression(&self, source: &Source) -> Vec<TemplateError> {
        Environment::problems(self.expression(source), source)
    }

    fn problems(parsed: Result<Arc<Template>>, source: &Source) -> Vec<TemplateError> {
        match parsed {
            Err(error) => vec![error],
            Ok(template) => template
                .unknown
                .iter()
                .map(|u| Registry::get().unknown(u.what, &u.name).at(|| Place::new(source, u.span)))
                .collect(),
        }
    }

    pub(crate) fn inline(&self, source: &Source) -> Result<Arc<Template>> {
        if let Some(found) = self.read().inline.get(&source.text) {
            return Ok(found.clone());
        }
        let template = Arc::new(parse::template(source, &Syntax::INLINE, Registry::get())?);
        keep(&mut self.write().inline, source.text.clone(), &template);
        Ok(template)
    }

    pub(crate) fn expression(&self, source: &Source) -> Result<Arc<Template>> {
        if let Some(found) = self.read().expressions.get(&source.text) {
            return Ok(found.clone());
        }
        let template = Arc::new(parse::expression(source, Registry::get())?);
        keep(&mut self.write().expressions, source.text.clone(), &template);
        Ok(template)
    }

    pub(crate) fn file(&self, source: &Source, syntax: &Syntax) -> Result<Arc<Template>> {
        let key = (source.text.clone(), syntax.clone());
        if let Some(found) = self.read().files.get(&key) {
            return Ok(found.clone());
        }
        let template = Arc::new(parse::template(source, syntax, Registry::get())?);
        keep(&mut self.write().files, key, &template);
        Ok(template)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Parsed> {
        // A cache can't be half-changed in a way that matters.
        self.parsed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Parsed> {
        self.parsed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Conditions that were rendered first are new texts each time: a run of days must not keep them all.
fn keep<K: std::hash::Hash + Eq>(parsed: &mut HashMap<K, Arc<Template>>, key: K, template: &Arc<Template>) {
    const MOST: usize = 20_000;
    if parsed.len() >= MOST {
        parsed.clear();
    }
    parsed.insert(key, template.clone());
}

/// Has this text a mark of a template?
pub fn is_template(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'{') {
        match rest.get(at + 1) {
            Some(b'{' | b'%' | b'#') => return true,
            _ => rest = &rest[at + 1..],
        }
    }
    false
}
