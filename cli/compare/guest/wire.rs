//! What stands at the other end of the guest's cable: clients of the switch, as
//! frames in and frames out.

use pkgraph_ethernet::{EtherAddress, Link};
use pkgraph_ip::UdpHeaders;
use pkgraph_runtime::Address;
use pkgraph_sfu::wire::{Ssid, StreamType};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
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
    let mut media = vec![0x80, 96];
    media.extend(seq.to_be_bytes());
    media.extend([0; 4]);
    media.extend(ssid(client).ssrc(kind).to_be_bytes());
    media.resize(12 + payload, 0x5a);
    let link = Link { own: EtherAddress(mac(client)), peer: EtherAddress(SWITCH_MAC), tag: None };
    let endpoint = |ip: Ipv4Addr| Address::from(SocketAddr::from((ip, MEDIA_PORT)));
    let headers = UdpHeaders::new(&link, &endpoint(address(client)), &endpoint(SWITCH));
    headers.expect("of one family").frame(&media, true).expect("short enough")
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
