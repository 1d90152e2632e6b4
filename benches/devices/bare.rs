//! The calls of the baseline as a C program would make them: wait, one recvfrom
//! for a packet, one sendto for a copy, and nothing besides.

#![allow(unsafe_code)]

use crate::switch::{Asked, FIRST, MEDIA};
use pkgraph_runtime::Epoll;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::Instant;

pub fn run(asked: &Asked, clients: usize, ready: impl FnOnce()) {
    let socket = UdpSocket::bind(("10.0.0.1", MEDIA)).expect("the switch's address");
    socket.set_nonblocking(true).expect("a socket");
    let fd = socket.as_raw_fd();
    // DSCP EF (RFC 3246), as the switch sends audio.
    let (tos, buffer_size) = (46i32 << 2, 4i32 << 20);
    for (level, option, value) in
        [(libc::IPPROTO_IP, libc::IP_TOS, &tos), (libc::SOL_SOCKET, libc::SO_RCVBUF, &buffer_size)]
    {
        // SAFETY: both options take a number, which lives through the call.
        unsafe { libc::setsockopt(fd, level, option, std::ptr::from_ref(value).cast(), 4) };
    }
    let mut epoll = Epoll::new().expect("a descriptor");
    epoll.add(fd, false, 0).expect("a descriptor");
    epoll.add(asked.bell.as_raw_fd(), false, 1).expect("a descriptor");
    let addresses: Vec<libc::sockaddr_in> = (0..clients).map(address).collect();
    let mut buffer = [0u8; 2048];
    ready();
    while asked.go_on(|| f64::NAN) {
        epoll.wait(None, |_| {}).expect("a wait");
        let begun = Instant::now();
        let mut moved = false;
        loop {
            // SAFETY: addresses are numbers; the kernel writes as much as it is
            // told that there is, and reads what was received and addresses of
            // this size.
            unsafe {
                let mut from: libc::sockaddr_in = std::mem::zeroed();
                let mut size = size_of_val(&from) as u32;
                let (start, at) = (buffer.as_mut_ptr().cast(), (&raw mut from).cast());
                let read = libc::recvfrom(fd, start, buffer.len(), 0, at, &raw mut size);
                let Ok(read) = usize::try_from(read) else { break };
                for to in addresses.iter().filter(|to| to.sin_port != from.sin_port) {
                    libc::sendto(fd, start, read, 0, std::ptr::from_ref(to).cast(), size);
                }
            }
            moved = true;
        }
        if moved {
            asked.bursts.borrow_mut().push(begun.elapsed().as_nanos() as u32);
        }
    }
}

fn address(client: usize) -> libc::sockaddr_in {
    // SAFETY: numbers.
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as u16;
    address.sin_port = (FIRST + client as u16).to_be();
    address.sin_addr.s_addr = u32::from_ne_bytes([10, 0, 0, 2]);
    address
}
