//! The tests that see the whole: one binary, a module for each subject.

mod architecture;
mod bad_input;
mod docs;
mod job;
mod overrides;
mod provider;
mod three_step;
mod transition;
