//! Frames made by hand: what is forwarded, in which form, and what is not.

use super::network::Network;
use super::raw::Raw;
use super::running::{Running, graph, value};

/// Static clients: two that send, and two that receive what both of them send,
/// on IPv4 and on IPv6.
const GRAPH: &str = "
FromNetmap(sw0, TAKE \"udp dst port 5004 or udp dst port 5005\") -> class :: Classifier;
class[media] -> in :: Counter -> [media] sfu :: SsidReplicate(
    ssid=0x10 media=10.0.0.2:4000,
    ssid=0x20 media=10.0.0.3:4000 wants=asq mac=2:0:0:0:0:3,
    ssid=0x30 media=[fd00::2]:4000,
    ssid=0x40 media=[fd00::3]:4000 wants=asq mac=2:0:0:0:0:4 own=[fd00::1]:5004);
class[control] -> [control] sfu;
class[host] -> host :: Counter -> Discard;
sfu -> ToNetmap(sw0);
";
const SWITCH: [u8; 6] = [2, 0, 0, 0, 0, 1];
const SENDER: [u8; 6] = [2, 0, 0, 0, 0, 2];
const RECEIVERS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 3], [2, 0, 0, 0, 0, 4]];

fn sum(octets: &[u8]) -> u32 {
    let words = octets.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0)));
    let sum: u32 = words.sum();
    (sum & 0xffff) + (sum >> 16)
}

fn finish(sum: u32) -> [u8; 2] {
    let sum = (sum & 0xffff) + (sum >> 16);
    (!(((sum & 0xffff) + (sum >> 16)) as u16)).to_be_bytes()
}

/// An RTP packet of the ASQ of `ssid`, with so many octets after the header.
fn rtp(ssid: u32, payload: usize) -> Vec<u8> {
    let mut octets = vec![0x80, 96, 0, 1, 0, 0, 0, 0];
    octets.extend((ssid | 1).to_be_bytes());
    octets.extend((0..payload).map(|n| n as u8));
    octets
}

fn udp(pseudo: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    let mut udp = [4000u16, 5004, length, 0].map(u16::to_be_bytes).concat();
    udp.extend(payload);
    let check = finish(sum(pseudo) + 17 + u32::from(length) + sum(&udp));
    udp[6..8].copy_from_slice(&check);
    udp
}

/// A datagram from 10.0.0.2:4000 to 10.0.0.1:5004 in a frame.
fn ipv4(tag: Option<u16>, options: usize, payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x45 + options as u8 / 4, 0];
    ip.extend((28 + options as u16 + payload.len() as u16).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]);
    // No-operations (RFC 791 §3.1).
    ip.extend(vec![1; options]);
    let check = finish(sum(&ip));
    ip[10..12].copy_from_slice(&check);
    let udp = udp(&ip[12..20], payload);
    [ethernet(tag, 0x0800), ip, udp].concat()
}

