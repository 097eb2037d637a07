//! What the project's own tasks and its tests share: the compatibility cases and how their outcomes are compared.

pub mod dist;
pub mod oracle;
