//! What a packet socket is shown: a program of classic BPF (`linux/filter.h`),
//! which the kernel runs on each frame.
//!
//! It takes what the filter of the driver xdp takes. The kernel has taken an
//! outer VLAN tag out of the frame before.

use crate::netmap::Take;
use libc::sock_filter;

// `linux/bpf_common.h`: class, size and mode, or class, operation and source.
const LOAD_8: u16 = 0x30;
const LOAD_16: u16 = 0x28;
const LOAD_8_INDEXED: u16 = 0x50;
const LOAD_16_INDEXED: u16 = 0x48;
/// X = 4 × the low four bits of an octet: the length of an IPv4 header.
const LOAD_X_HEADER: u16 = 0xb1;
const TO_A: u16 = 0x87;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const JUMP_IF_BITS: u16 = 0x45;
const RETURN: u16 = 0x06;

/// Octets of a frame that are kept: all.
const WHOLE: u32 = 0x4_0000;

/// The program for `take`. A load past the frame's end refuses the frame.
pub(super) fn assemble(take: &Take) -> Vec<sock_filter> {
    let Take::Udp(ports) = take else { return vec![statement(RETURN, WHOLE)] };
    let mut code = Assembler::default();
    code.load(LOAD_8, 0);
    // Frames for a group of stations.
    code.refuse_if(JUMP_IF_BITS, 1);
    code.load(LOAD_16, 12);
    let ipv6 = code.jump_if(0x86dd);
    code.refuse_unless(JUMP_IF_EQUAL, 0x0800);
    code.load(LOAD_8, 23);
    code.refuse_unless(JUMP_IF_EQUAL, 17);
    code.load(LOAD_16, 20);
    // More fragments follow, or came before.
    code.refuse_if(JUMP_IF_BITS, 0x3fff);
    code.load(LOAD_8, 14);
    code.load(AND, 0xf0);
    code.refuse_unless(JUMP_IF_EQUAL, 0x40);
    code.load(LOAD_X_HEADER, 14);
    code.load(TO_A, 0);
    code.refuse_unless(JUMP_IF_AT_LEAST, 20);
    // The last octet of the UDP header.
    code.load(LOAD_8_INDEXED, 14 + 7);
    code.load(LOAD_16_INDEXED, 14 + 2);
    let udp = code.jump();
    code.place(ipv6);
    code.load(LOAD_8, 20);
    code.refuse_unless(JUMP_IF_EQUAL, 17);
    code.load(LOAD_8, 54 + 7);
    code.load(LOAD_16, 54 + 2);
    code.place(udp);
    code.take_one_of(ports)
}

/// The program that refuses everything.
pub(super) fn nothing() -> Vec<sock_filter> {
    vec![statement(RETURN, 0)]
}

