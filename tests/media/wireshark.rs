//! Wireshark with docs/wireshark/pksw.lua: messages made here, and sessions
//! recorded.

use crate::capture::Capture;
use crate::process::{Running, free_udp_ports, graph, output};
use crate::switch::count;
use crate::tool::{folder, turn};
use std::fs::write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

/// UDP ports that the dissector takes for the switch's.
const MEDIA: u16 = 5004;
const CONTROL: u16 = 5005;
/// One that it does not, and one that is decoded as ours.
const OTHER: u16 = 7004;
const DECODED: u16 = 7005;

/// What tshark prints for each packet that `filter` lets through: the values
/// of the fields, those of one field separated by commas.
fn tshark(file: &Path, udp_ports: &[u16], filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let script = concat!("lua_script:", env!("CARGO_MANIFEST_DIR"), "/docs/wireshark/pksw.lua");
    let mut command = Command::new("tshark");
    command.args(["-n", "-X", script, "-r"]).arg(file);
    for udp_port in udp_ports {
        command.args(["-d", &format!("udp.port=={udp_port},pksw")]);
    }
    command.args(["-Y", filter, "-T", "fields", "-E", "separator=|"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.to_lowercase().contains("lua:"), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// A file with these datagrams, each to a UDP port (the pcap format, with
/// packets that start with the IPv4 header: link type 101).
fn pcap(file: &Path, datagrams: &[(u16, Vec<u8>)]) {
    let mut octets = Vec::new();
    for word in [0xa1b2_c3d4_u32, 2 | 4 << 16, 0, 0, 65_535, 101] {
        octets.extend(word.to_le_bytes());
    }
    for (udp_port, payload) in datagrams {
        let (udp, ip) = (8 + payload.len() as u16, 28 + payload.len() as u16);
        for word in [0, 0, u32::from(ip), u32::from(ip)] {
            octets.extend(word.to_le_bytes());
        }
        octets.extend([0x45, 0, (ip >> 8) as u8, ip as u8, 0, 0, 0, 0, 64, 17, 0, 0]);
        octets.extend([Ipv4Addr::LOCALHOST.octets(); 2].concat());
        [40_000, *udp_port, udp, 0].iter().for_each(|word| octets.extend(word.to_be_bytes()));
        octets.extend(payload);
    }
    write(file, octets).unwrap();
}

/// One of our packets, its body given in words.
fn message(subtype: u8, ssrc: u32, body: &[u32]) -> Vec<u8> {
    let mut octets = vec![0x80 | subtype, 204, 0, 2 + body.len() as u8];
    octets.extend(ssrc.to_be_bytes());
    octets.extend(b"PKSW");
    body.iter().for_each(|word| octets.extend(word.to_be_bytes()));
    octets
}

/// Subtype and body of a message, then its fields and their values.
type Case<'a> = (u8, Vec<u32>, &'a [(&'a str, &'a str)]);

/// An RTCP receiver report of nothing.
const REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 0x71];

fn hello() -> Vec<u8> {
    message(1, 0, &[&[0x0102_0304, 0x0506_0708][..], &[0; 11]].concat())
}

#[test]
fn every_message_is_dissected() {
    let Some(_turn) = turn(&["tshark"]) else { return };
    const NONCE: [u32; 2] = [0x0102_0304, 0x0506_0708];
    const TOKEN: [u32; 2] = [0x1112_1314, 0x1516_1718];
    const COOKIE: [u32; 4] = [0x2021_2223, 0x2425_2627, 0x2829_2a2b, 0x2c2d_2e2f];
    const COOKIE_TEXT: &str = "202122232425262728292a2b2c2d2e2f";
    let with = |parts: &[&[u32]]| parts.concat();
    let page = [9, 4, 128, 130, 0x120, 5, 0x130, 0];
    let cases: [Case; 14] = [
        (1, with(&[&NONCE, &[0; 11]]), &[("nonce", "0x0102030405060708")]),
        (2, with(&[&NONCE, &COOKIE]), &[("nonce", "0x0102030405060708"), ("cookie", COOKIE_TEXT)]),
        (
            3,
            with(&[&NONCE, &COOKIE, &[1, 5, 20]]),
            &[
                ("cookie", COOKIE_TEXT),
                ("flags.echo", "1"),
                ("wants", "0x00000005"),
                ("type.asq", "1"),
                ("type.vsq", "0"),
                ("type.vhq", "1"),
                ("lease", "20"),
            ],
        ),
        (
            4,
            with(&[&NONCE, &[0x120, 30], &TOKEN, &[7]]),
            &[
                ("ssid", "0x00000120"),
                ("lease", "30"),
                ("token", "0x1112131415161718"),
                ("version", "7"),
            ],
        ),
        (5, with(&[&TOKEN, &[1], &COOKIE]), &[("seq", "1"), ("cookie", COOKIE_TEXT)]),
        (
            6,
            with(&[&TOKEN, &[2, 0x8000_0002, 0x120, 1, 0, 6]]),
            &[
                ("add", "1"),
                ("count", "2"),
                ("entry.source", "0x00000120,0x00000000"),
                ("entry.mask", "0x00000001,0x00000006"),
                ("type.vsq", "0,1"),
            ],
        ),
        (7, with(&[&TOKEN, &[3]]), &[("token", "0x1112131415161718"), ("seq", "3")]),
        (8, with(&[&TOKEN, &[4]]), &[("seq", "4")]),
        (9, with(&[&TOKEN, &[5, 128]]), &[("seq", "5"), ("first", "128")]),
        (10, vec![6, 8, 3], &[("seq", "6"), ("status", "8"), ("version", "3")]),
        (
            11,
            page.to_vec(),
            &[
                ("seq", "9"),
                ("version", "4"),
                ("first", "128"),
                ("total", "130"),
                ("member.ssid", "0x00000120,0x00000130"),
                ("member.seen", "0x00000005,0x00000000"),
            ],
        ),
        (12, with(&[&NONCE, &[7]]), &[("nonce", "0x0102030405060708"), ("code", "7")]),
        (13, vec![12], &[("version", "12")]),
        (14, COOKIE.to_vec(), &[("tag", COOKIE_TEXT)]),
    ];
    let folder = folder("messages");
    for (subtype, body, expected) in &cases {
        let file = folder.join(format!("{subtype}.pcap"));
        let octets = message(*subtype, 0x120, body);
        // Ours by its UDP port, by what it says, and by being decoded as ours,
        // behind a packet that is not ours.
        let behind = [&REPORT[..], &octets].concat();
        pcap(&file, &[(CONTROL, octets.clone()), (OTHER, octets), (DECODED, behind)]);
        let names: Vec<_> = expected.iter().map(|(name, _)| format!("pksw.{name}")).collect();
        let mut fields = vec!["pksw.subtype", "pksw.ssrc", "pksw.malformed", "_ws.malformed"];
        fields.extend(names.iter().map(String::as_str));
        let packets = tshark(&file, &[DECODED], "pksw", &fields);
        assert_eq!(packets.len(), 3, "{subtype}: {packets:?}");
        for values in packets {
            assert_eq!(values[..4], [&subtype.to_string(), "0x00000120", "", ""], "{subtype}");
            let got: Vec<_> = values[4..].iter().map(String::as_str).collect();
            let expected: Vec<_> = expected.iter().map(|(_, value)| *value).collect();
            assert_eq!(got, expected, "{subtype}: {names:?}");
        }
    }
}

#[test]
fn what_is_malformed_is_marked() {
    let Some(_turn) = turn(&["tshark"]) else { return };
    let keepalive = || message(7, 0x120, &[1, 2, 3]);
    let tag = || message(14, 0x120, &[0; 4]);
    let rtp =
        |first: u8, rest: &[u8]| [&[first, 96, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x21][..], rest].concat();
    let mut padded = keepalive();
    padded[0] |= 0x20;
    padded[23] = 4;
    let mut zeros = hello();
    zeros[63] = 1;
    // A datagram, and what is said of it: nothing if it is well formed.
    let cases: Vec<(u16, Vec<u8>, &str)> = vec![
        (CONTROL, hello(), ""),
        (CONTROL, [keepalive(), tag()].concat(), ""),
        (CONTROL, message(20, 0x120, &[1]), ""),
        (CONTROL, [&REPORT[..], &[0x5a; 30]].concat(), ""), // encrypted
        (MEDIA, rtp(0x80, b"media"), ""),
        (MEDIA, rtp(0x91, &[0, 0, 0, 1, 0xbe, 0xde, 0, 0]), ""),
        (CONTROL, hello()[..60].to_vec(), "longer than what is left"),
        (CONTROL, message(1, 0, &[0; 10]), "a HELLO is in 64 octets"),
        (CONTROL, zeros, "a HELLO has zeros"),
        (CONTROL, message(2, 0, &[0; 5]), "its body has 24 octets, this one 20"),
        (CONTROL, message(7, 0x120, &[1, 2, 3, 4]), "its body has 12 octets, this one 16"),
        (CONTROL, message(3, 0, &[0, 0, 0, 0, 0, 0, 2, 0, 0]), "a flag other than echo"),
        (CONTROL, message(3, 0, &[0, 0, 0, 0, 0, 0, 0, 8, 0]), "a type other than"),
        (CONTROL, message(4, 0, &[0, 0, 0x121, 0, 0, 0, 0]), "an SSID is not 0"),
        (CONTROL, message(6, 0x120, &[0, 0, 1, 2, 0, 1]), "2 entries in 8 octets"),
        (CONTROL, message(11, 0x120, &[0, 0, 0, 1, 0x120]), "whole members"),
        (CONTROL, padded, "never padded"),
        (CONTROL, [tag(), keepalive()].concat(), "AUTH is the last"),
        (CONTROL, [keepalive(), keepalive()].concat(), "one answer at most"),
        (CONTROL, [keepalive(), vec![0x80, 201]].concat(), "cut short"),
        (CONTROL, [keepalive(), vec![0x40, 201, 0, 0]].concat(), "the version of RTCP is 2"),
        (CONTROL, [keepalive(), vec![0x80, 80, 0, 0]].concat(), "packet types"),
        (CONTROL, vec![0x81, 201, 0, 1, 0, 0, 0, 1], "shorter than what it counts"),
        (MEDIA, vec![0x80], "neither RTP nor RTCP"),
        (MEDIA, rtp(0x40, b""), "neither RTP nor RTCP"),
        (MEDIA, rtp(0x80, b"")[..11].to_vec(), "an RTP header of 12 octets in 11"),
        (MEDIA, rtp(0x8f, b"media"), "an RTP header of 72 octets in 17"),
        (MEDIA, rtp(0x90, &[0, 0, 0, 2, 1, 1, 1, 1]), "an RTP header of 24 octets in 20"),
    ];
    let file = folder("malformed").join("cases.pcap");
    let datagrams: Vec<_> = cases.iter().map(|(port, octets, _)| (*port, octets.clone())).collect();
    pcap(&file, &datagrams);
    let fields = ["frame.number", "pksw.malformed", "_ws.expert.message"];
    let marked = tshark(&file, &[], "pksw.malformed", &fields);
    for (n, (_, _, why)) in cases.iter().enumerate() {
        let number = (n + 1).to_string();
        let said = marked.iter().find(|packet| packet[0] == number).map(|packet| &packet[2]);
        assert_eq!(said.is_some(), !why.is_empty(), "{number}: {why}: {said:?}");
        assert!(said.is_none_or(|said| said.contains(why)), "{number}: {why}: {said:?}");
    }
}

/// A recording of which all is known that tshark says of each datagram.
struct Recording {
    datagrams: Vec<Datagram>,
}

struct Datagram {
    is_to_switch: bool,
    is_media_port: bool,
    subtypes: Vec<u8>,
    is_rtp: bool,
    is_malformed: bool,
}

impl Recording {
    /// All of a session with a switch on these UDP ports: its media port, and
    /// its control port.
    fn read(file: &Path, udp_ports: [u16; 2]) -> Recording {
        let fields = [
            "udp.dstport",
            "udp.srcport",
            "pksw.subtype",
            "rtp.ssrc",
            "pksw.malformed",
            "_ws.malformed",
            "_ws.lua.error",
        ];
        let [media, control] = udp_ports;
        let filter = format!("udp.port=={media}||udp.port=={control}");
        let datagrams = tshark(file, &udp_ports, &filter, &fields).into_iter().map(|values| {
            // Wireshark notes what we call malformed as such, and nothing else.
            let is_same = values[4].is_empty() == values[5].is_empty();
            assert!(is_same && values[6].is_empty(), "{values:?}");
            let [to, from] = [0, 1].map(|n| values[n].parse::<u16>().unwrap());
            let is_to_switch = udp_ports.contains(&to);
            let subtypes = values[2].split(',').filter(|text| !text.is_empty());
            Datagram {
                is_to_switch,
                is_media_port: media == if is_to_switch { to } else { from },
                subtypes: subtypes.map(|text| text.parse().unwrap()).collect(),
                is_rtp: !values[3].is_empty(),
                is_malformed: !values[4].is_empty(),
            }
        });
        Recording { datagrams: datagrams.collect() }
    }

    fn count(&self, is: impl Fn(&Datagram) -> bool) -> u64 {
        self.datagrams.iter().filter(|datagram| is(datagram)).count() as u64
    }

    fn of_subtype(&self, subtype: u8) -> u64 {
        self.count(|datagram| datagram.subtypes.contains(&subtype))
    }
}

/// The only column of `tshark` of a recording.
fn column(file: &Path, udp_ports: [u16; 2], filter: &str, field: &str) -> Vec<String> {
    tshark(file, &udp_ports, filter, &[field])
        .into_iter()
        .map(|mut values| values.remove(0))
        .collect()
}

#[test]
fn a_session_reads_as_the_switch_counted_it() {
    let Some(_turn) = turn(&["tshark", "tcpdump"]) else { return };
    let folder = folder("session");
    let ports = free_udp_ports("127.0.0.1");
    let capture = Capture::start(ports);
    let [media, control] = ports;
    let (code, out, err) = output(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &format!("MEDIA={media}"),
        &format!("CONTROL={control}"),
        "--clients",
        "2",
        "--for",
        "1s",
        "-h",
        "sfu.counters",
    ]);
    assert_eq!(code, Some(0), "{err}");
    let file = capture.finish(&folder);
    let recording = Recording::read(&file, ports);

    // What is not dissected as ours is media; nothing is malformed.
    assert_eq!(recording.count(|d| d.subtypes.is_empty() && !d.is_rtp), 0);
    assert_eq!(recording.count(|d| d.is_malformed), 0);
    let is_ours = |d: &Datagram| !d.subtypes.is_empty();
    let counted = |name: &str| count(&out, name);
    assert_eq!(recording.count(|d| d.is_to_switch && is_ours(d)), counted("control"));
    assert_eq!(recording.count(|d| d.is_to_switch && d.is_rtp), counted("media"));
    assert_eq!(recording.count(|d| !d.is_to_switch && d.is_rtp), counted("copies"));
    let answers = |d: &Datagram| !d.is_to_switch && is_ours(d) && !d.subtypes.contains(&13);
    assert_eq!(recording.count(answers), counted("answers"));
    assert_eq!(recording.of_subtype(13), counted("changed"));
    assert_eq!(recording.of_subtype(1), recording.of_subtype(3), "HELLOs and REGISTERs");
    assert_eq!(recording.of_subtype(4), counted("joined"));
    assert_eq!(recording.of_subtype(8), counted("left"));
    assert_eq!(recording.count(|d| d.subtypes.contains(&5) && !d.is_media_port), 0, "BINDs");

    // Each SSRC of media is an SSID and a type.
    let mut ssids = column(&file, ports, "pksw.subtype==4", "pksw.ssid");
    assert_eq!(ssids.len(), 2);
    let mut sources = column(&file, ports, "rtp", "rtp.ssrc");
    sources.sort();
    sources.dedup();
    let number = |text: &String| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    ssids.sort();
    let expected = ssids.iter().flat_map(|ssid| [1, 2, 3].map(|kind| number(ssid) | kind));
    assert_eq!(sources.iter().map(number).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn what_the_switch_drops_as_malformed_reads_so() {
    let Some(_turn) = turn(&["tshark", "tcpdump", "python3"]) else { return };
    let folder = folder("peer");
    let ports = free_udp_ports("127.0.0.1");
    let [media, control] = ports.map(|port| port.to_string());
    let switch = Running::start(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &format!("MEDIA={media}"),
        &format!("CONTROL={control}"),
        "-h",
        "sfu.counters",
    ]);
    let capture = Capture::start(ports);
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/peer.py");
    let peer = Command::new("python3").args([peer, "127.0.0.1", &media, &control]).output();
    assert!(peer.unwrap().status.success());
    let (code, out, err) = switch.end("INT");
    assert_eq!(code, Some(0), "{err}");
    let file = capture.finish(&folder);
    let recording = Recording::read(&file, ports);
    assert!(count(&out, "malformed") > 0, "{out}");
    assert_eq!(recording.count(|d| d.is_to_switch && d.is_malformed), count(&out, "malformed"));
    assert_eq!(recording.count(|d| !d.is_to_switch && d.is_malformed), 0);
    // All but ERROR and AUTH.
    for subtype in (1..=11).chain([13]) {
        assert!(recording.of_subtype(subtype) > 0, "subtype {subtype}");
    }
    let refusals = column(&file, ports, "pksw.refused", "pksw.status");
    assert_eq!(refusals, ["4", "4", "8"], "what peer.py provokes");
}

#[test]
fn a_session_with_a_key_reads_as_its_client_says() {
    let Some(_turn) = turn(&["tshark", "tcpdump"]) else { return };
    const KEY: &str = "0x000102030405060708090a0b0c0d0e0f";
    let folder = folder("key");
    let ports = free_udp_ports("127.0.0.1");
    let [media, control] = ports;
    let text = format!(
        "FromSocket(127.0.0.1, {media}) -> [media] sfu :: SsidReplicate(KEY {KEY});
         FromSocket(127.0.0.1, {control}) -> [control] sfu; sfu -> ToSocket;"
    );
    let file = graph("media_key.click", &text);
    let switch = Running::start(&["run", &file, "--engine", "dynamic"]);
    let capture = Capture::start(ports);
    let server = format!("127.0.0.1:{control}");
    let udp_port = media.to_string();
    let common = ["client", &server, "--media-port", &udp_port, "--for", "200ms"];
    let keyed = ["--key", KEY, "--ssid", "--lease", "20s", "--want", "asq"];
    let (code, out, err) = output(&[&common[..], &keyed].concat());
    assert_eq!(code, Some(0), "{err}");
    // Who has not the key is told so.
    let (code, _, err) = output(&common);
    assert_ne!(code, Some(0), "{err}");
    assert_eq!(switch.end("INT").0, Some(0));
    let file = capture.finish(&folder);
    let recording = Recording::read(&file, ports);
    assert_eq!(recording.count(|d| d.is_malformed), 0);
    let signed = [3, 5, 6, 7, 8, 9];
    let is_signed = |d: &Datagram| d.subtypes.contains(&14);
    let is_to_be = |d: &Datagram| d.subtypes.iter().any(|subtype| signed.contains(subtype));
    assert_eq!(recording.count(|d| is_signed(d) && !is_to_be(d)), 0);
    assert_eq!(recording.count(|d| is_signed(d) && d.subtypes.len() != 2), 0);
    assert!(recording.count(is_signed) >= 4);
    let of = |filter: &str, field: &str| column(&file, ports, filter, field);
    assert_eq!(of("pksw.subtype==4", "pksw.ssid"), [out.lines().next().unwrap()]);
    assert_eq!(of("pksw.subtype==4", "pksw.lease"), ["20"]);
    assert_eq!(of("pksw.subtype==3&&pksw.tag", "pksw.wants"), ["0x00000001"]);
    assert_eq!(of("pksw.subtype==3&&pksw.tag", "pksw.flags.echo"), ["1"]);
    assert!(of("pksw.subtype==12", "pksw.code").iter().all(|code| code == "7"));
    assert!(recording.of_subtype(12) > 0);
}
