use super::*;
use pkgraph_sfu::wire::{Code, Message, Registered, StreamType};
use proptest::prelude::*;

const MS: Nanos = 1_000_000;
const S: Nanos = 1000 * MS;

fn settings() -> Settings {
    Settings {
        control: "10.0.0.1:5005".parse().unwrap(),
        media: "10.0.0.1:5004".parse().unwrap(),
        echo: true,
        wants: TypeMask::ALL,
        lease: 0,
        key: None,
    }
}

fn client() -> Control {
    let mut nonce = 0x100;
    let nonces = move || {
        nonce += 1;
        nonce
    };
    Control::new(settings(), nonces, 0)
}

/// What docs/wire.md says of the switch, for one client at fixed addresses.
struct Switch {
    /// Distinguishes cookies, tokens and SSIDs of one life from the next.
    life: u8,
    /// Cookies of earlier epochs are no longer good.
    epoch: u8,
    registered: Option<Registered>,
    /// Nonces whose cookies have registered: each does once.
    used: Vec<u64>,
    /// The last number accepted, and its answer.
    last: Option<(u32, Message)>,
    bound: bool,
    version: u32,
    entries: Vec<Entry>,
    members: Vec<Member>,
    /// Names of the messages that acted, in order.
    acted: Vec<&'static str>,
}

impl Switch {
    fn new(life: u8) -> Switch {
        Switch {
            life,
            epoch: 0,
            registered: None,
            used: Vec::new(),
            last: None,
            bound: false,
            version: 1,
            entries: Vec::new(),
            members: Vec::new(),
            acted: Vec::new(),
        }
    }

    fn cookie(&self, nonce: u64, port: Port) -> Cookie {
        let mut cookie = [self.life; 16];
        cookie[0] = port as u8;
        cookie[1] = self.epoch;
        cookie[8..].copy_from_slice(&nonce.to_be_bytes());
        cookie
    }

    fn answer(&mut self, outgoing: &Outgoing) -> Option<Message> {
        let datagram = parse_datagram(&outgoing.octets).expect("a client's datagram");
        let [envelope] = &datagram.messages[..] else { panic!("one message") };
        let port = outgoing.port;
        match envelope.message {
            Message::Hello { nonce, .. } => {
                assert_eq!(outgoing.octets.len(), 64);
                Some(Message::Challenge { nonce, cookie: self.cookie(nonce, port) })
            }
            Message::Register(Register { nonce, cookie, .. }) => {
                let good = self.cookie(nonce, port);
                let is_current = self.registered.is_some_and(|granted| granted.nonce == nonce);
                if cookie != good || (self.used.contains(&nonce) && !is_current) {
                    return Some(Message::Challenge { nonce, cookie: good });
                }
                let ssid = Ssid::new(u32::from(self.life) << 8).unwrap();
                let token = u64::from(self.life) << 32 | nonce;
                let granted = Registered { nonce, ssid, lease: 30, token, version: self.version };
                if !is_current {
                    self.used.push(nonce);
                    self.registered = Some(granted);
                    (self.last, self.bound) = (None, false);
                    self.acted.push("REGISTER");
                }
                Some(Message::Registered(granted))
            }
            _ => self.numbered(envelope.ssrc, &envelope.message, port),
        }
    }

