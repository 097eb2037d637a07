//! Filters that Ansible or its collections have and this version hasn't: known by name, so that the error is the right one.

use crate::template::call::{Call, Filter, Result};
use crate::template::val::Val;

/// The table of this group.
pub const FILTERS: &[Filter] = &[
    Filter::new("vault", absent),
    Filter::new("unvault", absent),
    Filter::new("urlize", absent),
    Filter::new("json_query", absent),
    Filter::new("ipaddr", absent),
    Filter::new("ipv4", absent),
    Filter::new("ipv6", absent),
    Filter::new("ipwrap", absent),
    Filter::new("nthhost", absent),
];

fn absent(call: &mut Call<'_>) -> Result<Val> {
    Err(call.fail("this filter is not supported yet"))
}
