//! Floods against the program itself, over loopback, while a session goes on.
//!
//! A round is so many datagrams of the flood and then a packet of media whose
//! copy is waited for, so no socket's buffer overflows and nothing depends on
//! how fast the machine is. The rest of what an attacker may try is in the
//! tests of the element, where time is told by hand.

#[path = "attack_key.rs"]
mod key;

use crate::process::{free_udp_ports, graph, pkgraph};
use pkgraph_elements::sfu::wire::{
    Cookie, Message, Register, Registered, Ssid, Status, StreamType, TypeMask, parse_datagram,
};
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Datagrams of a round, and rounds of a flood.
const ROUND: u64 = 64;
const ROUNDS: u64 = 20;
/// What the switch may grow by under some 20,000 datagrams, in KiB: 200 octets
/// each would be too much.
const GROWTH_MAX: u64 = 4096;

/// The switch as a child process.
struct Switch {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    media: SocketAddr,
    control: SocketAddr,
}

impl Switch {
    /// Starts a graph whose `SsidReplicate` has these arguments.
    fn start(name: &str, arguments: &str) -> Switch {
        let text = format!(
            "define($HOST 127.0.0.1, $MEDIA 5004, $CONTROL 5005)
FromSocket($HOST, $MEDIA) -> [media] sfu :: SsidReplicate({arguments});
FromSocket($HOST, $CONTROL) -> [control] sfu;
sfu -> ToSocket;"
        );
        let graph = graph(name, &text);
        let [media, control] = free_udp_ports("127.0.0.1");
        let defines = [format!("MEDIA={media}"), format!("CONTROL={control}")];
        let arguments = ["run", &graph, "HOST=127.0.0.1", &defines[0], &defines[1]];
        let mut child = pkgraph(&arguments)
            .args(["--engine", "dynamic", "-h", "sfu.counters"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with("ready")) {
            assert!(stderr.read_line(&mut said).unwrap() > 0, "it ended too soon:\n{said}");
        }
        let at = |udp_port| (Ipv4Addr::LOCALHOST, udp_port).into();
        Switch { child, stderr, media: at(media), control: at(control) }
    }

    /// Its resident memory in KiB.
    fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Ends it; its counters.
    fn end(mut self) -> String {
        let kill = Command::new("kill").args(["-s", "INT", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut err).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{err}");
        assert!(!err.contains("did not come home"), "{err}");
        out
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // Nothing happens if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn counter(counters: &str, name: &str) -> u64 {
    let value = counters.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{name}: {counters}")).parse().unwrap()
}

/// A socket of a host of loopback: all of 127.0.0.0/8 is this machine.
fn socket(host: u8) -> UdpSocket {
    let socket = UdpSocket::bind((IpAddr::from([127, 0, 0, host]), 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

/// Sends a message, and reads an answer.
fn ask(socket: &UdpSocket, to: SocketAddr, ssrc: u32, message: &Message) -> Message {
    let mut octets = Vec::new();
    message.emit(ssrc, &mut octets);
    socket.send_to(&octets, to).unwrap();
    answer(socket)
}

/// The next answer; CHANGED is none.
fn answer(socket: &UdpSocket) -> Message {
    loop {
        let mut buffer = [0; 2048];
        let len = socket.recv(&mut buffer).expect("an answer");
        let answer = parse_datagram(&buffer[..len]).unwrap().messages.remove(0).message;
        if !matches!(answer, Message::Changed { .. }) {
            return answer;
        }
    }
}

fn challenge(answer: Message) -> Cookie {
    match answer {
        Message::Challenge { cookie, .. } => cookie,
        other => panic!("not a CHALLENGE: {other:?}"),
    }
}

fn register(nonce: u64, cookie: Cookie) -> Message {
    Message::Register(Register { nonce, cookie, echo: false, wants: TypeMask::ALL, lease: 300 })
}

/// A member of the session: two sockets and a name.
struct Member {
    media: UdpSocket,
    ssid: Ssid,
}

impl Member {
    fn join(switch: &Switch, nonce: u64) -> Member {
        let (control, media) = (socket(1), socket(1));
        let cookie = challenge(ask(&control, switch.control, 0, &Message::hello(nonce)));
        let answer = ask(&control, switch.control, 0, &register(nonce, cookie));
        let Message::Registered(Registered { ssid, token, .. }) = answer else {
            panic!("not REGISTERED: {answer:?}")
        };
        let bind = |cookie| Message::Bind { token, seq: 1, cookie };
        let cookie = challenge(ask(&media, switch.media, ssid.get(), &bind([0; 16])));
        let answer = ask(&media, switch.media, ssid.get(), &bind(cookie));
        assert!(matches!(answer, Message::Ack { status: Status::DONE, .. }), "{answer:?}");
        Member { media, ssid }
    }
}

/// One packet from the first to the second: it arrives, as it is, and no other
/// before it.
fn media_passes(switch: &Switch, [from, to]: &[Member; 2], number: u64) {
    let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
    packet.extend(from.ssid.ssrc(StreamType::Asq).to_be_bytes());
    packet.extend(number.to_be_bytes());
    from.media.send_to(&packet, switch.media).unwrap();
    let mut buffer = [0; 2048];
    let (len, source) = to.media.recv_from(&mut buffer).expect("the copy");
    assert_eq!((&buffer[..len], source), (&packet[..], switch.media));
}

/// What one attacker sends in one go.
type Flood = fn(&Switch, &UdpSocket, u64);

fn hello(switch: &Switch, eve: &UdpSocket, nonce: u64) {
    challenge(ask(eve, switch.control, 0, &Message::hello(nonce)));
}

fn bad_register(switch: &Switch, eve: &UdpSocket, nonce: u64) {
    challenge(ask(eve, switch.control, 0, &register(nonce, [nonce as u8; 16])));
}

/// Joins and leaves, so that the roster changes all the time, until its host
/// is over its rate and gets silence.
fn join_and_leave(switch: &Switch, eve: &UdpSocket, nonce: u64) {
    let cookie = challenge(ask(eve, switch.control, 0, &Message::hello(nonce)));
    let mut octets = Vec::new();
    register(nonce, cookie).emit(0, &mut octets);
    eve.send_to(&octets, switch.control).unwrap();
    // A HELLO is always answered, after the REGISTER.
    let first = ask(eve, switch.control, 0, &Message::hello(!nonce));
    if let Message::Registered(Registered { ssid, token, .. }) = first {
        challenge(answer(eve));
        let left = ask(eve, switch.control, ssid.get(), &Message::Leave { token, seq: 1 });
        assert!(matches!(left, Message::Ack { status: Status::DONE, .. }), "{left:?}");
    }
}

/// Octets that are nothing.
fn noise(switch: &Switch, eve: &UdpSocket, nonce: u64) {
    for to in [switch.control, switch.media] {
        eve.send_to(&[nonce as u8; 100], to).unwrap();
        let mut media = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
        media.extend((nonce as u32).to_be_bytes());
        eve.send_to(&media, to).unwrap();
    }
    hello(switch, eve, nonce);
}

#[test]
fn a_session_goes_on_under_floods_from_one_host_and_from_many() {
    // Every HELLO is to be answered, however fast this machine is.
    let switch = Switch::start("flood.click", "HELLO_RATE 4294967295");
    let members = [Member::join(&switch, 1), Member::join(&switch, 2)];
    let floods: [Flood; 4] = [hello, bad_register, join_and_leave, noise];
    let mut packets = 0;
    let mut before = 0;
    for hosts in [1..2, 2..34] {
        let eves: Vec<UdpSocket> = hosts.map(socket).collect();
        for flood in floods {
            for round in 0..ROUNDS {
                for n in 0..ROUND {
                    packets += 1;
                    flood(&switch, &eves[(n % eves.len() as u64) as usize], packets << 8);
                }
                media_passes(&switch, &members, packets);
                // What it needs once it has by then.
                if before == 0 && round == ROUNDS / 2 {
                    before = switch.memory();
                }
            }
        }
    }
    let grown = switch.memory().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "{grown} KiB more for {packets} datagrams and what they brought");
    let counters = switch.end();
    assert_eq!(counter(&counters, "media"), 2 * floods.len() as u64 * ROUNDS);
    assert_eq!(counter(&counters, "copies"), counter(&counters, "media"));
    // Who joined and left is gone; the members are not.
    assert_eq!(counter(&counters, "joined"), counter(&counters, "left") + 2);
    for reason in ["limited", "malformed", "unknown_type"] {
        assert!(counter(&counters, reason) > 0, "{reason}: {counters}");
    }
}
