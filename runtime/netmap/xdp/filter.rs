//! The program that asks each frame whether the port takes it.
//!
//! The program is assembled at run time, so neither a compiler nor a file with
//! its object code is needed. What it does not take goes on to the host as if
//! it were not there.

use crate::netmap::Take;
use crate::sys::Insn;

// `linux/bpf_common.h` and `linux/bpf.h`: class, operation and source.
const LOAD_8: u8 = 0x71;
const LOAD_16: u8 = 0x69;
const LOAD_32: u8 = 0x61;
const LOAD_IMMEDIATE_64: u8 = 0x18;
const MOVE: u8 = 0xbf;
const MOVE_IMMEDIATE: u8 = 0xb7;
const ADD: u8 = 0x0f;
const ADD_IMMEDIATE: u8 = 0x07;
const AND_IMMEDIATE: u8 = 0x57;
const SHIFT_LEFT_IMMEDIATE: u8 = 0x67;
const JUMP: u8 = 0x05;
const JUMP_IF_EQUAL: u8 = 0x15;
const JUMP_IF_NOT_EQUAL: u8 = 0x55;
const JUMP_IF_BITS: u8 = 0x45;
const JUMP_IF_BELOW: u8 = 0xa5;
const JUMP_IF_GREATER: u8 = 0x2d;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;

/// `BPF_PSEUDO_MAP_FD`: the immediate is the descriptor of a map.
const MAP_FD: u8 = 1;
/// `bpf_redirect_map`.
const REDIRECT_MAP: i32 = 51;
/// `XDP_PASS` of `enum xdp_action`.
const XDP_PASS: i32 = 2;

// `struct xdp_md`: offsets in octets.
const CONTEXT_DATA: i16 = 0;
const CONTEXT_DATA_END: i16 = 4;
const CONTEXT_RX_QUEUE: i16 = 16;

// Registers. The kernel gives the context in R1, and calls spare R6 to R9.
const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
/// The frame's end.
const END: u8 = 3;
/// The network header, later the UDP header.
const HEADER: u8 = 4;
const VALUE: u8 = 5;
const CONTEXT: u8 = 6;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_VLAN: u16 = 0x8100;
const PROTOCOL_UDP: i32 = 17;

/// The program for `take`: frames go to the socket that `map` has for their
/// queue, or to the host where it has none.
pub(super) fn assemble(take: &Take, map: i32) -> Vec<Insn> {
    let mut code = Assembler::default();
    code.register(MOVE, CONTEXT, R1);
    if let Take::Udp(ports) = take {
        code.udp_to(ports);
    }
    code.place(Label::Take);
    code.push(LOAD_IMMEDIATE_64, R1, MAP_FD, 0, map);
    code.push(0, 0, 0, 0, 0);
    code.load(LOAD_32, R2, CONTEXT, CONTEXT_RX_QUEUE);
    code.immediate(MOVE_IMMEDIATE, R3, XDP_PASS);
    code.push(CALL, 0, 0, 0, REDIRECT_MAP);
    code.push(EXIT, 0, 0, 0, 0);
    code.place(Label::Pass);
    code.immediate(MOVE_IMMEDIATE, R0, XDP_PASS);
    code.push(EXIT, 0, 0, 0, 0);
    code.finish()
}

/// A place to jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Untagged,
    Ipv6,
    Udp,
    Take,
    Pass,
}

#[derive(Default)]
struct Assembler {
    code: Vec<Insn>,
    places: Vec<(Label, usize)>,
    jumps: Vec<(usize, Label)>,
}

