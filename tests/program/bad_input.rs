//! What is wrong says what, why, and what to do; and its exit code.

use crate::process::{Running, free_udp_ports, graph, output, pkgraph};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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
fn what_is_no_graph_is_not_read_to_its_end_nor_shown() {
    let file = graph("endless.click", "require(library /dev/zero); Idle -> Discard;");
    let (code, _, err) = output(&["check", &file]);
    assert_eq!(code, Some(2));
    assert!(err.contains("a graph has at most 16 MiB"), "{err}");
    let (code, _, err) = output(&["run", "/dev/zero"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("/dev/zero: a graph has at most 16 MiB"), "{err}");
    let secret = graph("secret", "root:hash:19000:0:99999:7:::\n");
    let file = graph("shows.click", &format!("require(library {secret}); Idle -> Discard;"));
    let (code, _, err) = output(&["check", &file]);
    assert_eq!(code, Some(2));
    assert!(err.contains("shows.click:1:") && err.contains("secret:1:5"), "{err}");
    assert!(!err.contains("hash"), "{err}");
    let octets = graph("latin1.click", "");
    std::fs::write(&octets, b"// caf\xe9\nIdle -> Discard;").unwrap();
    let (code, _, err) = output(&["check", &octets]);
    assert_eq!(code, Some(1));
    assert!(err.contains("latin1.click:1:7: a graph is text in UTF-8"), "{err}");
}

/// A FIFO that nobody writes to: who opens it waits.
fn fifo(name: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    // An earlier run may have left one.
    let _ = std::fs::remove_file(&path);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

#[test]
fn one_signal_ends_a_run_that_waits_for_a_fifo() {
    let path = fifo("silent.fifo");
    // The first run waits to read: the FIFO is open, and nobody writes.
    let keeper = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let file = graph("fifo.click", &format!("FromDump({path}) -> Counter -> Discard;"));
    let arguments = ["run", &file, "--engine", "dynamic"];
    let mut reading = pkgraph(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    // The second waits to open it, once the first and this one are gone.
    let stderr = ended_by_one_signal(&mut reading, &path);
    assert!(stderr.contains("an element waits"), "{stderr}");
    drop(keeper);
    let mut opening = pkgraph(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = ended_by_one_signal(&mut opening, &path);
    assert!(stderr.contains("an element waits"), "{stderr}");
}

/// Sends SIGTERM once a thread of the program waits for the FIFO, and gives
/// what the program said.
fn ended_by_one_signal(program: &mut Child, fifo: &str) -> String {
    let tasks = format!("/proc/{}/task", program.id());
    let waits = || {
        let of_engine = |task: std::fs::DirEntry| {
            let read = |name| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
            // After the name its state: S, it sleeps (proc(5)).
            read("comm") == "engine\n" && read("stat").contains(") S ")
        };
        std::fs::read_dir(&tasks).unwrap().flatten().any(of_engine)
    };
    let since = Instant::now();
    while !waits() {
        assert!(since.elapsed() < Duration::from_secs(60), "nobody waits for {fifo}");
    }
    let kill = Command::new("kill").arg(program.id().to_string()).status().unwrap();
    assert!(kill.success());
    let mut stderr = String::new();
    program.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(program.wait().unwrap().code(), Some(128 + 15), "{stderr}");
    stderr
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
