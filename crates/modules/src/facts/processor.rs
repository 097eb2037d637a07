//! Processors, from /proc/cpuinfo.

use std::collections::BTreeMap;

use adept_wire::Value;

use super::{Facts, Machine};

pub(super) fn processor(machine: &Machine<'_>, facts: &mut Facts) {
    let Some(text) = machine.read("/proc/cpuinfo") else { return };
    let usable = rustix::thread::sched_getaffinity(None).ok().map(|set| u64::from(set.count()));
    let cpus = Cpus::parse(&text);
    facts.set("processor", Value::list(cpus.described.clone()));
    facts.set("processor_count", cpus.count());
    facts.set("processor_cores", cpus.cores());
    facts.set("processor_threads_per_core", cpus.threads_per_core());
    facts.set("processor_vcpus", cpus.count() * cpus.cores() * cpus.threads_per_core());
    facts.set("processor_nproc", usable.unwrap_or(cpus.processors));
    if !cpus.flags.is_empty() {
        facts.set("flags", cpus.flags.clone());
    }
}

#[derive(Default)]
struct Cpus {
    /// Number, vendor and model of each, one after the other.
    described: Vec<Value>,
    processors: u64,
    /// Physical id -> cores.
    sockets: BTreeMap<String, u64>,
    siblings: u64,
    flags: Vec<String>,
}

impl Cpus {
    fn parse(text: &str) -> Cpus {
        let mut cpus = Cpus::default();
        let mut socket = String::new();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim(), value.trim());
            match key {
                // On s390x each processor is a line of its own: `processor 0: version = ...`.
                _ if key.starts_with("processor ") => {
                    cpus.processors += 1;
                    cpus.described.push(value.into());
                }
                "processor" => {
                    cpus.processors += 1;
                    cpus.described.push(value.into());
                }
                "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" => cpus.described.push(value.into()),
                "physical id" => {
                    socket = value.to_string();
                    cpus.sockets.entry(socket.clone()).or_insert(1);
                }
                "cpu cores" => {
                    cpus.sockets.insert(socket.clone(), value.parse().unwrap_or(1));
                }
                "siblings" => cpus.siblings = value.parse().unwrap_or(0),
                "flags" | "Features" | "features" if cpus.flags.is_empty() => {
                    cpus.flags = value.split_whitespace().map(String::from).collect();
                }
                _ => {}
            }
        }
        cpus
    }

    /// Sockets; where the machine doesn't tell about them, processors.
    fn count(&self) -> u64 {
        if self.sockets.is_empty() { self.processors } else { self.sockets.len() as u64 }
    }

    fn cores(&self) -> u64 {
        self.sockets.values().next().copied().unwrap_or(1)
    }

    fn threads_per_core(&self) -> u64 {
        (self.siblings / self.cores().max(1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sockets_with_threads() {
        let one = |n: u32, socket: u32| {
            format!(
                "processor\t: {n}\nvendor_id\t: V\nmodel name\t: M\nphysical id\t: {socket}\nsiblings\t: 4\ncpu cores\t: 2\nflags\t: a b\n\n"
            )
        };
        let text: String = (0..8).map(|n| one(n, n / 4)).collect();
        let cpus = Cpus::parse(&text);
        assert_eq!((cpus.count(), cpus.cores(), cpus.threads_per_core()), (2, 2, 2));
        assert_eq!(cpus.described[..4], ["0".into(), "V".into(), "M".into(), "1".into()]);
        assert_eq!(cpus.flags, ["a", "b"]);
    }

    #[test]
    fn arm_tells_of_no_sockets() {
        let text = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n\nprocessor\t: 1\nFeatures\t: fp asimd\n";
        let cpus = Cpus::parse(text);
        assert_eq!((cpus.count(), cpus.cores(), cpus.threads_per_core()), (2, 1, 1));
        assert_eq!(cpus.described, ["0".into(), "1".into()]);
    }
}
