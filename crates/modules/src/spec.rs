//! What a module or action accepts: one declaration that validation, help, checking before the run and "did you mean" read.

use adept_wire::Value;

/// The declaration of a module's or action's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The plain name, such as `copy`.
    pub name: &'static str,
    /// One sentence for help.
    pub summary: &'static str,
    /// The parameters.
    pub params: &'static [Param],
    /// Conditions between parameters.
    pub rules: &'static [Rule],
    /// May text without `k=v` be given (`command: ls -l`)? It arrives as the parameter `_raw_params`.
    pub free_form: bool,
    /// Does it honour check mode? If not, it is skipped there.
    pub check_mode: bool,
    /// Are unknown parameters taken as they are (`set_fact`, `add_host`)?
    pub open: bool,
}

impl Spec {
    /// A declaration that supports check mode, has no rules and takes no free-form text.
    pub const fn new(name: &'static str, summary: &'static str, params: &'static [Param]) -> Spec {
        Spec { name, summary, params, rules: &[], free_form: false, check_mode: true, open: false }
    }

    /// With rules between parameters.
    pub const fn rules(mut self, rules: &'static [Rule]) -> Spec {
        self.rules = rules;
        self
    }

    /// Takes free-form text.
    pub const fn free_form(mut self) -> Spec {
        self.free_form = true;
        self
    }

    /// Is skipped in check mode.
    pub const fn no_check_mode(mut self) -> Spec {
        self.check_mode = false;
        self
    }

    /// Takes any parameter.
    pub const fn open(mut self) -> Spec {
        self.open = true;
        self
    }

    /// The parameter of this name or alias.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name || p.aliases.contains(&name))
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in results and messages.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// The type that its value is converted to.
    pub kind: Kind,
    /// Must it be given?
    pub required: bool,
    /// What it is when it isn't given.
    pub default: Default,
    /// The texts allowed; empty for any.
    pub choices: &'static [&'static str],
    /// Its value never reaches a log or a result.
    pub secret: bool,
}

/// Ansible's parameter types, with its conversions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; numbers and booleans become text.
    Str,
    /// `yes`, `no`, `true`, `1`, ...
    Bool,
    /// An integer, or text of one.
    Int,
    /// A number, or text of one.
    Float,
    /// Text in which `~` and `$VAR` are expanded.
    Path,
    /// Anything.
    Raw,
    /// A list of texts; text is split at commas.
    ListOfStr,
    /// A list of paths; text is split at commas.
    ListOfPath,
    /// A list of integers; text is split at commas.
    ListOfInt,
    /// A list of anything; text is split at commas.
    List,
    /// A map; text is JSON or `k=v` pairs.
    Dict,
    /// A file mode: octal text, an integer, or symbolic.
    Mode,
    /// A number of bytes, or text such as `10M`.
    Bytes,
    /// Text that must be JSON; maps and lists become JSON text.
    Json,
}

/// What a parameter is when it isn't given.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Absent.
    None,
    /// Text.
    Str(&'static str),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An empty list.
    EmptyList,
    /// A list of texts.
    List(&'static [&'static str]),
}

impl Default {
    /// As a value, if there is a default.
    pub fn value(self) -> Option<Value> {
        match self {
            Default::None => None,
            Default::Str(s) => Some(s.into()),
            Default::Bool(b) => Some(b.into()),
            Default::Int(i) => Some(i.into()),
            Default::EmptyList => Some(Value::list(Vec::new())),
            Default::List(items) => Some(items.to_vec().into()),
        }
    }
}

impl Param {
    /// An optional parameter without a default.
    pub const fn new(name: &'static str, kind: Kind) -> Param {
        Param { name, aliases: &[], kind, required: false, default: Default::None, choices: &[], secret: false }
    }

    /// Must be given.
    pub const fn required(mut self) -> Param {
        self.required = true;
        self
    }

    /// With a default.
    pub const fn default(mut self, default: Default) -> Param {
        self.default = default;
        self
    }

    /// With other names.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Param {
        self.aliases = aliases;
        self
    }

    /// Only these texts.
    pub const fn choices(mut self, choices: &'static [&'static str]) -> Param {
        self.choices = choices;
        self
    }

    /// Its value is a secret.
    pub const fn secret(mut self) -> Param {
        self.secret = true;
        self
    }
}

/// A condition between parameters, as Ansible's argument specs have them.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// At most one of these.
    MutuallyExclusive(&'static [&'static str]),
    /// At least one of these.
    RequiredOneOf(&'static [&'static str]),
    /// All or none of these.
    RequiredTogether(&'static [&'static str]),
    /// When `param` has this value (as text), `needs` must be given: all of them, or with `any` one of them.
    RequiredIf {
        /// The parameter looked at.
        param: &'static str,
        /// Its value, as text.
        value: &'static str,
        /// What is needed then.
        needs: &'static [&'static str],
        /// Is one of them enough?
        any: bool,
    },
    /// When `param` is given, all of `needs` must be.
    RequiredBy {
        /// The parameter looked at.
        param: &'static str,
        /// What is needed then.
        needs: &'static [&'static str],
    },
}

/// The parameters that every module which makes files shares: mode, owner, group, SELinux context, attributes.
pub const FILE_PARAMS: &[Param] = &[
    Param::new("mode", Kind::Mode),
    Param::new("owner", Kind::Str),
    Param::new("group", Kind::Str),
    Param::new("seuser", Kind::Str),
    Param::new("serole", Kind::Str),
    Param::new("setype", Kind::Str),
    Param::new("selevel", Kind::Str),
    Param::new("attributes", Kind::Str).aliases(&["attr"]),
    Param::new("unsafe_writes", Kind::Bool).default(Default::Bool(false)),
];

/// Joins two lists of parameters at compile time: `params!(N; OWN, FILE_PARAMS)`.
pub const fn join<const N: usize>(a: &[Param], b: &[Param]) -> [Param; N] {
    let mut out = [Param::new("", Kind::Raw); N];
    let mut i = 0;
    while i < a.len() {
        out[i] = a[i];
        i += 1;
    }
    let mut j = 0;
    while j < b.len() {
        out[i + j] = b[j];
        j += 1;
    }
    assert!(a.len() + b.len() == N, "join: N is the sum of both lengths");
    out
}
