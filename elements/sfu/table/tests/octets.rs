//! Whole datagrams: what is malformed, ignored or skipped has no effect.

use super::*;
use proptest::prelude::*;

#[test]
fn a_datagram_acts_only_if_all_of_it_is_well_formed() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    let mut leave = Vec::new();
    Message::Leave { token: me.token, seq: 500 }.emit(me.ssid.get(), &mut leave);
    for tail in [&[0u8][..], &[0x40, 201, 0, 0], &[0x80, 191, 0, 0], &[0x80, 201, 0, 1]] {
        let mut octets = leave.clone();
        octets.extend(tail);
        let answer = bed.raw(me.control, Port::Control, &octets);
        assert_eq!(answer, Err(Count::Malformed), "{tail:?}");
    }
    let twice = [leave.clone(), leave.clone()].concat();
    assert_eq!(bed.raw(me.control, Port::Control, &twice), Err(Count::Malformed));
    assert_eq!(bed.table.len(), 1);
    assert_eq!(status(bed.raw(me.control, Port::Control, &leave)), Status::DONE);
}

#[test]
fn what_asks_nothing_gets_nothing() {
    let mut bed = Bed::new();
    let peer = at("10.0.0.1:1");
    let rr = [0x80, 201, 0, 1, 0, 0, 0, 1];
    assert_eq!(bed.raw(peer, Port::Control, &rr), Err(Count::RtcpIgnored));
    let encrypted = [&rr[..], &[0xe7; 14]].concat();
    assert_eq!(bed.raw(peer, Port::Media, &encrypted), Err(Count::RtcpIgnored));
    // What a switch sends, and subtypes that do not exist.
    let ack = Message::Ack { seq: 1, status: Status::DONE, version: 1 };
    assert_eq!(bed.send(peer, Port::Control, 1, &ack), Err(Count::Skipped));
    let unknown = *b"\x8f\xcc\x00\x02\x00\x00\x00\x01PKSW";
    assert_eq!(bed.raw(peer, Port::Control, &unknown), Err(Count::Skipped));
    // RTP on the control port is no RTCP.
    let rtp = [0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(bed.raw(peer, Port::Control, &rtp), Err(Count::Malformed));
    assert_eq!(bed.count(Count::Control), 5);
}

proptest! {
    /// Octets that resemble messages, from an address that is a client's.
    #[test]
    fn no_octets_panic(
        datagrams in prop::collection::vec(
            (any::<bool>(), 0u8..16, any::<bool>(), prop::collection::vec(any::<u8>(), 0..90)),
            1..40,
        ),
    ) {
        let mut bed = Bed::new();
        let me = bed.member("10.0.0.1:1");
        for (on_media, subtype, ours, mut body) in datagrams {
            let port = if on_media { Port::Media } else { Port::Control };
            if ours {
                body.truncate(body.len() / 4 * 4);
                let mut octets = vec![0x80 | subtype, 204, 0, 2 + (body.len() / 4) as u8];
                octets.extend(me.ssid.get().to_be_bytes());
                octets.extend(b"PKSW");
                octets.extend(me.token.to_be_bytes());
                octets.extend(&body);
                octets[3] += 2;
                body = octets;
            }
            let arrival = bed.arrival(me.control, port);
            if port == Port::Control || bed.table.media(&body, &arrival) == Ok(Arrived::Rtcp) {
                let _ = bed.table.control(&body, &arrival);
            }
            bed.advance(SECOND / 3);
        }
    }
}
