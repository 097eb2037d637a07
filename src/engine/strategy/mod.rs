//! Strategies: which hosts do what next. Pure functions over cursors.

pub mod linear;
