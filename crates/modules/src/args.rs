//! From raw arguments to `Args`: aliases resolved, types converted, defaults set, rules checked.
//!
//! The conversions are those documented for Ansible's module arguments
//! (<https://docs.ansible.com/ansible/latest/dev_guide/developing_program_flow_modules.html#argument-spec>).

use adept_wire::{Data, Map, Value};

use crate::spec::{Kind, Param, Rule, Spec};

/// Looks up an environment variable.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Arguments after validation.
#[derive(Clone, Debug, Default)]
pub struct Args(Map);

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ArgError {
    /// The parameter as the user wrote it, if one is to blame.
    pub param: Option<String>,
    /// One sentence, in the words of Ansible where it has any.
    pub message: String,
}

impl ArgError {
    fn new(param: impl Into<Option<String>>, message: impl Into<String>) -> ArgError {
        ArgError { param: param.into(), message: message.into() }
    }
}

impl Args {
    /// Validates raw arguments against a declaration.
    ///
    /// # Errors
    /// Names the first unknown, missing, contradictory or malformed parameter.
    pub fn parse(spec: &Spec, raw: &Map) -> Result<Args, ArgError> {
        Args::parse_in(spec, raw, &|name| std::env::var(name).ok())
    }

    /// As [`Args::parse`]; variables and `~` in paths are those of this environment.
    ///
    /// # Errors
    /// As [`Args::parse`].
    pub fn parse_in(spec: &Spec, raw: &Map, env: Env<'_>) -> Result<Args, ArgError> {
        let mut args = Map::with_capacity(spec.params.len());
        let mut given: Vec<&str> = Vec::new();
        for (key, value) in raw {
            let name = key.to_string();
            match spec.param(&name) {
                Some(param) => {
                    let canonical_also_given = name != param.name && raw.contains_key(param.name);
                    if canonical_also_given {
                        continue;
                    }
                    // A parameter set to null counts as not given, as in Ansible.
                    if value.is_null() && param.kind != Kind::Raw {
                        continue;
                    }
                    let converted = convert(param, value, env)
                        .map_err(|why| ArgError::new(name.clone(), format!("argument '{name}' {why}")))?;
                    if !param.choices.is_empty() {
                        check_choice(param, &converted, &name)?;
                    }
                    given.push(param.name);
                    args.insert(param.name.into(), converted);
                }
                None if spec.free_form && name == "_raw_params" => {
                    args.insert(key.clone(), value.clone());
                }
                None if spec.open => {
                    args.insert(key.clone(), value.clone());
                }
                None => return Err(unknown(spec, &name)),
            }
        }
        for param in spec.params {
            if args.contains_key(param.name) {
                continue;
            }
            if param.required {
                return Err(ArgError::new(None, format!("missing required arguments: {}", param.name)));
            }
            if let Some(default) = param.default.value() {
                args.insert(param.name.into(), default);
            }
        }
        for rule in spec.rules {
            check_rule(rule, &args, &given)?;
        }
        Ok(Args(args))
    }

    /// The raw value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them.
    pub fn map(&self) -> &Map {
        &self.0
    }

