//! The keywords of plays, roles, blocks and tasks: one table that parsing, inheritance and "did you mean" read.
//!
//! Source: <https://docs.ansible.com/ansible/latest/reference_appendices/playbooks_keywords.html>, and the 2.1 to 2.9
//! pages for the old ones.

use adept_wire::Value;

/// Where a keyword may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(u8);

impl Levels {
    /// In a play.
    pub const PLAY: Levels = Levels(1);
    /// In an entry of `roles:`.
    pub const ROLE: Levels = Levels(2);
    /// In a block.
    pub const BLOCK: Levels = Levels(4);
    /// In a task.
    pub const TASK: Levels = Levels(8);
    /// In a handler.
    pub const HANDLER: Levels = Levels(16);

    const ALL: Levels = Levels(31);
    const NOT_PLAY: Levels = Levels(30);
    const TASKS: Levels = Levels(24);

    /// Does this set have that level?
    pub const fn has(self, level: Levels) -> bool {
        self.0 & level.0 != 0
    }

    const fn or(self, other: Levels) -> Levels {
        Levels(self.0 | other.0)
    }
}

/// What a task inherits from the blocks, roles and the play around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// Nothing.
    No,
    /// The nearest one holds.
    Nearest,
    /// All hold, the outermost first.
    All,
}

/// Whether a keyword does something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// As documented.
    Yes,
    /// Taken and without effect, for this reason.
    NoEffect(&'static str),
    /// Ansible has it and we don't yet.
    NotYet,
}

/// One keyword.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub levels: Levels,
    /// How tasks inherit it.
    pub inherit: Inherit,
    /// Whether it does something.
    pub support: Support,
}

const fn kw(name: &'static str, levels: Levels, inherit: Inherit) -> Keyword {
    Keyword { name, levels, inherit, support: Support::Yes }
}

const fn not_yet(name: &'static str, levels: Levels, inherit: Inherit) -> Keyword {
    Keyword { name, levels, inherit, support: Support::NotYet }
}

const fn no_effect(name: &'static str, levels: Levels, why: &'static str) -> Keyword {
    Keyword { name, levels, inherit: Inherit::No, support: Support::NoEffect(why) }
}

/// All keywords.
pub const KEYWORDS: &[Keyword] = &[
    // everywhere
    kw("name", Levels::ALL, Inherit::No),
    kw("vars", Levels::ALL, Inherit::No),
    kw("tags", Levels::ALL, Inherit::All),
    kw("become", Levels::ALL, Inherit::Nearest),
    kw("become_exe", Levels::ALL, Inherit::Nearest),
    kw("become_flags", Levels::ALL, Inherit::Nearest),
    kw("become_method", Levels::ALL, Inherit::Nearest),
    kw("become_user", Levels::ALL, Inherit::Nearest),
    kw("check_mode", Levels::ALL, Inherit::Nearest),
    kw("connection", Levels::ALL, Inherit::Nearest),
    kw("diff", Levels::ALL, Inherit::Nearest),
    kw("environment", Levels::ALL, Inherit::All),
    kw("ignore_errors", Levels::ALL, Inherit::Nearest),
    kw("ignore_unreachable", Levels::ALL, Inherit::Nearest),
    kw("no_log", Levels::ALL, Inherit::Nearest),
    kw("port", Levels::ALL, Inherit::Nearest),
    kw("remote_user", Levels::ALL, Inherit::Nearest),
    kw("run_once", Levels::ALL, Inherit::Nearest),
    kw("any_errors_fatal", Levels::ALL, Inherit::Nearest),
    kw("timeout", Levels::ALL, Inherit::Nearest),
    kw("module_defaults", Levels::ALL, Inherit::All),
    kw("throttle", Levels::ALL, Inherit::Nearest),
    not_yet("debugger", Levels::ALL, Inherit::Nearest),
    no_effect("collections", Levels::ALL, "modules are found by their name in any collection"),
    // all but plays
    kw("when", Levels::NOT_PLAY, Inherit::All),
    kw("delegate_to", Levels::NOT_PLAY, Inherit::Nearest),
    kw("delegate_facts", Levels::NOT_PLAY, Inherit::Nearest),
    // plays
    kw("hosts", Levels::PLAY, Inherit::No),
    kw("gather_facts", Levels::PLAY, Inherit::No),
    kw("gather_subset", Levels::PLAY, Inherit::No),
    kw("gather_timeout", Levels::PLAY, Inherit::No),
    kw("fact_path", Levels::PLAY, Inherit::No),
    kw("force_handlers", Levels::PLAY, Inherit::No),
    kw("handlers", Levels::PLAY, Inherit::No),
    kw("max_fail_percentage", Levels::PLAY, Inherit::No),
    kw("order", Levels::PLAY, Inherit::No),
    kw("pre_tasks", Levels::PLAY, Inherit::No),
    kw("tasks", Levels::PLAY, Inherit::No),
    kw("post_tasks", Levels::PLAY, Inherit::No),
    kw("roles", Levels::PLAY, Inherit::No),
    kw("serial", Levels::PLAY, Inherit::No),
    kw("strategy", Levels::PLAY, Inherit::No),
    kw("user", Levels::PLAY, Inherit::No),
    kw("vars_files", Levels::PLAY, Inherit::No),
    not_yet("vars_prompt", Levels::PLAY, Inherit::No),
    no_effect("validate_argspec", Levels::PLAY, "argument specs of plays are not checked"),
    // entries of `roles:`
    kw("role", Levels::ROLE, Inherit::No),
    // blocks
    kw("block", Levels::BLOCK, Inherit::No),
    kw("rescue", Levels::BLOCK, Inherit::No),
    kw("always", Levels::BLOCK, Inherit::No),
    // tasks
    kw("action", Levels::TASKS, Inherit::No),
    kw("local_action", Levels::TASKS, Inherit::No),
    kw("args", Levels::TASKS, Inherit::No),
    not_yet("async", Levels::TASKS, Inherit::No),
    kw("poll", Levels::TASKS, Inherit::No),
    kw("changed_when", Levels::TASKS, Inherit::No),
    kw("failed_when", Levels::TASKS, Inherit::No),
    kw("until", Levels::TASKS, Inherit::No),
    kw("retries", Levels::TASKS, Inherit::No),
    kw("delay", Levels::TASKS, Inherit::No),
    kw("loop", Levels::TASKS, Inherit::No),
    kw("loop_control", Levels::TASKS, Inherit::No),
    kw("notify", Levels::TASKS.or(Levels::BLOCK), Inherit::All),
    kw("register", Levels::TASKS, Inherit::No),
    kw("listen", Levels::HANDLER, Inherit::No),
    no_effect("static", Levels::TASKS, "whether an `include` is static follows from its file name"),
    no_effect("always_run", Levels::TASKS, "removed in 2.4 in favour of `check_mode: no`"),
];

/// The keyword of this name.
pub fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|k| k.name == name)
}

/// The names that may stand at a level.
pub fn names_at(level: Levels) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |k| k.levels.has(level)).map(|k| k.name)
}

/// The keywords that were written somewhere, with their raw values.
#[derive(Clone, Debug, Default)]
pub struct Keywords(Vec<(&'static Keyword, Value)>);

impl Keywords {
    /// Adds one.
    pub fn insert(&mut self, keyword: &'static Keyword, value: Value) {
        self.0.retain(|(k, _)| k.name != keyword.name);
        self.0.push((keyword, value));
    }

    /// The raw value of one, if it was written.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k.name == name).map(|(_, v)| v)
    }

    /// All that were written.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Keyword, &Value)> {
        self.0.iter().map(|(k, v)| (*k, v))
    }
}
