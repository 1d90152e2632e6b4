//! The client of the project with the switch: as programs of their own, and
//! together in one.

use crate::process::{Running, free_udp_ports, output};

fn field(json: &serde_json::Value, name: &str) -> u64 {
    json[name].as_u64().unwrap_or_else(|| panic!("{name} in {json}"))
}

#[test]
fn a_client_streams_through_the_switch_and_gets_its_echo() {
    let [media, control] = free_udp_ports("127.0.0.1");
    let defines = [format!("MEDIA={media}"), format!("CONTROL={control}")];
    let switch = Running::start(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &defines[0],
        &defines[1],
    ]);
    let server = format!("127.0.0.1:{control}");
    let (code, out, err) = output(&[
        "client",
        &server,
        "--media-port",
        &media.to_string(),
        "--for",
        "500ms",
        "--json",
    ]);
    let (switch_code, _, _) = switch.end("TERM");
    assert_eq!((code, switch_code), (Some(0), Some(0)), "{err}");
    let last = out.lines().last().expect("a last line");
    let last: serde_json::Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(last["final"], true);
    // How many depends on the machine; that all come back does not.
    assert!(field(&last, "out_packets") > 0, "{last}");
    assert_eq!(field(&last, "in_packets"), field(&last, "out_packets"), "{last}");
    for none in ["lost_packets", "reordered_packets", "duplicated_packets", "corrupt_packets"] {
        assert_eq!(field(&last, none), 0, "{none}: {last}");
    }
}

#[test]
fn a_client_without_a_switch_says_what_to_look_at() {
    let [_, control] = free_udp_ports("127.0.0.1");
    let (code, _, err) = output(&["client", &format!("127.0.0.1:{control}"), "--for", "1s"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains(&control.to_string()) && err.contains("start the switch"), "{err}");
}

#[test]
fn a_session_in_one_program_loses_nothing() {
    let [media, control] = free_udp_ports("127.0.0.1");
    let defines = [format!("MEDIA={media}"), format!("CONTROL={control}")];
    let (code, out, err) = output(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &defines[0],
        &defines[1],
        "--clients",
        "3",
        "--interval",
        "20ms",
        "--for",
        "500ms",
    ]);
    assert_eq!(code, Some(0), "{err}");
    let row = |name: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name}: {out}")).trim().to_string()
    };
    assert_eq!(
        (row("lost"), row("reordered"), row("duplicated")),
        ("0".into(), "0".into(), "0".into())
    );
    let sent: u64 = row("packets in").parse().unwrap();
    assert_eq!(row("packets out"), format!("{0} of {0}", sent * 3));
    assert!(!err.contains("did not come home"), "{err}");
}

#[test]
fn a_graph_without_a_switch_takes_no_clients() {
    let file = crate::process::graph("no_switch.click", "FromSocket(127.0.0.1, 0) -> Discard;");
    let (code, _, err) = output(&["run", &file, "--engine", "dynamic", "--clients", "2"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("graphs/sfu_socket.click"), "{err}");
}
