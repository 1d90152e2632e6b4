//! The text of a static client: the argument CLIENT and what the handlers
//! take.

use super::table::StaticClient;
use super::wire::{Ssid, StreamType, TypeMask};
use pkgraph::runtime::{Address, FromArg};
use pkgraph_ethernet::EtherAddress;
use std::net::SocketAddr;

/// Payload types whose second octet, with the marker bit, is that of an RTCP
/// packet (RFC 5761 §4).
const RTCP_PAYLOAD_TYPES: std::ops::RangeInclusive<u8> = 64..=95;

impl FromArg for StaticClient {
    const TYPE: &'static str =
        "static client (ssid= media= [wants=] [map=] [learn=] [own=] [mac=])";

    fn from_arg(text: &str) -> Result<StaticClient, String> {
        let text = String::from_arg(text)?;
        let (mut ssid, mut media, mut own, mut wants) = (None, None, None, None);
        let (mut map, mut learn, mut mac) = (None, None, None);
        for word in text.split_whitespace() {
            let (name, value) = word
                .split_once('=')
                .ok_or_else(|| format!("expected words such as wants=asq,vsq, not '{word}'"))?;
            let twice = match name {
                "ssid" => ssid.replace(ssid_of(value)?).is_some(),
                "media" => media.replace(address(value)?).is_some(),
                "mac" => mac.replace(EtherAddress::from_arg(value)?).is_some(),
                "own" => own.replace(address(value)?).is_some(),
                "wants" => wants.replace(types(value)?).is_some(),
                "map" => map.replace(pairs(value, "SSRC", u32::from_arg)?).is_some(),
                "learn" => learn.replace(learned(value)?).is_some(),
                _ => {
                    let known = "ssid, media, wants, map, learn, own and mac";
                    return Err(format!("'{name}' is nothing a static client has: {known} are"));
                }
            };
            if twice {
                return Err(format!("{name} is given twice"));
            }
        }
        let missing = |name: &str| format!("{name} is missing: a static client has ssid and media");
        let client = StaticClient {
            ssid: ssid.ok_or_else(|| missing("ssid"))?,
            media: media.ok_or_else(|| missing("media"))?,
            own,
            mac,
            wants: wants.unwrap_or(TypeMask::NONE),
            map: map.unwrap_or_default(),
            learn: learn.unwrap_or_default(),
        };
        check_learned(&client)?;
        Ok(client)
    }
}

/// The SSID that a handler is given.
pub fn ssid_of(text: &str) -> Result<Ssid, String> {
    let text = text.trim();
    Ssid::new(u32::from_arg(text)?).ok_or_else(|| {
        format!("{text} is no SSID: the low four bits are 0, and it is not 0, as in 0x12345670")
    })
}

fn address(text: &str) -> Result<Address, String> {
    let parsed = text.parse::<SocketAddr>().ok().filter(|address| address.port() != 0);
    parsed
        .map(Address::from)
        .ok_or_else(|| format!("expected an address such as 192.0.2.1:5004, not '{text}'"))
}

fn kind(text: &str) -> Result<StreamType, String> {
    let is_named = |kind: &StreamType| kind.to_string().eq_ignore_ascii_case(text);
    let found = StreamType::ALL.into_iter().find(is_named);
    found.ok_or_else(|| format!("'{text}' is no stream type: asq, vsq and vhq are"))
}

fn types(text: &str) -> Result<TypeMask, String> {
    if text == "none" {
        return Ok(TypeMask::NONE);
    }
    text.split(',').try_fold(TypeMask::NONE, |mask, name| Ok(mask.with(kind(name)?)))
}

