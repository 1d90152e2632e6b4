//! Receiving frames.

use super::{PacketSocketError, filter};
use crate::Packet;
use crate::netmap::{Events, Take};
use crate::sys::{Arrived, Device, Epoll, Frames, PacketSocket};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// Octets asked for as receive buffer: a fan-out in progress must not cost
/// arriving frames.
const RECEIVE_BUFFER: i32 = 4 << 20;

/// A packet socket that receives from one interface.
pub struct Receiver {
    socket: PacketSocket,
    frames: Frames,
    device: Device,
    events: Events,
    /// Over the socket and what happens to the interface.
    epoll: Epoll,
}

impl Receiver {
    /// A socket on `interface` that is shown what `take` says.
    pub fn open(interface: &str, take: &Take) -> Result<Receiver, PacketSocketError> {
        let device = Device::find(interface)
            .ok_or_else(|| PacketSocketError::Missing(interface.to_string()))?;
        let failed = |error| PacketSocketError::System(interface.to_string(), error);
        let code = filter::assemble(take);
        let socket = PacketSocket::receiver(device.index, &code, RECEIVE_BUFFER).map_err(failed)?;
        if !socket.is_ethernet() {
            return Err(PacketSocketError::NoEthernet(interface.to_string()));
        }
        let events = Events::listen(&device).map_err(failed)?;
        let epoll = Epoll::new().map_err(failed)?;
        for fd in [socket.as_raw_fd(), events.bell().as_raw_fd()] {
            epoll.add(fd, false, 0).map_err(failed)?;
        }
        Ok(Receiver { socket, frames: Frames::default(), device, events, epoll })
    }

    /// A descriptor that is readable when there are frames, or the interface
    /// has gone.
    pub fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Whether the interface has been deleted.
    #[inline]
    pub fn is_gone(&self) -> bool {
        self.events.index() != Some(self.device.index)
    }

    /// Receives a frame into the octets of each packet, as far as there are
    /// frames now: how many. `WouldBlock` when there is none, `NetworkDown` when
    /// the interface has just gone down.
    ///
    /// # Panics
    /// If a packet is shared and there is no buffer to copy it into.
    pub fn receive(&mut self, packets: &mut [Packet]) -> io::Result<usize> {
        let octets =
            |packet| Packet::data_mut(packet).expect("a packet to receive into is unshared");
        self.frames.receive(&self.socket, packets.iter_mut().map(octets))
    }

    /// Frame `n` of the last call; `None` if it has no whole header.
    pub fn arrived(&self, n: usize) -> Option<Arrived> {
        self.frames.arrived(n)
    }

    /// Frames that found no room in the socket since the last call.
    pub fn dropped(&self) -> u64 {
        self.socket.dropped()
    }
}
