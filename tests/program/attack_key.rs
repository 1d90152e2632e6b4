//! A session with a key, and RTP tools that know no protocol, as users run
//! them.

use super::{Switch, counter, socket};
use crate::process::{graph, output};
use pkgraph_elements::sfu::wire::{Ssid, StreamType};

#[test]
fn who_has_the_key_is_in_and_nobody_else() {
    // Any text goes into a file as that of a graph does.
    let key = graph("session.key", "0x00112233445566778899aabbccddeeff\n");
    let other = graph("another.key", "0xff112233445566778899aabbccddeeff\n");
    let switch = Switch::start("keyed.click", &format!("KEY_FILE \"{key}\""));
    let (server, media) = (switch.control.to_string(), switch.media.port().to_string());
    let client = |arguments: &[&str]| {
        let all = ["client", &server, "--media-port", &media, "--for", "200ms", "--json"];
        output(&[&all[..], arguments].concat())
    };
    for arguments in [&["--key-file", &other][..], &["--key", "a key of its own"], &[]] {
        let (code, _, err) = client(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {err}");
        assert!(err.contains("has a key that this client does not have"), "{err}");
    }
    let (code, out, err) = client(&["--key-file", &key]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("\"final\":true"), "{out}");
    let counters = switch.end();
    assert_eq!((counter(&counters, "joined"), counter(&counters, "left")), (1, 1));
    assert_eq!(counter(&counters, "unauthenticated"), 3);
    assert!(counter(&counters, "copies") > 0, "its echo came back");
}

#[test]
fn tools_of_rtp_alone_hear_each_other_over_sockets() {
    let tools = [socket(2), socket(2)];
    let clients: Vec<String> = (1..)
        .zip(&tools)
        .map(|(n, tool)| {
            let media = tool.local_addr().unwrap();
            format!("\"ssid={:#x} media={media} wants=asq learn=96:asq\"", 16 * n)
        })
        .collect();
    let switch = Switch::start("tools.click", &clients.join(", "));
    // SSRCs that the tools drew; one may look like an SSID with a type.
    for ssrc in [0xdead_beef_u32, Ssid::new(0x7770).unwrap().ssrc(StreamType::Vhq)] {
        let [from, to] = if ssrc == 0xdead_beef { [0, 1] } else { [1, 0] };
        let mut packet = vec![0x80, 0x80 | 96, 0, 7, 0, 0, 0, 0];
        packet.extend(ssrc.to_be_bytes());
        // From another address it is nobody's.
        socket(2).send_to(&packet, switch.media).unwrap();
        tools[from].send_to(&packet, switch.media).unwrap();
        let mut buffer = [0; 2048];
        let (len, source) = tools[to].recv_from(&mut buffer).expect("the copy");
        assert_eq!((&buffer[..len], source), (&packet[..], switch.media));
    }
    let counters = switch.end();
    assert_eq!((counter(&counters, "media"), counter(&counters, "copies")), (2, 2));
    let strangers = counter(&counters, "unknown_type") + counter(&counters, "unknown_source");
    assert_eq!(strangers, 2);
}
