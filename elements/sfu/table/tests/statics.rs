//! "Static clients", and the handlers that change who is there.

use super::*;
use pkgraph::runtime::FromArg;

fn declaration(text: &str) -> StaticClient {
    StaticClient::from_arg(text).unwrap()
}

/// Adds a static client.
fn declare(bed: &mut Bed, text: &str) -> Result<(), Refusal> {
    bed.table.add_static(&declaration(text), bed.now)
}

/// An RTP packet of payload type `payload_type`: where its copies go.
fn rtp(bed: &mut Bed, from: &str, payload_type: u8, ssrc: u32) -> Result<Vec<Address>, Count> {
    let mut octets = vec![0x80, payload_type, 0, 0, 0, 0, 0, 0];
    octets.extend(ssrc.to_be_bytes());
    let arrival = bed.arrival(at(from), Port::Media);
    match bed.table.media(&octets, &arrival)? {
        Arrived::Media(stream) => Ok((0..bed.table.receivers(stream))
            .map(|n| bed.table.receiver_at(stream, n))
            .inspect(|to| assert_eq!(*to.endpoint.own(), at(MEDIA)))
            .map(|to| *to.endpoint.peer())
            .collect()),
        Arrived::Rtcp => panic!("RTP was taken for RTCP"),
    }
}

const TOOL: &str = "10.0.9.1:5004";

#[test]
fn a_static_client_sends_and_receives_without_a_word() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 wants=asq map=0xdeadbeef:vsq,7:asq").unwrap();
    assert_eq!(bed.audio(&me).unwrap(), [at(TOOL)]);
    assert!(bed.rtp(me.media(), me.ssid.ssrc(StreamType::Vsq)).unwrap().is_empty());
    for ssrc in [0x121, 0x122, 0xdead_beef, 7] {
        assert_eq!(rtp(&mut bed, TOOL, 96, ssrc).unwrap(), [me.media()], "{ssrc:#x}");
        assert_eq!(rtp(&mut bed, "10.0.9.1:5005", 96, ssrc), Err(Count::Spoofed));
    }
    assert_eq!(rtp(&mut bed, TOOL, 96, 0xdead_bee0), Err(Count::UnknownType));
    assert_eq!(rtp(&mut bed, TOOL, 96, me.ssid.ssrc(StreamType::Asq)), Err(Count::Spoofed));
    // A mapped SSRC is of the type that the map says.
    let mut me = me;
    assert_eq!(bed.subscribe(&mut me, false, &[(0x120, 2)]), Status::DONE);
    assert_eq!(rtp(&mut bed, TOOL, 96, 0xdead_beef).unwrap(), [me.media()]);
    assert!(rtp(&mut bed, TOOL, 96, 7).unwrap().is_empty());
}

#[test]
fn it_has_no_lease_no_token_and_no_echo() {
    let mut bed = Bed::new();
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 wants=asq,vsq,vhq").unwrap();
    bed.advance(1_000_000 * SECOND);
    assert!(rtp(&mut bed, TOOL, 96, 0x121).unwrap().is_empty());
    assert_eq!(bed.table.next_deadline(), Nanos::MAX);
    for token in [0, 1, u64::MAX] {
        let message = Message::Leave { token, seq: 1 };
        let answer = bed.send(at(TOOL), Port::Control, 0x120, &message);
        assert_eq!(answer, Err(Count::Refused));
        let bind = Message::Bind { token, seq: 1, cookie: [0; 16] };
        assert_eq!(bed.send(at(TOOL), Port::Media, 0x120, &bind), Err(Count::Refused));
    }
}

#[test]
fn the_roster_lists_it_in_the_order_of_joining_and_it_hears_of_no_change() {
    let mut bed = Bed::new();
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 own=192.0.2.1:5004").unwrap();
    let mut a = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x230 media=10.0.9.2:5004").unwrap();
    let b = bed.join("10.0.0.2:1");
    declare(&mut bed, "ssid=0x340 media=10.0.9.3:5004").unwrap();
    rtp(&mut bed, TOOL, 96, 0x122).unwrap();
    let (version, total, members) = bed.list(&mut a, 0);
    assert_eq!((version, total), (5, 5));
    let got: Vec<(u32, u32)> = members.iter().map(|m| (m.ssid.get(), m.seen.bits())).collect();
    let expected = [(0x120, 2), (a.ssid.get(), 0), (0x230, 0), (b.ssid.get(), 0), (0x340, 0)];
    assert_eq!(got, expected);
    let mut told = Vec::new();
    while let Some(changed) = bed.table.next_changed(bed.now) {
        told.push(changed.peer);
        bed.table.changed_sent(bed.now);
    }
    assert_eq!(told, [a.control, b.control]);
    let text = bed.table.clients(bed.now).0.text;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "0x00000120 control=- media=10.0.9.1:5004 lease=static wants=- seen=VSQ in=1/12 lost=0 out=0/0"
    );
    assert!(lines[1].contains("control=10.0.0.1:1"), "{text}");
}