fn statement(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

#[derive(Default)]
struct Assembler {
    code: Vec<sock_filter>,
    /// Jumps to the end, and whether they are taken when the condition holds.
    refusals: Vec<(usize, bool)>,
}

impl Assembler {
    fn load(&mut self, code: u16, k: u32) {
        self.code.push(statement(code, k));
    }

    fn refuse_if(&mut self, code: u16, k: u32) {
        self.refusals.push((self.code.len(), true));
        self.load(code, k);
    }

    fn refuse_unless(&mut self, code: u16, k: u32) {
        self.refusals.push((self.code.len(), false));
        self.load(code, k);
    }

    /// A jump whose place is still to be said.
    fn jump_if(&mut self, k: u32) -> usize {
        self.load(JUMP_IF_EQUAL, k);
        self.code.len() - 1
    }

    fn jump(&mut self) -> usize {
        self.load(JUMP, 0);
        self.code.len() - 1
    }

    /// The jump at `from` comes here.
    fn place(&mut self, from: usize) {
        let distance = self.code.len() - from - 1;
        match &mut self.code[from] {
            jump if jump.code == JUMP => jump.k = distance as u32,
            jump => jump.jt = distance as u8,
        }
    }

    /// The end: a frame is taken if A is one of these.
    fn take_one_of(mut self, ports: &[u16]) -> Vec<sock_filter> {
        for (n, port) in ports.iter().enumerate() {
            let rest = ports.len() - n - 1;
            let jt = (rest + 1) as u8;
            self.code.push(sock_filter { code: JUMP_IF_EQUAL, jt, jf: 0, k: u32::from(*port) });
        }
        let refuse = self.code.len();
        self.code.push(statement(RETURN, 0));
        self.code.push(statement(RETURN, WHOLE));
        for (from, if_true) in self.refusals {
            let distance = (refuse - from - 1) as u8;
            let jump = &mut self.code[from];
            *(if if_true { &mut jump.jt } else { &mut jump.jf }) = distance;
        }
        self.code
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_frames::{edited, ipv4, ipv6};

    /// Whether the program keeps the frame, as the kernel would run it.
    fn keeps(code: &[sock_filter], frame: &[u8]) -> bool {
        let (mut a, mut x, mut at) = (0u32, 0u32, 0);
        let octet = |n: u32| frame.get(n as usize).map(|octet| u32::from(*octet));
        let word = |n: u32| Some(octet(n)? << 8 | octet(n + 1)?);
        loop {
            let sock_filter { code, jt, jf, k } = code[at];
            at += 1;
            let load = |value: Option<u32>| value;
            let loaded = match code {
                LOAD_8 => load(octet(k)),
                LOAD_16 => load(word(k)),
                LOAD_8_INDEXED => load(octet(x + k)),
                LOAD_16_INDEXED => load(word(x + k)),
                TO_A => Some(x),
                AND => Some(a & k),
                LOAD_X_HEADER => {
                    let Some(first) = octet(k) else { return false };
                    x = 4 * (first & 15);
                    Some(a)
                }
                JUMP => {
                    at += k as usize;
                    Some(a)
                }
                RETURN => return k > 0,
                _ => {
                    let holds = match code {
                        JUMP_IF_EQUAL => a == k,
                        JUMP_IF_AT_LEAST => a >= k,
                        JUMP_IF_BITS => a & k != 0,
                        other => panic!("unknown code {other:#x}"),
                    };
                    at += usize::from(if holds { jt } else { jf });
                    Some(a)
                }
            };
            let Some(value) = loaded else { return false };
            a = value;
        }
    }

    #[test]
    fn what_is_taken() {
        let media = assemble(&"udp dst port 5004 or udp dst port 6000".parse().unwrap());
        for (frame, taken, what) in [
            (ipv4(0), true, "IPv4"),
            (ipv4(40), true, "options"),
            (ipv6(), true, "IPv6"),
            (edited(ipv4(0), 36, 0x17), false, "another port"),
            (edited(edited(ipv4(0), 36, 0x17), 37, 0x70), true, "the second port"),
            (edited(ipv4(0), 0, 3), false, "a group address"),
            (edited(ipv4(0), 23, 6), false, "TCP"),
            (edited(ipv4(0), 20, 0x20), false, "the first fragment"),
            (edited(ipv4(0), 21, 1), false, "a later fragment"),
            (edited(ipv4(0), 14, 0x65), false, "another version"),
            (edited(ipv4(0), 14, 0x44), false, "a short header"),
            (edited(ipv6(), 20, 44), false, "a fragment of IPv6"),
            (edited(ipv4(0), 13, 6), false, "ARP"),
        ] {
            assert_eq!(keeps(&media, &frame), taken, "{what}");
        }
        for whole in [ipv4(0), ipv4(8), ipv6()] {
            for len in 0..whole.len() {
                assert!(!keeps(&media, &whole[..len]), "{len} of {} octets", whole.len());
            }
        }
        assert!(keeps(&assemble(&Take::All), &[]));
        assert!(!keeps(&nothing(), &ipv4(0)));
        // As many ports as may be: every jump is within its eight bits.
        let ports: Vec<u16> = (1..=64).collect();
        let many = assemble(&Take::Udp(ports));
        for port in [1, 63, 64, 65] {
            let frame = edited(edited(ipv4(0), 36, 0), 37, port);
            assert_eq!(keeps(&many, &frame), port <= 64, "{port}");
        }
    }
}