impl Assembler {
    /// Falls through to the instruction after it for what is taken. Before
    /// every load the verifier wants to see that the octets are there.
    fn udp_to(&mut self, ports: &[u16]) {
        self.load(LOAD_32, R2, CONTEXT, CONTEXT_DATA);
        self.load(LOAD_32, END, CONTEXT, CONTEXT_DATA_END);
        self.register(MOVE, HEADER, R2);
        self.immediate(ADD_IMMEDIATE, HEADER, 14);
        self.pass_unless_there(HEADER, 0);
        self.load(LOAD_8, VALUE, R2, 0);
        // Frames for a group of stations.
        self.jump(JUMP_IF_BITS, VALUE, 1, Label::Pass);
        self.load(LOAD_16, VALUE, R2, 12);
        self.jump(JUMP_IF_NOT_EQUAL, VALUE, be16(ETHERTYPE_VLAN), Label::Untagged);
        self.pass_unless_there(HEADER, 4);
        self.load(LOAD_16, VALUE, HEADER, 2);
        self.immediate(ADD_IMMEDIATE, HEADER, 4);

        self.place(Label::Untagged);
        self.jump(JUMP_IF_EQUAL, VALUE, be16(ETHERTYPE_IPV6), Label::Ipv6);
        self.jump(JUMP_IF_NOT_EQUAL, VALUE, be16(ETHERTYPE_IPV4), Label::Pass);
        self.pass_unless_there(HEADER, 20);
        self.load(LOAD_8, VALUE, HEADER, 9);
        self.jump(JUMP_IF_NOT_EQUAL, VALUE, PROTOCOL_UDP, Label::Pass);
        self.load(LOAD_16, VALUE, HEADER, 6);
        // More fragments follow, or came before.
        self.jump(JUMP_IF_BITS, VALUE, be16(0x3fff), Label::Pass);
        self.load(LOAD_8, VALUE, HEADER, 0);
        self.register(MOVE, R0, VALUE);
        self.immediate(AND_IMMEDIATE, R0, 0xf0);
        self.jump(JUMP_IF_NOT_EQUAL, R0, 0x40, Label::Pass);
        self.immediate(AND_IMMEDIATE, VALUE, 0xf);
        self.jump(JUMP_IF_BELOW, VALUE, 5, Label::Pass);
        self.immediate(SHIFT_LEFT_IMMEDIATE, VALUE, 2);
        self.register(ADD, HEADER, VALUE);
        self.jump(JUMP, 0, 0, Label::Udp);

        self.place(Label::Ipv6);
        self.pass_unless_there(HEADER, 40);
        self.load(LOAD_8, VALUE, HEADER, 6);
        self.jump(JUMP_IF_NOT_EQUAL, VALUE, PROTOCOL_UDP, Label::Pass);
        self.immediate(ADD_IMMEDIATE, HEADER, 40);

        self.place(Label::Udp);
        self.pass_unless_there(HEADER, 8);
        self.load(LOAD_16, VALUE, HEADER, 2);
        for port in ports {
            self.jump(JUMP_IF_EQUAL, VALUE, be16(*port), Label::Take);
        }
        self.jump(JUMP, 0, 0, Label::Pass);
    }

    /// Passes a frame that does not have so many octets from `start` on.
    fn pass_unless_there(&mut self, start: u8, octets: i32) {
        self.register(MOVE, R0, start);
        self.immediate(ADD_IMMEDIATE, R0, octets);
        self.jumps.push((self.code.len(), Label::Pass));
        self.push(JUMP_IF_GREATER, R0, END, 0, 0);
    }

    fn load(&mut self, code: u8, to: u8, from: u8, offset: i16) {
        self.push(code, to, from, offset, 0);
    }

    fn register(&mut self, code: u8, to: u8, from: u8) {
        self.push(code, to, from, 0, 0);
    }

    fn immediate(&mut self, code: u8, to: u8, value: i32) {
        self.push(code, to, 0, 0, value);
    }

    fn jump(&mut self, code: u8, register: u8, value: i32, to: Label) {
        self.jumps.push((self.code.len(), to));
        self.push(code, register, 0, 0, value);
    }

