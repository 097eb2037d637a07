//! `Call`: what a filter, test, lookup or method gets: its input, its arguments, and the evaluation to ask.

use std::sync::Arc;

use adept_wire::{Data, Value};

use super::error::TemplateError;
use super::eval::Eval;
use super::val::Val;

/// The result of everything in this room.
pub type Result<T> = std::result::Result<T, TemplateError>;

/// Arguments of a call: by position, and by name.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// By position.
    pub positional: Vec<Val>,
    /// By name, in the order in which they were written.
    pub named: Vec<(Arc<str>, Val)>,
}

impl Args {
    /// Arguments by position only.
    pub fn positional(args: impl Into<Vec<Val>>) -> Args {
        Args { positional: args.into(), named: Vec::new() }
    }
}

/// A filter: `value | name(args)`. One row of a table.
#[derive(Debug)]
pub struct Filter {
    /// As it is written in templates, without namespace.
    pub name: &'static str,
    /// What it does.
    pub run: fn(&mut Call<'_>) -> Result<Val>,
    /// May give another result for the same input (time, random numbers, files): never kept.
    pub impure: bool,
    /// Takes an undefined input or argument; for all others that is an error before they run.
    pub takes_undefined: bool,
}

impl Filter {
    /// A pure filter that wants everything defined.
    pub const fn new(name: &'static str, run: fn(&mut Call<'_>) -> Result<Val>) -> Filter {
        Filter { name, run, impure: false, takes_undefined: false }
    }
    /// Its result is never kept.
    pub const fn impure(mut self) -> Filter {
        self.impure = true;
        self
    }
    /// It takes undefined values.
    pub const fn takes_undefined(mut self) -> Filter {
        self.takes_undefined = true;
        self
    }
}

/// A test: `value is name(args)`. One row of a table.
#[derive(Debug)]
pub struct Test {
    /// As it is written in templates, without namespace.
    pub name: &'static str,
    /// What it asks.
    pub run: fn(&mut Call<'_>) -> Result<bool>,
    /// Takes an undefined input or argument.
    pub takes_undefined: bool,
    /// Looks at the world (files): its answer is never kept.
    pub impure: bool,
}

impl Test {
    /// A test that wants everything defined.
    pub const fn new(name: &'static str, run: fn(&mut Call<'_>) -> Result<bool>) -> Test {
        Test { name, run, takes_undefined: false, impure: false }
    }
    /// It takes undefined values.
    pub const fn takes_undefined(mut self) -> Test {
        self.takes_undefined = true;
        self
    }
    /// Its answer is never kept.
    pub const fn impure(mut self) -> Test {
        self.impure = true;
        self
    }
}

/// A lookup: `lookup('name', terms.., options)`. One row of a table. Terms are the positional arguments; a
/// `with_*` loop gives each item of its list as one. The result is a list of values. `wantlist`, `errors` and joining are done by the caller.
#[derive(Debug)]
pub struct Lookup {
    /// As it is written, without namespace.
    pub name: &'static str,
    /// What it finds.
    pub run: fn(&mut Call<'_>) -> Result<Vec<Val>>,
    /// Gives the same result for the same input and variables (`dict`, `items`, `sequence`): may be kept.
    pub pure: bool,
    /// Takes undefined terms (`first_found`, `vars` with `default`).
    pub takes_undefined: bool,
}

impl Lookup {
    /// A lookup that asks the world outside.
    pub const fn new(name: &'static str, run: fn(&mut Call<'_>) -> Result<Vec<Val>>) -> Lookup {
        Lookup { name, run, pure: false, takes_undefined: false }
    }
    /// It depends on nothing but its terms and the variables.
    pub const fn pure(mut self) -> Lookup {
        self.pure = true;
        self
    }
    /// It takes undefined terms.
    pub const fn takes_undefined(mut self) -> Lookup {
        self.takes_undefined = true;
        self
    }
}

/// One call of a filter, test, lookup or method.
///
/// A function takes its arguments with [`Call::arg`] and its siblings, and ends with [`Call::finish`], which refuses what is left.
pub struct Call<'a> {
    /// The evaluation: text, truth, comparison, attributes, other filters.
    pub eval: &'a Eval<'a>,
    /// What is called, for errors.
    pub name: &'a str,
    /// The value to the left of `|` or `is`; for a lookup `none`; for a method its object.
    pub input: Val,
    positional: Vec<Option<Val>>,
    named: Vec<(Arc<str>, Option<Val>)>,
}

