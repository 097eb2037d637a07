//! Typed access to the settings that code asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::{Config, Source};

/// When facts are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// Unless a play says no.
    Implicit,
    /// Only where a play says yes.
    Explicit,
    /// Unless a play says no, once per host and run.
    Smart,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $setting:literal;)+) => {
        impl Config {
            $($(#[$doc])* pub fn $name(&self) -> getters!(@type $kind) { getters!(@get self $kind $setting) })+
        }

        #[cfg(test)]
        pub(super) fn call_all(config: &Config) {
            $(let _ = config.$name();)+
        }
    };
    (@type bool) => { bool };
    (@type int) => { i64 };
    (@type text) => { &str };
    (@type maybe) => { Option<&str> };
    (@type path) => { Option<&Path> };
    (@type list) => { Vec<Arc<str>> };
    (@type paths) => { Vec<PathBuf> };
    (@get $self:ident bool $setting:literal) => { $self.value($setting).as_bool().unwrap_or_default() };
    (@get $self:ident int $setting:literal) => { $self.value($setting).as_i64().unwrap_or_default() };
    (@get $self:ident text $setting:literal) => { $self.value($setting).as_str().unwrap_or_default() };
    (@get $self:ident maybe $setting:literal) => { $self.value($setting).as_str() };
    (@get $self:ident path $setting:literal) => { $self.value($setting).as_str().map(Path::new) };
    (@get $self:ident list $setting:literal) => { $self.texts($setting) };
    (@get $self:ident paths $setting:literal) => { $self.texts($setting).iter().map(|p| PathBuf::from(&**p)).collect() };
}

getters! {
    /// Which subsets of facts a play gathers.
    gather_subset: list = "DEFAULT_GATHER_SUBSET";
    /// Seconds that gathering one fact may take.
    gather_timeout: int = "DEFAULT_GATHER_TIMEOUT";
    /// The file that gets what the terminal gets.
    log_path: path = "DEFAULT_LOG_PATH";
    /// Is an unknown or changed host key an error?
    host_key_checking: bool = "SSH_HOST_KEY_CHECKING";
    /// Folders of roles.
    roles_path: paths = "DEFAULT_ROLES_PATH";
    /// Seconds to wait for a connection.
    timeout: int = "SSH_TIMEOUT";
    /// How often a connection is tried again.
    ssh_retries: int = "SSH_RETRIES";
    /// The user to log in as.
    remote_user: maybe = "DEFAULT_REMOTE_USER";
    /// The key to log in with.
    private_key_file: path = "DEFAULT_PRIVATE_KEY_FILE";
    /// Work as another user?
    become_by_default: bool = "DEFAULT_BECOME";
    /// How to become another user.
    become_method: text = "DEFAULT_BECOME_METHOD";
    /// Whom to become.
    become_user: text = "DEFAULT_BECOME_USER";
    /// The program that changes the user.
    become_exe: maybe = "DEFAULT_BECOME_EXE";
    /// Its options.
    become_flags: text = "DEFAULT_BECOME_FLAGS";
    /// Ask for the password of `become`?
    become_ask_pass: bool = "DEFAULT_BECOME_ASK_PASS";
    /// Show skipped tasks?
    display_skipped_hosts: bool = "DISPLAY_SKIPPED_HOSTS";
    /// Show tasks that changed nothing?
    display_ok_hosts: bool = "DISPLAY_OK_HOSTS";
    /// Show the arguments in a task's header?
    display_args_to_stdout: bool = "DISPLAY_ARGS_TO_STDOUT";
    /// Colours even where the output is no terminal?
    force_color: bool = "ANSIBLE_FORCE_COLOR";
    /// No colours?
    nocolor: bool = "ANSIBLE_NOCOLOR";
    /// No cows: of no effect.
    nocows: bool = "ANSIBLE_NOCOWS";
    /// Write retry files?
    retry_files_enabled: bool = "RETRY_FILES_ENABLED";
    /// End the run when one host fails?
    any_errors_fatal: bool = "ANY_ERRORS_FATAL";
    /// Run notified handlers on hosts that failed?
    force_handlers: bool = "DEFAULT_FORCE_HANDLERS";
    /// Is a handler that doesn't exist an error?
    error_on_missing_handler: bool = "ERROR_ON_MISSING_HANDLER";
    /// Is an undefined variable an error?
    error_on_undefined_vars: bool = "DEFAULT_UNDEFINED_VAR_BEHAVIOR";
    /// Do templates give native types?
    jinja2_native: bool = "DEFAULT_JINJA2_NATIVE";
    /// Extensions of Jinja2.
    jinja2_extensions: list = "DEFAULT_JINJA2_EXTENSIONS";
    /// Are facts variables of their own?
    inject_facts_as_vars: bool = "INJECT_FACTS_AS_VARS";
    /// Do a role's variables end with the role?
    private_role_vars: bool = "DEFAULT_PRIVATE_ROLE_VARS";
    /// Hide what tasks give and get?
    no_log: bool = "DEFAULT_NO_LOG";
    /// Folders of modules.
    library: paths = "DEFAULT_MODULE_PATH";
    /// Folders of filters.
    filter_plugins: paths = "DEFAULT_FILTER_PLUGIN_PATH";
    /// Folders of lookups.
    lookup_plugins: paths = "DEFAULT_LOOKUP_PLUGIN_PATH";
    /// Folders of tests.
    test_plugins: paths = "DEFAULT_TEST_PLUGIN_PATH";
    /// Folders of actions.
    action_plugins: paths = "DEFAULT_ACTION_PLUGIN_PATH";
    /// Folders of callbacks.
    callback_plugins: paths = "DEFAULT_CALLBACK_PLUGIN_PATH";
    /// Folders of collections.
    collections_path: paths = "COLLECTIONS_PATHS";
    /// The report on the terminal.
    stdout_callback: text = "DEFAULT_STDOUT_CALLBACK";
    /// Further reports.
    callbacks_enabled: list = "CALLBACKS_ENABLED";
    /// Further reports, by the old name.
    callback_whitelist: list = "CALLBACK_WHITELIST";
    /// Where facts are kept between runs.
    fact_caching: text = "CACHE_PLUGIN";
    /// The place for that.
    fact_caching_connection: maybe = "CACHE_PLUGIN_CONNECTION";
    /// The beginning of its names.
    fact_caching_prefix: text = "CACHE_PLUGIN_PREFIX";
    /// For how many seconds they count.
    fact_caching_timeout: int = "CACHE_PLUGIN_TIMEOUT";
    /// One round trip per task: always so here.
    pipelining: bool = "SSH_PIPELINING";
    /// Options of ssh.
    ssh_args: text = "SSH_ARGS";
    /// Options of ssh, scp and sftp.
    ssh_common_args: text = "SSH_COMMON_ARGS";
    /// More options of ssh.
    ssh_extra_args: text = "SSH_EXTRA_ARGS";
    /// The folder of temporary files on a host.
    remote_tmp: text = "REMOTE_TMP";
    /// The folder of temporary files here.
    local_tmp: path = "DEFAULT_LOCAL_TMP";
    /// The folder of asynchronous jobs on a host.
    async_dir: text = "ASYNC_DIR";
    /// Warn of commands that a module does better?
    command_warnings: bool = "COMMAND_WARNINGS";
    /// Warn of what will stop working?
    deprecation_warnings: bool = "DEPRECATION_WARNINGS";
    /// Warn of what is odd on this machine?
    system_warnings: bool = "SYSTEM_WARNINGS";
    /// Warn that only the implicit localhost is there?
    localhost_warning: bool = "LOCALHOST_WARNING";
    /// The Python of a host.
    interpreter_python: text = "INTERPRETER_PYTHON";
    /// The file with the vault password.
    vault_password_file: path = "DEFAULT_VAULT_PASSWORD_FILE";
    /// Vault identities.
    vault_identity_list: list = "DEFAULT_VAULT_IDENTITY_LIST";
    /// The strategy of plays that name none.
    strategy: text = "DEFAULT_STRATEGY";
    /// The connection of hosts that name none.
    transport: text = "DEFAULT_TRANSPORT";
    /// The shell of a host.
    executable: text = "DEFAULT_EXECUTABLE";
    /// The module of an ad-hoc command that names none.
    module_name: text = "DEFAULT_MODULE_NAME";
    /// Its arguments.
    module_args: text = "DEFAULT_MODULE_ARGS";
    /// The locale of modules.
    module_lang: text = "DEFAULT_MODULE_LANG";
    /// Seconds between two looks at an asynchronous job.
    poll_interval: int = "DEFAULT_POLL_INTERVAL";
    /// Seconds that a task may take; 0 is no limit.
    task_timeout: int = "TASK_TIMEOUT";
    /// The text of `ansible_managed`.
    ansible_managed: text = "DEFAULT_MANAGED_STR";
    /// How much is said.
    verbosity: int = "DEFAULT_VERBOSITY";
    /// Show differences?
    diff_always: bool = "DIFF_ALWAYS";
    /// Lines around a difference.
    diff_context: int = "DIFF_CONTEXT";
    /// Bytes above which no difference is shown.
    max_diff_size: int = "MAX_FILE_SIZE_FOR_DIFF";
    /// The folder that stands for the playbook's where there is no playbook.
    playbook_dir: path = "PLAYBOOK_DIR";
    /// Tags to run.
    tags_run: list = "TAGS_RUN";
    /// Tags to skip.
    tags_skip: list = "TAGS_SKIP";
    /// What a pattern that matches nothing is: `warning`, `error`, `ignore`.
    host_pattern_mismatch: text = "HOST_PATTERN_MISMATCH";
    /// Endings that a folder of inventories leaves out.
    inventory_ignore_extensions: list = "INVENTORY_IGNORE_EXTS";
    /// Names that it leaves out.
    inventory_ignore_patterns: list = "INVENTORY_IGNORE_PATTERNS";
    /// Is it an error if no inventory can be read?
    inventory_unparsed_is_failed: bool = "INVENTORY_UNPARSED_IS_FAILED";
    /// Is it worth a warning if none can be read?
    inventory_unparsed_warning: bool = "INVENTORY_UNPARSED_WARNING";
    /// Is it an error if one of several can't be read?
    inventory_any_unparsed_is_failed: bool = "INVENTORY_ANY_UNPARSED_IS_FAILED";
}

impl Config {
    /// How many hosts are worked on at once; at least 1.
    pub fn forks(&self) -> usize {
        usize::try_from(self.value("DEFAULT_FORKS").as_i64().unwrap_or(1)).unwrap_or(1).max(1)
    }

    /// When facts are gathered.
    pub fn gathering(&self) -> Gathering {
        match self.value("DEFAULT_GATHERING").as_str() {
            Some("explicit") => Gathering::Explicit,
            Some("smart") => Gathering::Smart,
            _ => Gathering::Implicit,
        }
    }

    /// `hash_behaviour = merge`: maps of the same name are merged, not replaced.
    pub fn merge_hashes(&self) -> bool {
        self.value("DEFAULT_HASH_BEHAVIOUR").as_str() == Some("merge")
    }

    /// The inventory sources: paths, or a list of hosts (`ANSIBLE_INVENTORY=a,b,` is two paths, as in Ansible).
    pub fn inventory(&self) -> Vec<Arc<str>> {
        let old = self.texts("DEFAULT_HOSTFILE");
        let set = |name| self.get(name).is_some_and(|f| f.source != Source::Default);
        if set("DEFAULT_HOSTFILE") && !set("DEFAULT_HOST_LIST") { old } else { self.texts("DEFAULT_HOST_LIST") }
    }

    /// The port to log in at.
    pub fn remote_port(&self) -> Option<i64> {
        self.value("DEFAULT_REMOTE_PORT").as_i64()
    }

    /// The socket of a shared connection, as ssh takes it: `%(directory)s` by its folder, `%%` as `%`.
    pub fn control_path(&self) -> Option<String> {
        let text = self.value("SSH_CONTROL_PATH").as_str().filter(|t| !t.is_empty())?;
        let dir = self.value("SSH_CONTROL_PATH_DIR").as_str().unwrap_or_default();
        Some(text.replace("%(directory)s", dir).replace("%%", "%"))
    }
}