    fn numbered(&mut self, ssrc: u32, message: &Message, port: Port) -> Option<Message> {
        let granted = self.registered?;
        let (token, seq, name) = match *message {
            Message::Bind { token, seq, .. } => (token, seq, "BIND"),
            Message::Subscribe { token, seq, .. } => (token, seq, "SUBSCRIBE"),
            Message::Keepalive { token, seq } => (token, seq, "KEEPALIVE"),
            Message::Leave { token, seq } => (token, seq, "LEAVE"),
            Message::List { token, seq, .. } => (token, seq, "LIST"),
            _ => panic!("not a client's message"),
        };
        assert_eq!(port == Port::Media, name == "BIND");
        if token != granted.token {
            return None;
        }
        assert_eq!(ssrc, granted.ssid.get());
        match &self.last {
            Some((last, answer)) if *last == seq => return Some(answer.clone()),
            Some((last, _)) if *last > seq => return None,
            _ => {}
        }
        let mut answer = Message::Ack { seq, status: Status::DONE, version: self.version };
        match message {
            Message::Bind { cookie, .. } => {
                let nonce = Message::bind_nonce(seq, granted.ssid);
                let good = self.cookie(nonce, port);
                if *cookie != good {
                    return Some(Message::Challenge { nonce, cookie: good });
                }
                self.bound = true;
            }
            Message::Subscribe { add, entries, .. } => {
                if !add {
                    self.entries.clear();
                }
                self.entries.extend(entries);
            }
            Message::List { first, .. } => {
                let at = *first as usize;
                let end = self.members.len().min(at + Message::ROSTER_PAGE);
                let (version, total) = (self.version, self.members.len() as u32);
                let members = self.members[at..end].to_vec();
                answer = Message::Roster { seq, version, first: *first, total, members };
            }
            _ => {}
        }
        self.acted.push(name);
        self.last = Some((seq, answer.clone()));
        if name == "LEAVE" {
            self.registered = None;
        }
        Some(answer)
    }
}

fn emit(message: &Message) -> Vec<u8> {
    let mut octets = Vec::new();
    message.emit(0x9990, &mut octets);
    octets
}

/// Carries datagrams both ways until nobody has any.
fn exchange(client: &mut Control, switch: &mut Switch, now: Nanos) {
    while let Some(outgoing) = client.outgoing() {
        if let Some(answer) = switch.answer(&outgoing) {
            client.receive(&emit(&answer), outgoing.port, now).unwrap();
        }
    }
}

/// Lets time pass up to `until` with a switch that answers at once.
fn run(client: &mut Control, switch: &mut Switch, until: Nanos) {
    exchange(client, switch, 0);
    while client.deadline() <= until {
        let now = client.deadline();
        client.advance(now);
        exchange(client, switch, now);
    }
}

/// Lets time pass up to `until` without any answer; the times of the tries.
fn silence(client: &mut Control, until: Nanos) -> Vec<Nanos> {
    let mut tries = Vec::new();
    while client.deadline() <= until {
        let now = client.deadline();
        client.advance(now);
        tries.extend(std::iter::from_fn(|| client.outgoing()).map(|_| now));
    }
    tries
}

fn events(client: &mut Control) -> Vec<String> {
    std::iter::from_fn(|| client.event()).map(|event| format!("{event:?}")).collect()
}

fn bound(life: u8) -> (Control, Switch) {
    let (mut client, mut switch) = (client(), Switch::new(life));
    exchange(&mut client, &mut switch, 0);
    assert!(matches!(client.event(), Some(Event::Bound { .. })));
    (client, switch)
}

#[test]
fn registers_binds_and_fetches_the_roster() {
    let (mut client, mut switch) = (client(), Switch::new(7));
    exchange(&mut client, &mut switch, 5 * MS);
    assert_eq!(switch.acted, ["REGISTER", "BIND", "LIST"]);
    assert_eq!(client.bound(), Ssid::new(0x700));
    let Some(Event::Bound { ssid, lease }) = client.event() else { panic!("not bound") };
    assert_eq!((Some(ssid), lease), (Ssid::new(0x700), Duration::from_secs(30)));
    assert_eq!(switch.registered.map(|granted| granted.nonce), Some(0x101));
}

