//! `getent`: reads a database of the system (`passwd`, `hosts`, ...) into facts.

use adept_wire::{Data, Map, ModuleOutcome, Value, map};

use crate::sys::process::{Command, program};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("database", Kind::Str).required(),
    Param::new("key", Kind::Str),
    Param::new("service", Kind::Str),
    Param::new("split", Kind::Str),
    Param::new("fail_key", Kind::Bool).default(Default::Bool(true)),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("getent", "Read a database of the system", PARAMS), run };

/// The databases whose fields are split at colons; the others' are split at blanks.
const WITH_COLONS: [&str; 4] = ["passwd", "shadow", "group", "gshadow"];

const NOT_FOUND: &str = "One or more supplied key could not be found in the database.";

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let database = args.str("database").unwrap_or_default();
    let key = args.str("key");
    let mut argv = vec![program("getent", host)?.into_os_string(), database.into()];
    argv.extend(key.map(Into::into));
    if let Some(service) = args.str("service") {
        argv.extend(["-s".into(), service.into()]);
    }
    let split = match args.str("split") {
        Some("") => return Err(ModuleError::new("split: the separator is empty").param("split")),
        None if WITH_COLONS.contains(&database) => Some(":"),
        split => split,
    };
    let finished = Command::new(argv).quiet().run(host)?;
    let facts = |entries: Map| map! { format!("getent_{database}").as_str() => Value::map(entries) };
    match finished.rc {
        0 => Ok(ModuleOutcome { facts: facts(entries(&finished.stdout_text(), split)), ..ModuleOutcome::default() }),
        1 => Err(ModuleError::new("Missing arguments, or database unknown.")),
        2 if args.bool("fail_key") => Err(ModuleError::new(NOT_FOUND).param("key")),
        2 => Ok(ModuleOutcome {
            facts: facts(map! { key.unwrap_or_default() => Value::NULL }),
            ..ModuleOutcome::ok(map! { "msg" => NOT_FOUND })
        }),
        3 => Err(ModuleError::new("Enumeration not supported on this database.")),
        _ => Err(ModuleError::new("Unexpected failure!")),
    }
}

/// The fields of each line under its first; those of a key with several lines are lists in a list.
fn entries(text: &str, split: Option<&str>) -> Map {
    let mut entries = Map::new();
    let mut repeated = Vec::new();
    for line in text.lines() {
        let mut fields = match split {
            Some(separator) => line.split(separator).collect::<Vec<_>>(),
            None => line.split_whitespace().collect(),
        }
        .into_iter();
        let Some(key) = fields.next() else { continue };
        let values = Value::list(fields.map(Value::from).collect());
        let Some(earlier) = entries.get_mut(key) else {
            entries.insert(key.into(), values);
            continue;
        };
        if !repeated.contains(&key) {
            repeated.push(key);
            *earlier = Value::list(vec![earlier.clone()]);
        }
        if let Data::List(lines) = &earlier.data {
            *earlier = Value::list(lines.iter().cloned().chain([values]).collect());
        }
    }
    entries
}
