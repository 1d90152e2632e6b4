//! Ethernet, IP and UDP headers: written and checked.

use crate::bench::{refused, run};

/// The sum of 16-bit words in one's complement, by the remainder modulo
/// 2^16 - 1 of the whole as one number: 0xffff for octets whose checksum is
/// right.
fn sum(octets: &[u8]) -> u64 {
    let padded = octets.iter().copied().chain((octets.len() % 2 == 1).then_some(0));
    match padded.fold(0u64, |r, octet| (r * 256 + u64::from(octet)) % 0xffff) {
        0 => 0xffff,
        sum => sum,
    }
}

#[test]
fn an_ethernet_header_is_put_before_packets() {
    let mut bench = run(r"i :: InfiniteSource(\<4500>, 1)
        -> e :: EtherEncap(0x0800, 1:2:3:4:5:6, 0a-0b-0c-0d-0e-0f) -> r :: Record -> Discard");
    assert_eq!(bench.packets("r"), ["0a0b0c0d0e0f01020304050608004500"]);
    assert_eq!(bench.read("e.src"), "01-02-03-04-05-06");
    bench.write("e.dst", "ff:ff:ff:ff:ff:ff").unwrap();
    bench.write("e.ethertype", "0x86dd").unwrap();
    bench.write("i.reset", "").unwrap();
    bench.settle();
    assert_eq!(bench.packets("r")[1], "ffffffffffff01020304050686dd4500");
}

#[test]
fn headers_go_before_shared_packets_and_ones_without_headroom() {
    // 5 * 14 octets are more than the 64 of the pool's headroom.
    let encap = "EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2)";
    let bench = run(&format!(
        r"InfiniteSource(\<abcd>, 1) -> t :: Tee; t[0] -> Queue -> Unqueue -> a :: Record -> Discard;
          t[1] -> {encap} -> {encap} -> {encap} -> {encap} -> {encap} -> Strip(70) -> b :: Record
          -> Discard"
    ));
    assert_eq!(
        (bench.packets("a"), bench.packets("b")),
        (vec!["abcd".into()], vec!["abcd".into()])
    );
}

#[test]
fn a_full_buffer_takes_no_header() {
    let bench = run("InfiniteSource(LENGTH 1971, LIMIT 1)
        -> a :: EtherEncap(0, 1:1:1:1:1:1, 2:2:2:2:2:2) -> b :: UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2)
        -> c :: UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2) -> d :: EtherEncap(0, 1:1:1:1:1:1, 2:2:2:2:2:2)
        -> Discard");
    // 1971 + 14 + 28 + 28 = 2041 octets fit 2048, 14 more do not.
    let drops = ["a", "b", "c", "d"].map(|name| bench.read(&format!("{name}.drops")));
    assert_eq!(drops, ["0", "0", "0", "1"]);
}

#[test]
fn udp_ip_headers_are_right() {
    for (data, length) in [(r"\<>", 0), (r"\<61>", 1), ("abc", 3), ("abcd", 4)] {
        let bench = run(&format!(
            "InfiniteSource({data}, 2) -> u :: UDPIPEncap(10.1.2.3, 5004, 10.9.8.7, 5005)
             -> r :: Record -> Strip(28) -> p :: Record -> Discard"
        ));
        let packets = bench.octets("r");
        for (id, packet) in packets.iter().enumerate() {
            let (ip, udp) = packet.split_at(20);
            assert_eq!(packet.len(), 28 + length);
            assert_eq!(ip[..2], [0x45, 0]);
            assert_eq!(usize::from(u16::from_be_bytes([ip[2], ip[3]])), packet.len());
            assert_eq!(usize::from(u16::from_be_bytes([ip[4], ip[5]])), id);
            assert_eq!((&ip[6..8], ip[8], ip[9]), (&[0, 0][..], 250, 17));
            assert_eq!(ip[12..], [10, 1, 2, 3, 10, 9, 8, 7]);
            assert_eq!(sum(ip), 0xffff);
            assert_eq!(udp[..4], [0x13, 0x8c, 0x13, 0x8d]);
            assert_eq!(usize::from(u16::from_be_bytes([udp[4], udp[5]])), 8 + length);
            let pseudo = [&ip[12..], &[0, 17], &udp[4..6], udp].concat();
            assert_eq!(sum(&pseudo), 0xffff, "{data}");
            assert_ne!(udp[6..8], [0, 0]);
        }
        assert_eq!(bench.octets("p").len(), 2);
    }
}

/// RFC 768: a checksum that comes out as 0 is sent as 0xffff.
#[test]
fn a_udp_checksum_of_zero_is_sent_as_its_other_form() {
    let with = |data: &str, rest: &str| {
        let text = format!(
            r"InfiniteSource(\<{data}>, 1) -> UDPIPEncap(10.1.2.3, 1, 10.9.8.7, 2{rest})
              -> r :: Record -> Discard"
        );
        let packet = run(&text).octets("r").remove(0);
        u16::from_be_bytes([packet[26], packet[27]])
    };
    // Data that is the checksum of everything else makes the sum 0xffff.
    let other = with("0000", "");
    assert_eq!(with(&format!("{other:04x}"), ""), 0xffff);
    assert_eq!(with("0000", ", false"), 0);
}

