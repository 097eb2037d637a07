//! The tests that see the whole: one binary, a module for each subject.

mod architecture;
mod bad_input;
mod docs;
mod job;
mod three_step;
mod transition;
