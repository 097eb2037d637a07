//! `adept inventory`, which is also `ansible-inventory`: what the inventory has, as JSON, as YAML or as a tree.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use adept_wire::{Data, Key, Map, Trust, Value};
use clap::Parser;

use super::{Process, extra_vars, usage};
use crate::config::{Config, ProcessEnv};
use crate::diag::{Diagnostic, exit};
use crate::inventory::{Inventory, LoadOptions, VarsFiles};
use crate::template::filters::json::{JsonOptions, dumps};
use crate::template::str_of;
use crate::yaml::{DumpOptions, dump};

/// Shows hosts, groups and variables of the inventory.
#[derive(Parser, Clone, Debug)]
#[command(name = "adept inventory", disable_version_flag = true)]
struct Options {
    /// Inventory file, folder, script, or list of hosts ("a,b,"); may be repeated.
    #[arg(short, long = "inventory", visible_alias = "inventory-file", value_name = "SOURCE")]
    inventory: Vec<String>,
    /// All hosts with their variables.
    #[arg(long)]
    list: bool,
    /// The variables of one host.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The tree of groups, or of GROUP.
    #[arg(long)]
    graph: bool,
    /// The group at the top of the tree.
    group: Option<String>,
    /// The tree with variables.
    #[arg(long)]
    vars: bool,
    /// YAML instead of JSON.
    #[arg(short, long)]
    yaml: bool,
    /// TOML instead of JSON: not supported yet.
    #[arg(long)]
    toml: bool,
    /// With --list: variables of groups at the groups, not at each host.
    #[arg(long)]
    export: bool,
    /// With --list: only hosts that this pattern means too.
    #[arg(short, long, value_name = "PATTERN")]
    limit: Option<String>,
    /// The folder whose group_vars and host_vars count as the playbook's.
    #[arg(long, value_name = "DIR")]
    playbook_dir: Option<PathBuf>,
    /// Extra variables: k=v, YAML, JSON, or @FILE; may be repeated.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// With --list: write to a file.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Of no effect here.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Runs the command; gives the exit code.
pub fn run(args: &[String], process: &Process) -> u8 {
    let argv = std::iter::once("adept inventory").chain(args.iter().map(String::as_str));
    let options = match Options::try_parse_from(argv) {
        Ok(options) => options,
        Err(e) => return usage(&e, process),
    };
    match text(&options, process) {
        Ok(text) => match &options.output {
            Some(file) if options.list => match fs::write(process.cwd.join(file), text) {
                Ok(()) => exit::OK,
                Err(e) => {
                    process.tell(&format!("ERROR! {}: {e}", file.display()));
                    exit::ERROR
                }
            },
            _ => {
                // A reader that went away wants no more.
                let _ = (&process.stdout).write_all(text.as_bytes());
                exit::OK
            }
        },
        Err(e) => {
            process.tell(&format!("ERROR! {e}"));
            e.kind.exit_code()
        }
    }
}

/// What is printed.
fn text(options: &Options, process: &Process) -> Result<String, Diagnostic> {
    match usize::from(options.list) + usize::from(options.graph) + usize::from(options.host.is_some()) {
        1 => {}
        0 => {
            let message = "No action selected, at least one of --host, --graph or --list needs to be specified.";
            return Err(Diagnostic::options(message));
        }
        _ => {
            let message =
                "Conflicting options used, only one of --host, --graph or --list can be used at the same time.";
            return Err(Diagnostic::options(message));
        }
    }
    if options.toml {
        return Err(Diagnostic::options("--toml is not supported yet").hint("--yaml says the same"));
    }
    let env = ProcessEnv { vars: process.env.clone(), cwd: process.cwd.clone() };
    let warn = |warnings: Vec<Diagnostic>| warnings.iter().for_each(|w| process.tell(&format!("[WARNING]: {w}")));
    let playbook_dir = options.playbook_dir.as_ref().map(|dir| process.cwd.join(dir));
    let (config, warnings) = Config::load(&env, playbook_dir.as_deref())?;
    warn(warnings);
    let sources: Vec<Arc<str>> = match &options.inventory[..] {
        [] => config.inventory(),
        given => given.iter().map(|s| s.as_str().into()).collect(),
    };
    let (inventory, warnings) = Inventory::load(&sources, &LoadOptions::new(&config, &env))?;
    warn(warnings);
    let view = View {
        inventory,
        files: VarsFiles::new(config.merge_hashes()),
        playbook_dir: playbook_dir.or_else(|| config.playbook_dir().map(Into::into)).unwrap_or(env.cwd.clone()),
        extra: extra_vars::parse(&options.extra_vars, &process.cwd)?,
        export: options.export,
    };
    let matched = |pattern: &str, limit: Option<&str>| {
        let (hosts, warnings) = view.inventory.matches_all(&[pattern], limit, &process.cwd)?;
        warn(warnings);
        Ok::<_, Diagnostic>(hosts)
    };
    let shown = if let Some(host) = &options.host {
        let [host] = &matched(host, None)?[..] else {
            return Err(Diagnostic::options("You must pass a single valid host to --host parameter"));
        };
        let vars = Value::map(view.host_vars(host)?);
        if options.yaml { yaml(&vars) } else { json(&vars) }
    } else if options.graph {
        let top = options.group.as_deref().unwrap_or("all");
        if view.inventory.group(top).is_none() {
            return Err(Diagnostic::options("Pattern must be valid group name when using --graph"));
        }
        let mut tree = String::new();
        view.graph(top, 0, options.vars, &mut tree)?;
        tree
    } else {
        let hosts = matched("all", options.limit.as_deref())?.into_iter().collect();
        if options.yaml { yaml(&view.yaml_list(&hosts)?) } else { json(&view.json_list(&hosts)?) }
    };
    warn(view.files.take_warnings());
    Ok(shown)
}

/// What is asked, and how.
struct View {
    inventory: Inventory,
    files: VarsFiles,
    playbook_dir: PathBuf,
    extra: Map,
    export: bool,
}

impl View {
    fn host_vars(&self, host: &str) -> Result<Map, Diagnostic> {
        if self.export {
            return Ok(self.inventory.merged_host_vars(host, &self.files, Some(&self.playbook_dir))?);
        }
        let mut vars = self.inventory.merged_vars(host, &self.files, Some(&self.playbook_dir))?;
        self.files.lay(&self.extra, &mut vars);
        Ok(vars)
    }

