//! What the fuzzer runs on octets of its own making, and `cargo test` on those
//! that it has found. A body fails by a panic.

#![allow(dead_code, missing_docs)] // each program uses one of them

mod session;

use pkgraph_elements::ip::UdpFrame;
use pkgraph_elements::sfu::wire::{HELLO_MIN, Message, classify, parse_datagram};
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile, emit};

/// The text of a graph: errors or a Plan, and the Plan can be emitted.
pub fn graph(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let source = Source { name: "fuzz.click".into(), text: text.into() };
    match compile(&source, &[], &catalogue) {
        Ok(plan) => {
            assert!(emit(&plan, &catalogue).contains("pub struct Compiled"));
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
}

/// A datagram of RTCP: what is read and written again reads the same.
pub fn control(octets: &[u8]) {
    let Ok(datagram) = parse_datagram(octets) else { return };
    for envelope in &datagram.messages {
        let mut again = Vec::new();
        envelope.message.emit(envelope.ssrc, &mut again);
        // In a compound, others may have made a HELLO's datagram long enough.
        if matches!(envelope.message, Message::Hello { .. }) && again.len() < HELLO_MIN {
            continue;
        }
        let read = parse_datagram(&again).expect("what was written is well-formed");
        assert_eq!(read.messages.as_slice(), std::slice::from_ref(envelope));
    }
}

/// Views of packets: what they find lies within the octets.
pub fn views(octets: &[u8]) {
    let _ = classify(octets);
    if let Some(frame) = UdpFrame::parse(octets) {
        assert!(frame.payload + frame.payload_len <= octets.len());
    }
}

/// The whole switch, as several clients and strangers use it.
pub fn table(octets: &[u8]) {
    session::run(octets);
}
