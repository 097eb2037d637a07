//! Mounted file systems and their sizes.

use std::sync::mpsc;

use adept_wire::{Map, Value, map};
use rustix::fs::{StatVfs, statvfs};

use super::{Facts, Machine};

/// File systems that may wait for another machine.
const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "glusterfs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "9p",
    "lustre",
    "afs",
];

pub(super) fn mounts(machine: &Machine<'_>, facts: &mut Facts) {
    // An old /etc/mtab is a file of its own that knows more than the kernel does.
    let text = machine.read("/etc/mtab").filter(|t| !t.is_empty()).or_else(|| machine.read("/proc/mounts"));
    let bound = bind_mounts(&machine.read("/proc/self/mountinfo").unwrap_or_default());
    let uuids = machine.names("/dev/disk/by-uuid").into_iter().filter_map(|uuid| {
        let device = std::fs::canonicalize(machine.path(&format!("/dev/disk/by-uuid/{uuid}"))).ok()?;
        Some((device, uuid))
    });
    let uuids: Vec<_> = uuids.collect();
    let mut mounts = Vec::new();
    for line in text.unwrap_or_default().lines() {
        let fields: Vec<String> = line.split_whitespace().map(unescaped).collect();
        let [device, mount, fstype, options, dump, passno] = &fields[..] else { continue };
        if !(device.starts_with('/') || device.contains(":/")) || fstype == "none" {
            continue;
        }
        let mut options = options.clone();
        if bound.contains(mount) && !options.split(',').any(|o| o == "bind") {
            options.push_str(",bind");
        }
        let real = std::fs::canonicalize(machine.path(device)).ok();
        let uuid = uuids.iter().find(|(d, _)| Some(d) == real.as_ref()).map_or("N/A", |(_, uuid)| uuid.as_str());
        let mut entry = map! {
            "mount" => mount.as_str(),
            "device" => device.as_str(),
            "fstype" => fstype.as_str(),
            "options" => options,
            "dump" => dump.parse::<i64>().unwrap_or(0),
            "passno" => passno.parse::<i64>().unwrap_or(0),
        };
        match size(machine, mount, fstype) {
            Ok(Some(vfs)) => entry.extend(sizes(&vfs)),
            Ok(None) => {}
            Err(note) => {
                entry.insert("note".into(), note.into());
            }
        }
        entry.insert("uuid".into(), uuid.into());
        mounts.push(Value::map(entry));
    }
    facts.set("mounts", Value::list(mounts));
}

/// Asks a file system for its size. One that may hang is asked on a thread, and left behind when it takes too long.
fn size(machine: &Machine<'_>, mount: &str, fstype: &str) -> Result<Option<StatVfs>, &'static str> {
    let path = machine.path(mount);
    if !NETWORK.contains(&fstype) {
        return Ok(statvfs(&path).ok());
    }
    let (answer, answered) = mpsc::channel();
    let _ = std::thread::Builder::new().name("statvfs".into()).spawn(move || {
        let _ = answer.send(statvfs(&path).ok());
    });
    // Ansible's words.
    answered.recv_timeout(machine.timeout).map_err(|_| "Timed out while attempting to get extra information.")
}

fn sizes(vfs: &StatVfs) -> Map {
    map! {
        "size_total" => vfs.f_frsize * vfs.f_blocks,
        "size_available" => vfs.f_frsize * vfs.f_bavail,
        "block_size" => vfs.f_bsize,
        "block_total" => vfs.f_blocks,
        "block_available" => vfs.f_bavail,
        "block_used" => vfs.f_blocks.saturating_sub(vfs.f_bavail),
        "inode_total" => vfs.f_files,
        "inode_available" => vfs.f_favail,
        "inode_used" => vfs.f_files.saturating_sub(vfs.f_favail),
    }
}

/// Mount points that show a part of a file system only.
fn bind_mounts(mountinfo: &str) -> Vec<String> {
    mountinfo
        .lines()
        .filter_map(|l| {
            let mut fields = l.split_whitespace().skip(3);
            let (root, mount) = (fields.next()?, fields.next()?);
            (root != "/").then(|| unescaped(mount))
        })
        .collect()
}

/// `\040` is a space.
fn unescaped(field: &str) -> String {
    let mut out = Vec::with_capacity(field.len());
    let bytes = field.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        match code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_binds() {
        assert_eq!(unescaped(r"/mnt/a\040b\134c\x"), "/mnt/a b\\c\\x");
        let info = "36 35 98:0 / /mnt rw - ext4 /dev/a rw\n37 35 98:0 /sub /srv/a\\040b rw shared:1 - ext4 /dev/a rw\n";
        assert_eq!(bind_mounts(info), ["/srv/a b"]);
    }
}