    fn group_vars(&self, group: &str) -> Result<Map, Diagnostic> {
        Ok(self.inventory.merged_group_vars(group, &self.files, Some(&self.playbook_dir))?)
    }

    fn json_list(&self, hosts: &HashSet<Arc<str>>) -> Result<Value, Diagnostic> {
        let mut list = self.inventory.list_groups();
        for (name, entry) in &mut list {
            let Data::Map(entry) = &mut entry.data else { continue };
            let entry = Arc::make_mut(entry);
            if let Some(Value { data: Data::List(names), .. }) = entry.get_mut("hosts") {
                Arc::make_mut(names).retain(|h| h.as_str().is_some_and(|h| hosts.contains(h)));
                if names.is_empty() {
                    entry.shift_remove("hosts");
                }
            }
            if self.export {
                let vars = self.group_vars(&name.to_string())?;
                if !vars.is_empty() {
                    entry.insert(Key::from("vars"), marked(&Value::map(vars)));
                }
            }
        }
        list.retain(|_, entry| entry.is_truthy());
        let mut hostvars = Map::new();
        for host in hosts {
            let vars = self.host_vars(host)?;
            if !vars.is_empty() {
                hostvars.insert(Key::from(host.clone()), marked(&Value::map(vars)));
            }
        }
        let meta = adept_wire::map! {"hostvars" => hostvars, "profile" => "inventory_legacy"};
        list.insert(Key::from("_meta"), Value::map(meta));
        Ok(Value::map(list))
    }

    fn yaml_list(&self, hosts: &HashSet<Arc<str>>) -> Result<Value, Diagnostic> {
        let (mut groups, mut shown) = (HashSet::new(), HashSet::new());
        let all = self.yaml_group("all", hosts, &mut groups, &mut shown)?;
        let named = (!all.is_empty()).then(|| (Key::from("all"), Value::map(all)));
        Ok(Value::map(named.into_iter().collect()))
    }

    /// A group with everything below it; groups and hosts that were shown before are only named.
    fn yaml_group(
        &self,
        name: &str,
        hosts: &HashSet<Arc<str>>,
        groups: &mut HashSet<Arc<str>>,
        shown: &mut HashSet<Arc<str>>,
    ) -> Result<Map, Diagnostic> {
        let Some(group) = self.inventory.group(name) else { return Ok(Map::new()) };
        groups.insert(group.name().clone());
        let mut children = Map::new();
        for child in group.children() {
            if groups.contains(child) {
                children.insert(Key::from(child.clone()), Value::map(Map::new()));
                continue;
            }
            let entry = self.yaml_group(child, hosts, groups, shown)?;
            if !entry.is_empty() {
                children.insert(Key::from(child.clone()), Value::map(entry));
            }
        }
        let mut members = Map::new();
        for host in group.hosts().iter().filter(|h| name != "all" && hosts.contains(*h)) {
            let vars = if shown.insert(host.clone()) { self.host_vars(host)? } else { Map::new() };
            members.insert(Key::from(host.clone()), Value::map(vars));
        }
        let vars = if self.export { self.group_vars(name)? } else { Map::new() };
        let parts = [("children", children), ("hosts", members), ("vars", vars)];
        Ok(parts.into_iter().filter(|(_, m)| !m.is_empty()).map(|(k, m)| (Key::from(k), Value::map(m))).collect())
    }

