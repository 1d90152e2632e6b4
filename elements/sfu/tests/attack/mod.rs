//! What an attacker can do and does not get: one row of attacks a file, each
//! while a session goes on that must not notice.

mod claims;
mod cookies;
mod floods;
mod octets;

use super::*;
use crate::wire::HELLO_MIN;

/// Members whose media is checked after every attack.
struct Session {
    bench: Bench,
    peers: Vec<Peer>,
    seq: u32,
    packets: u32,
}

impl Session {
    /// Three members, of whom the first has an echo.
    fn new() -> Session {
        let mut bench = Bench::new(64);
        let peers = bench.members(3);
        // Rates that the members have used are theirs again.
        bench.clock.advance(SECOND);
        Session { bench, peers, seq: 100, packets: 0 }
    }

    /// Every member sends a packet of every type, and all of it arrives where
    /// it should, byte for byte, and nothing else leaves.
    fn goes_on(&mut self) {
        for (n, peer) in self.peers.iter().enumerate() {
            for kind in StreamType::ALL {
                self.packets += 1;
                let packet = rtp(peer.ssid.ssrc(kind), &self.packets.to_be_bytes());
                self.bench.push(peer.media, MEDIA, &packet);
                let others = self.peers.iter().filter(|other| other.ssid != peer.ssid);
                let mut expected: Vec<Address> = others.map(|other| other.media).collect();
                expected.extend((n == 0).then_some(peer.media));
                let sent = self.bench.sent();
                let got: Vec<Address> = sent.iter().map(|(_, to, ..)| *to).collect();
                assert_eq!(got, expected, "{kind} of member {n}");
                assert!(
                    sent.iter()
                        .all(|(from, .., octets)| { *from == own(MEDIA) && *octets == packet })
                );
            }
        }
    }

    /// The members renew their leases.
    fn renew(&mut self) {
        self.seq += 1;
        for peer in &self.peers {
            let message = Message::Keepalive { token: peer.token, seq: self.seq };
            let answer = self.bench.ask(peer.control, CONTROL, peer.ssid.get(), &message);
            assert!(matches!(answer, Some(Message::Ack { status: Status::DONE, .. })));
        }
    }

    /// Sends a message, and says what came to whom: at most one answer.
    fn send(
        &mut self,
        from: Address,
        port: usize,
        ssrc: u32,
        message: &Message,
    ) -> Option<Message> {
        self.bench.ask(from, port, ssrc, message)
    }

    /// What a REGISTER from here with this cookie is answered.
    fn register(&mut self, from: Address, nonce: u64, cookie: Cookie) -> Option<Message> {
        let register = Register { nonce, cookie, echo: false, wants: TypeMask::ALL, lease: 300 };
        self.send(from, CONTROL, 0, &Message::Register(register))
    }

    fn hello(&mut self, from: Address, port: usize, nonce: u64) -> Cookie {
        Bench::cookie(self.send(from, port, 0, &Message::hello(nonce)))
    }

    /// How many clients the switch has.
    fn clients(&self) -> usize {
        self.bench.element.read_handler("clients").unwrap().to_string().lines().count()
    }
}

fn is_challenge(answer: &Option<Message>) -> bool {
    matches!(answer, Some(Message::Challenge { .. }))
}

fn is_registered(answer: &Option<Message>) -> bool {
    matches!(answer, Some(Message::Registered(_)))
}

/// Host number `n` of many.
fn host(n: u32) -> Address {
    let [_, a, b, c] = n.to_be_bytes();
    at(&format!("10.{}.{b}.{c}:666", 128 + a))
}
