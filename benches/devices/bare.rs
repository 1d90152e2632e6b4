//! The calls of the baseline as a C program would make them: wait, one recvfrom
//! for a packet, one sendto for a copy, and nothing besides.

use crate::switch::{Asked, FIRST, MEDIA};
use pkgraph_runtime::Epoll;
use pkgraph_runtime::sys::socket::{RawAddress, receive_from, send_to, set_number};
use std::net::{SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Instant;

pub fn run(asked: &Asked, clients: usize, ready: impl FnOnce()) {
    let socket = UdpSocket::bind(("10.0.0.1", MEDIA)).expect("the switch's address");
    socket.set_nonblocking(true).expect("a socket");
    // DSCP EF (RFC 3246), as the switch sends audio.
    let (tos, buffer_size) = (46i32 << 2, 4i32 << 20);
    let _ = set_number(&socket, libc::IPPROTO_IP, libc::IP_TOS, tos);
    let _ = set_number(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, buffer_size);
    let mut epoll = Epoll::new().expect("a descriptor");
    epoll.add(socket.as_raw_fd(), false, 0).expect("a descriptor");
    epoll.add(asked.bell.as_raw_fd(), false, 1).expect("a descriptor");
    let addresses: Vec<RawAddress> = (0..clients).map(address).collect();
    let mut buffer = [0u8; 2048];
    ready();
    while asked.go_on(|| f64::NAN) {
        epoll.wait(None, |_| {}).expect("a wait");
        let begun = Instant::now();
        let mut moved = false;
        while let Ok((read, from)) = receive_from(socket.as_fd(), &mut buffer) {
            for to in addresses.iter().filter(|to| !to.has_port_of(&from)) {
                let _ = send_to(socket.as_fd(), &buffer[..read], to);
            }
            moved = true;
        }
        if moved {
            asked.bursts.borrow_mut().push(begun.elapsed().as_nanos() as u32);
        }
    }
}

fn address(client: usize) -> RawAddress {
    SocketAddrV4::new([10, 0, 0, 2].into(), FIRST + client as u16).into()
}