#[test]
fn with_a_key_everything_but_hello_is_signed() {
    let key = Key::new(b"the session's key").unwrap();
    let nonces = || 9;
    let settings = Settings { key: Some(key.clone()), ..settings() };
    let (mut client, mut switch) = (Control::new(settings, nonces, 0), Switch::new(7));
    let mut signed = Vec::new();
    while client.deadline() < Nanos::MAX {
        while let Some(outgoing) = client.outgoing() {
            let datagram = parse_datagram(&outgoing.octets).unwrap();
            let subtype = datagram.messages[0].message.subtype();
            let is_signed = key.verify(&outgoing.octets, datagram.tag.as_ref());
            assert_eq!((is_signed, datagram.tag.is_some()), (subtype != 1, subtype != 1));
            signed.push(subtype);
            if let Some(answer) = switch.answer(&outgoing) {
                client.receive(&emit(&answer), outgoing.port, 0).unwrap();
            }
        }
        match signed.contains(&7) {
            true => client.leave(14 * S),
            false => client.advance(client.deadline()),
        }
    }
    // HELLO, REGISTER, BIND twice, LIST, KEEPALIVE, LEAVE.
    assert_eq!(signed, [1, 3, 5, 5, 9, 7, 8]);
}

#[test]
fn keeps_the_lease_and_the_media_address() {
    let (mut client, mut switch) = bound(7);
    switch.acted.clear();
    run(&mut client, &mut switch, 65 * S);
    // A BIND renews the lease, too.
    let mut expected = vec!["KEEPALIVE"; 6];
    expected[5] = "BIND";
    assert_eq!(switch.acted, expected);
    assert_eq!(client.deadline(), 70 * S);
}

#[test]
fn an_absent_switch_is_given_up() {
    for refused in [false, true] {
        let mut client = client();
        client.outgoing().unwrap();
        if refused {
            client.refused(Port::Control);
        }
        assert_eq!(silence(&mut client, 60 * S), [200, 600, 1400, 3000].map(|ms| ms * MS));
        let Some(Event::Failed(ClientError::NoAnswer(unanswered))) = client.event() else {
            panic!("not given up")
        };
        let expected = Unanswered {
            request: "HELLO",
            to: settings().control,
            tries: 5,
            waited: Duration::from_millis(6200),
            refused,
        };
        assert_eq!(unanswered, expected);
        assert_eq!(client.deadline(), Nanos::MAX);
    }
}

#[test]
fn a_closed_media_port_is_told_from_a_closed_control_port() {
    let (mut client, mut switch) = (client(), Switch::new(7));
    let mut now = 0;
    let failed = loop {
        while let Some(outgoing) = client.outgoing() {
            if outgoing.port == Port::Control
                && let Some(answer) = switch.answer(&outgoing)
            {
                client.receive(&emit(&answer), Port::Control, now).unwrap();
            }
        }
        if let Some(event) = client.event() {
            break format!("{event:?}");
        }
        now = client.deadline();
        client.advance(now);
    };
    assert!(failed.contains("BIND") && failed.contains("10.0.0.1:5004"), "{failed}");
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let (mut client, mut switch) = (client(), Switch::new(7));
    let hello = client.outgoing().unwrap();
    let challenge = switch.answer(&hello).unwrap();
    client.receive(&emit(&challenge), Port::Control, 0).unwrap();
    let register = client.outgoing().unwrap();
    switch.answer(&register).unwrap();
    client.advance(200 * MS);
    assert_eq!(client.outgoing(), Some(register.clone()));
    let again = switch.answer(&register).unwrap();
    client.receive(&emit(&again), Port::Control, 201 * MS).unwrap();
    assert_eq!(switch.acted, ["REGISTER"]);
    exchange(&mut client, &mut switch, 202 * MS);
    assert!(client.bound().is_some());
}

#[test]
fn an_expired_cookie_is_replaced() {
    let (mut client, mut switch) = (client(), Switch::new(7));
    let challenge = switch.answer(&client.outgoing().unwrap()).unwrap();
    client.receive(&emit(&challenge), Port::Control, 0).unwrap();
    switch.epoch = 1;
    exchange(&mut client, &mut switch, 0);
    assert!(client.bound().is_some());
}

