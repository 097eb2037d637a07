//! Addresses of the machine's interfaces, and names from the resolver.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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

/// One TCP connection of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// The kernel's number of its state.
    pub state: u8,
}

/// All TCP connections. IPv4 over an IPv6 socket is given as IPv4.
///
/// # Errors
/// When the kernel doesn't tell.
pub fn tcp_connections() -> io::Result<Vec<Connection>> {
    let mut found = connections_in(&fs::read_to_string("/proc/net/tcp")?);
    // A kernel without IPv6 has no such file.
    found.extend(connections_in(&fs::read_to_string("/proc/net/tcp6").unwrap_or_default()));
    Ok(found)
}

fn connections_in(table: &str) -> Vec<Connection> {
    let parse = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, remote) = (kernel_address(fields.next()?)?, kernel_address(fields.next()?)?);
        Some(Connection { local, remote, state: u8::from_str_radix(fields.next()?, 16).ok()? })
    };
    table.lines().filter_map(parse).collect()
}

/// `0100007F:1F90`: words of the address in the machine's byte order, and the port.
fn kernel_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::with_capacity(16);
    for start in (0..address.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(address.get(start..start + 8)?, 16).ok()?.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => IpAddr::from(v4),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?).to_canonical(),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
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
    #[cfg(target_endian = "little")]
    fn addresses_of_the_kernel() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
                     0: 0100007F:1F90 0200000A:0016 01 0:0\n   \
                     1: 0000000000000000FFFF00000100007F:0050 00000000000000000000000001000000:0051 06 0:0\n";
        let found = connections_in(table);
        let texts: Vec<_> = found.iter().map(|c| format!("{} {} {}", c.local, c.remote, c.state)).collect();
        assert_eq!(texts, ["127.0.0.1:8080 10.0.0.2:22 1", "127.0.0.1:80 [::1]:81 6"]);
    }

    #[test]
    fn loopback_has_its_address() {
        let lo = addresses().into_iter().find(|a| a.ip == IpAddr::from([127, 0, 0, 1])).unwrap();
        assert_eq!((lo.label.as_str(), lo.prefix, lo.broadcast), ("lo", 8, None));
    }
}