impl<'a> Call<'a> {
    /// A call with these arguments.
    pub fn new(eval: &'a Eval<'a>, name: &'a str, input: Val, args: Args) -> Call<'a> {
        Call {
            eval,
            name,
            input,
            positional: args.positional.into_iter().map(Some).collect(),
            named: args.named.into_iter().map(|(k, v)| (k, Some(v))).collect(),
        }
    }

    /// Takes the argument at this position, or of this name; `None` when it wasn't given.
    pub fn arg(&mut self, position: usize, name: &str) -> Option<Val> {
        if let Some(value) = self.positional.get_mut(position).and_then(Option::take) {
            return Some(value);
        }
        self.named(name)
    }

    /// Takes the argument of this name only.
    pub fn named(&mut self, name: &str) -> Option<Val> {
        self.named.iter_mut().find(|(k, _)| &**k == name).and_then(|(_, v)| v.take())
    }

    /// Takes an argument that must be given.
    ///
    /// # Errors
    /// When it wasn't.
    pub fn required(&mut self, position: usize, name: &str) -> Result<Val> {
        self.arg(position, name).ok_or_else(|| self.fail(format!("missing 1 required positional argument: '{name}'")))
    }

    /// Takes all positional arguments from this position on.
    pub fn rest(&mut self, from: usize) -> Vec<Val> {
        self.positional.iter_mut().skip(from).filter_map(Option::take).collect()
    }

    /// Takes all remaining arguments by name, for `**kwargs`.
    pub fn rest_named(&mut self) -> Vec<(Arc<str>, Val)> {
        self.named.iter_mut().filter_map(|(k, v)| v.take().map(|v| (k.clone(), v))).collect()
    }

    /// How many positional arguments were given.
    pub fn count(&self) -> usize {
        self.positional.len()
    }

    /// Takes an argument as text: what `str()` gives of it. `none` counts as not given.
    ///
    /// # Errors
    /// When it is undefined.
    pub fn text_arg(&mut self, position: usize, name: &str) -> Result<Option<Arc<str>>> {
        match self.arg(position, name) {
            None => Ok(None),
            Some(v) if v.is_none() => Ok(None),
            Some(v) => self.eval.text(&v).map(Some),
        }
    }

    /// Takes an argument as an integer; text of digits is taken too. `none` counts as not given.
    ///
    /// # Errors
    /// When it is something else.
    pub fn int_arg(&mut self, position: usize, name: &str) -> Result<Option<i64>> {
        let Some(value) = self.arg(position, name) else { return Ok(None) };
        let value = value.defined()?;
        let int = match value.as_value().map(|v| &v.data) {
            Some(Data::Null) => return Ok(None),
            Some(Data::Int(i)) => Some(*i),
            Some(Data::Bool(b)) => Some(i64::from(*b)),
            Some(Data::Str(s)) => s.trim().parse().ok(),
            Some(Data::Float(f)) if f.fract() == 0.0 => Some(*f as i64),
            _ => None,
        };
        match int {
            Some(i) => Ok(Some(i)),
            None => Err(self.fail(format!("'{name}' must be an integer, not {}", value.type_name()))),
        }
    }

    /// Takes an argument's truth.
    ///
    /// # Errors
    /// When it is undefined.
    pub fn bool_arg(&mut self, position: usize, name: &str) -> Result<Option<bool>> {
        self.arg(position, name).map(|v| self.eval.truthy(&v)).transpose()
    }

    /// Takes an argument as plain data, rendered throughout.
    ///
    /// # Errors
    /// When something in it is undefined.
    pub fn value_arg(&mut self, position: usize, name: &str) -> Result<Option<Value>> {
        self.arg(position, name).map(|v| self.eval.to_value(&v)).transpose()
    }

    /// The input as text: what `str()` gives of it.
    ///
    /// # Errors
    /// When it is undefined.
    pub fn input_text(&self) -> Result<Arc<str>> {
        self.eval.text(&self.input)
    }

    /// The input as plain data, rendered throughout.
    ///
    /// # Errors
    /// When something in it is undefined.
    pub fn input_value(&self) -> Result<Value> {
        self.eval.to_value(&self.input)
    }

    /// The input's items: of a list, a tuple, a map (its keys), text (its characters).
    ///
    /// # Errors
    /// When it can't be iterated.
    pub fn input_items(&self) -> Result<Vec<Val>> {
        self.eval.items(&self.input)
    }

    /// Refuses arguments that nothing has taken. To be called before the work is done.
    ///
    /// # Errors
    /// When an argument is left.
    pub fn finish(&mut self) -> Result<()> {
        if let Some((name, _)) = self.named.iter().find(|(_, v)| v.is_some()) {
            return Err(self.fail(format!("got an unexpected keyword argument '{name}'")));
        }
        let left = self.positional.iter().filter(|v| v.is_some()).count();
        if left > 0 {
            let taken = self.positional.len() - left;
            return Err(self.fail(format!("takes at most {taken} arguments, {} were given", self.positional.len())));
        }
        Ok(())
    }

    /// An error that names what was called.
    pub fn fail(&self, message: impl AsRef<str>) -> TemplateError {
        TemplateError::failed(format!("{}: {}", self.name, message.as_ref()))
    }
}