#[test]
fn a_peer_that_only_challenges_is_not_followed() {
    let mut client = client();
    client.outgoing().unwrap();
    let mut sent = 0;
    for n in 0..100 {
        let challenge = Message::Challenge { nonce: 0x101, cookie: [n; 16] };
        client.receive(&emit(&challenge), Port::Control, 0).unwrap();
        sent += std::iter::from_fn(|| client.outgoing()).count();
    }
    assert_eq!(sent, 9);
    silence(&mut client, 60 * S);
    assert!(events(&mut client)[0].contains("REGISTER"));
}

#[test]
fn three_unanswered_start_again_and_keep_the_subscription() {
    let (mut client, mut switch) = bound(7);
    let entry = Entry::new(None, StreamType::Asq.into());
    client.subscribe(vec![entry], 0);
    exchange(&mut client, &mut switch, 0);
    assert_eq!(switch.entries, [entry]);
    assert_eq!(events(&mut client), ["Subscribed(Ok(()))"]);
    // Three tries of KEEPALIVE, then HELLO until somebody answers.
    let tries = silence(&mut client, 60 * S);
    assert_eq!(tries[..4], [10_000, 10_500, 11_500, 13_500].map(|ms| ms * MS));
    assert!(tries[4..].iter().all(|at| *at > 13_500 * MS) && tries.len() > 12);
    assert_eq!((events(&mut client), client.bound()), (vec!["Lost".into()], None));
    let mut other = Switch::new(8);
    let now = client.deadline();
    client.advance(now);
    exchange(&mut client, &mut other, now);
    assert_eq!(other.acted[..3], ["REGISTER", "BIND", "SUBSCRIBE"]);
    assert_eq!((client.bound(), other.entries), (Ssid::new(0x800), vec![entry]));
}

#[test]
fn a_long_subscription_goes_in_parts() {
    let (mut client, mut switch) = bound(7);
    let entries: Vec<_> = (1..=300).map(|n| Entry::new(Ssid::new(n << 4), TypeMask::ALL)).collect();
    client.subscribe(entries.clone(), 0);
    exchange(&mut client, &mut switch, 0);
    assert_eq!(switch.entries, entries);
    assert_eq!(events(&mut client), ["Subscribed(Ok(()))"]);
    client.subscribe(Vec::new(), 0);
    exchange(&mut client, &mut switch, 0);
    assert!(switch.entries.is_empty());
}

#[test]
fn a_refused_subscription_is_not_repeated() {
    let (mut client, _) = bound(7);
    client.subscribe(vec![Entry { source: 1, mask: 1 }], 0);
    let sent = parse_datagram(&client.outgoing().unwrap().octets).unwrap();
    let Message::Subscribe { seq, .. } = sent.messages[0].message else { panic!("SUBSCRIBE") };
    let answer = Message::Ack { seq, status: Status::MALFORMED_ENTRY, version: 1 };
    client.receive(&emit(&answer), Port::Control, 0).unwrap();
    assert_eq!(events(&mut client), ["Subscribed(Err(Status(4)))"]);
    assert_eq!(client.outgoing(), None);
}

#[test]
fn changes_are_fetched_at_the_switchs_pace() {
    let (mut client, mut switch) = bound(7);
    switch.version = 2;
    let member = |n: u32| Member { ssid: Ssid::new(n << 4).unwrap(), seen: TypeMask::ALL };
    switch.members = (1..=150).map(member).collect();
    client.receive(&emit(&Message::Changed { version: 2 }), Port::Control, MS).unwrap();
    assert_eq!(client.outgoing(), None);
    assert_eq!(client.deadline(), 100 * MS);
    client.advance(100 * MS);
    exchange(&mut client, &mut switch, 100 * MS);
    assert_eq!(client.members(), switch.members);
}

