//! Checking before anything runs: parameters, templates, and what isn't supported yet.

use adept_wire::{Data, Key, Value};

use crate::actions::{self, Names};
use crate::diag::{Diagnostic, did_you_mean};
use crate::engine::program::{Item, Section};
use crate::playbook::keyword::Support;
use crate::playbook::{ActionNames, Known, Placed};
use crate::template::{Environment, Source};

/// Something that is wrong with a task, or that isn't supported yet.
#[derive(Debug)]
pub struct Problem {
    /// What to show.
    pub diagnostic: Diagnostic,
    /// Not wrong, but not supported yet.
    pub not_yet: bool,
    /// The task runs in any case: no condition stands before it.
    pub unconditional: bool,
}

/// Checks all tasks of a play.
pub fn check_items(env: &Environment, items: &[Item]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for item in items {
        match item {
            Item::Task(placed) => check(env, placed, &mut problems),
            Item::Section(section) => section_problems(env, section, &mut problems),
            Item::Flush | Item::RoleEnd => {}
        }
    }
    problems
}

fn section_problems(env: &Environment, section: &Section, problems: &mut Vec<Problem>) {
    for part in [&section.body, &section.rescue, &section.always] {
        problems.extend(check_items(env, part));
    }
}

fn check(env: &Environment, placed: &Placed, problems: &mut Vec<Problem>) {
    let task = &placed.task;
    let unconditional = placed.keyword_all("when").is_empty() && task.loop_over.is_none() && !task.handler;
    let mut not_yet = |what: String, origin: Option<&adept_wire::Origin>| {
        let message = format!("{what} is not supported yet");
        let diagnostic = Diagnostic::general(message).at(origin.or(task.origin.as_ref()));
        problems.push(Problem { diagnostic, not_yet: true, unconditional });
    };
    if !task.action.contains("{{") && Names.find(&task.action) == Known::Elsewhere {
        not_yet(format!("the module '{}'", task.action), task.origin.as_ref());
    }
    let around = placed.frame.chain().flat_map(|f| f.keywords().iter());
    for (kw, value) in task.keywords.iter().chain(around) {
        if kw.support == Support::NotYet && !is_off(value) {
            not_yet(format!("the keyword '{}'", kw.name), value.origin());
        }
    }
    let mut wrong = |diagnostic: Diagnostic| problems.push(Problem { diagnostic, not_yet: false, unconditional });
    if let Some(spec) =
        actions::find(&task.action).map(|a| a.spec).or_else(|| adept_modules::find(&task.action).map(|m| m.spec))
    {
        for key in task.args.map.keys().filter(|_| !spec.open) {
            let name = key.to_string();
            let known = spec.param(&name).is_some() || name == "_raw_params" || name.contains("{{");
            if !known {
                let names = spec.params.iter().flat_map(|p| std::iter::once(&p.name).chain(p.aliases)).copied();
                let hint = did_you_mean(&name, names).map(|n| format!("did you mean '{n}'?"));
                wrong(
                    Diagnostic::parse(adept_modules::args::unknown(&spec, &name).message)
                        .at(key.origin().or(task.origin.as_ref()))
                        .width(name.chars().count())
                        .maybe_hint(hint),
                );
            }
        }
    }
    for (key, value) in &task.args.map {
        let raw = actions::find(&task.action).is_some_and(|a| key.as_str().is_some_and(|k| a.raw_params.contains(&k)));
        templates(env, value, raw && key.as_str() == Some("that"), &mut wrong);
    }
    for (kw, value) in task.keywords.iter() {
        let expression = matches!(kw.name, "when" | "until" | "changed_when" | "failed_when");
        templates(env, value, expression, &mut wrong);
    }
}

/// A keyword that is written but says no.
fn is_off(value: &Value) -> bool {
    match &value.data {
        Data::Null | Data::Bool(false) | Data::Int(0) => true,
        Data::Str(s) => matches!(s.trim(), "" | "0" | "no" | "false" | "False" | "never"),
        Data::List(l) => l.is_empty(),
        _ => false,
    }
}

/// Syntax errors and unknown filters and tests in text, at any depth.
fn templates(env: &Environment, value: &Value, expression: bool, wrong: &mut impl FnMut(Diagnostic)) {
    match &value.data {
        Data::Str(_) => {
            let Some(source) = Source::of(value) else { return };
            let errors = if expression && !crate::template::is_template(&source.text) {
                env.check_expression(&source)
            } else {
                env.check(&source)
            };
            errors.into_iter().for_each(|e| wrong(Diagnostic::from(e)));
        }
        Data::List(items) => items.iter().for_each(|v| templates(env, v, expression, wrong)),
        Data::Map(map) => {
            for (k, v) in map.iter() {
                templates(env, &Key::to_value(k), expression, wrong);
                templates(env, v, expression, wrong);
            }
        }
        _ => {}
    }
}