    /// Text, of a `Str`, `Path`, `Mode` or `Json` parameter.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A boolean; `false` when it is absent.
    pub fn bool(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A boolean, if it is there.
    pub fn opt_bool(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    /// An integer.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    /// The texts of a list; empty when it is absent.
    pub fn strings(&self, name: &str) -> Vec<&str> {
        self.get(name).and_then(Value::as_list).map_or_else(Vec::new, |l| l.iter().filter_map(Value::as_str).collect())
    }
}

/// The error for a name that isn't a parameter, with the nearest one.
pub fn unknown(spec: &Spec, name: &str) -> ArgError {
    let mut names: Vec<String> = spec
        .params
        .iter()
        .map(|p| if p.aliases.is_empty() { p.name.into() } else { format!("{} ({})", p.name, p.aliases.join(", ")) })
        .collect();
    names.sort();
    let message = format!(
        "Unsupported parameters for ({}) module: {name}. Supported parameters include: {}.",
        spec.name,
        names.join(", ")
    );
    ArgError::new(name.to_string(), message)
}

fn check_choice(param: &Param, value: &Value, name: &str) -> Result<(), ArgError> {
    let texts: Vec<String> = match &value.data {
        Data::List(items) => items.iter().map(text).collect(),
        _ => vec![text(value)],
    };
    for got in texts {
        if !param.choices.contains(&got.as_str()) {
            return Err(ArgError::new(
                name.to_string(),
                format!("value of {} must be one of: {}, got: {got}", param.name, param.choices.join(", ")),
            ));
        }
    }
    Ok(())
}

fn check_rule(rule: &Rule, args: &Map, given: &[&str]) -> Result<(), ArgError> {
    let has = |name: &&'static str| given.contains(name);
    match rule {
        Rule::MutuallyExclusive(names) if names.iter().filter(|n| has(n)).count() > 1 => {
            Err(ArgError::new(None, format!("parameters are mutually exclusive: {}", names.join("|"))))
        }
        Rule::RequiredOneOf(names) if !names.iter().any(&has) => {
            Err(ArgError::new(None, format!("one of the following is required: {}", names.join(", "))))
        }
        Rule::RequiredTogether(names) if names.iter().any(&has) && !names.iter().all(&has) => {
            Err(ArgError::new(None, format!("parameters are required together: {}", names.join(", "))))
        }
        Rule::RequiredIf { param, value, needs, any } if args.get(*param).is_some_and(|v| text(v) == *value) => {
            let missing: Vec<&str> = needs.iter().filter(|n| !args.contains_key(**n)).copied().collect();
            let failed = if *any { missing.len() == needs.len() } else { !missing.is_empty() };
            if failed {
                let kind = if *any { "any" } else { "all" };
                return Err(ArgError::new(
                    None,
                    format!("{param} is {value} but {kind} of the following are missing: {}", missing.join(", ")),
                ));
            }
            Ok(())
        }
        Rule::RequiredBy { param, needs } if has(param) => {
            let missing: Vec<&str> = needs.iter().filter(|n| !has(n)).copied().collect();
            if missing.is_empty() {
                return Ok(());
            }
            Err(ArgError::new(None, format!("missing parameter(s) required by '{param}': {}", missing.join(", "))))
        }
        _ => Ok(()),
    }
}

/// A value as text, as Ansible's `str` conversion gives it (`True`, `1.5`, JSON-like containers).
pub fn text(value: &Value) -> String {
    match &value.data {
        Data::Null => String::new(),
        Data::Bool(true) => "True".into(),
        Data::Bool(false) => "False".into(),
        Data::Str(s) => s.to_string(),
        Data::Int(i) => i.to_string(),
        Data::BigInt(i) => i.to_string(),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 1e16 => format!("{f:.1}"),
        Data::Float(f) => f.to_string(),
        Data::Date(d) => d.to_string(),
        Data::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        Data::List(_) | Data::Map(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}

/// Ansible's texts for true and false.
pub fn parse_bool(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Bool(b) => Some(*b),
        Data::Int(0) => Some(false),
        Data::Int(1) => Some(true),
        Data::Float(f) if *f == 0.0 => Some(false),
        Data::Float(f) if *f == 1.0 => Some(true),
        Data::Str(s) => match s.to_ascii_lowercase().trim() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// `10M`, `1.5 GiB`, `2048` as a number of bytes.
pub fn parse_bytes(s: &str) -> Option<i64> {
    let s = s.trim();
    let end = s.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(s.len());
    let number: f64 = s[..end].parse().ok()?;
    let unit = s[end..].trim().to_ascii_lowercase();
    let factor: f64 = match unit.chars().next() {
        None | Some('b') => 1.0,
        Some('k') => 1024.0,
        Some('m') => 1024f64.powi(2),
        Some('g') => 1024f64.powi(3),
        Some('t') => 1024f64.powi(4),
        Some('p') => 1024f64.powi(5),
        Some('e') => 1024f64.powi(6),
        Some(_) => return None,
    };
    Some((number * factor).round() as i64)
}

/// Converts one item of a list, if it can be converted.
type ToItem<'a> = &'a dyn Fn(&Value) -> Option<Value>;

fn convert(param: &Param, value: &Value, env: Env<'_>) -> Result<Value, String> {
    let wrong = |kind: &str| {
        format!("is of type {} and we were unable to convert to {kind}: {}", value.type_name(), text(value))
    };
    let list = |each: ToItem<'_>| -> Result<Value, String> {
        let items: Vec<Value> = match &value.data {
            Data::List(items) => items.to_vec(),
            Data::Str(s) => s.split(',').map(|part| Value::from(part.trim())).collect(),
            Data::Int(_) | Data::Float(_) | Data::Bool(_) => vec![Value::from(text(value))],
            _ => return Err(wrong("list")),
        };
        items
            .iter()
            .map(|v| each(v).ok_or_else(|| format!("has an item of type {} that can't be converted", v.type_name())))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::list)
    };
    Ok(match param.kind {
        Kind::Raw => value.clone(),
        Kind::Str => match &value.data {
            Data::Str(_) => value.clone(),
            _ => Value::from(text(value)),
        },
        Kind::Path => Value::from(expand_in(&text(value), env)),
        Kind::Bool => parse_bool(value).ok_or_else(|| wrong("bool"))?.into(),
        Kind::Int => as_int(value).ok_or_else(|| wrong("int"))?,
        Kind::Float => match &value.data {
            Data::Float(_) => value.clone(),
            Data::Int(i) => (*i as f64).into(),
            Data::Str(s) => s.trim().parse::<f64>().map_err(|_| wrong("float"))?.into(),
            _ => return Err(wrong("float")),
        },
        Kind::Mode => match &value.data {
            // An integer is the mode itself: YAML has read `0644` as octal already.
            Data::Int(i) => Value::from(format!("{i:04o}")),
            Data::Str(_) => value.clone(),
            _ => return Err(wrong("mode")),
        },
        Kind::ListOfStr => list(&|v| match &v.data {
            Data::List(_) | Data::Map(_) => None,
            _ => Some(Value::from(text(v))),
        })?,
        Kind::ListOfPath => list(&|v| v.as_str().map(|s| Value::from(expand_in(s, env))))?,
        Kind::ListOfInt => list(&as_int)?,
        Kind::List => list(&|v| Some(v.clone()))?,
        Kind::Dict => match &value.data {
            Data::Map(_) => value.clone(),
            Data::Str(s) if s.trim_start().starts_with('{') => {
                let parsed: Value = serde_json::from_str(s).map_err(|_| wrong("dict"))?;
                parsed.as_map().ok_or_else(|| wrong("dict"))?;
                parsed
            }
            Data::Str(s) if s.contains('=') => Value::map(
                s.split([',', ' '])
                    .filter(|p| !p.is_empty())
                    .filter_map(|p| p.split_once('='))
                    .map(|(k, v)| (k.into(), v.into()))
                    .collect(),
            ),
            _ => return Err(wrong("dict")),
        },
        Kind::Bytes => match &value.data {
            Data::Int(_) => value.clone(),
            _ => parse_bytes(&text(value)).ok_or_else(|| wrong("bytes"))?.into(),
        },
        Kind::Json => match &value.data {
            Data::Str(_) => value.clone(),
            _ => Value::from(serde_json::to_string(value).map_err(|_| wrong("json"))?),
        },
    })
}

fn as_int(value: &Value) -> Option<Value> {
    match &value.data {
        Data::Int(_) => Some(value.clone()),
        Data::Bool(b) => Some(i64::from(*b).into()),
        Data::Float(f) if f.fract() == 0.0 => Some((*f as i64).into()),
        Data::Str(s) => s.trim().parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

/// As [`expand_in`], in this process' own environment.
pub fn expand(path: &str) -> String {
    expand_in(path, &|name| std::env::var(name).ok())
}

/// Expands `$VAR` and `${VAR}` of this environment, then `~` and `~user` at the start: Python's order.
pub fn expand_in(path: &str, env: Env<'_>) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, used) = if let Some(inner) = after.strip_prefix('{') {
            match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            }
        } else {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            (&after[..end], end)
        };
        match env(name) {
            Some(value) if !name.is_empty() => out.push_str(&value),
            // An unknown variable stays as it is written, as Python's `expandvars` leaves it.
            _ => out.push_str(&rest[at..=at + used]),
        }
        rest = &after[used..];
    }
    out.push_str(rest);
    crate::sys::user::expand_tilde(&out, env("HOME"))
}
