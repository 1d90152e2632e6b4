//! Cookies: proof that a peer receives at the address it writes from, without
//! a memory of who asked (docs/wire.md, "Return routability").

use super::super::wire::Cookie;
use super::random::Random;
use hmac::{Hmac, Mac};
use pkgraph::runtime::{Address, Nanos};
use sha2::Sha256;
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// How long a slot lasts. A cookie is good in its slot and in the next.
pub const SLOT: Nanos = 30_000_000_000;

/// Cookies of one slot that are remembered as used, at most. 34 hosts at
/// their full rate of REGISTERs fill a slot.
const USED_MAX: usize = 1 << 16;

/// What a cookie is bound to, besides the time.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The peer that has to receive the cookie.
    pub peer: Address,
    /// The switch's UDP port that the peer wrote to.
    pub own_udp_port: u16,
    /// The nonce.
    pub nonce: u64,
}

/// Makes cookies, knows them again, and remembers which have registered.
pub struct Cookies {
    mac: Hmac<Sha256>,
    /// Used cookies by the parity of the slot they were made in: the two
    /// slots whose cookies are good differ in it.
    used: [Used; 2],
}

#[derive(Default)]
struct Used {
    slot: u64,
    cookies: HashSet<Cookie>,
}

/// A cookie that is good.
#[derive(Clone, Copy, Debug)]
pub struct Good {
    slot: u64,
    cookie: Cookie,
}

impl Cookies {
    /// Takes a key of its own from `random`.
    pub fn new(random: &mut Random) -> Cookies {
        let key = random.octets();
        let mac = Hmac::new_from_slice(&key).expect("HMAC takes keys of any length");
        Cookies { mac, used: Default::default() }
    }

    /// The cookie for `bound` in the slot of `now`.
    pub fn make(&self, bound: &Bound, now: Nanos) -> Cookie {
        self.in_slot(bound, now / SLOT)
    }

    /// Whether `cookie` was made for `bound` in this slot or the one before.
    /// Takes the same time whichever octet is wrong.
    pub fn check(&self, cookie: &Cookie, bound: &Bound, now: Nanos) -> Option<Good> {
        let slot = now / SLOT;
        [Some(slot), slot.checked_sub(1)]
            .into_iter()
            .flatten()
            .find(|slot| self.in_slot(bound, *slot).ct_eq(cookie).into())
            .map(|slot| Good { slot, cookie: *cookie })
    }

    /// Whether the cookie has registered a client before.
    pub fn is_used(&self, good: &Good) -> bool {
        let used = &self.used[(good.slot % 2) as usize];
        used.slot == good.slot && used.cookies.contains(&good.cookie)
    }

    /// Whether one more cookie of this slot can be remembered. If not, it must
    /// not register: a cookie registers once.
    pub fn has_room(&self, good: &Good) -> bool {
        let used = &self.used[(good.slot % 2) as usize];
        used.slot != good.slot || used.cookies.len() < USED_MAX
    }

    /// Remembers that the cookie has registered a client.
    pub fn use_up(&mut self, good: Good) {
        let used = &mut self.used[(good.slot % 2) as usize];
        if used.slot != good.slot {
            used.slot = good.slot;
            used.cookies.clear();
        }
        used.cookies.insert(good.cookie);
    }

    /// The MAC over slot, address, port and nonce, each of fixed size behind
    /// the family, so that no two inputs are the same octets.
    fn in_slot(&self, bound: &Bound, slot: u64) -> Cookie {
        let mut mac = self.mac.clone();
        mac.update(&slot.to_be_bytes());
        match bound.peer.ip() {
            IpAddr::V4(ip) => {
                mac.update(&[4]);
                mac.update(&ip.octets());
            }
            IpAddr::V6(ip) => {
                let scope = match bound.peer.socket_addr() {
                    SocketAddr::V6(v6) => v6.scope_id(),
                    SocketAddr::V4(_) => 0,
                };
                mac.update(&[6]);
                mac.update(&ip.octets());
                mac.update(&scope.to_be_bytes());
            }
        }
        mac.update(&bound.peer.udp_port().to_be_bytes());
        mac.update(&bound.own_udp_port.to_be_bytes());
        mac.update(&bound.nonce.to_be_bytes());
        let full = mac.finalize().into_bytes();
        let mut cookie = [0; 16];
        cookie.copy_from_slice(&full[..16]);
        cookie
    }
}

