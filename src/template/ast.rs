//! A parsed template: owned, with our values as constants and names already looked up in the tables.

use std::sync::Arc;

use adept_wire::{Key, Value};

use super::call::{Filter, Lookup, Test};
use super::place::Span;

/// A parsed template or expression.
#[derive(Debug)]
pub struct Template {
    /// What is put out, in order.
    pub body: Vec<Stmt>,
    /// Names of filters, tests and lookups that aren't known: found before the run, an error only where they are reached.
    pub unknown: Vec<Unknown>,
}

/// A name that no table has.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// `filter`, `test` or `lookup`.
    pub what: &'static str,
    /// As it was written.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
}

/// A statement with its place.
#[derive(Debug)]
pub struct Stmt {
    /// What it does.
    pub node: StmtNode,
    /// Where it was written.
    pub span: Span,
}

/// What a statement does.
#[derive(Debug)]
pub enum StmtNode {
    /// Text between the marks.
    Text(Arc<str>),
    /// `{{ expr }}`
    Emit(Expr),
    /// `{% for target in iter if filter recursive %}body{% else %}otherwise{% endfor %}`
    For(Arc<For>),
    /// `{% if %}`
    If {
        /// The condition.
        test: Expr,
        /// When it holds.
        then: Vec<Stmt>,
        /// When it doesn't.
        otherwise: Vec<Stmt>,
    },
    /// `{% with a = 1 %}`
    With(Vec<(Target, Expr)>, Vec<Stmt>),
    /// `{% set a = 1 %}`
    Set(Target, Expr),
    /// `{% set a | filter %}body{% endset %}`
    SetBlock(Target, Vec<FilterCall>, Vec<Stmt>),
    /// `{% filter name %}body{% endfilter %}`
    FilterBlock(Vec<FilterCall>, Vec<Stmt>),
    /// Statements that only group others (`autoescape`).
    Group(Vec<Stmt>),
    /// `{% block name %}`
    Block(Arc<Block>),
    /// `{% extends name %}`
    Extends(Expr),
    /// `{% include name ignore missing %}`
    Include {
        /// A name, or a list of names of which the first that exists is taken.
        name: Expr,
        /// A missing file is nothing.
        ignore_missing: bool,
    },
    /// `{% import name as target %}`
    Import(Expr, Arc<str>),
    /// `{% from name import a, b as c %}`
    FromImport(Expr, Vec<(Arc<str>, Arc<str>)>),
    /// `{% macro name(args) %}`
    Macro(Arc<Macro>),
    /// `{% call(args) name(..) %}body{% endcall %}`
    CallBlock(Expr, Arc<Macro>),
    /// `{% do call() %}`
    Do(Expr),
    /// `{% continue %}`
    Continue,
    /// `{% break %}`
    Break,
}

/// A loop.
#[derive(Debug)]
pub struct For {
    /// What each item is assigned to.
    pub target: Target,
    /// What is gone through.
    pub iter: Expr,
    /// `if` behind it: items that are left out, and not counted.
    pub filter: Option<Expr>,
    /// May the body call `loop(items)`?
    pub recursive: bool,
    /// For each item.
    pub body: Vec<Stmt>,
    /// When there was no item.
    pub otherwise: Vec<Stmt>,
}

/// A named part that a template which extends this one may replace.
#[derive(Debug)]
pub struct Block {
    /// Its name.
    pub name: Arc<str>,
    /// Must be replaced.
    pub required: bool,
    /// What it holds.
    pub body: Vec<Stmt>,
}

/// A macro, or the body of a call block.
#[derive(Debug)]
pub struct Macro {
    /// Its name; `caller` for a call block.
    pub name: Arc<str>,
    /// Its parameters.
    pub params: Vec<Arc<str>>,
    /// The defaults of the last parameters.
    pub defaults: Vec<Expr>,
    /// What it puts out.
    pub body: Vec<Stmt>,
    /// Which of the names that a macro gets on the side it mentions.
    pub uses: MacroUses,
}

/// A macro takes further arguments only when its body mentions the names that hold them.
#[derive(Clone, Copy, Debug, Default)]
pub struct MacroUses {
    /// `varargs`
    pub varargs: bool,
    /// `kwargs`
    pub kwargs: bool,
    /// `caller`
    pub caller: bool,
}

/// What can be assigned to.
#[derive(Debug)]
pub enum Target {
    /// A name.
    Name(Arc<str>),
    /// Several, unpacked.
    Tuple(Vec<Target>, Span),
    /// An attribute of a namespace.
    Attr(Expr, Arc<str>),
}

/// An expression with its place.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Where it was written.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug)]
pub enum Node {
    /// A name.
    Var(Arc<str>),
    /// A literal.
    Const(Value),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `{a: b}`
    Map(Vec<(Expr, Expr)>),
    /// `a.b`
    Attr(Box<Expr>, Arc<str>),
    /// `a[b]`
    Item(Box<Expr>, Box<Expr>),
    /// `a['b']` with a literal that can be a key.
    ItemConst(Box<Expr>, Value, Option<Key>),
    /// `a[b:c:d]`
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    /// `a(args)`
    Call(Box<Expr>, Vec<Arg>),
    /// `a.name(args)`
    Method(Box<Expr>, Arc<str>, Vec<Arg>),
    /// `a | name(args)`
    Filter(Box<Expr>, FilterCall),
    /// `a is name(args)`
    Test(Box<Expr>, TestCall),
    /// `lookup('name', args)` and `query`, `q`, where the name is a literal: the table's row is at hand.
    Lookup(LookupCall),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Neg(Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a < b <= c`
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    /// `a if test else b`
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
}

/// A call of a filter.
#[derive(Debug)]
pub struct FilterCall {
    /// As it was written.
    pub name: Arc<str>,
    /// The row of the table.
    pub filter: FilterKind,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// Where.
    pub span: Span,
}

/// What a filter's name stands for.
#[derive(Clone, Copy, Debug)]
pub enum FilterKind {
    /// A filter.
    Filter(&'static Filter),
    /// A test in Ansible's old spelling: `result | success`.
    Test(&'static Test),
    /// Nothing that is known.
    Unknown,
}

/// A call of a test.
#[derive(Debug)]
pub struct TestCall {
    /// As it was written.
    pub name: Arc<str>,
    /// The row of the table.
    pub test: Option<&'static Test>,
    /// Its arguments.
    pub args: Vec<Arg>,
}

/// A call of a lookup.
#[derive(Debug)]
pub struct LookupCall {
    /// As it was written.
    pub name: Arc<str>,
    /// The row of the table.
    pub lookup: Option<&'static Lookup>,
    /// `query` and `q`: gives a list always.
    pub query: bool,
    /// Terms and options.
    pub args: Vec<Arg>,
}

/// An argument.
#[derive(Debug)]
pub enum Arg {
    /// `f(a)`
    Positional(Expr),
    /// `f(name=a)`
    Named(Arc<str>, Expr),
    /// `f(*a)`
    Splat(Expr),
    /// `f(**a)`
    NamedSplat(Expr),
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Rem,
    /// `**`
    Pow,
    /// `~`
    Concat,
}

/// Comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `not in`
    NotIn,
}
