//! Handlers over the control socket: by `pkgraph ctl`, and by a client that
//! types the protocol.

use crate::process::{Running, graph, output};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

const TEXT: &str =
    "i :: InfiniteSource(\\<0102>, LIMIT 100000, ACTIVE false) -> c :: Counter -> Discard;
FromSocket(127.0.0.1, 0) -> Discard;";

fn place(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    format!("unix:{}", path.display())
}

fn start(place: &str) -> Running {
    let file = graph("control.click", TEXT);
    Running::start(&["run", &file, "--engine", "dynamic", "--control", place])
}

#[test]
fn ctl_reads_and_writes() {
    let place = place("ctl.socket");
    let running = start(&place);
    let read = |handler: &str| output(&["ctl", &place, "read", handler]);
    assert_eq!(read("c.count"), (Some(0), "0".into(), String::new()));
    let (code, _, err) = output(&["ctl", &place, "write", "i.active", "true"]);
    assert_eq!(code, Some(0), "{err}");
    // The source runs when the engine next does; the counter says when it has.
    let counted = (0..1000).any(|_| read("c.count").1 == "100000");
    assert!(counted, "the source does not run");
    assert_eq!(read("i.count").1, "100000");
    let (code, _, err) = output(&["ctl", &place, "write", "c.reset"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(read("c.count").1, "0");
    assert!(read("list").1.starts_with("5\ni\nc\n"), "{}", read("list").1);
    assert!(read("flatconfig").1.contains("c :: Counter;\n"));
    assert!(read("flatconfig").1.contains("i[0] -> [0]c;\n"));
    assert_eq!(read("c.ports").1, "1 input\npush\t-\ti [0]\n1 output\npush\t-\tDiscard@3 [0]\n");
    for (handler, why) in [
        ("x.count", "no element named 'x'"),
        ("c.cuont", "'c' has no handler 'cuont'"),
        ("c.reset", "write-only"),
    ] {
        let (code, _, err) = read(handler);
        assert_eq!(code, Some(1));
        assert!(err.contains(why), "{err}");
    }
    let (_, _, err) = output(&["ctl", &place, "write", "c.count", "1"]);
    assert!(err.contains("read-only"), "{err}");
    let (_, _, err) = output(&["ctl", &place, "write", "i.active", "perhaps"]);
    assert!(err.contains("expected true or false"), "{err}");
    assert_eq!(running.end("INT").0, Some(0));
    // The socket is gone with the program.
    let (code, _, err) = read("list");
    assert_eq!(code, Some(1));
    assert!(err.contains("no graph at unix:"), "{err}");
}

#[test]
fn a_client_of_clicks_control_socket_is_understood() {
    let place = place("typed.socket");
    let running = start(&place);
    let mut client = UnixStream::connect(place.trim_start_matches("unix:")).unwrap();
    let commands = "READ c.count\nwrite i.limit 3\r\nWRITEDATA i.limit 1\r\n9READ i.limit\r\
                    WRITEUNTIL i.limit END\n5\nEND\nREAD 1.limit\nCHECKREAD c.count\n\
                    CHECKWRITE c.count\nREAD nobody.x\nREAD c.x\nREAD\nFETCH c.count\n\
                    READUNTIL c.count\nparameters\n\nLLRPC c#0\nWRITEDATA i.limit x\nQUIT\n";
    client.write_all(commands.as_bytes()).unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    let expected = "Click::ControlSocket/1.3\r\n\
        200 Read handler 'c.count' OK\r\nDATA 1\r\n0\
        200 Write handler 'i.limit' OK\r\n\
        200 Write handler 'i.limit' OK\r\n\
        200 Read handler 'i.limit' OK\r\nDATA 1\r\n9\
        200 Write handler 'i.limit' OK\r\n\
        200 Read handler '1.limit' OK\r\nDATA 1\r\n5\
        200 Read handler 'c.count' OK\r\n\
        511 Handler 'c.count' not writable\r\n\
        510 no element named 'nobody'; there are i, c, Discard@3, FromSocket@4, Discard@5\r\n\
        511 'c' has no handler 'x'; it has count, byte_count, rate, bit_rate, byte_rate, reset, \
        reset_counts, class, config, handlers, name, ports\r\n\
        500 Wrong number of arguments\r\n\
        501 Command 'FETCH' unimplemented\r\n\
        200 Read handler 'c.count' OK\r\nDATA 1\r\n0\
        501 There are no LLRPCs here\r\n\
        500 Syntax error in the length of the data\r\n\
        200 Goodbye!\r\n";
    assert_eq!(answers, expected);
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn values_are_read_with_their_kinds() {
    let place = place("values.socket");
    let running = start(&place);
    let read = |handler: &str| {
        let (code, out, err) = output(&["ctl", &place, "read", "--json", handler]);
        assert_eq!((code, out.lines().count()), (Some(0), 1), "{err}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    assert_eq!(
        read("c.count"),
        json!({ "type": "number", "value": 0, "unit": "packets", "grows": true })
    );
    assert_eq!(
        read("c.rate"),
        json!({ "type": "number", "value": 0.0, "unit": "packets_per_second", "grows": false })
    );
    assert_eq!(read("i.active"), json!({ "type": "text", "value": "false" }));
    let list = read("list");
    assert_eq!(list["type"], "table");
    let columns = json!([{ "name": "name", "type": "text" }, { "name": "class", "type": "text" }]);
    assert_eq!(list["columns"], columns);
    assert_eq!(list["value"][1], json!(["c", "Counter"]));
    assert_eq!(read("waits")["grows"], true);
    let (code, _, err) = output(&["ctl", &place, "read", "--json", "c.reset"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("write-only"), "{err}");
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn metrics_of_the_switch_have_types_units_and_labels() {
    let [media, control] = crate::process::free_udp_ports("127.0.0.1");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let defines = [format!("MEDIA={media}"), format!("CONTROL={control}")];
    let graph = "graphs/sfu_socket.click";
    let place = place("metrics.socket");
    let metrics = free.to_string();
    let switch = Running::start(&[
        "run",
        graph,
        "HOST=127.0.0.1",
        &defines[0],
        &defines[1],
        "--control",
        &place,
        "--metrics",
        &metrics,
    ]);
    let client = ["ctl", &place, "write", "sfu.add_client", "ssid=0x70 media=127.0.0.1:9"];
    let (code, _, err) = output(&client);
    assert_eq!(code, Some(0), "{err}");
    let mut scraper = TcpStream::connect(free).unwrap();
    scraper.write_all(b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    scraper.read_to_string(&mut text).unwrap();
    let of = "element=\"sfu\",class=\"SsidReplicate\"";
    for line in [
        "# TYPE pkgraph_in_packets counter".to_string(),
        format!("pkgraph_in_packets_total{{{of},ssid=\"0x00000070\",type=\"ASQ\"}} 0.0"),
        format!("pkgraph_out_octets_total{{{of},ssid=\"0x00000070\",type=\"ASQ\"}} 0.0"),
        format!("pkgraph_events_total{{{of},event=\"malformed\"}} 0.0"),
        "# TYPE pkgraph_client_count gauge".to_string(),
        format!("pkgraph_client_count{{{of}}} 1.0"),
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in:\n{text}");
    }
    assert_eq!(switch.end("INT").0, Some(0));
}

#[test]
fn tcp_works_too_and_a_taken_place_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("tcp:{}", listener.local_addr().unwrap());
    let file = graph("taken.click", TEXT);
    let (code, _, err) = output(&["run", &file, "--engine", "dynamic", "--control", &place]);
    assert_eq!(code, Some(1));
    assert!(err.contains(&place) && err.contains("another program listens"), "{err}");
    drop(listener);
    let running = start(&place);
    let mut greeting = [0; 26];
    let mut client = TcpStream::connect(place.trim_start_matches("tcp:")).unwrap();
    client.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"Click::ControlSocket/1.3\r\n");
    // A client that stays does not keep the program.
    assert_eq!(running.end("INT").0, Some(0));
}

#[test]
fn metrics_are_served_in_the_text_form() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let file = graph("metrics.click", TEXT);
    let running = Running::start(&["run", &file, "--engine", "dynamic", "--metrics", &address]);
    let get = |path: &str| {
        let mut client = TcpStream::connect(&address).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    };
    let text = get("/metrics");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    for line in [
        "# TYPE pkgraph_count_packets counter",
        "# UNIT pkgraph_count_packets packets",
        "pkgraph_count_packets_total{element=\"c\",class=\"Counter\"} 0.0",
        "pkgraph_byte_count_octets_total{element=\"c\",class=\"Counter\"} 0.0",
        "# TYPE pkgraph_rate_packets_per_second gauge",
        "pkgraph_calls_total{element=\"FromSocket@4\",class=\"FromSocket\"} ",
    ] {
        assert!(text.lines().any(|other| other.starts_with(line)), "no {line} in:\n{text}");
    }
    // A setting is no metric.
    assert!(!text.contains("limit") && text.ends_with("# EOF\n"), "{text}");
    assert!(get("/").starts_with("HTTP/1.1 200"));
    assert!(get("/other").starts_with("HTTP/1.1 404"));
    assert_eq!(running.end("INT").0, Some(0));
    let (code, _, err) = output(&["run", &file, "--engine", "dynamic", "--metrics", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("cannot serve metrics at nowhere"), "{err}");
}

#[test]
fn top_shows_the_switch_and_says_when_there_is_none() {
    let place = place("top.socket");
    let running = start(&place);
    let (code, _, err) = output(&["top", &place, "--once"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("no SsidReplicate"), "{err}");
    drop(running);
    let [media, control] = crate::process::free_udp_ports("127.0.0.1");
    let defines = [format!("MEDIA={media}"), format!("CONTROL={control}")];
    let switch = Running::start(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &defines[0],
        &defines[1],
        "--control",
        &place,
    ]);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"no RTP", ("127.0.0.1", media)).unwrap();
    let malformed = || output(&["ctl", &place, "read", "sfu.counters"]).1.contains("malformed 1");
    assert!((0..1000).any(|_| malformed()), "the switch does not count");
    let (code, out, err) = output(&["top", &place, "--once", "--interval", "50ms"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("sfu\n0 clients"), "{out}");
    assert!(out.lines().any(|line| line.contains("malformed") && line.contains(" 1 ")), "{out}");
    assert_eq!(switch.end("INT").0, Some(0));
}