#[test]
fn a_round_of_changed_ends_though_only_static_clients_follow() {
    let mut bed = Bed::new();
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004").unwrap();
    assert_eq!(bed.table.next_changed(bed.now), None);
    assert_eq!(bed.table.changed_due(), None);
    bed.advance(SECOND);
    bed.join("10.0.0.1:1");
    declare(&mut bed, "ssid=0x230 media=10.0.9.2:5004").unwrap();
    assert!(bed.table.next_changed(bed.now).is_some());
    bed.table.changed_sent(bed.now);
    assert_eq!(bed.table.next_changed(bed.now), None);
    assert_eq!(bed.table.changed_due(), None);
}

#[test]
fn what_is_taken_is_refused_with_a_reason() {
    let own = vec![at("198.51.100.9:5004")];
    let mut bed = Bed::with(Config { clients: 3, own, ..Config::default() });
    let me = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 map=0xabc1:vsq").unwrap();
    let identifier = bed.table.identifier().get();
    let mine = me.ssid.get();
    let cases = [
        (format!("ssid={mine} media=10.0.9.2:1"), "is taken"),
        ("ssid=0x120 media=10.0.9.2:1".to_string(), "0x00000120 is taken"),
        ("ssid=0xabc0 media=10.0.9.2:1".to_string(), "0x0000abc0 is taken"),
        (format!("ssid={identifier} media=10.0.9.2:1"), "drew for itself"),
        (format!("ssid=0x230 media=10.0.9.2:1 map={}:asq", mine | 2), "is another client's"),
        ("ssid=0x230 media=10.0.9.2:1 map=0x121:asq".to_string(), "0x00000121 is another"),
        ("ssid=0x230 media=10.0.9.2:1 map=0xabc1:asq".to_string(), "0x0000abc1 is another"),
        ("ssid=0x230 media=10.0.9.2:1 map=9:asq,9:vsq".to_string(), "twice"),
        ("ssid=0x230 media=10.0.9.2:1 map=0x232:asq".to_string(), "twice"),
        ("ssid=0x230 media=10.0.9.1:5004".to_string(), "has the media address 10.0.9.1:5004"),
        ("ssid=0x230 media=[::ffff:10.0.0.1]:2".to_string(), "media address 10.0.0.1:2"),
        ("ssid=0x230 media=198.51.100.9:5004".to_string(), "the switch's own"),
        ("ssid=0x230 media=10.0.9.2:1 own=10.0.9.2:1".to_string(), "the switch's own"),
    ];
    for (text, named) in cases {
        let version = bed.table.version();
        let why = declare(&mut bed, &text).unwrap_err().to_string();
        assert!(why.contains(named), "{text}: {why}");
        assert_eq!((bed.table.version(), bed.table.len()), (version, 2), "{text}");
    }
    declare(&mut bed, "ssid=0x230 media=10.0.9.2:1").unwrap();
    assert_eq!(declare(&mut bed, "ssid=0x340 media=10.0.9.3:1"), Err(Refusal::NoRoom(3)));
    // A client whose lease has ended holds nothing, though no timer has run.
    bed.advance(30 * SECOND);
    declare(&mut bed, &format!("ssid={mine} media=10.0.0.1:2")).unwrap();
}

#[test]
fn what_is_removed_is_free_again() {
    let mut bed = Bed::new();
    let text = "ssid=0x120 media=10.0.9.1:5004 map=7:vsq learn=96:asq wants=asq";
    let me = bed.member("10.0.0.1:1");
    for _ in 0..3 {
        declare(&mut bed, text).unwrap();
        assert_eq!(rtp(&mut bed, TOOL, 96, 0x9999).unwrap(), [me.media()]);
        bed.table.remove_static(Ssid::new(0x120).unwrap(), bed.now).unwrap();
        assert_eq!(rtp(&mut bed, TOOL, 96, 7), Err(Count::UnknownType));
        assert_eq!(rtp(&mut bed, TOOL, 96, 0x9999), Err(Count::UnknownType));
        assert_eq!(rtp(&mut bed, TOOL, 96, 0x121), Err(Count::UnknownSource));
        assert!(bed.audio(&me).unwrap().is_empty());
    }
    assert_eq!(bed.table.by_media.len() + bed.table.by_declared.len(), 1);
    assert_eq!(bed.count(Count::Removed), 3);
    let ssid = Ssid::new(0x120).unwrap();
    assert_eq!(bed.table.remove_static(ssid, bed.now), Err(Refusal::Unknown(ssid)));
    assert_eq!(bed.table.remove_static(me.ssid, bed.now), Err(Refusal::NotStatic(me.ssid)));
}

