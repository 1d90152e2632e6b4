//! The whole element under random datagrams, random room and random time:
//! it does not panic, does not hang, and loses no buffer.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Event {
    /// Octets of anything.
    Noise {
        port: usize,
        from: usize,
        octets: Vec<u8>,
    },
    /// Media of a client, from its address or another.
    Media {
        who: usize,
        from: usize,
        low: u32,
        len: usize,
    },
    /// A valid message with an octet changed.
    Damaged {
        who: usize,
        port: usize,
        at: usize,
        octet: u8,
    },
    /// A valid request.
    Keepalive {
        who: usize,
    },
    Leave {
        who: usize,
    },
    Room {
        room: usize,
    },
    /// The sink hands on what it has.
    Deliver,
    Run,
    Advance {
        by: Nanos,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let who = || 0..PEERS;
    prop_oneof![
        2 => (0usize..2, who(), prop::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(port, from, octets)| Event::Noise { port, from, octets }),
        8 => (who(), who(), 0u32..5, 0usize..1400)
            .prop_map(|(who, from, low, len)| Event::Media { who, from, low, len }),
        8 => (who(), 1u32..4, 0usize..200)
            .prop_map(|(who, low, len)| Event::Media { who, from: who, low, len }),
        2 => (who(), 0usize..2, 0usize..64, any::<u8>())
            .prop_map(|(who, port, at, octet)| Event::Damaged { who, port, at, octet }),
        2 => who().prop_map(|who| Event::Keepalive { who }),
        1 => who().prop_map(|who| Event::Leave { who }),
        3 => (0usize..8).prop_map(|room| Event::Room { room }),
        4 => Just(Event::Deliver),
        6 => Just(Event::Run),
        3 => prop::sample::select(vec![SECOND / 1000, SECOND / 50, SECOND, 12 * SECOND])
            .prop_map(|by| Event::Advance { by }),
    ]
}

const PEERS: usize = 6;

proptest! {
    #[test]
    fn nothing_is_lost_in_a_storm(
        buffers in 10u32..40,
        events in prop::collection::vec(event(), 1..300),
    ) {
        let mut bench = Bench::new(buffers);
        let peers = bench.members(PEERS);
        for (seq, event) in (10..).zip(events) {
            // A source that finds no buffer leaves the datagram where it is.
            let can_receive = bench.region.available() > 0;
            match event {
                Event::Noise { port, from, octets } if can_receive => {
                    bench.push(peers[from].control, port, &octets);
                }
                Event::Media { who, from, low, len } if can_receive => {
                    let packet = rtp(peers[who].ssid.get() | low, &vec![0; len]);
                    bench.push(peers[from].media, MEDIA, &packet);
                }
                Event::Damaged { who, port, at, octet } if can_receive => {
                    let mut octets = Vec::new();
                    let message = Message::List { token: peers[who].token, seq, first: 0 };
                    message.emit(peers[who].ssid.get(), &mut octets);
                    let len = octets.len();
                    octets[at % len] = octet;
                    bench.push(peers[who].control, port, &octets);
                }
                Event::Keepalive { who } | Event::Leave { who } if can_receive => {
                    let token = peers[who].token;
                    let message = match event {
                        Event::Leave { .. } => Message::Leave { token, seq },
                        _ => Message::Keepalive { token, seq },
                    };
                    let mut octets = Vec::new();
                    message.emit(peers[who].ssid.get(), &mut octets);
                    bench.push(peers[who].control, CONTROL, &octets);
                }
                Event::Room { room } => bench.sink.room = room,
                Event::Deliver => drop(bench.sent()),
                Event::Run => {
                    bench.run();
                }
                Event::Advance { by } => bench.clock.advance(by),
                _ => {}
            }
        }
        // With room and buffers everything comes to an end.
        bench.sink.room = usize::MAX;
        let mut rounds = 0;
        loop {
            let progress = bench.run();
            bench.sent();
            if !matches!(progress, Progress::Busy | Progress::Blocked)
                && bench.element.room(MEDIA, 1) > 0
            {
                break;
            }
            rounds += 1;
            prop_assert!(rounds < 100, "it goes on for ever");
        }
        prop_assert!(bench.region.is_home());
    }
}
