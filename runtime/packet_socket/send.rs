//! Sending frames.

use super::PacketSocketError;
use crate::Packet;
use crate::sys::{Device, PacketSocket, SendMany};
use std::io;

/// A packet socket that sends by one interface, past its queueing discipline.
pub struct Sender {
    socket: PacketSocket,
    many: SendMany,
}

impl Sender {
    /// A socket on `interface`. It receives nothing.
    pub fn open(interface: &str) -> Result<Sender, PacketSocketError> {
        let device = Device::find(interface)
            .ok_or_else(|| PacketSocketError::Missing(interface.to_string()))?;
        let failed = |error| PacketSocketError::System(interface.to_string(), error);
        let socket = PacketSocket::sender(device.index).map_err(failed)?;
        match socket.is_ethernet() {
            true => Ok(Sender { socket, many: SendMany::default() }),
            false => Err(PacketSocketError::NoEthernet(interface.to_string())),
        }
    }

    /// Sends frames with one call, as many of the first as go. An error is of
    /// the first, and then none has gone.
    pub fn send(&mut self, packets: &[Packet]) -> io::Result<usize> {
        self.socket.send(&mut self.many, packets.iter().map(Packet::data))
    }
}