#[test]
fn a_kick_is_an_end_of_the_lease() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004").unwrap();
    let version = bed.table.version();
    bed.table.kick(me.ssid, bed.now).unwrap();
    assert_eq!(bed.table.version(), version + 1);
    assert_eq!(bed.audio(&me), Err(Count::UnknownSource));
    assert!(bed.audio(&other).unwrap().is_empty());
    assert_eq!(bed.keepalive(&mut me), Err(Count::Refused), "its token is dead");
    assert_eq!(bed.table.kick(me.ssid, bed.now), Err(Refusal::Unknown(me.ssid)));
    // Nothing keeps it from coming back, as somebody new.
    bed.advance(1);
    assert_ne!(bed.join("10.0.0.1:1").ssid, me.ssid);
    bed.table.kick(Ssid::new(0x120).unwrap(), bed.now).unwrap();
    assert!(bed.table.by_declared.is_empty());
}

#[test]
fn the_first_ssrc_of_a_payload_type_is_learned_from_the_declared_address_alone() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 learn=96:asq,97:vsq").unwrap();
    for from in ["10.0.9.1:5005", "10.0.9.2:5004", "10.0.0.1:2"] {
        assert_eq!(rtp(&mut bed, from, 96, 0x9998), Err(Count::UnknownType), "{from}");
    }
    assert_eq!(rtp(&mut bed, TOOL, 98, 0x9998), Err(Count::UnknownType), "not declared");
    assert_eq!(rtp(&mut bed, TOOL, 0x80 | 96, 0x9998).unwrap(), [me.media()], "marked");
    assert_eq!(rtp(&mut bed, TOOL, 97, 0x9999).unwrap(), [me.media()]);
    // From now on the SSRC tells, whatever the payload type.
    assert_eq!(rtp(&mut bed, TOOL, 97, 0x9998).unwrap(), [me.media()]);
    assert_eq!(rtp(&mut bed, "10.0.9.2:5004", 96, 0x9998), Err(Count::Spoofed));
    assert_eq!(rtp(&mut bed, TOOL, 96, 0x7771), Err(Count::UnknownSource), "a second one");
    let text = bed.table.clients(bed.now).0.text;
    assert!(
        text.ends_with(
            " seen=ASQ+VSQ in=3/36 lost=0 out=0/0 learn=96:ASQ=0x00009998,97:VSQ=0x00009999\n"
        ),
        "{text}"
    );
    // A stream that is another's cannot be learned.
    assert_eq!(rtp(&mut bed, TOOL, 96, me.ssid.ssrc(StreamType::Asq)), Err(Count::Spoofed));
}

#[test]
fn another_ssrc_is_learned_after_a_bye_or_5_s_of_silence() {
    let mut bed = Bed::new();
    bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 learn=96:asq,97:vsq").unwrap();
    let audio = |bed: &mut Bed, ssrc| rtp(bed, TOOL, 96, ssrc).is_ok();
    assert!(audio(&mut bed, 0x9990) && !audio(&mut bed, 0x9994));
    bed.advance(3 * SECOND);
    assert!(audio(&mut bed, 0x9990));
    bed.advance(5 * SECOND - 1);
    assert!(!audio(&mut bed, 0x9994));
    // That the other stream goes on does not matter.
    assert!(rtp(&mut bed, TOOL, 97, 0x9995).is_ok());
    bed.advance(1);
    assert!(audio(&mut bed, 0x9994) && !audio(&mut bed, 0x9990));
    let bye = [&[0x81, 203, 0, 1][..], &0x9994u32.to_be_bytes()].concat();
    assert_eq!(bed.rtcp(at("10.0.9.2:5004"), Port::Media, &bye), Err(Count::RtcpIgnored));
    assert!(!audio(&mut bed, 0x9996), "somebody else's BYE");
    assert_eq!(bed.rtcp(at("10.0.9.1:5005"), Port::Control, &bye), Err(Count::RtcpIgnored));
    assert!(audio(&mut bed, 0x9996) && !audio(&mut bed, 0x9994));
}

