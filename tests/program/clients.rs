//! What clients of the control socket and of the metrics may do without harm:
//! the program's memory and threads stay bounded, and the next client is
//! served.

use crate::process::{Running, graph, output};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

const TEXT: &str = "FromSocket(127.0.0.1, 0) -> Counter -> Discard;";

/// Threads at most: sixteen clients of each server, and generously many besides.
const THREADS: usize = 16 + 16 + 8;

struct Switch {
    running: Running,
    control: String,
    metrics: String,
}

/// A graph with both servers, at ports that were free a moment ago.
fn start(name: &str) -> Switch {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let [control, metrics] =
        [free(), free()].map(|listener| listener.local_addr().unwrap().to_string());
    let file = graph(name, TEXT);
    let place = format!("tcp:{control}");
    let running = Running::start(&[
        "run",
        &file,
        "--engine",
        "dynamic",
        "--control",
        &place,
        "--metrics",
        &metrics,
    ]);
    assert!(!running.said.contains("warning"), "{}", running.said);
    Switch { running, control, metrics }
}

impl Switch {
    /// Fails if there are more than [`THREADS`] threads. The thread of a client that
    /// gave way may take a moment to end, on a busy machine, so it gets some time.
    fn keeps_few_threads(&self) {
        let tasks = format!("/proc/{}/task", self.running.id());
        let threads = || std::fs::read_dir(&tasks).unwrap().count();
        let end = Instant::now() + Duration::from_secs(10);
        while threads() > THREADS {
            assert!(Instant::now() < end, "{} threads", threads());
            std::thread::yield_now();
        }
    }

