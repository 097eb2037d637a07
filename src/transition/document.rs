//! The items of a transition file, one by one: what comes later isn't looked at before it is reached.

use std::io::Read;

use adept_wire::{Map, Trust, Value};

use super::error::TransitionError;
use super::params::{Params, Source};
use super::text::text;
use crate::yaml;

/// One `type: {arguments}` of the file.
#[derive(Debug)]
pub struct Item {
    /// Its number over all documents, from 1.
    pub index: usize,
    /// `variable`, `command`, `playbook`, or what was written instead.
    pub kind: String,
    /// The arguments; anything but a map is an error when the item is reached.
    pub arguments: Value,
}

/// The text of the transition file.
pub fn read(params: &Params, stdin: &mut dyn Read) -> Result<String, TransitionError> {
    let (path, bytes) = match &params.xn {
        Source::File(path) => (path.clone(), std::fs::read(path)),
        Source::Stdin => {
            let mut bytes = Vec::new();
            ("-".into(), stdin.read_to_end(&mut bytes).map(|_| bytes))
        }
    };
    let bytes = bytes.map_err(|source| TransitionError::Read { path, source })?;
    String::from_utf8(bytes).map_err(|_| TransitionError::NotText { file: params.xn.to_string() })
}

/// All items, in order. An error ends the list.
pub fn items(params: &Params, text: &str) -> impl Iterator<Item = Result<Item, TransitionError>> {
    let mut index = 0;
    documents(params, text).into_iter().flat_map(move |document| {
        match document.and_then(|d| nodes(params, &d, index)) {
            Ok(nodes) => nodes
                .into_iter()
                .map(|(kind, arguments)| {
                    index += 1;
                    Ok(Item { index, kind, arguments })
                })
                .collect(),
            Err(error) => vec![Err(error)],
        }
    })
}

/// The documents as far as they parse, then the error: what stands before it runs, as in the original.
fn documents(params: &Params, text: &str) -> Vec<Result<Value, TransitionError>> {
    let file = params.xn.to_string();
    let error = match yaml::load(text, &file, Trust::Data) {
        Ok(loaded) => return loaded.documents.into_iter().map(Ok).collect(),
        Err(error) => error,
    };
    let wrong_line = error.place().map_or(0, |p| p.origin.line as usize);
    let begins: Option<usize> = text
        .split_inclusive('\n')
        .take(wrong_line)
        .scan(0, |at, line| Some((std::mem::replace(at, *at + line.len()), line)))
        .filter(|(_, line)| line.starts_with("---"))
        .last()
        .map(|(at, _)| at);
    let before = begins.and_then(|at| yaml::load(&text[..at], &file, Trust::Data).ok()).unwrap_or_default();
    before.documents.into_iter().map(Ok).chain([Err(TransitionError::Yaml(Box::new(error)))]).collect()
}

/// The actions of one document; empty documents and empty items count for nothing.
fn nodes(params: &Params, document: &Value, before: usize) -> Result<Vec<(String, Value)>, TransitionError> {
    let mut nodes = Vec::new();
    let wrong = |number: usize, problem: &str| TransitionError::Item {
        file: params.xn.to_string(),
        context: params.context.clone(),
        index: number,
        problem: problem.to_string(),
    };
    if !document.is_truthy() {
        return Ok(nodes);
    }
    let list = document.as_list().ok_or_else(|| wrong(before + 1, "a document must be a list of actions"))?;
    for item in list.iter().filter(|i| i.is_truthy()) {
        let map: &Map = item
            .as_map()
            .ok_or_else(|| wrong(before + nodes.len() + 1, "an item must be a map of an action type to its values"))?;
        nodes.extend(map.iter().map(|(kind, arguments)| (text(&kind.to_value()), arguments.clone())));
    }
    Ok(nodes)
}