/// `KEY:TYPE`, with commas between.
fn pairs<T>(
    text: &str,
    key: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Vec<(T, StreamType)>, String> {
    let one = |pair: &str| {
        let parts = pair.split_once(':');
        let (number, name) = parts.ok_or_else(|| format!("expected {key}:TYPE, not '{pair}'"))?;
        Ok((parse(number)?, kind(name)?))
    };
    text.split(',').map(one).collect()
}

fn learned(text: &str) -> Result<Vec<(u8, StreamType)>, String> {
    let pairs = pairs(text, "PAYLOAD-TYPE", u8::from_arg)?;
    for (n, (payload_type, kind)) in pairs.iter().enumerate() {
        if *payload_type > 127 {
            return Err(format!("{payload_type} is no payload type: 0 to 127 are"));
        }
        if RTCP_PAYLOAD_TYPES.contains(payload_type) {
            return Err(format!(
                "payload type {payload_type} cannot be told from RTCP (RFC 5761): 64 to 95 cannot"
            ));
        }
        if pairs[..n].iter().any(|(before, _)| before == payload_type) {
            return Err(format!("payload type {payload_type} is given twice"));
        }
        if pairs[..n].iter().any(|(_, before)| before == kind) {
            return Err(format!("{kind} is given twice: a client has one stream of each type"));
        }
    }
    Ok(pairs)
}

/// A stream whose SSRC is known need not be learned; and whether it is silent,
/// so that another may be, could not be told.
fn check_learned(client: &StaticClient) -> Result<(), String> {
    let both = client.learn.iter().find(|(_, kind)| client.map.iter().any(|(_, k)| k == kind));
    match both {
        Some((_, kind)) => Err(format!("{kind} stands in map and in learn: choose one")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_said() {
        let text = "\"ssid=0x12345670 media=10.0.0.1:5004 wants=asq,VHQ own=[2001:db8::1]:5004 \
                    map=0xdeadbeef:vsq,7:vsq learn=96:asq,10:vhq mac=2:0:0:0:0:9\"";
        let client = StaticClient::from_arg(text).unwrap();
        let at = |text: &str| Address::from(text.parse::<SocketAddr>().unwrap());
        let expected = StaticClient {
            ssid: Ssid::new(0x1234_5670).unwrap(),
            media: at("10.0.0.1:5004"),
            own: Some(at("[2001:db8::1]:5004")),
            mac: Some(EtherAddress([2, 0, 0, 0, 0, 9])),
            wants: TypeMask::new(5).unwrap(),
            map: vec![(0xdead_beef, StreamType::Vsq), (7, StreamType::Vsq)],
            learn: vec![(96, StreamType::Asq), (10, StreamType::Vhq)],
        };
        assert_eq!(client, expected);
        let least = StaticClient::from_arg("media=[::ffff:10.0.0.1]:5004 ssid=16").unwrap();
        assert_eq!((least.media, least.wants), (at("10.0.0.1:5004"), TypeMask::NONE));
        assert_eq!((least.own, least.map.len(), least.learn.len()), (None, 0, 0));
        let none = StaticClient::from_arg("ssid=16 media=10.0.0.1:1 wants=none").unwrap();
        assert!(none.wants.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("media=10.0.0.1:1", "ssid is missing"),
            ("ssid=16", "media is missing"),
            ("ssid=0x12345671 media=10.0.0.1:1", "0x12345671 is no SSID"),
            ("ssid=0 media=10.0.0.1:1", "0 is no SSID"),
            ("ssid=0x1234567890 media=10.0.0.1:1", "out of range"),
            ("ssid=16 media=10.0.0.1", "such as 192.0.2.1:5004"),
            ("ssid=16 media=10.0.0.1:0", "not '10.0.0.1:0'"),
            ("ssid=16 ssid=32 media=10.0.0.1:1", "ssid is given twice"),
            ("ssid=16 media=10.0.0.1:1 want=asq", "'want' is nothing"),
            ("ssid=16 media=10.0.0.1:1 wants", "not 'wants'"),
            ("ssid=16 media=10.0.0.1:1 wants=audio", "asq, vsq and vhq are"),
            ("ssid=16 media=10.0.0.1:1 map=1", "expected SSRC:TYPE, not '1'"),
            ("ssid=16 media=10.0.0.1:1 map=x:asq", "not 'x'"),
            ("ssid=16 media=10.0.0.1:1 learn=128:asq", "0 to 127 are"),
            ("ssid=16 media=10.0.0.1:1 learn=72:asq", "RFC 5761"),
            ("ssid=16 media=10.0.0.1:1 learn=96:asq,96:vsq", "96 is given twice"),
            ("ssid=16 media=10.0.0.1:1 learn=96:asq,97:asq", "ASQ is given twice"),
            ("ssid=16 media=10.0.0.1:1 map=7:asq learn=96:asq", "ASQ stands in map and"),
        ] {
            let why = StaticClient::from_arg(text).unwrap_err();
            assert!(why.contains(named), "{text}: {why}");
        }
    }
}
