//! Options written into a term: `'name file=x.csv delimiter=,'`.

use std::sync::Arc;

use crate::template::call::{Call, Result};
use crate::template::val::Val;

/// A term that may hold options: the text before and between them, and the options.
pub(super) struct Term {
    pub text: String,
    options: Vec<(String, String)>,
}

impl Term {
    /// Splits at blanks outside of quotes; what has the form `name=value`, with one of these names, is an option.
    pub(super) fn parse(term: &str, names: &[&str]) -> Term {
        let mut text: Vec<String> = Vec::new();
        let mut options = Vec::new();
        for word in words(term) {
            match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => {
                    options.push((name.to_owned(), unquoted(value).to_owned()))
                }
                _ => text.push(word),
            }
        }
        Term { text: text.join(" "), options }
    }

    /// The option as the term has it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(n, _)| n == name).map(|(_, v)| &v[..])
    }

    /// Has the term an option?
    pub(super) fn has_options(&self) -> bool {
        !self.options.is_empty()
    }
}

fn words(term: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in term.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn unquoted(text: &str) -> &str {
    let inner = |q: char| text.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// All terms as text.
pub(super) fn texts(call: &mut Call<'_>) -> Result<Vec<Arc<str>>> {
    let mut texts = Vec::new();
    for term in call.rest(0) {
        match term.defined()?.as_str() {
            Some(text) => texts.push(text.into()),
            None => return Err(call.fail(format!("a term must be text, not {}", term.type_name()))),
        }
    }
    Ok(texts)
}

/// An option by name, as text.
pub(super) fn text_option(call: &mut Call<'_>, name: &str) -> Result<Option<String>> {
    Ok(call.text_arg(usize::MAX, name)?.map(|t| t.to_string()))
}

/// An option by name, its truth.
pub(super) fn bool_option(call: &mut Call<'_>, name: &str) -> Result<Option<bool>> {
    let given = call.named(name);
    given
        .map(|val| match val.as_str() {
            Some(_) => Ok(val.as_value().is_some_and(crate::template::filters::is_true)),
            None => call.eval.truthy(&val),
        })
        .transpose()
}

/// Items of lists among the items, one level.
pub(super) fn flat(call: &Call<'_>, items: Vec<Val>) -> Result<Vec<Val>> {
    let mut out = Vec::new();
    for item in items {
        if item.is_list() || matches!(item, Val::Tuple(_)) {
            out.extend(call.eval.items(&item)?);
        } else {
            out.push(item);
        }
    }
    Ok(out)
}
