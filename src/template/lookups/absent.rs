//! Lookups that Ansible has and this version hasn't: known by name, so that the error is the right one.

use crate::template::call::{Call, Lookup, Result};
use crate::template::val::Val;

/// The table of this group.
pub const LOOKUPS: &[Lookup] = &[
    Lookup::new("config", absent),
    Lookup::new("inventory_hostnames", absent),
    Lookup::new("unvault", absent),
    Lookup::new("url", absent),
    Lookup::new("dig", absent),
];

fn absent(call: &mut Call<'_>) -> Result<Vec<Val>> {
    Err(call.fail("this lookup is not supported yet"))
}
