//! Arguments and write handlers: bounds, the key, static clients.

use super::*;
use crate::wire::{Code, Key};
use pkgraph::elements::Declare;
use pkgraph::runtime::HandlerError;

/// What is wrong with these arguments: of which argument, and why.
fn refused(arguments: &[(&str, &str)]) -> (Option<(String, usize)>, String) {
    let mut args = Args::default();
    arguments.iter().for_each(|(name, value)| args.add(*name, *value));
    let error = SsidReplicate::declare(&args).map(drop).unwrap_err();
    (error.name, error.message)
}

#[test]
fn numbers_have_bounds() {
    for (name, value, why) in [
        ("DSCP", "64", "64 is out of range: 0 to 63"),
        ("CLIENTS_MAX", "0", "0 is out of range: 1 to 65536"),
        ("CLIENTS_MAX", "65537", "65537 is out of range: 1 to 65536"),
        ("OWN", "192.0.2.1", "expected addresses such as 192.0.2.1:5004, not '192.0.2.1'"),
    ] {
        assert_eq!(refused(&[(name, value)]), (Some((name.to_string(), 0)), why.to_string()));
    }
}

#[test]
fn arguments_reach_the_switch() {
    let mut bench = Bench::with(64, &[("CLIENTS_MAX", "1"), ("DSCP", "8"), ("OWN", "10.0.0.9:1")]);
    let me = bench.members(1)[0];
    bench.media(&me, StreamType::Asq, b"");
    assert_eq!(bench.sent()[0].2, 8);
    let cookie = Bench::cookie(bench.ask(at("10.0.0.2:1"), CONTROL, 0, &Message::hello(1)));
    let register = Register { nonce: 1, cookie, echo: false, wants: TypeMask::NONE, lease: 0 };
    let answer = bench.ask(at("10.0.0.2:1"), CONTROL, 0, &Message::Register(register));
    assert!(matches!(answer, Some(Message::Error { .. })));
    let bind = |cookie| Message::Bind { token: me.token, seq: 2, cookie };
    let cookie = Bench::cookie(bench.ask(at("10.0.0.9:1"), MEDIA, me.ssid.get(), &bind([0; 16])));
    let answer = bench.ask(at("10.0.0.9:1"), MEDIA, me.ssid.get(), &bind(cookie));
    assert!(matches!(answer, Some(Message::Ack { status: Status::OWN_ADDRESS, .. })));
}

#[test]
fn a_key_is_asked_for_wherever_it_comes_from() {
    let path = std::env::temp_dir().join(format!("pkgraph-{}-session.key", std::process::id()));
    std::fs::write(&path, "0x000102030405060708090a0b0c0d0e0f\n").unwrap();
    let octets: Vec<u8> = (0..16).collect();
    let (key, file) = (Key::new(&octets).unwrap(), path.display().to_string());
    for argument in [("KEY_FILE", file.as_str()), ("KEY", "\\<000102030405060708090a0b0c0d0e0f>")] {
        let mut bench = Bench::with(64, &[argument]);
        let peer = at("10.0.0.1:4000");
        let cookie = Bench::cookie(bench.ask(peer, CONTROL, 0, &Message::hello(1)));
        let register = Message::Register(Register {
            nonce: 1,
            cookie,
            echo: false,
            wants: TypeMask::ALL,
            lease: 0,
        });
        let answer = bench.ask(peer, CONTROL, 0, &register);
        assert_eq!(answer, Some(Message::Error { nonce: 1, code: Code::NOT_AUTHENTICATED }));
        assert_eq!(bench.counter("unauthenticated"), 1);
        let mut signed = Vec::new();
        register.emit(0, &mut signed);
        key.sign(0, &mut signed);
        bench.push(peer, CONTROL, &signed);
        assert_eq!((bench.counter("joined"), bench.sent().len()), (1, 1));
    }
    std::fs::remove_file(path).unwrap();
    let both = [("KEY", "sixteen octets!!"), ("KEY_FILE", "/etc/hostname")];
    assert_eq!(refused(&both).0, Some(("KEY_FILE".to_string(), 0)));
    assert!(refused(&[("KEY", "short")]).1.contains("16 to 64 octets"));
}

#[test]
fn a_key_file_that_is_missing_is_named_at_the_start() {
    let mut args = Args::default();
    args.add("KEY_FILE", "/nonexistent/session.key");
    let mut context = Context::new(Clock::manual(), Region::new(1, 256));
    let why = elements::start::<SsidReplicate>(&args, &mut context).err().unwrap().to_string();
    assert!(why.starts_with("KEY_FILE /nonexistent/session.key: "), "{why}");
}

#[test]
fn static_clients_stand_in_the_graph() {
    let clients = [
        ("CLIENT", "\"ssid=0x120 media=10.0.9.1:5004 wants=asq learn=96:asq\""),
        ("CLIENT", "ssid=0x230 media=10.0.9.2:5004 wants=asq"),
    ];
    let mut bench = Bench::with(8, &clients);
    let packet = [0x80, 96, 0, 0, 0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef];
    bench.push(at("10.0.9.1:5004"), MEDIA, &packet);
    let expected = (own(MEDIA), at("10.0.9.2:5004"), 46, packet.to_vec());
    assert_eq!(bench.sent(), [expected]);
    assert_eq!(bench.counter("joined"), 2);
    // The second of the list is at fault, and an argument says which it is.
    let twice = [clients[0], ("CLIENT", "ssid=0x230 media=10.0.9.1:5004")];
    let (name, why) = refused(&twice);
    assert_eq!(name, Some(("CLIENT".to_string(), 1)));
    assert!(why.contains("a client has the media address 10.0.9.1:5004"), "{why}");
    assert_eq!(refused(&[clients[0], ("CLIENT", "ssid=5")]).0, Some(("CLIENT".to_string(), 1)));
}

#[test]
fn handlers_add_remove_and_kick() {
    let mut bench = Bench::new(64);
    let me = bench.members(1)[0];
    let mut write = |name: &str, value: &str| match bench.element.write_handler(name, value) {
        Ok(()) => String::new(),
        Err(HandlerError::Refused(why)) => why,
        Err(other) => panic!("{other:?}"),
    };
    let tool = "ssid=0x120 media=10.0.9.1:5004 wants=asq\n";
    assert_eq!(write("add_client", tool), "");
    assert!(write("add_client", tool).contains("0x00000120 is taken"));
    assert!(write("add_client", "ssid=0x120").contains("media is missing"));
    assert!(write("remove_client", &me.ssid.to_string()).contains("handler kick"));
    assert_eq!(write("remove_client", "0x120\n"), "");
    assert!(write("remove_client", "0x120").contains("no client has the SSID"));
    assert!(write("kick", "0x121").contains("no SSID"));
    assert_eq!(write("add_client", tool), "");
    assert_eq!(write("kick", &me.ssid.to_string()), "");
    let clients = bench.element.read_handler("clients").unwrap().to_string();
    assert!(clients.starts_with("0x00000120 control=- media=10.0.9.1:5004"), "{clients}");
    assert_eq!((clients.lines().count(), bench.counter("removed")), (1, 2));
    // Who is left hears of it.
    bench.clock.advance(SECOND);
    let other = bench.member("10.0.0.2", false);
    while bench.run() == Progress::Busy {}
    bench.sent();
    bench.clock.advance(SECOND);
    bench.element.write_handler("kick", "0x120").unwrap();
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.destinations(), [other.control]);
    let read_only = bench.element.write_handler("clients", "");
    assert_eq!(read_only, Err(HandlerError::NotWritable));
}
