//! `include_tasks`, `include_role`, the old `include`, and the static imports (which the loader resolves).

use adept_modules::{Args, Default, Kind, Param, Spec};
use adept_wire::Map;

use super::action::{Action, Binding, Include, IncludeKind, RoleFiles, Work, free_or};
use super::error::ActionError;

const TASKS_PARAMS: &[Param] = &[Param::new("file", Kind::Str), Param::new("apply", Kind::Dict)];

const ROLE_PARAMS: &[Param] = &[
    Param::new("name", Kind::Str).aliases(&["role"]).required(),
    Param::new("tasks_from", Kind::Str),
    Param::new("vars_from", Kind::Str),
    Param::new("defaults_from", Kind::Str),
    Param::new("handlers_from", Kind::Str),
    Param::new("allow_duplicates", Kind::Bool).default(Default::Bool(true)),
    Param::new("public", Kind::Bool).default(Default::Bool(false)),
    Param::new("rolespec_validate", Kind::Bool).default(Default::Bool(true)),
    Param::new("apply", Kind::Dict),
];

pub(super) const INCLUDE_TASKS: Action = Action::new(
    Spec::new("include_tasks", "Includes a file of tasks when it is reached.", TASKS_PARAMS).free_form(),
    tasks,
);

pub(super) const IMPORT_TASKS: Action = Action::new(
    Spec::new("import_tasks", "Includes a file of tasks before the play starts.", TASKS_PARAMS).free_form(),
    tasks,
);

/// The old `include`: further `k=v` parameters are variables.
pub(super) const INCLUDE: Action = Action::new(
    Spec::new("include", "Includes a file of tasks (before 2.16).", &[Param::new("file", Kind::Str)])
        .free_form()
        .open(),
    tasks,
);

pub(super) const INCLUDE_ROLE: Action =
    Action::new(Spec::new("include_role", "Includes a role when it is reached.", ROLE_PARAMS), role);

pub(super) const IMPORT_ROLE: Action =
    Action::new(Spec::new("import_role", "Includes a role before the play starts.", ROLE_PARAMS), role);

fn tasks(b: &Binding<'_>) -> Result<Work, ActionError> {
    let file = free_or(&b.args, "file")
        .filter(|f| !f.is_empty())
        .ok_or_else(|| ActionError::failed("No file specified for include_tasks").at(b.task.origin.as_ref()))?;
    let vars: Map = if b.task.action == "include" {
        b.args
            .map()
            .iter()
            .filter(|(k, _)| !matches!(k.as_str(), Some("file" | "_raw_params" | "static")))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    } else {
        Map::new()
    };
    let kind = IncludeKind::Tasks { file: file.to_string() };
    Ok(Work::Include(Box::new(Include { kind, apply: apply(&b.args), vars })))
}

fn role(b: &Binding<'_>) -> Result<Work, ActionError> {
    Ok(Work::Include(Box::new(role_include(&b.args))))
}

/// What a role include asks for.
pub fn role_include(args: &Args) -> Include {
    let text = |name: &str| args.str(name).map(String::from);
    let from = RoleFiles {
        tasks: text("tasks_from"),
        vars: text("vars_from"),
        defaults: text("defaults_from"),
        handlers: text("handlers_from"),
    };
    let kind = IncludeKind::Role {
        name: text("name").unwrap_or_default(),
        from,
        public: args.bool("public"),
        allow_duplicates: args.bool("allow_duplicates"),
    };
    Include { kind, apply: apply(args), vars: Map::new() }
}

fn apply(args: &Args) -> Map {
    args.get("apply").and_then(|v| v.as_map()).cloned().unwrap_or_default()
}
