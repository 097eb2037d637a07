//! `Home`: a scope with what was rendered in it. A value that is lazy remembers its home, and is rendered there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adept_wire::Value;

use super::environment::Environment;
use super::scope::{Hosts, Scope};
use super::val::Val;
use crate::diag::Diagnostic;

/// One scope, and the templates of it that were rendered already.
pub struct Home {
    pub(crate) scope: Arc<dyn Scope>,
    pub(crate) shared: Arc<Shared>,
    /// By the address of the template's text, which the entry keeps alive.
    memo: Mutex<HashMap<usize, (Value, Val)>>,
}

/// The address of a scope, or of `hostvars` with a host's name.
type HomeKey = (usize, Arc<str>);

/// What all homes of one templar share.
pub(crate) struct Shared {
    pub env: Arc<Environment>,
    pub warnings: Mutex<Vec<Diagnostic>>,
    /// Other scopes that were reached.
    homes: Mutex<HashMap<HomeKey, Arc<Home>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Caches and lists of warnings: a panic elsewhere leaves them usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Home {
    pub(crate) fn new(env: Arc<Environment>, scope: Arc<dyn Scope>) -> Arc<Home> {
        let shared = Arc::new(Shared { env, warnings: Mutex::default(), homes: Mutex::default() });
        Arc::new(Home { scope, shared, memo: Mutex::default() })
    }

    /// The home of another scope.
    pub(crate) fn of_scope(self: &Arc<Home>, scope: Arc<dyn Scope>) -> Arc<Home> {
        if std::ptr::addr_eq(Arc::as_ptr(&scope), Arc::as_ptr(&self.scope)) {
            return self.clone();
        }
        let key = (Arc::as_ptr(&scope).cast::<()>() as usize, Arc::from(""));
        self.remembered(key, || Some(scope)).unwrap_or_else(|| self.clone())
    }

    /// The home of a host's scope.
    pub(crate) fn of_host(self: &Arc<Home>, hosts: &Arc<dyn Hosts>, name: &str) -> Option<Arc<Home>> {
        let key = (Arc::as_ptr(hosts).cast::<()>() as usize, Arc::from(name));
        self.remembered(key, || hosts.host(name))
    }

    fn remembered(&self, key: (usize, Arc<str>), scope: impl FnOnce() -> Option<Arc<dyn Scope>>) -> Option<Arc<Home>> {
        if let Some(home) = lock(&self.shared.homes).get(&key) {
            return Some(home.clone());
        }
        let home = Arc::new(Home { scope: scope()?, shared: self.shared.clone(), memo: Mutex::default() });
        lock(&self.shared.homes).insert(key, home.clone());
        Some(home)
    }

    pub(crate) fn remember(&self, address: usize, raw: &Value, val: &Val) {
        lock(&self.memo).insert(address, (raw.clone(), val.clone()));
    }

    pub(crate) fn remembered_value(&self, address: usize) -> Option<Val> {
        lock(&self.memo).get(&address).map(|(_, val)| val.clone())
    }

    pub(crate) fn warn(&self, warning: Diagnostic) {
        let mut warnings = lock(&self.shared.warnings);
        let same = |w: &Diagnostic| w.message == warning.message && w.origin == warning.origin;
        if !warnings.iter().any(same) {
            warnings.push(warning);
        }
    }

    pub(crate) fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *lock(&self.shared.warnings))
    }
}
