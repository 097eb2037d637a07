//! `Frame`: the names that a template itself sets, block by block.

use std::sync::{Arc, Mutex, PoisonError};

use super::val::Val;

/// Names set in a block; asks the block around it for what it doesn't know. Macros keep the frame in which they were defined.
#[derive(Default)]
pub struct Frame {
    names: Mutex<Vec<(Arc<str>, Val)>>,
    up: Option<Arc<Frame>>,
}

impl Frame {
    /// The outermost frame of a template.
    pub fn root() -> Arc<Frame> {
        Arc::new(Frame::default())
    }

    /// A frame within this one.
    pub fn child(self: &Arc<Frame>) -> Arc<Frame> {
        Arc::new(Frame { names: Mutex::default(), up: Some(self.clone()) })
    }

    /// The value of a name, from the innermost frame that has it.
    pub fn get(&self, name: &str) -> Option<Val> {
        let mut frame = Some(self);
        while let Some(f) = frame {
            let names = f.names.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, val)) = names.iter().find(|(n, _)| &**n == name) {
                return Some(val.clone());
            }
            frame = f.up.as_deref();
        }
        None
    }

    /// Sets a name in this frame.
    pub fn set(&self, name: &Arc<str>, val: Val) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        match names.iter_mut().find(|(n, _)| n == name) {
            Some(entry) => entry.1 = val,
            None => names.push((name.clone(), val)),
        }
    }

    /// The names of this frame alone: what an imported file exports.
    pub fn exported(&self) -> Vec<(Arc<str>, Val)> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