    /// Resident memory at its highest, in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// CPU time of user and kernel, in clock ticks (proc(5)).
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.running.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Both servers serve a client that comes now, and the program ends well.
    fn ends_well(self) {
        let text = request(&self.metrics, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("# EOF\n"), "{text}");
        let (code, out, err) = output(&["ctl", &format!("tcp:{}", self.control), "read", "list"]);
        assert_eq!((code, out.lines().next()), (Some(0), Some("3")), "{err}");
        let (code, _, err) = self.running.end("TERM");
        assert_eq!(code, Some(0), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

/// The answer to these octets, up to the end of the connection.
fn request(address: &str, octets: &str) -> String {
    let mut client = connect(address);
    client.write_all(octets.as_bytes()).unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// A client that does not wait for ever.
fn connect(address: &str) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    client.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    client
}

/// Writes until `most` octets are written, or the other side takes no more.
fn flood(client: &mut TcpStream, octets: &[u8], most: usize) {
    for _ in 0..most / octets.len() {
        match client.write_all(octets) {
            Ok(()) => {}
            Err(error) => {
                let kinds = [
                    ErrorKind::WouldBlock,
                    ErrorKind::TimedOut,
                    ErrorKind::BrokenPipe,
                    ErrorKind::ConnectionReset,
                ];
                assert!(kinds.contains(&error.kind()), "{error}");
                return;
            }
        }
    }
}

#[test]
fn a_body_is_neither_read_nor_allocated() {
    let switch = start("bodies.click");
    for length in ["99999999999", "18446744073709551615", "99999999999999999999999", "-1"] {
        for path in ["/", "/metrics"] {
            let head = format!("POST {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
            let text = request(&switch.metrics, &head);
            assert!(text.starts_with("HTTP/1.1 405"), "{text}");
            assert!(text.contains("\r\nAllow: GET, HEAD\r\n"), "{text}");
            // The answer to a GET comes all the same, and ends the connection.
            let head = format!("GET {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
            let text = request(&switch.metrics, &head);
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        }
    }
    let chunked = "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n";
    assert!(request(&switch.metrics, chunked).starts_with("HTTP/1.1 200"));
    let text = request(&switch.metrics, "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("\r\n\r\n"), "{text}");
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(8 << 10));
    assert!(request(&switch.metrics, &long[..8 << 10]).starts_with("HTTP/1.1 431"));
    assert!(switch.memory() < 64 << 10, "{} KiB", switch.memory());
    switch.ends_well();
}

#[test]
fn several_requests_on_one_connection_are_answered_in_turn() {
    let switch = start("turns.click");
    let two = "GET /other HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n";
    let text = request(&switch.metrics, two);
    let at = |status| text.find(status).unwrap_or_else(|| panic!("no {status} in {text}"));
    assert!(at("HTTP/1.1 404") < at("HTTP/1.1 200"), "{text}");
    switch.ends_well();
}

#[test]
fn clients_that_never_read_take_no_memory() {
    let switch = start("unread.click");
    let get = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let read = b"READ flatconfig\r\n".repeat(200);
    let mut clients = Vec::new();
    for _ in 0..50 {
        for (address, octets) in [(&switch.metrics, &get), (&switch.control, &read)] {
            let mut client = connect(address);
            flood(&mut client, octets, 4 << 20);
            clients.push(client);
        }
    }
    switch.keeps_few_threads();
    assert!(switch.memory() < 64 << 10, "{} KiB", switch.memory());
    switch.ends_well();
}

#[test]
fn half_requests_and_idle_clients_lock_nobody_out() {
    let switch = start("half.click");
    let mut clients = Vec::new();
    for _ in 0..200 {
        let mut client = connect(&switch.metrics);
        // A client that had to give way already is no failure.
        let _ = client.write_all(b"GET /metrics HTT");
        clients.push(client);
        clients.push(connect(&switch.control));
    }
    switch.keeps_few_threads();
    switch.ends_well();
}

#[test]
fn a_line_without_end_is_refused() {
    let switch = start("lines.click");
    let mut client = connect(&switch.control);
    client.set_write_timeout(None).unwrap();
    let line = [b'x'; 64 << 10];
    // The octet that is one too many ends it.
    for _ in 0..16 {
        client.write_all(&line).unwrap();
    }
    client.write_all(b"x").unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("\r\n500 A line has at most 1048576 octets\r\n"), "{text}");
    assert!(switch.memory() < 64 << 10, "{} KiB", switch.memory());
    switch.ends_well();
}

#[test]
fn out_of_descriptors_the_program_waits_and_then_serves_again() {
    let switch = start("descriptors.click");
    // As many as it has now, and room for two clients.
    let folder = format!("/proc/{}/fd", switch.running.id());
    let count = std::fs::read_dir(&folder).unwrap().count() as u64;
    let limit = |limit: u64| {
        let arguments =
            [format!("--pid={}", switch.running.id()), format!("--nofile={limit}:1024")];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    };
    limit(count + 2);
    let clients: Vec<TcpStream> =
        (0..8).flat_map(|_| [connect(&switch.control), connect(&switch.metrics)]).collect();
    let full = || std::fs::read_dir(&folder).unwrap().count() as u64 >= count + 2;
    let since = Instant::now();
    while !full() {
        assert!(since.elapsed() < Duration::from_secs(30), "nobody is accepted");
    }
    // While it cannot accept, it takes next to no CPU time.
    let (before, since) = (switch.ticks(), Instant::now());
    let second = Duration::from_secs(1);
    while since.elapsed() < second {
        std::thread::sleep(second.saturating_sub(since.elapsed()));
    }
    let taken = switch.ticks() - before;
    assert!(taken <= 10, "{taken} ticks of 100 in a second");
    limit(1024);
    drop(clients);
    switch.ends_well();
}

#[test]
fn what_other_hosts_can_reach_is_said() {
    let free = std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap();
    let file = graph("exposed.click", TEXT);
    let place = format!("tcp:{free}");
    let running = Running::start(&["run", &file, "--engine", "dynamic", "--control", &place]);
    let warning = format!("warning: every host that can reach {place} can read and write");
    assert!(running.said.contains(&warning), "{}", running.said);
    assert_eq!(running.end("INT").0, Some(0));
    let address = free.to_string();
    let running = Running::start(&["run", &file, "--engine", "dynamic", "--metrics", &address]);
    let warning = format!("warning: every host that can reach {address} can read the metrics");
    assert!(running.said.contains(&warning), "{}", running.said);
    assert_eq!(running.end("INT").0, Some(0));
}