/// The same from fd00::2 to fd00::1.
fn ipv6(payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend((8 + payload.len() as u16).to_be_bytes());
    ip.extend([17, 64]);
    for host in [2, 1] {
        ip.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    let udp = udp(&ip[8..40], payload);
    [ethernet(None, 0x86dd), ip, udp].concat()
}

fn ethernet(tag: Option<u16>, ethertype: u16) -> Vec<u8> {
    let mut header = [SWITCH, SENDER].concat();
    if let Some(tag) = tag {
        header.extend([0x81, 0]);
        header.extend(tag.to_be_bytes());
    }
    header.extend(ethertype.to_be_bytes());
    header
}

fn edited(mut frame: Vec<u8>, at: usize, octet: u8) -> Vec<u8> {
    assert_ne!(frame[at], octet);
    frame[at] = octet;
    frame
}

/// The next frame for a station: its tag, and the frame.
fn copy(raw: &Raw, station: &[u8]) -> (Option<u16>, Vec<u8>) {
    loop {
        let frame = raw.receive();
        if frame.octets.starts_with(station) {
            return (frame.tag, frame.octets);
        }
    }
}

/// Checks a copy's headers and checksums, and returns its payload.
fn opened(frame: &[u8]) -> &[u8] {
    assert_eq!(frame[6..12], SWITCH);
    let is_ipv4 = frame[12..14] == [8, 0];
    let (addresses, udp) = match is_ipv4 {
        true => {
            assert_eq!(frame[14..16], [0x45, 46 << 2], "no options, DSCP EF");
            assert_eq!((frame[22], finish(sum(&frame[14..34]))), (64, [0, 0]));
            assert_eq!(frame[26..34], [10, 0, 0, 1, 10, 0, 0, 3]);
            (&frame[26..34], &frame[34..])
        }
        false => {
            assert_eq!(frame[14..16], [0x60 | 46 >> 2, (46 & 3) << 6]);
            assert_eq!((frame[20], frame[21]), (17, 64));
            (&frame[22..54], &frame[54..])
        }
    };
    assert_eq!(udp[..4], [5004u16, 4000].map(u16::to_be_bytes).concat());
    assert_eq!(usize::from(udp[4]) << 8 | usize::from(udp[5]), udp.len());
    assert_ne!(udp[6..8], [0, 0]);
    assert_eq!(finish(sum(addresses) + 17 + udp.len() as u32 + sum(udp)), [0, 0]);
    &udp[8..]
}

#[test]
fn frames_of_all_kinds() {
    let Some(network) = Network::new(2) else { return };
    network.join((0, "sw0"), (1, "eth0"), 1);
    let raw = Raw::open(&network, 1, "eth0");
    let file = graph("frames.click", GRAPH);
    for [option, driver] in [["--driver", "xdp"], ["--driver", "xdp-skb"], ["--backend", "packet"]]
    {
        let mut arguments = vec![&*file, "--engine", "dynamic", option, driver];
        ["in.count", "host.count"].iter().for_each(|handler| arguments.extend(["-h", handler]));
        let running = Running::start(&network, 0, &arguments);

        let mut forwarded = 0;
        let mut expect = |frame: Vec<u8>, tag: Option<u16>, payload: &[u8]| {
            raw.send(&frame);
            // In the order in which the receivers were declared.
            for (station, ethertype) in RECEIVERS.iter().zip([[8, 0], [0x86, 0xdd]]) {
                let (found, copy) = copy(&raw, station);
                assert_eq!((found, &copy[12..14]), (tag, &ethertype[..]));
                assert!(opened(&copy) == payload, "{} octets", payload.len());
            }
            forwarded += 1;
        };
        // What is silent gets its link with the first packet: in VLAN 7.
        let short = rtp(0x10, 0);
        expect(ipv4(Some(7), 0, &short), Some(7), &short);
        expect(ipv4(None, 0, &short), Some(7), &short);
        // The longest makes a frame on IPv6 that is as long as may be.
        for payload in [1, 2, 160, 1440] {
            let packet = rtp(0x10, payload);
            expect(ipv4(None, 0, &packet), Some(7), &packet);
        }
        for options in [4, 40] {
            let packet = rtp(0x10, 99);
            expect(ipv4(Some(7), options, &packet), Some(7), &packet);
        }
        // Padded to the least length of a frame (IEEE 802.3 §3.2.8).
        let mut padded = ipv4(None, 0, &short);
        padded.resize(60, 0xaa);
        expect(padded, Some(7), &short);
        // No checksum, which IPv4 allows.
        let unchecked = edited(edited(ipv4(None, 0, &short), 40, 0), 41, 0);
        expect(unchecked, Some(7), &short);
        // Only the sum of the pseudo-header, as left to hardware.
        let mut partial = ipv4(None, 0, &short);
        let pseudo = sum(&partial[26..34]) + 17 + 8 + short.len() as u32;
        partial[40..42].copy_from_slice(&finish(pseudo).map(|octet| !octet));
        expect(partial, Some(7), &short);
        let packet = rtp(0x30, 77);
        expect(ipv6(&packet), Some(7), &packet);

        let whole = || ipv4(None, 0, &rtp(0x10, 20));
        let to_the_graphs_host = [
            edited(whole(), 24, 0x55),
            edited(whole(), 60, 0x55),
            edited(ipv6(&packet), 61, 0),
            edited(whole(), 39, 5),
        ];
        to_the_graphs_host.iter().for_each(|frame| raw.send(frame));
        let never_taken =
            [edited(whole(), 0, 3), edited(whole(), 20, 0x20), edited(whole(), 37, 0x99)];
        never_taken.iter().for_each(|frame| raw.send(frame));
        // Behind them all, so that they have been dealt with.
        expect(ipv4(None, 0, &short), Some(7), &short);

        let (code, out, said) = running.end("TERM");
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(value(&out, "in.count"), forwarded, "{driver}");
        assert_eq!(value(&out, "host.count"), to_the_graphs_host.len() as u64, "{driver}");
    }
}
