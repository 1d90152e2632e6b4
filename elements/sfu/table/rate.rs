//! Rates: how many of something a second, in all or per host (docs/wire.md,
//! "Limits").

use pkgraph::runtime::Nanos;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// The length of a window.
const SECOND: Nanos = 1_000_000_000;

/// Hosts whose rates are kept at one time, at most.
const HOSTS_MAX: usize = 4096;

/// A count over a second that starts with its first event. The first event
/// after the second has passed starts the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    start: Nanos,
    count: u32,
}

impl Window {
    /// Counts an event unless `limit` of them have been in this window.
    pub fn admit(&mut self, now: Nanos, limit: u32) -> bool {
        if self.is_over(now) {
            *self = Window { start: now, count: 0 };
        }
        if self.count >= limit {
            return false;
        }
        self.count += 1;
        true
    }

    fn is_over(&self, now: Nanos) -> bool {
        self.count == 0 || now >= self.start.saturating_add(SECOND)
    }
}

/// A window for each host that was active in the last second.
#[derive(Debug, Default)]
pub struct HostWindows(HashMap<IpAddr, Window>);

impl HostWindows {
    /// Counts an event of the host of `ip`, unless it has had `limit` of them
    /// or too many hosts are active at once.
    pub fn admit(&mut self, ip: IpAddr, now: Nanos, limit: u32) -> bool {
        if self.0.len() >= HOSTS_MAX {
            self.0.retain(|_, window| !window.is_over(now));
        }
        let has_room = self.0.len() < HOSTS_MAX;
        match self.0.get_mut(&host(ip)) {
            Some(window) => window.admit(now, limit),
            None if has_room => {
                let mut window = Window { start: now, count: 0 };
                let admitted = window.admit(now, limit);
                self.0.insert(host(ip), window);
                admitted
            }
            None => false,
        }
    }
}

/// What counts as one host: an IPv4 address or an IPv6 /64.
pub fn host(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(prefix(ip, 64)),
    }
}

/// What counts as one network: an IPv6 /48. IPv4 has none.
pub fn network(ip: IpAddr) -> Option<Ipv6Addr> {
    match ip {
        IpAddr::V4(_) => None,
        IpAddr::V6(ip) => Some(prefix(ip, 48)),
    }
}

fn prefix(ip: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() & !(u128::MAX >> bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lets_through_so_many_a_second() {
        let mut window = Window::default();
        for start in [0, 5 * SECOND] {
            assert!((0..3).all(|i| window.admit(start + i, 3)));
            assert!(!window.admit(start + SECOND - 1, 3));
        }
        assert!(window.admit(6 * SECOND, 3));
        assert!(!window.admit(100 * SECOND, 0));
    }

    #[test]
    fn hosts_are_ipv4_addresses_and_ipv6_64s() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_ne!(host(ip("10.0.0.1")), host(ip("10.0.0.2")));
        assert_eq!(host(ip("2001:db8:1:2::1")), host(ip("2001:db8:1:2:ffff::2")));
        assert_ne!(host(ip("2001:db8:1:2::1")), host(ip("2001:db8:1:3::1")));
        assert_eq!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:8002::1")));
        assert_ne!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:2:2::1")));
        assert_eq!(network(ip("10.0.0.1")), None);
    }

    #[test]
    fn the_memory_for_hosts_is_bounded() {
        let mut windows = HostWindows::default();
        let ip = |n: u32| IpAddr::V4(n.into());
        assert!((0..HOSTS_MAX as u32).all(|n| windows.admit(ip(n), 0, 1)));
        assert!(!windows.admit(ip(1 << 20), 0, 1), "one host too many");
        assert!(!windows.admit(ip(7), 0, 1), "a known one keeps its count");
        assert!(windows.admit(ip(1 << 20), SECOND, 1));
        assert_eq!(windows.0.len(), 1);
    }
}
