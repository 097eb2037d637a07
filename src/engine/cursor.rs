//! `Cursor`: where one host is in a play.
//!
//! ```text
//!            fails            fails
//!   body ------------> rescue ------------> always (failing) --> the section around it fails
//!    |                   |                    ^
//!    | ends              | ends               |
//!    +-------------------+----> always -------+--> the section around it goes on
//! ```
//!
//! Positions compare: the host with the smallest one is the furthest behind, which is all that the linear strategy
//! needs to know.

use std::sync::Arc;

use super::program::{Item, Part, Section};

/// A place in a play. Compares in the order in which a play runs.
pub type Position = Vec<u32>;

/// Where one host is.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    section: Arc<Section>,
    part: Part,
    index: usize,
    /// A failure is passed on when `always` has ended.
    failing: bool,
    /// Distinguishes sections that were included at one place; 0 for what was written there.
    key: u32,
    /// The items are handlers: each runs only when it was notified.
    handlers: bool,
}

/// What a failure led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// A `rescue` goes on.
    Rescued,
    /// An `always` runs first; then the host has failed.
    Failing,
    /// The host is out.
    Failed,
}

impl Cursor {
    /// At the start of a section.
    pub fn new(section: Arc<Section>) -> Cursor {
        let mut cursor = Cursor { levels: Vec::new() };
        cursor.push(section, 0, false);
        cursor.settle();
        cursor
    }

    fn push(&mut self, section: Arc<Section>, key: u32, handlers: bool) {
        self.levels.push(Level { section, part: Part::Body, index: 0, failing: false, key, handlers });
    }

    /// The item to do now; `None` at the end.
    pub fn current(&self) -> Option<&Item> {
        let level = self.levels.last()?;
        level.section.items(level.part).get(level.index)
    }

    /// Is the current item a handler of a flush, which runs only when it was notified?
    pub fn in_handlers(&self) -> bool {
        self.levels.last().is_some_and(|l| l.handlers)
    }

    /// Do handlers run, files that they include among them?
    pub fn is_flushing(&self) -> bool {
        self.levels.iter().any(|l| l.handlers)
    }

    /// Where this is, for comparison with other hosts.
    pub fn position(&self) -> Position {
        let mut position = Vec::with_capacity(self.levels.len() * 3);
        for level in &self.levels {
            position.extend([level.key, level.part as u32, u32::try_from(level.index).unwrap_or(u32::MAX)]);
        }
        position
    }

    /// Goes to the next item. True when a `rescue` has ended well on the way.
    pub fn advance(&mut self) -> bool {
        if let Some(level) = self.levels.last_mut() {
            level.index += 1;
        }
        self.settle()
    }

    /// Enters an included section; the include itself is done when the section has ended. `key` tells apart what
    /// different hosts or items included at the same place, and orders it.
    pub fn enter(&mut self, section: Arc<Section>, key: u32) {
        self.push(section, key, false);
        self.settle();
    }

    /// Enters the handlers at a flush.
    pub fn enter_handlers(&mut self, section: Arc<Section>) {
        self.push(section, 1, true);
        self.settle();
    }

    /// Steps into nested sections, out of ended ones, until an item or the end is reached.
    fn settle(&mut self) -> bool {
        let mut rescued = false;
        while let Some(level) = self.levels.last_mut() {
            match level.section.items(level.part).get(level.index) {
                Some(Item::Section(section)) => {
                    let (section, handlers) = (section.clone(), level.handlers);
                    self.push(section, 0, handlers);
                }
                Some(_) => return rescued,
                None => match level.part {
                    Part::Body | Part::Rescue => {
                        rescued |= level.part == Part::Rescue;
                        level.part = Part::Always;
                        level.index = 0;
                    }
                    Part::Always if level.failing => {
                        self.levels.pop();
                        self.fail_from_here();
                    }
                    Part::Always => {
                        self.levels.pop();
                        if let Some(parent) = self.levels.last_mut() {
                            parent.index += 1;
                        }
                    }
                },
            }
        }
        rescued
    }

    /// Would a failure here be rescued?
    pub fn is_rescuing(&self) -> bool {
        self.levels.iter().any(|l| l.part == Part::Body && !l.section.rescue.is_empty())
    }

    /// The current item failed.
    pub fn fail(&mut self) -> AfterFailure {
        let rescuing = self.is_rescuing();
        self.fail_from_here();
        self.settle();
        match (rescuing, self.levels.is_empty()) {
            (_, true) => AfterFailure::Failed,
            (true, false) => AfterFailure::Rescued,
            (false, false) => AfterFailure::Failing,
        }
    }