#[test]
fn addresses_come_from_annotations_and_go_there() {
    let mut bench = run(r"i :: InfiniteSource(abc, 1) -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 2)
        -> u :: UDPIPEncap(10.0.0.3, 3, DST_ANNO, 4) -> r :: Record -> c :: Classifier(MEDIA 4, CONTROL 2);
        c[media] -> Discard; c[control] -> Discard; c[host] -> Discard");
    let packet = bench.octets("r").remove(0);
    assert_eq!(packet[12..20], [10, 0, 0, 3, 10, 0, 0, 2]);
    assert_eq!(bench.read("u.dst"), "DST_ANNO");
    for (handler, value) in
        [("src", "1.2.3.4"), ("sport", "9"), ("dst", "5.6.7.8"), ("dport", "10")]
    {
        bench.write(&format!("u.{handler}"), value).unwrap();
    }
    bench.write("i.reset", "").unwrap();
    bench.settle();
    assert_eq!(bench.octets("r")[1][12..24], [1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 10]);
    let bench =
        run("InfiniteSource(LIMIT 3) -> u :: UDPIPEncap(1.1.1.1, 1, DST_ANNO, 1) -> Discard");
    assert_eq!(bench.read("u.drops"), "3");
}

/// 192.168.0.1 to 192.168.0.199, 24 octets of which 4 are data.
const GOOD: &str = "450000180000400040 11b8bc c0a80001 c0a800c7 00000000";

/// GOOD with octets from `at` on replaced.
fn with(at: usize, octets: &str) -> String {
    let mut text: String = GOOD.replace(' ', "");
    text.replace_range(at * 2..at * 2 + octets.len(), octets);
    text
}

/// What CheckIPHeader(`args`) makes of a packet: "pass HEX" or the reason.
fn checked(packet: &str, args: &str) -> String {
    let bench = run(&format!(
        r"InfiniteSource(\<{packet}>, 1) -> c :: CheckIPHeader({args}); c[0] -> a :: Record -> Discard;
          c[1] -> b :: Record -> Discard"
    ));
    let details = bench.read("c.drop_details");
    let mut reasons = details.lines().filter(|line| line.starts_with('1'));
    match (bench.packets("a").first(), reasons.next()) {
        (Some(octets), None) => format!("pass {octets}"),
        (None, Some(reason)) => {
            assert_eq!(bench.packets("b"), [packet.replace(' ', "")]);
            assert_eq!(bench.read("c.drops"), "1");
            reason.split_once('\t').unwrap().1.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn valid_headers_pass_and_others_do_not() {
    let good = with(0, "");
    let octets: Vec<u8> =
        (0..20).map(|i| u8::from_str_radix(&good[i * 2..i * 2 + 2], 16).unwrap()).collect();
    assert_eq!(sum(&octets), 0xffff, "the example itself is wrong");
    let pass = format!("pass {good}");
    for (packet, args, expected) in [
        (good.clone(), "", pass.as_str()),
        (format!("{good}eeee"), "", &pass),
        (format!("ffff{good}ee"), "2", &format!("pass ffff{good}")),
        (format!("ffff{good}ee"), "OFFSET 2", &format!("pass ffff{good}")),
        (good[..38].to_string(), "", "shorter than an IP header"),
        (String::new(), "", "shorter than an IP header"),
        (good.clone(), "100", "shorter than an IP header"),
        (with(0, "65"), "", "not IP version 4"),
        (with(0, "44"), "", "bad header length"),
        (with(0, "46"), "", "bad checksum"),
        (with(0, "47"), "", "bad length"),
        (with(2, "0019"), "", "bad length"),
        (with(2, "0013"), "", "bad length"),
        (with(8, "3f"), "", "bad checksum"),
        (with(8, "3f"), "CHECKSUM false", &format!("pass {}", with(8, "3f"))),
        (good.clone(), "BADSRC 1.1.1.1 192.168.0.1", "bad source address"),
        (good.clone(), "BADSRC 192.168.0.2", &pass),
        (good.clone(), "BADSRC 192.168.0.1, GOODDST 192.168.0.199", &pass),
        (good.clone(), "INTERFACES 192.168.0.0/31", "bad source address"),
        (good.clone(), "INTERFACES 192.168.0.0/24", &pass),
        (good.clone(), "INTERFACES 192.168.0.199/32 192.168.0.0/31", &pass),
    ] {
        assert_eq!(checked(&packet, args), expected, "{packet} {args}");
    }
}

#[test]
fn a_checked_packet_knows_its_header() {
    let good = with(0, "");
    for (from, to) in [("", ""), ("-> Queue", "-> Unqueue")] {
        let bench = run(&format!(
            r"InfiniteSource(\<ffff{good}>, 1) -> j :: Null; InfiniteSource(\<00>, 1) -> j;
              InfiniteSource(\<ffff{good}>, 1) -> j {from} -> c :: CheckIPHeader(2) {to} -> Strip(9)
              -> StripToNetworkHeader -> a :: Record -> Discard"
        ));
        assert_eq!(bench.packets("a"), [good.clone(), good.clone()]);
        assert_eq!(bench.read("c.drops"), "1");
    }
}

#[test]
fn bad_arguments_are_refused() {
    for (text, part) in [
        ("Idle -> EtherEncap(0x0800, 1:2:3, 1:1:1:1:1:1) -> Discard", "SRC"),
        ("Idle -> EtherEncap(0x10000, 1:1:1:1:1:1, 1:1:1:1:1:1) -> Discard", "ETHERTYPE"),
        ("Idle -> UDPIPEncap(1.1.1.1, 1, example, 2) -> Discard", "DST_ANNO"),
        ("Idle -> UDPIPEncap(1.1.1, 1, 1.1.1.1, 2) -> Discard", "IPv4"),
        ("Idle -> CheckIPHeader(INTERFACES 1.2.3.4) -> Discard", "10.0.0.1/24"),
        ("Idle -> MarkIPHeader(-1) -> Discard", "OFFSET"),
    ] {
        let errors = refused(text);
        assert!(errors.contains(part), "{text}: {errors}");
    }
}
