//! Handlers: which ones a name or topic means, and which hosts notified them.
//!
//! A handler gets queued in [`Handlers::notify`], by a changed task's `Effect::Notify`.

use std::sync::Arc;

use adept_wire::{Data, Map, Value};

use super::engine::Engine;
use super::program::{Item, Section};
use crate::playbook::Placed;
use crate::template::Templar;
use crate::vars::{PlayScope, TaskScope};

/// The handlers of a play.
#[derive(Default)]
pub struct Handlers {
    section: Arc<Section>,
    known: Vec<Handler>,
}

/// One handler, with the names it answers to.
struct Handler {
    id: HandlerId,
    /// Its name, and `ROLE : NAME` where it belongs to a role.
    names: Vec<String>,
    /// `listen`.
    topics: Vec<String>,
}

/// Tells handlers apart: the same file used by two roles gives two handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandlerId(usize, usize);

impl HandlerId {
    /// The id of a placed handler.
    pub fn of(placed: &Placed) -> HandlerId {
        HandlerId(Arc::as_ptr(&placed.task) as usize, Arc::as_ptr(&placed.frame) as usize)
    }
}

impl Handlers {
    /// Adds handlers: at the play's start, and when a role is included.
    pub fn add(&mut self, engine: &Engine, play: &Arc<PlayScope>, items: Vec<Item>) {
        for item in &items {
            self.learn(engine, play, item);
        }
        let mut body = self.section.body.clone();
        body.extend(items);
        self.section = Arc::new(Section::plain(body));
    }

    fn learn(&mut self, engine: &Engine, play: &Arc<PlayScope>, item: &Item) {
        match item {
            Item::Task(placed) => {
                let templar = play_templar(engine, play, placed);
                let render = |value: &Value| templar.render(value).ok().map(|v| adept_modules::args::text(&v));
                let mut names = Vec::new();
                if let Some(name) = placed.task.name().and_then(render) {
                    if let Some(role) = placed.frame.role() {
                        names.push(format!("{} : {name}", role.role.name));
                    }
                    names.push(name);
                }
                let topics = match placed.task.keyword("listen") {
                    Some(Value { data: Data::List(items), .. }) => items.iter().filter_map(render).collect(),
                    Some(value) => render(value).into_iter().collect(),
                    None => Vec::new(),
                };
                self.known.push(Handler { id: HandlerId::of(placed), names, topics });
            }
            Item::Section(section) => section.body.iter().for_each(|i| self.learn(engine, play, i)),
            Item::Flush | Item::RoleEnd => {}
        }
    }

    /// All handlers, in order.
    pub fn section(&self) -> Arc<Section> {
        self.section.clone()
    }

    /// The handlers that a name or topic means: of several of one name the last that was defined, and all that listen.
    /// Empty when there is none. (Of those that listen under one name ansible-core 2.19 runs only one; we run each, as 2.4
    /// did: the uses of a role have parameters of their own.)
    pub fn notify(&self, name: &str) -> Vec<HandlerId> {
        let mut found: Vec<HandlerId> =
            self.known.iter().rev().find(|h| h.names.iter().any(|n| n == name)).map(|h| h.id).into_iter().collect();
        found.extend(self.known.iter().filter(|h| h.topics.iter().any(|t| t == name)).map(|h| h.id));
        found
    }

    /// All names and topics, for "did you mean".
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().flat_map(|h| h.names.iter().chain(&h.topics)).map(String::as_str)
    }
}

/// Renders with what is known before hosts are.
pub(super) fn play_templar(engine: &Engine, play: &Arc<PlayScope>, placed: &Placed) -> Templar {
    let scope = TaskScope {
        vars: engine.vars.clone(),
        host: "".into(),
        play: Some(play.clone()),
        frame: Some(placed.frame.clone()),
        task: Some(placed.task.clone()),
        delegate: None,
        locals: Map::new(),
        learned: Map::new(),
        search_path: Arc::new([]),
    };
    Templar::new(engine.env.clone(), Arc::new(scope))
}
