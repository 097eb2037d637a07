//! Addresses of the machine's interfaces, and names from the resolver.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One address of one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The interface, or for IPv4 a label such as `eth0:1`.
    pub label: String,
    /// The address.
    pub ip: IpAddr,
    /// Bits of the network part.
    pub prefix: u8,
    /// Where everybody listens, if that is set.
    pub broadcast: Option<Ipv4Addr>,
}

impl Address {
    /// The interface.
    pub fn device(&self) -> &str {
        self.label.split(':').next().unwrap_or_default()
    }
}

/// All addresses, in the kernel's order. None when the kernel doesn't tell.
#[allow(unsafe_code, reason = "only libc lists addresses")]
pub fn addresses() -> Vec<Address> {
    let mut found = Vec::new();
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `getifaddrs` gives a linked list whose entries stay valid until `freeifaddrs`; every pointer in them is
    // either null or valid, and an address is of the type that its family says, which `ip_of` looks at first.
    unsafe {
        if libc::getifaddrs(&mut list) != 0 {
            return found;
        }
        let mut next = list;
        while let Some(entry) = next.as_ref() {
            next = entry.ifa_next;
            let Some(ip) = ip_of(entry.ifa_addr) else { continue };
            let prefix = match ip_of_family(entry.ifa_netmask, ip.is_ipv4()) {
                Some(IpAddr::V4(mask)) => u32::from(mask).count_ones(),
                Some(IpAddr::V6(mask)) => u128::from(mask).count_ones(),
                None => 0,
            };
            let is_broadcast = entry.ifa_flags & libc::IFF_BROADCAST as libc::c_uint != 0;
            let broadcast = match ip_of(entry.ifa_ifu) {
                Some(IpAddr::V4(broadcast)) if is_broadcast => Some(broadcast),
                _ => None,
            };
            let label = CStr::from_ptr(entry.ifa_name).to_string_lossy().into_owned();
            found.push(Address { label, ip, prefix: prefix as u8, broadcast });
        }
        libc::freeifaddrs(list);
    }
    found
}

/// # Safety
/// The pointer is null or points to a socket address of the type that its family says.
#[allow(unsafe_code, reason = "part of `addresses`")]
unsafe fn ip_of(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: as the function's own contract.
    unsafe {
        match i32::from(address.as_ref()?.sa_family) {
            libc::AF_INET => ip_of_family(address, true),
            libc::AF_INET6 => ip_of_family(address, false),
            _ => None,
        }
    }
}

/// # Safety
/// The pointer is null or points to a socket address of this family.
#[allow(unsafe_code, reason = "part of `addresses`")]
unsafe fn ip_of_family(address: *const libc::sockaddr, v4: bool) -> Option<IpAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: as the function's own contract; the read doesn't rely on alignment.
    unsafe {
        if v4 {
            let address = address.cast::<libc::sockaddr_in>().read_unaligned();
            Some(Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes()).into())
        } else {
            let address = address.cast::<libc::sockaddr_in6>().read_unaligned();
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
    }
}

/// The name that the resolver gives to a host's first address; may take as long as name servers do.
#[allow(unsafe_code, reason = "only libc asks the resolver for names of addresses")]
pub fn canonical_name(host: &str) -> Option<String> {
    let host = CString::new(host).ok()?;
    let mut list: *mut libc::addrinfo = std::ptr::null_mut();
    // SAFETY: the hints are plain data for which zero is valid; the list stays valid until `freeaddrinfo`, and its first
    // entry's address is as long as it says; the buffer's length is passed along, and what is written ends in zero.
    unsafe {
        let mut hints: libc::addrinfo = std::mem::zeroed();
        hints.ai_socktype = libc::SOCK_STREAM;
        if libc::getaddrinfo(host.as_ptr(), std::ptr::null(), &hints, &mut list) != 0 {
            return None;
        }
        let mut name = [0 as libc::c_char; 1025];
        let status = list.as_ref().map_or(-1, |first| {
            libc::getnameinfo(
                first.ai_addr,
                first.ai_addrlen,
                name.as_mut_ptr(),
                name.len() as libc::socklen_t,
                std::ptr::null_mut(),
                0,
                libc::NI_NAMEREQD,
            )
        });
        libc::freeaddrinfo(list);
        (status == 0).then(|| CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_its_address() {
        let lo = addresses().into_iter().find(|a| a.ip == IpAddr::from([127, 0, 0, 1])).unwrap();
        assert_eq!((lo.label.as_str(), lo.prefix, lo.broadcast), ("lo", 8, None));
    }
}
