//! What is wrong says what, why, and what to do; and its exit code.

use crate::process::{Running, free_udp_ports, graph, output};

#[test]
fn a_graph_with_errors_exits_with_2_and_opens_nothing() {
    let [port, _] = free_udp_ports("127.0.0.1");
    let text = format!("FromSocket(127.0.0.1, {port:05}) -> Discrd;\nCounter -> Discard;\n");
    let file = graph("errors.click", &text);
    let (code, out, err) = output(&["run", &file]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("errors.click:1:33") && err.contains("did you mean `Discard`"), "{err}");
    assert!(err.contains("errors.click:2:1"), "{err}");
    assert!(!err.contains("ready"), "{err}");
}

#[test]
fn a_missing_file_exits_with_1() {
    let (code, _, err) = output(&["run", "graphs/none.click"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("graphs/none.click: no such file"), "{err}");
}

#[test]
fn a_port_in_use_exits_with_1_and_says_whose_it_is() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let define = format!("MEDIA={port}");
    let arguments = ["run", "graphs/sfu_socket.click", "HOST=127.0.0.1", &define];
    let (code, _, err) = output(&arguments);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains(&format!("127.0.0.1:{port}")) && err.contains("in use"), "{err}");
    assert!(err.contains("graphs/sfu_socket.click:5:1: FromSocket@1"), "{err}");
}

#[test]
fn an_address_that_is_no_interfaces_exits_with_1() {
    // Of the block for documentation (RFC 5737), which no host has.
    let arguments = ["run", "graphs/sfu_socket.click", "HOST=192.0.2.1"];
    let (code, _, err) = output(&arguments);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("no interface of this host has 192.0.2.1"), "{err}");
}

#[test]
fn an_unknown_handler_or_variable_is_said_before_anything_runs() {
    let file =
        graph("handler.click", "c :: Counter; InfiniteSource(STOP true, LIMIT 1) -> c -> Discard;");
    let (code, _, err) = output(&["run", &file, "--engine", "dynamic", "-h", "c.cuont"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("'cuont'") && err.contains("count, byte_count"), "{err}");
    let (code, _, err) = output(&["run", "graphs/sfu_socket.click", "HSOT=127.0.0.1"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("HSOT") && err.contains("HOST"), "{err}");
}

#[test]
fn checking_a_graph_looks_up_no_host_name() {
    // No name below `invalid` has an address (RFC 6761 §6.4).
    let text = "FromSocket(unknown.invalid, 5004) -> ToSocket(TO unknown.invalid:5005);";
    let (code, _, err) = output(&["check", &graph("names.click", text)]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

#[test]
fn a_graph_too_large_for_a_picture_is_refused() {
    let text = format!("InfiniteSource -> {}Discard;", "Counter -> ".repeat(1000));
    let file = graph("large.click", &text);
    let (code, out, err) = output(&["graph", &file]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("1002 elements") && err.contains("--format dot"), "{err}");
    let (code, out, _) = output(&["graph", &file, "--format", "dot"]);
    assert_eq!((code, out.matches("->").count()), (Some(0), 1001));
}

#[test]
fn signals_end_a_run_cleanly_with_statistics() {
    for signal in ["INT", "TERM"] {
        let file = graph("idle.click", "FromSocket(127.0.0.1, 0) -> Counter -> Discard;");
        let running = Running::start(&["run", &file, "--engine", "dynamic"]);
        let (code, _, err) = running.end(signal);
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains(":: Counter  count 0  byte_count 0"), "{err}");
    }
}
