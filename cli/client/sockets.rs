//! The client's two UDP sockets, connected to the switch, and what the system
//! says they dropped.

use super::error::ClientError;
use super::options::ClientOptions;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Octets asked for as receive buffer; the kernel grants `net.core.rmem_max`
/// at most.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A connected, non-blocking UDP socket: it hears the switch alone, and its
/// host saying that nobody has the port.
///
/// # Errors
/// [`ClientError::System`], with what could not be done and why.
pub fn open(options: &ClientOptions, peer: SocketAddr) -> Result<UdpSocket, ClientError> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let ip = options.local.unwrap_or(any);
    let failed = |what: String| move |error| ClientError::System { what, error };
    let open = || {
        let socket = Socket::new(Domain::for_address(peer), Type::DGRAM, Some(Protocol::UDP))?;
        // A small buffer is no reason not to start.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.set_nonblocking(true)?;
        io::Result::Ok(socket)
    };
    let socket = open().map_err(failed("cannot open a UDP socket".into()))?;
    socket.bind(&SocketAddr::new(ip, 0).into()).map_err(failed(format!(
        "cannot bind a UDP socket to {ip} (`ip address` lists the addresses of this host)"
    )))?;
    socket.connect(&peer.into()).map_err(failed(format!(
        "no way to the switch at {peer} (`ip route get {}` shows why)",
        peer.ip()
    )))?;
    Ok(socket.into())
}

/// Packets that the kernel dropped because these sockets' buffers were full,
/// from /proc/net/udp. `None` if that cannot be read.
pub fn drops(sockets: [&UdpSocket; 2]) -> Option<u64> {
    let mut drops = None;
    for table in ["/proc/self/net/udp", "/proc/self/net/udp6"] {
        let Ok(text) = std::fs::read_to_string(table) else { continue };
        for socket in sockets {
            if let Some(inode) = inode(socket)
                && let Some(more) = drops_in(&text, &inode)
            {
                *drops.get_or_insert(0) += more;
            }
        }
    }
    drops
}

/// The number that /proc/net/udp knows a socket by.
fn inode(socket: &UdpSocket) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    Some(inode.to_owned())
}

/// The last field of the line whose tenth is `inode` (proc_pid_net(5)).
fn drops_in(table: &str, inode: &str) -> Option<u64> {
    let line = table.lines().find(|line| line.split_whitespace().nth(9) == Some(inode))?;
    line.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_is_seen() {
        let bound = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (receiver, other) = (bound(), bound());
        assert_eq!(drops([&receiver, &other]), Some(0));
        socket2::SockRef::from(&receiver).set_recv_buffer_size(1).unwrap();
        for _ in 0..1000 {
            other.send_to(&[0; 1000], receiver.local_addr().unwrap()).unwrap();
        }
        receiver.set_nonblocking(true).unwrap();
        let mut kept = 0;
        while receiver.recv(&mut [0; 1000]).is_ok() {
            kept += 1;
        }
        assert_eq!(drops([&receiver, &other]), Some(1000 - kept));
    }

    #[test]
    fn an_address_of_another_host_is_named() {
        let peer = "127.0.0.1:9".parse().unwrap();
        let mut options = ClientOptions::new(peer, peer);
        options.local = Some("192.0.2.1".parse().unwrap());
        let error = open(&options, peer).unwrap_err().to_string();
        assert!(error.contains("192.0.2.1") && error.contains("ip address"), "{error}");
    }
}
