//! `setup`: facts about the host.

use std::time::Duration;

use adept_wire::ModuleOutcome;

use crate::facts::{self, Wanted};
use crate::{Args, Default, Host, Kind, Module, ModuleError, Param, Spec};

const PARAMS: &[Param] = &[
    Param::new("gather_subset", Kind::ListOfStr).default(Default::List(&["all"])),
    Param::new("gather_timeout", Kind::Int).default(Default::Int(10)),
    Param::new("filter", Kind::ListOfStr).default(Default::EmptyList),
    Param::new("fact_path", Kind::Path).default(Default::Str("/etc/ansible/facts.d")),
];

/// The module.
pub const MODULE: Module = Module { spec: Spec::new("setup", "Gather facts about a host", PARAMS), run };

fn run(args: &Args, host: &Host<'_>) -> Result<ModuleOutcome, ModuleError> {
    let wanted = Wanted {
        subsets: args.strings("gather_subset"),
        // An empty filter lets everything through.
        filters: args.strings("filter").into_iter().filter(|f| !f.is_empty()).collect(),
        timeout: Duration::from_secs(args.int("gather_timeout").unwrap_or(10).max(1).unsigned_abs()),
        fact_path: args.str("fact_path").unwrap_or_default().to_string(),
    };
    let (facts, warnings) =
        facts::gather(&wanted, host).map_err(|e| ModuleError::new(e.to_string()).param("gather_subset"))?;
    Ok(ModuleOutcome { facts, warnings, ..ModuleOutcome::default() })
}
