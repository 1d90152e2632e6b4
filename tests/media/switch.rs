//! The switch with static clients, as a user runs it.

use crate::process::{Running, output};
use std::net::UdpSocket;
use std::path::Path;

/// The switch that runs, and where.
pub struct Switch {
    running: Running,
    /// Its UDP port for media.
    pub media: u16,
    /// Its UDP port for control messages.
    pub control: u16,
    place: String,
}

impl Switch {
    /// Starts it without a client. Its control socket is in `folder`.
    pub fn start(folder: &Path) -> Switch {
        let [media, control] = crate::process::free_udp_ports("127.0.0.1");
        let place = format!("unix:{}", folder.join("control").display());
        let arguments = [
            "run",
            "graphs/sfu_socket.click",
            "HOST=127.0.0.1",
            &format!("MEDIA={media}"),
            &format!("CONTROL={control}"),
            "--control",
            &place,
            "-h",
            "sfu.counters",
        ];
        Switch { running: Running::start(&arguments), media, control, place }
    }

    /// Declares a client with this SSID at a UDP port of 127.0.0.1.
    pub fn add_client(&self, ssid: u32, udp_port: u16, rest: &str) {
        let client = format!("ssid={ssid:#x} media=127.0.0.1:{udp_port} {rest}");
        let (code, _, err) = output(&["ctl", &self.place, "write", "sfu.add_client", &client]);
        assert_eq!(code, Some(0), "{err}");
    }

    /// What a handler says.
    pub fn read(&self, handler: &str) -> String {
        let (code, out, err) = output(&["ctl", &self.place, "read", handler]);
        assert_eq!(code, Some(0), "{err}");
        out
    }

    /// Waits until a count is at least `least`.
    pub fn wait_for(&self, name: &str, least: u64) {
        let reached = (0..2000).any(|_| count(&self.read("sfu.counters"), name) >= least);
        assert!(reached, "{name} is below {least}:\n{}", self.read("sfu.counters"));
    }

    /// Ends it: its counters.
    pub fn end(self) -> String {
        let (code, out, err) = self.running.end("INT");
        assert_eq!(code, Some(0), "{err}");
        assert!(!err.contains("did not come home"), "{err}");
        out
    }
}

/// A count of the handler `counters`.
pub fn count(counters: &str, name: &str) -> u64 {
    let mut values = counters.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values
        .next()
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{name}: {counters}"))
}

/// An even UDP port of 127.0.0.1 that was free a moment ago, as was the one
/// above: RTP and RTCP (RFC 3550 §11).
pub fn free_pair() -> u16 {
    let bind = |udp_port| UdpSocket::bind(("127.0.0.1", udp_port));
    let mut kept = Vec::new();
    for _ in 0..200 {
        let socket = bind(0).unwrap();
        let udp_port = socket.local_addr().unwrap().port();
        if udp_port % 2 == 0 && bind(udp_port + 1).is_ok() {
            return udp_port;
        }
        // Held, so that the next is another.
        kept.push(socket);
    }
    panic!("no two free UDP ports follow each other");
}