    /// Looks outwards for a `rescue` or an `always`.
    fn fail_from_here(&mut self) {
        while let Some(level) = self.levels.last_mut() {
            match level.part {
                Part::Body if !level.section.rescue.is_empty() => {
                    level.part = Part::Rescue;
                    level.index = 0;
                    return;
                }
                Part::Body | Part::Rescue if !level.section.always.is_empty() => {
                    level.part = Part::Always;
                    level.index = 0;
                    level.failing = true;
                    return;
                }
                _ => {
                    self.levels.pop();
                }
            }
        }
    }

    /// Skips to the end of the innermost role (`meta: end_role`).
    pub fn skip_role(&mut self) {
        while let Some(level) = self.levels.last_mut() {
            let items = level.section.items(level.part);
            if let Some(end) = items.iter().skip(level.index).position(|i| matches!(i, Item::RoleEnd)) {
                level.index += end;
                return;
            }
            self.levels.pop();
        }
    }

    /// Nothing more to do.
    pub fn clear(&mut self) {
        self.levels.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{Frame, FrameKind, Keywords, Placed, Play, Task, TaskArgs};

    fn task(name: &str) -> Item {
        let task = Task {
            origin: None,
            action: name.into(),
            written: name.into(),
            args: TaskArgs::default(),
            loop_over: None,
            keywords: Keywords::default(),
            handler: false,
            implicit: false,
        };
        let frame = Frame { parent: None, kind: FrameKind::Play(Arc::new(Play::default())) };
        Item::Task(Placed { task: Arc::new(task), frame: Arc::new(frame) })
    }

    fn name(cursor: &Cursor) -> Option<String> {
        match cursor.current() {
            Some(Item::Task(placed)) => Some(placed.task.action.clone()),
            _ => None,
        }
    }

    fn block(body: &[&str], rescue: &[&str], always: &[&str]) -> Item {
        let list = |names: &[&str]| names.iter().map(|n| task(n)).collect();
        Item::Section(Arc::new(Section { body: list(body), rescue: list(rescue), always: list(always) }))
    }

    /// Runs to the end; tasks whose name begins with `f` fail.
    fn run(items: Vec<Item>) -> (Vec<String>, bool) {
        let mut cursor = Cursor::new(Arc::new(Section::plain(items)));
        let mut seen = Vec::new();
        let mut failed = false;
        while let Some(name) = name(&cursor) {
            seen.push(name.clone());
            if name.starts_with('f') {
                failed |= cursor.fail() != AfterFailure::Rescued;
            } else {
                cursor.advance();
            }
        }
        (seen, failed)
    }

    #[test]
    fn a_failure_is_rescued_and_always_runs() {
        let (seen, failed) = run(vec![block(&["a", "f", "never"], &["r"], &["z"]), task("after")]);
        assert_eq!(seen, ["a", "f", "r", "z", "after"]);
        assert!(!failed);
    }

    #[test]
    fn a_failure_without_rescue_runs_always_and_ends() {
        let (seen, failed) = run(vec![block(&["f"], &[], &["z"]), task("never")]);
        assert_eq!(seen, ["f", "z"]);
        assert!(failed);
    }

    #[test]
    fn a_failure_in_rescue_reaches_the_outer_rescue() {
        let inner = block(&["f1"], &["f2"], &["z1"]);
        let outer = Section { body: vec![inner], rescue: vec![task("r")], always: vec![task("z2")] };
        let (seen, _) = run(vec![Item::Section(Arc::new(outer)), task("after")]);
        assert_eq!(seen, ["f1", "f2", "z1", "r", "z2", "after"]);
    }

    #[test]
    fn empty_sections_are_stepped_over() {
        let (seen, _) = run(vec![block(&[], &[], &[]), task("a"), block(&[], &["never"], &["z"])]);
        assert_eq!(seen, ["a", "z"]);
    }

    #[test]
    fn an_included_section_runs_before_the_next_item() {
        let mut cursor = Cursor::new(Arc::new(Section::plain(vec![task("include"), task("after")])));
        let before = cursor.position();
        cursor.enter(Arc::new(Section::plain(vec![task("in")])), 1);
        assert_eq!(name(&cursor).as_deref(), Some("in"));
        assert!(cursor.position() > before);
        let inside = cursor.position();
        cursor.advance();
        assert_eq!(name(&cursor).as_deref(), Some("after"));
        assert!(cursor.position() > inside);
    }
}
