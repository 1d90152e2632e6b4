//! What stands at the other end of the guest's cable: clients of the switch, as
//! frames in and frames out.

use pkgraph_sfu::wire::{Ssid, StreamType};
use std::io::{ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

/// The switch, as its guest has it.
pub const SWITCH: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub const MEDIA_PORT: u16 = 5004;
const SWITCH_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0];
const ETHERNET: usize = 14;
const HEADERS: usize = ETHERNET + 20 + 8;
/// How long copies may take, on a machine with other work, before they are lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// A client's number, from 0, as its address.
pub fn address(client: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, 101 + client as u8)
}

/// A client's name.
pub fn ssid(client: usize) -> Ssid {
    Ssid::new(16 * (client as u32 + 1)).expect("low bits 0, and not 0")
}

/// A client's Ethernet address.
pub fn mac(client: usize) -> [u8; 6] {
    [2, 0, 0, 0, 1, client as u8]
}

/// A frame with a media packet: 12 octets of RTP header and `payload` more.
pub fn media(client: usize, kind: StreamType, payload: usize, seq: u16) -> Vec<u8> {
    let len = (8 + 12 + payload) as u16;
    let mut frame = Vec::with_capacity(HEADERS + 12 + payload);
    frame.extend(SWITCH_MAC);
    frame.extend(mac(client));
    frame.extend([8, 0, 0x45, 0]);
    frame.extend((20 + len).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    frame.extend(address(client).octets());
    frame.extend(SWITCH.octets());
    let sum = checksum(0, &frame[ETHERNET..]);
    frame[ETHERNET + 10..][..2].copy_from_slice(&sum.to_be_bytes());
    frame.extend(MEDIA_PORT.to_be_bytes());
    frame.extend(MEDIA_PORT.to_be_bytes());
    frame.extend(len.to_be_bytes());
    frame.extend([0, 0, 0x80, 96]);
    frame.extend(seq.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(ssid(client).ssrc(kind).to_be_bytes());
    frame.resize(HEADERS + 12 + payload, 0x5a);
    // The pseudo-header: the addresses, which stand before, protocol and length.
    let sum = checksum(17 + u32::from(len), &frame[ETHERNET + 12..]);
    frame[HEADERS - 2..][..2].copy_from_slice(&sum.to_be_bytes());
    frame
}

/// RFC 1071, over data of an even length.
fn checksum(start: u32, data: &[u8]) -> u16 {
    let words = data.as_chunks::<2>().0.iter();
    let sum = words.fold(start, |sum, word| sum + u32::from(u16::from_be_bytes(*word)));
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

/// The cable.
pub struct Wire(UnixStream);

impl Wire {
    /// Waits for the guest to plug in.
    pub fn accept(listener: &UnixListener) -> Result<Wire, String> {
        let wire = |error| format!("the guest's cable: {error}");
        let (stream, _) = listener.accept().map_err(wire)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(wire)?;
        Ok(Wire(stream))
    }

    /// A place to plug in.
    pub fn listen(path: &Path) -> Result<UnixListener, String> {
        UnixListener::bind(path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Sends frames in one go, so that the guest finds them together, and waits
    /// for so many media packets of the switch; how many come in time.
    pub fn exchange(&mut self, frames: &[Vec<u8>], copies: usize) -> Result<usize, String> {
        let mut octets = Vec::new();
        for frame in frames {
            octets.extend((frame.len() as u32).to_be_bytes());
            octets.extend(frame);
        }
        self.0.write_all(&octets).map_err(|error| format!("the guest's cable: {error}"))?;
        let mut seen = 0;
        while seen < copies {
            let mut length = [0; 4];
            match self.0.read_exact(&mut length) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(seen),
                Err(error) => return Err(format!("the guest's cable: {error}")),
            }
            let mut frame = vec![0; u32::from_be_bytes(length) as usize];
            let rest = self.0.read_exact(&mut frame);
            rest.map_err(|error| format!("the guest's cable: {error}"))?;
            seen += usize::from(is_media(&frame));
        }
        Ok(seen)
    }
}

/// Whether the switch's media port has sent this frame, over IPv4.
fn is_media(frame: &[u8]) -> bool {
    frame.len() > HEADERS
        && frame[12..14] == [8, 0]
        && frame[ETHERNET + 9] == 17
        && frame[ETHERNET + 20..][..2] == MEDIA_PORT.to_be_bytes()
}