    fn push(&mut self, code: u8, to: u8, from: u8, offset: i16, immediate: i32) {
        self.code.push(Insn { code, registers: from << 4 | to, offset, immediate });
    }

    fn place(&mut self, label: Label) {
        self.places.push((label, self.code.len()));
    }

    fn finish(mut self) -> Vec<Insn> {
        // The kernel refuses code that nothing leads to.
        let is_used = self.jumps.iter().any(|(_, to)| *to == Label::Pass);
        if !is_used {
            self.code.truncate(self.code.len() - 2);
        }
        for (from, label) in self.jumps {
            let (_, to) = self.places.iter().find(|(l, _)| *l == label).expect("a placed label");
            self.code[from].offset = (to - from - 1) as i16;
        }
        self.code
    }
}

/// What a 16-bit load finds where the network wrote `value`.
fn be16(value: u16) -> i32 {
    i32::from(value.to_be())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_frames::{edited, ipv4, ipv6};

    /// Runs a program on a frame: whether it reaches the call. Addresses are
    /// offsets into the frame; a load outside of it fails, as the verifier
    /// would have it.
    fn takes(code: &[Insn], frame: &[u8]) -> bool {
        let mut registers = [0u64; 11];
        let mut at = 0;
        for _ in 0..1000 {
            let Insn { code, registers: r, offset, immediate } = code[at];
            let (to, from) = (usize::from(r & 15), usize::from(r >> 4));
            let (a, b) = (registers[to], registers[from]);
            let octet = |n: i64| u64::from(frame[(b as i64 + i64::from(offset) + n) as usize]);
            let value = immediate as u32 as u64;
            at += 1;
            let mut jump = |condition: bool| {
                if condition {
                    at = (at as i64 + i64::from(offset)) as usize;
                }
            };
            match code {
                LOAD_32 => registers[to] = if offset == 4 { frame.len() as u64 } else { 0 },
                LOAD_16 => {
                    let octets = [octet(0) as u8, octet(1) as u8];
                    registers[to] = u64::from(u16::from_ne_bytes(octets));
                }
                LOAD_8 => registers[to] = octet(0),
                MOVE => registers[to] = b,
                MOVE_IMMEDIATE => registers[to] = value,
                ADD => registers[to] = a + b,
                ADD_IMMEDIATE => registers[to] = a + value,
                AND_IMMEDIATE => registers[to] = a & value,
                SHIFT_LEFT_IMMEDIATE => registers[to] = a << value,
                JUMP => jump(true),
                JUMP_IF_EQUAL => jump(a == value),
                JUMP_IF_NOT_EQUAL => jump(a != value),
                JUMP_IF_BITS => jump(a & value != 0),
                JUMP_IF_BELOW => jump(a < value),
                JUMP_IF_GREATER => jump(a > b),
                LOAD_IMMEDIATE_64 => at += 1,
                CALL => return true,
                EXIT => return false,
                other => panic!("unknown code {other:#x}"),
            }
        }
        panic!("it does not end")
    }

    fn tagged(mut frame: Vec<u8>) -> Vec<u8> {
        frame.splice(12..12, [0x81, 0, 0, 7]);
        frame
    }

    #[test]
    fn what_is_taken() {
        let media = assemble(&"udp dst port 5004 or udp dst port 6000".parse().unwrap(), 3);
        for (frame, taken, what) in [
            (ipv4(0), true, "IPv4"),
            (ipv4(40), true, "options"),
            (tagged(ipv4(0)), true, "a tag"),
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
            (edited(tagged(ipv4(0)), 16, 0x81), false, "two tags"),
        ] {
            assert_eq!(takes(&media, &frame), taken, "{what}");
        }
        for whole in [ipv4(0), tagged(ipv4(8)), ipv6()] {
            for len in 0..whole.len() {
                assert!(!takes(&media, &whole[..len]), "{len} of {} octets", whole.len());
            }
        }
        assert!(takes(&assemble(&Take::All, 3), &[]));
    }
}
