//! What the paper found: Baltas and Xylomenos, "Evaluating the Impact of Network
//! I/O on Ultra-Low Delay Packet Switching".

/// netmap's CPU as a share of the sockets', the average over 6, 8 and 10
/// clients (section IV-A): packets per second of each client, the share, the
/// figure.
pub const CPU: [(f64, f64, &str); 2] = [(750.0, 0.234, "Fig. 3"), (1500.0, 0.247, "Fig. 4")];

/// netmap's delay as a share of the sockets', the average over 6 and 8 clients
/// of 750 packets per second (section IV-B, Fig. 5).
pub const DELAY: (f64, f64, &str) = (750.0, 0.113, "Fig. 5");

/// A line d(n) = a + b·n in nanoseconds (section III-C).
pub struct Line {
    /// As it stands in a figure.
    pub key: &'static str,
    pub name: &'static str,
    pub a: f64,
    pub b: f64,
}

/// The delay models.
pub const MODELS: [Line; 2] = [
    Line { key: "P1", name: "paper, sockets", a: 700.0, b: 2300.0 },
    Line { key: "P2", name: "paper, netmap", a: 300.0, b: 200.0 },
];

/// What the paper ran on (section IV).
pub const TESTBED: &str = "eleven machines with a Realtek RTL8111/8168B Gigabit Ethernet \
    controller and Linux 3.2.63 on a LAN of their own, one of them the switch";

/// The share of the CPU and the figure, if the paper has this rate.
pub fn cpu(packets_per_second: f64) -> Option<(f64, &'static str)> {
    let same = |&&(rate, ..): &&(f64, f64, &str)| rate == packets_per_second;
    CPU.iter().find(same).map(|&(_, share, figure)| (share, figure))
}

/// As [`cpu`], of the delay.
pub fn delay(packets_per_second: f64) -> Option<(f64, &'static str)> {
    let (rate, share, figure) = DELAY;
    (rate == packets_per_second).then_some((share, figure))
}