#[test]
fn its_rtcp_is_forwarded_and_so_is_what_names_it() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 learn=96:asq wants=asq").unwrap();
    rtp(&mut bed, TOOL, 96, 0x9990).unwrap();
    let report = [&[0x80, 200, 0, 6][..], &0x9990u32.to_be_bytes(), &[0; 20]].concat();
    let to = bed.rtcp(at("10.0.9.1:5005"), Port::Control, &report);
    assert_eq!(to, Ok(vec![me.media()]));
    let request = [&[0x81, 206, 0, 2, 0, 0, 0, 1][..], &0x9990u32.to_be_bytes()].concat();
    assert_eq!(bed.rtcp(me.media(), Port::Media, &request), Ok(vec![at(TOOL)]));
}

#[test]
fn a_proven_client_takes_its_address_and_gives_it_back() {
    let mut bed = Bed::new();
    let other = bed.member("10.0.0.1:1");
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 wants=asq").unwrap();
    assert_eq!(bed.audio(&other).unwrap(), [at(TOOL)]);
    let mut first = bed.join("10.0.9.1:1");
    let mut second = bed.join("10.0.9.1:2");
    for me in [&mut first, &mut second] {
        assert_eq!(bed.bind(me, at(TOOL)), Status::DONE);
        assert_eq!(rtp(&mut bed, TOOL, 96, 0x121), Err(Count::Spoofed));
        assert_eq!(rtp(&mut bed, TOOL, 96, me.ssid.ssrc(StreamType::Asq)).unwrap().len(), 1);
        assert_eq!(bed.audio(&other).unwrap(), [at(TOOL)], "once");
    }
    let why = declare(&mut bed, "ssid=0x230 media=10.0.9.1:5004");
    assert_eq!(why, Err(Refusal::MediaTaken(at(TOOL))));
    bed.leave(&mut second).unwrap();
    assert!(rtp(&mut bed, TOOL, 96, 0x121).is_ok());
    assert_eq!(bed.audio(&other).unwrap(), [at(TOOL)]);
    assert_eq!(bed.table.by_media.len(), 2);
}

#[test]
fn copies_leave_from_where_media_arrives_or_from_where_it_is_said() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    let v6 = "ssid=0x120 media=[2001:db8::9]:5004 wants=asq";
    declare(&mut bed, v6).unwrap();
    declare(&mut bed, "ssid=0x230 media=10.0.9.2:5004 wants=asq").unwrap();
    let said = "ssid=0x340 media=[2001:db8::8]:5004 own=[2001:db8::1]:5004 wants=asq";
    declare(&mut bed, said).unwrap();
    // What is spoofed tells nothing.
    rtp(&mut bed, TOOL, 96, me.ssid.get() | 1).unwrap_err();
    assert!(bed.table.destination(2).is_none());
    let octets = [&[0x80, 96, 0, 0, 0, 0, 0, 0][..], &(me.ssid.get() | 1).to_be_bytes()].concat();
    let mut to = |own: &str| {
        let arrival = Arrival { own: at(own), ..bed.arrival(me.media(), Port::Media) };
        let Ok(Arrived::Media(stream)) = bed.table.media(&octets, &arrival) else { panic!() };
        (0..bed.table.receivers(stream))
            .map(|n| bed.table.receiver_at(stream, n).endpoint)
            .map(|endpoint| (*endpoint.own(), *endpoint.peer()))
            .collect::<Vec<_>>()
    };
    let ipv4 = (at(MEDIA), at("10.0.9.2:5004"));
    let ipv6 = (at("[2001:db8::1]:5004"), at("[2001:db8::8]:5004"));
    // Nothing tells the first client's yet.
    assert_eq!(to(MEDIA), [ipv4, ipv6]);
    assert_eq!(to(MEDIA), [ipv4, ipv6]);
    // A socket of all addresses serves every family.
    assert_eq!(to("[::]:5004"), [(at("[::]:5004"), at("[2001:db8::9]:5004")), ipv4, ipv6]);
    assert_eq!(to(MEDIA).len(), 3, "what is settled stays so");
}

#[test]
fn a_mapped_ssrc_makes_nobody_of_the_ssid_in_it() {
    let mut bed = Bed::new();
    declare(&mut bed, "ssid=0x120 media=10.0.9.1:5004 map=0xabc1:vsq").unwrap();
    let ssid = Ssid::new(0xabc0).unwrap();
    assert_eq!(bed.table.kick(ssid, bed.now), Err(Refusal::Unknown(ssid)));
    assert_eq!(bed.table.remove_static(ssid, bed.now), Err(Refusal::Unknown(ssid)));
    assert_eq!(bed.table.len(), 1);
}

#[test]
fn limits_per_host_are_for_those_who_register() {
    let mut bed = Bed::with(Config { clients_per_host: 1, ..Config::default() });
    for n in 0..3 {
        declare(&mut bed, &format!("ssid={} media=10.0.0.1:{}", (n + 1) * 16, 6000 + n)).unwrap();
    }
    bed.join("10.0.0.1:1");
}