    fn graph(&self, name: &str, depth: usize, vars: bool, out: &mut String) -> Result<(), Diagnostic> {
        let Some(group) = self.inventory.group(name) else { return Ok(()) };
        line(&format!("@{name}:"), depth, out);
        for child in group.children() {
            self.graph(child, depth + 1, vars, out)?;
        }
        for host in group.hosts().iter().filter(|_| name != "all") {
            line(host, depth + 1, out);
            if vars {
                var_lines(&self.host_vars(host)?, depth + 2, out);
            }
        }
        if vars {
            var_lines(&self.group_vars(name)?, depth + 1, out);
        }
        Ok(())
    }
}

fn line(text: &str, depth: usize, out: &mut String) {
    let dashes = if depth == 0 { "" } else { "--" };
    // Writing to a String can't fail.
    let _ = writeln!(out, "{}{dashes}{text}", "  |".repeat(depth));
}

fn var_lines(vars: &Map, depth: usize, out: &mut String) {
    let mut sorted: Vec<_> = vars.iter().map(|(k, v)| (k.to_string(), v)).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in sorted {
        line(&format!("{{{name} = {}}}", str_of(value)), depth, out);
    }
}

/// Text that is no template says so, for programs that read the list as an inventory.
fn marked(value: &Value) -> Value {
    match &value.data {
        Data::Str(text) if value.trust() == Trust::Data && value.origin().is_some() => {
            Value::map(adept_wire::map! {"__ansible_unsafe" => text.clone()})
        }
        Data::Str(text) if value.trust() == Trust::Vault => {
            Value::map(adept_wire::map! {"__ansible_vault" => text.clone()})
        }
        Data::List(items) => Value::list(items.iter().map(marked).collect()),
        Data::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), marked(v))).collect()),
        _ => value.clone(),
    }
}

fn json(value: &Value) -> String {
    let options = JsonOptions { sort_keys: true, ensure_ascii: false, ..JsonOptions::new(Some("    ".into())) };
    dumps(value, &options) + "\n"
}

fn yaml(value: &Value) -> String {
    dump(value, &DumpOptions { allow_unicode: true, ..DumpOptions::default() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;

    /// The cases stand in `src/inventory/cases/cli.txt`, recorded by `record.py` there.
    #[test]
    fn prints_what_ansible_inventory_prints() {
        let text = include_str!("../inventory/cases/cli.txt");
        let recorded: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
            serde_json::from_str(include_str!("../inventory/cases/cli.json")).unwrap();
        let (mut wrong, mut compared) = (Vec::new(), 0);
        for case in text.split("=== ").skip(1) {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().canonicalize().unwrap();
            let (head, body) = case.split_once('\n').unwrap();
            let (name, args) = head.split_once(" | ").unwrap();
            let (commands, files) = body.split_once(">>> ").unwrap();
            for file in files.split(">>> ") {
                let (name, text) = file.split_once('\n').unwrap();
                fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
                fs::write(root.join(name), text).unwrap();
            }
            for command in commands.lines().map(|l| l.strip_prefix("! ").unwrap_or("")) {
                let expected = &recorded[name][command];
                let args = shlex::split(&format!("{args} {command}")).unwrap();
                let (code, out) = run_in(&root, &args);
                compared += 1;
                if u64::from(code) != expected["rc"] || out != expected["out"] {
                    wrong.push(format!(
                        "{command}: {code}\n{out}\nreal {}\n{}",
                        expected["rc"],
                        expected["out"].as_str().unwrap()
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(compared > 20);
    }

    fn run_in(root: &std::path::Path, args: &[String]) -> (u8, String) {
        let out = root.join("stdout");
        let process = Process {
            env: [("HOME".to_owned(), root.to_string_lossy().into_owned())].into(),
            cwd: root.to_path_buf(),
            stdout: fs::File::create(&out).unwrap(),
            stderr: fs::File::create(root.join("stderr")).unwrap(),
        };
        let code = run(args, &process);
        let mut text = String::new();
        fs::File::open(out).unwrap().read_to_string(&mut text).unwrap();
        (code, text)
    }

    #[test]
    fn a_broken_inventory_shows_its_place() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("hosts.ini"), "[web\nh\n").unwrap();
        let (code, _) = run_in(dir.path(), &["-i".into(), "hosts.ini".into(), "--list".into()]);
        let shown = fs::read_to_string(dir.path().join("stderr")).unwrap();
        assert_eq!(code, exit::PARSE);
        assert!(shown.contains("hosts.ini:1:1\n") && shown.contains("hint: [web]"), "{shown}");
    }
}
