//! Templates: the only place that renders, and the only user of minijinja (its lexer and parser; the evaluator is ours).

pub mod scope;
