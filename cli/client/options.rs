//! What a client is to do. The defaults are the paper's.

use super::error::ClientError;
use super::media::{PAYLOAD_MAX, PAYLOAD_MIN};
use pkgraph_sfu::wire::{Key, StreamType, TypeMask};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Payloads of ASQ, VSQ and VHQ in the paper's experiments, in octets.
pub const PAYLOADS: [usize; 3] = [80, 160, 320];
/// One packet of each stream this often, in the paper's first experiment.
pub const INTERVAL: Duration = Duration::from_millis(4);

/// The shortest interval: 10,000 packets a second of each stream.
const INTERVAL_MIN: Duration = Duration::from_micros(100);
/// The longest interval: there is something to see now and then.
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// A stream to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamOptions {
    /// Its type; a client has one stream of each at most.
    pub kind: StreamType,
    /// RTP payload of each packet, in octets: 16 to 1,440.
    pub payload: usize,
}

/// What a client is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    /// The switch's control address.
    pub control: SocketAddr,
    /// The switch's media address, of the same family.
    pub media: SocketAddr,
    /// The local address of both sockets; `None` leaves it to the routes.
    pub local: Option<IpAddr>,
    /// The streams to send, one packet of each after the other.
    pub streams: Vec<StreamOptions>,
    /// From one packet of a stream to the next: 100 µs to 60 s.
    pub interval: Duration,
    /// What to receive from every other client.
    pub wants: TypeMask,
    /// Whether to receive the own packets, too, which tells their delay.
    pub echo: bool,
    /// The lease to ask for, in seconds; 0 leaves it to the switch.
    pub lease: u32,
    /// The session's key, if the switch asks for one.
    pub key: Option<Key>,
}

impl ClientOptions {
    /// The paper's client of the switch at these addresses: one packet of 80,
    /// 160 and 320 octets of payload every 4 ms, everything wanted, the echo
    /// too.
    pub fn new(control: SocketAddr, media: SocketAddr) -> ClientOptions {
        let stream = |kind: StreamType| StreamOptions { kind, payload: PAYLOADS[kind.index()] };
        ClientOptions {
            control,
            media,
            local: None,
            streams: StreamType::ALL.map(stream).to_vec(),
            interval: INTERVAL,
            wants: TypeMask::ALL,
            echo: true,
            lease: 0,
            key: None,
        }
    }

    /// The types of the streams to send.
    pub fn sends(&self) -> TypeMask {
        self.streams.iter().fold(TypeMask::NONE, |mask, stream| mask.with(stream.kind))
    }

    /// # Errors
    /// [`ClientError::Options`] for the first option that cannot be meant.
    pub(super) fn check(&self) -> Result<(), ClientError> {
        let refuse = |why: String| Err(ClientError::Options(why));
        let mut seen = TypeMask::NONE;
        for StreamOptions { kind, payload } in &self.streams {
            if seen.contains(*kind) {
                return refuse(format!("stream {kind} twice: a client has one of each type"));
            }
            seen = seen.with(*kind);
            if !(PAYLOAD_MIN..=PAYLOAD_MAX).contains(payload) {
                return refuse(format!(
                    "a payload of {payload} octets for {kind}: choose {PAYLOAD_MIN} (what the \
                     measurement needs) to {PAYLOAD_MAX} (what fits an Ethernet frame)"
                ));
            }
        }
        if !(INTERVAL_MIN..=INTERVAL_MAX).contains(&self.interval) {
            return refuse(format!(
                "an interval of {:?}: choose {INTERVAL_MIN:?} to {INTERVAL_MAX:?}",
                self.interval
            ));
        }
        let local = self.local.unwrap_or(self.control.ip());
        for (what, ip) in [("media address", self.media.ip()), ("local address", local)] {
            if ip.is_ipv4() != self.control.is_ipv4() {
                return refuse(format!(
                    "the {what} {ip} is not of the family of the control address {}: give both \
                     as IPv4 or both as IPv6",
                    self.control.ip()
                ));
            }
        }
        for (what, address) in [("control", self.control), ("media", self.media)] {
            if address.port() == 0 {
                return refuse(format!("{what} port 0: give the switch's, 1 to 65535"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_papers_load() {
        let at = |text: &str| text.parse().unwrap();
        let options = ClientOptions::new(at("127.0.0.1:5005"), at("127.0.0.1:5004"));
        assert!(options.check().is_ok());
        let octets: usize = options.streams.iter().map(|stream| stream.payload).sum();
        let a_second = 1.0 / options.interval.as_secs_f64();
        assert_eq!(octets as f64 * 8.0 * a_second / 1e6, 1.12);
        assert_eq!(options.streams.len() as f64 * a_second, 750.0);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let at = |text: &str| text.parse().unwrap();
        let good = ClientOptions::new(at("[::1]:5005"), at("[::1]:5004"));
        let stream = |payload| StreamOptions { kind: StreamType::Vhq, payload };
        for (bad, named) in [
            (ClientOptions { streams: vec![stream(15)], ..good.clone() }, "15 octets for VHQ"),
            (ClientOptions { streams: vec![stream(1441)], ..good.clone() }, "1441 octets"),
            (ClientOptions { streams: vec![stream(80); 2], ..good.clone() }, "VHQ twice"),
            (ClientOptions { interval: Duration::ZERO, ..good.clone() }, "interval of 0ns"),
            (ClientOptions { media: at("127.0.0.1:5004"), ..good.clone() }, "both as IPv6"),
            (ClientOptions { media: at("[::1]:0"), ..good.clone() }, "media port 0"),
        ] {
            let message = bad.check().unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }
}