#[cfg(test)]
impl Cookies {
    /// Uses up as many cookies of the slot of `now` as can be remembered.
    pub fn fill(&mut self, now: Nanos) {
        for n in 0..USED_MAX as u128 {
            self.use_up(Good { slot: now / SLOT, cookie: n.to_be_bytes() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(peer: &str, own_udp_port: u16, nonce: u64) -> Bound {
        let peer: SocketAddr = peer.parse().unwrap();
        Bound { peer: peer.into(), own_udp_port, nonce }
    }

    #[test]
    fn a_cookie_is_good_for_what_it_was_made_for_in_two_slots() {
        let cookies = Cookies::new(&mut Random::from_seed(1));
        let made_for = bound("10.0.0.1:4000", 5005, 7);
        let cookie = cookies.make(&made_for, SLOT + 1);
        let good = |bound: &Bound, now| cookies.check(&cookie, bound, now).is_some();
        for (now, is_good) in
            [(SLOT - 1, false), (SLOT, true), (3 * SLOT - 1, true), (3 * SLOT, false)]
        {
            assert_eq!(good(&made_for, now), is_good, "at {now}");
        }
        for other in [
            bound("10.0.0.2:4000", 5005, 7),
            bound("10.0.0.1:4001", 5005, 7),
            bound("[2001:db8::1]:4000", 5005, 7),
            bound("10.0.0.1:4000", 5004, 7),
            bound("10.0.0.1:4000", 5005, 8),
        ] {
            assert!(!good(&other, SLOT + 1), "{other:?}");
        }
        let scoped = bound("[fe80::1%1]:4000", 5005, 7);
        let cookie = cookies.make(&scoped, 0);
        assert!(cookies.check(&cookie, &bound("[fe80::1%2]:4000", 5005, 7), 0).is_none());
        assert!(cookies.check(&cookie, &scoped, 0).is_some());
    }

    #[test]
    fn keys_differ() {
        let bound = bound("10.0.0.1:4000", 5005, 7);
        let of = |seed| Cookies::new(&mut Random::from_seed(seed)).make(&bound, 0);
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn the_memory_for_used_cookies_is_bounded() {
        let mut cookies = Cookies::new(&mut Random::from_seed(1));
        let good = |slot| Good { slot, cookie: [0xff; 16] };
        cookies.fill(0);
        assert!(!cookies.has_room(&good(0)) && cookies.has_room(&good(1)));
        assert!(cookies.has_room(&good(2)), "the slot that follows in its place");
    }

    #[test]
    fn used_cookies_are_forgotten_when_they_would_be_no_good_anyway() {
        let mut cookies = Cookies::new(&mut Random::from_seed(1));
        let (a, b) = (bound("10.0.0.1:1", 5005, 1), bound("10.0.0.1:1", 5005, 2));
        let cookie = cookies.make(&a, 0);
        let good = cookies.check(&cookie, &a, 0).unwrap();
        assert!(!cookies.is_used(&good));
        cookies.use_up(good);
        assert!(cookies.is_used(&good));
        // A slot later the other half is used, and this one is kept.
        let later = cookies.check(&cookies.make(&b, SLOT), &b, SLOT).unwrap();
        cookies.use_up(later);
        assert!(cookies.is_used(&good) && cookies.is_used(&later));
        // Two slots later its place is taken.
        let last = cookies.check(&cookies.make(&b, 2 * SLOT), &b, 2 * SLOT).unwrap();
        cookies.use_up(last);
        assert!(cookies.is_used(&later) && cookies.is_used(&last));
        assert_eq!(cookies.used[0].cookies.len(), 1);
    }
}
