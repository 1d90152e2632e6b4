//! "Limits", each at its edge.

use super::super::super::wire::Code;
use super::*;

fn config() -> Config {
    Config::default()
}

/// Registers from here, or the answer that was given instead.
fn try_join(bed: &mut Bed, peer: &str) -> Result<Message, Count> {
    bed.register(peer, Register { nonce: u64::from(at(peer).udp_port()), ..REGISTER })
}

fn is_in(answer: Result<Message, Count>) -> bool {
    match answer {
        Ok(Message::Registered(_)) => true,
        Ok(Message::Error { code, .. }) => {
            assert_eq!(code, Code::NO_ROOM);
            false
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_defaults_are_those_of_the_protocol() {
    let Config { clients, clients_per_host, clients_per_network, .. } = config();
    assert_eq!((clients, clients_per_host, clients_per_network), (1024, 64, 256));
    let Config { control_rate, register_rate, hello_rate, .. } = config();
    assert_eq!((control_rate, register_rate, hello_rate), (256, 64, 10_000));
}

#[test]
fn clients_in_all() {
    let mut bed = Bed::with(Config { clients: 3, ..config() });
    assert!((1..4).all(|n| is_in(try_join(&mut bed, &format!("10.0.0.{n}:1")))));
    let answer = try_join(&mut bed, "10.0.0.4:9");
    assert_eq!(answer, Ok(Message::Error { nonce: 9, code: Code::NO_ROOM }));
    // Who is in may register anew; who leaves makes room.
    let mut again = bed.join("10.0.0.1:1");
    bed.leave(&mut again).unwrap();
    assert!(is_in(try_join(&mut bed, "10.0.0.4:10")));
    // So does whose lease has ended, though no timer has run.
    bed.advance(30 * SECOND);
    assert!(is_in(try_join(&mut bed, "10.0.0.5:1")));
}

#[test]
fn clients_of_a_host_or_network() {
    let limited = || Config { clients_per_host: 2, clients_per_network: 3, ..config() };
    let cases: [(&str, &[&str], &[bool]); 4] = [
        ("IPv4 address", &["10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3"], &[true, true, false]),
        ("IPv4 addresses", &["10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"], &[true; 3]),
        (
            "IPv6 /64",
            &["[2001:db8::1]:1", "[2001:db8::ffff:0:0:2]:2", "[2001:db8:0:0:8000::]:3"],
            &[true, true, false],
        ),
        (
            "IPv6 /48",
            &["[2001:db8::1]:1", "[2001:db8:0:1::]:2", "[2001:db8:0:2::]:3", "[2001:db8:0:3::]:4"],
            &[true, true, true, false],
        ),
    ];
    for (what, peers, expected) in cases {
        let mut bed = Bed::with(limited());
        let got: Vec<bool> = peers.iter().map(|p| is_in(try_join(&mut bed, p))).collect();
        assert_eq!(got, expected, "{what}");
    }
    let mut bed = Bed::with(limited());
    assert!((1..9).all(|n| is_in(try_join(&mut bed, &format!("10.0.{n}.1:1")))), "IPv4 has no /48");
}

#[test]
fn control_messages_of_a_client_counted_after_the_token() {
    let mut bed = Bed::with(Config { control_rate: 3, ..config() });
    let mut me = bed.join("10.0.0.1:1");
    let mut other = bed.join("10.0.0.2:1");
    for _ in 0..10 {
        let wrong = Message::Keepalive { token: !me.token, seq: 1 };
        assert_eq!(bed.ask(&me, &wrong), Err(Count::Refused));
    }
    assert!((0..3).all(|_| bed.keepalive(&mut me).is_ok()));
    assert_eq!(bed.keepalive(&mut me), Err(Count::Limited));
    assert_eq!(bed.count(Count::Limited), 1);
    assert!(bed.keepalive(&mut other).is_ok());
    bed.advance(SECOND);
    assert!(bed.keepalive(&mut me).is_ok());
}

#[test]
fn registers_of_a_host_counted_after_the_cookie() {
    let mut bed = Bed::with(Config { register_rate: 3, ..config() });
    for _ in 0..10 {
        let bad = Message::Register(REGISTER);
        assert!(is_challenge(&bed.send(at("10.0.0.1:1"), Port::Control, 0, &bad)));
    }
    assert!((1..4).all(|n| is_in(try_join(&mut bed, &format!("10.0.0.1:{n}")))));
    assert_eq!(try_join(&mut bed, "10.0.0.1:4"), Err(Count::Limited));
    assert!(is_in(try_join(&mut bed, "10.0.0.2:1")), "another host");
    bed.advance(SECOND);
    assert!(is_in(try_join(&mut bed, "10.0.0.1:4")));
}

#[test]
fn hellos_in_all() {
    let mut bed = Bed::with(Config { hello_rate: 5, ..config() });
    for n in 0..5 {
        bed.hello(at(&format!("10.0.0.{n}:1")), Port::Control, 1);
    }
    let hello = Message::hello(1);
    assert_eq!(bed.send(at("10.0.0.9:1"), Port::Media, 0, &hello), Err(Count::Limited));
    bed.advance(SECOND);
    assert!(is_challenge(&bed.send(at("10.0.0.9:1"), Port::Media, 0, &hello)));
}

#[test]
fn no_cookie_registers_that_could_not_be_remembered() {
    let mut bed = Bed::new();
    bed.table.cookies.fill(bed.now);
    assert_eq!(try_join(&mut bed, "10.0.0.1:1"), Err(Count::Limited));
    assert!(bed.table.is_empty());
    bed.advance(crate::table::cookie::SLOT);
    assert!(is_in(try_join(&mut bed, "10.0.0.1:1")));
}