#[test]
fn refusals_end_the_start() {
    let mut client = client();
    let challenge = Message::Challenge { nonce: 0x101, cookie: [1; 16] };
    client.receive(&emit(&challenge), Port::Control, 0).unwrap();
    let error = Message::Error { nonce: 0x101, code: Code::NO_ROOM };
    client.receive(&emit(&error), Port::Control, 0).unwrap();
    let refused = events(&mut client);
    assert!(refused[0].starts_with("Failed(Refused"), "{refused:?}");

    let mut client = super::tests::client();
    client.receive(&emit(&challenge), Port::Control, 0).unwrap();
    let ssid = Ssid::new(0x700).unwrap();
    let granted = Registered { nonce: 0x101, ssid, lease: 30, token: 1, version: 1 };
    client.receive(&emit(&Message::Registered(granted)), Port::Control, 0).unwrap();
    let answer = Message::Ack { seq: 1, status: Status::OWN_ADDRESS, version: 1 };
    // The answer to a BIND comes from the media port, or is none.
    client.receive(&emit(&answer), Port::Control, 0).unwrap();
    assert!(client.event().is_none());
    client.receive(&emit(&answer), Port::Media, 0).unwrap();
    let refused = events(&mut client);
    assert!(refused[0].starts_with("Failed(NotBound"), "{refused:?}");
}

#[test]
fn leaves_and_does_not_insist() {
    let (mut client, mut switch) = bound(7);
    client.leave(S);
    exchange(&mut client, &mut switch, S);
    assert_eq!(switch.acted.last(), Some(&"LEAVE"));
    assert_eq!((events(&mut client), client.deadline()), (vec!["Left".into()], Nanos::MAX));

    let (mut client, _) = bound(7);
    client.leave(S);
    assert_eq!(silence(&mut client, 60 * S).len(), 3);
    assert_eq!(events(&mut client), ["Left"]);
}

#[test]
fn strangers_have_no_effect() {
    let mut client = client();
    client.outgoing().unwrap();
    assert_eq!(client.receive(&[0x80, 200], Port::Control, 0), Err(Malformed));
    for message in [
        Message::Challenge { nonce: 0x999, cookie: [1; 16] },
        Message::Changed { version: 3 },
        Message::Ack { seq: 1, status: Status::DONE, version: 3 },
    ] {
        client.receive(&emit(&message), Port::Control, 0).unwrap();
        assert_eq!((client.outgoing(), client.deadline()), (None, 200 * MS));
    }
}

proptest! {
    /// Whatever is lost, late or doubled: once the network is good again, the
    /// client is bound, and what the switch knows is what the client wants.
    #[test]
    fn a_bad_network_is_survived(fates in prop::collection::vec(0..6u8, 0..120)) {
        let (mut client, mut switch) = bound(7);
        let entry = Entry::new(None, StreamType::Vsq.into());
        client.subscribe(vec![entry], 0);
        let mut fates = fates.into_iter();
        let mut late: Vec<Outgoing> = Vec::new();
        let mut now = 0;
        while fates.len() > 0 {
            while let Some(outgoing) = client.outgoing() {
                let mut arriving = vec![outgoing];
                match fates.next().unwrap_or(0) {
                    0 => {}
                    1 => arriving.push(arriving[0].clone()),
                    2 => late.append(&mut arriving),
                    3 => arriving.append(&mut late),
                    _ => arriving.clear(),
                }
                for outgoing in arriving {
                    let answer = switch.answer(&outgoing);
                    if let (Some(answer), 0..4) = (answer, fates.next().unwrap_or(0)) {
                        client.receive(&emit(&answer), outgoing.port, now).unwrap();
                    }
                }
            }
            now = client.deadline();
            client.advance(now);
        }
        exchange(&mut client, &mut switch, now);
        // Long enough for the tries under way, HELLO included.
        run(&mut client, &mut switch, now + 60 * S);
        prop_assert!(client.bound().is_some());
        prop_assert!(switch.bound);
        prop_assert_eq!(&switch.entries, &[entry]);
    }
}
