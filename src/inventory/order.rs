//! `order:` of a play: in which order its hosts are worked on.

use std::str::FromStr;
use std::sync::Arc;

/// The orders that `order:` knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostOrder {
    /// As the pattern gives them.
    #[default]
    Inventory,
    /// That, backwards.
    ReverseInventory,
    /// By name.
    Sorted,
    /// By name, backwards.
    ReverseSorted,
    /// Random.
    Shuffle,
}

impl HostOrder {
    /// The words of `order:`.
    pub const NAMES: [&str; 5] = ["inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle"];

    /// Puts hosts into this order. Shuffling takes its randomness from `seed`, so that a caller can repeat it.
    pub fn apply(self, hosts: &mut [Arc<str>], seed: u64) {
        match self {
            HostOrder::Inventory => {}
            HostOrder::ReverseInventory => hosts.reverse(),
            HostOrder::Sorted => hosts.sort(),
            HostOrder::ReverseSorted => {
                hosts.sort();
                hosts.reverse();
            }
            HostOrder::Shuffle => {
                let mut state = seed;
                for i in (1..hosts.len()).rev() {
                    hosts.swap(i, (splitmix(&mut state) % (i as u64 + 1)) as usize);
                }
            }
        }
    }
}

/// splitmix64: enough for an order.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The error is the unknown word.
impl FromStr for HostOrder {
    type Err = String;
    fn from_str(s: &str) -> Result<HostOrder, String> {
        Ok(match s {
            "inventory" | "" => HostOrder::Inventory,
            "reverse_inventory" => HostOrder::ReverseInventory,
            "sorted" => HostOrder::Sorted,
            "reverse_sorted" => HostOrder::ReverseSorted,
            "shuffle" => HostOrder::Shuffle,
            other => return Err(other.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::HostOrder;

    #[test]
    fn every_order() {
        let hosts: Vec<std::sync::Arc<str>> = ["b", "c", "a"].map(Into::into).to_vec();
        let ordered = |name: &str| {
            let mut hosts = hosts.clone();
            name.parse::<HostOrder>().unwrap().apply(&mut hosts, 7);
            hosts.concat()
        };
        assert_eq!(ordered("inventory"), "bca");
        assert_eq!(ordered("reverse_inventory"), "acb");
        assert_eq!(ordered("sorted"), "abc");
        assert_eq!(ordered("reverse_sorted"), "cba");
        assert_eq!(ordered("shuffle"), ordered("shuffle"));
        assert_eq!("random".parse::<HostOrder>(), Err("random".to_owned()));
        assert!(HostOrder::NAMES.iter().all(|n| n.parse::<HostOrder>().is_ok()));
    }
}
