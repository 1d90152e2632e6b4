//! A station that sends and receives whole frames (packet(7)).

use super::network::Network;
use pkgraph_runtime::sys::{Device, Frames, PacketSocket, SendMany, readable};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// All octets of every frame, in classic BPF (`BPF_RET` of
/// `linux/bpf_common.h`).
const EVERYTHING: libc::sock_filter = libc::sock_filter { code: 6, jt: 0, jf: 0, k: 0x4_0000 };

/// The packet sockets of an interface.
pub struct Raw {
    sender: PacketSocket,
    receiver: PacketSocket,
}

/// A frame that was received. The kernel takes an IEEE 802.1Q tag out of it.
pub struct Frame {
    pub octets: Vec<u8>,
    pub tag: Option<u16>,
}

impl Raw {
    /// Sockets on `interface` of namespace `n`.
    pub fn open(network: &Network, n: usize, interface: &str) -> Raw {
        network.inside(n, || {
            let Device { index, .. } = Device::find(interface).unwrap();
            let sender = PacketSocket::sender(index).unwrap();
            let receiver = PacketSocket::receiver(index, &[EVERYTHING], 1 << 20).unwrap();
            Raw { sender, receiver }
        })
    }

    /// Sends a frame as it is.
    #[track_caller]
    pub fn send(&self, frame: &[u8]) {
        let sent = self.sender.send(&mut SendMany::default(), [frame].into_iter());
        assert_eq!(sent.unwrap(), 1);
    }

    /// The next frame that is received; fails when none comes for 10 s.
    #[track_caller]
    pub fn receive(&self) -> Frame {
        let limit = Some(Duration::from_secs(10));
        assert_eq!(readable([self.receiver.as_raw_fd()], limit), [true], "no frame");
        let (mut octets, mut frames) = (vec![0u8; 4096], Frames::default());
        let place = std::iter::once(&mut octets[..]);
        assert_eq!(frames.receive(&self.receiver, place).unwrap(), 1);
        let arrived = frames.arrived(0).unwrap();
        octets.truncate(arrived.len);
        Frame { octets, tag: arrived.tag.map(|(_, tag)| tag) }
    }
}
