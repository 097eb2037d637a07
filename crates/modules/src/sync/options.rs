//! `Options`: what is copied and compared, in rsync's terms.

use crate::file_mode::FileMode;

/// What is copied besides content, and how differences are found.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Go into directories.
    pub recursive: bool,
    /// Make directories, but don't go into them.
    pub dirs: bool,
    /// Copy links as links.
    pub links: bool,
    /// Copy what links point to.
    pub copy_links: bool,
    /// Keep modes.
    pub perms: bool,
    /// Keep times.
    pub times: bool,
    /// Leave the times of directories alone.
    pub omit_dir_times: bool,
    /// Keep owners, where this process may.
    pub owner: bool,
    /// Keep groups, where this process may.
    pub group: bool,
    /// The groups that this process may give; `None`: any.
    pub groups: Option<Vec<u32>>,
    /// Copy devices.
    pub devices: bool,
    /// Copy FIFOs and sockets.
    pub specials: bool,
    /// Compare content instead of size and time.
    pub checksum: bool,
    /// Compare sizes only.
    pub size_only: bool,
    /// Copy even what seems equal.
    pub ignore_times: bool,
    /// Leave files alone that are newer at the destination.
    pub update: bool,
    /// Make nothing that isn't there.
    pub existing: bool,
    /// Change no file that is there.
    pub ignore_existing: bool,
    /// Delete what isn't in the source.
    pub delete: bool,
    /// Delete what the filter keeps out, too.
    pub delete_excluded: bool,
    /// Modes for directories, in place of the source's.
    pub dir_modes: Vec<FileMode>,
    /// Modes for files, in place of the source's.
    pub file_modes: Vec<FileMode>,
}

impl Options {
    /// Is this group kept?
    pub fn may_give(&self, gid: u32) -> bool {
        self.group && self.groups.as_ref().is_none_or(|groups| groups.contains(&gid))
    }

    /// `-rlptgoD`.
    pub fn archive(&mut self, on: bool) {
        for flag in [
            &mut self.recursive,
            &mut self.links,
            &mut self.perms,
            &mut self.times,
            &mut self.group,
            &mut self.owner,
            &mut self.devices,
            &mut self.specials,
        ] {
            *flag = on;
        }
    }
}
