//! Output that cannot be written: standard output ends the command with a line,
//! standard error changes nothing. Every command of the program is tried.

use crate::process::{Running, free_udp_ports, graph, pkgraph};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::process::{Command, Output, Stdio};

/// A device on which no octet has room.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// A pipe that nobody reads.
fn unread() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}

/// `command` with a descriptor closed, as a shell does by `redirection`.
fn without(command: &Command, redirection: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec \"$@\" {redirection}")).arg("sh");
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Runs to the end; a program that hangs is ended, and fails the test.
#[track_caller]
fn run(arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let pkgraph = pkgraph(arguments);
    let mut command = Command::new("timeout");
    command
        .args(["-k", "1", "60"])
        .arg(pkgraph.get_program())
        .args(arguments)
        .stdout(stdout)
        .stderr(stderr);
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert_ne!(output.status.code(), Some(124), "{arguments:?} hangs");
    output
}

/// The commands that the program says it has.
fn commands() -> BTreeSet<String> {
    let help = text(&pkgraph(&["--help"]).output().unwrap().stdout);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line that goes on the one before begins further right.
    let names = list.lines().filter_map(|line| line.strip_prefix("  "));
    names
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split_whitespace().next().unwrap().to_string())
        .collect()
}

#[test]
fn every_command_says_it_on_standard_output_and_goes_on_without_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let [media, control] = free_udp_ports("127.0.0.1").map(|port| port.to_string());
    let place = format!("unix:{}", folder.path().join("control").display());
    let switch = Running::start(&[
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &format!("MEDIA={media}"),
        &format!("CONTROL={control}"),
        "--control",
        &place,
    ]);
    let file = graph(
        "unwritable.click",
        "InfiniteSource(LIMIT 3, STOP true) -> Print(p) -> c :: Counter -> Discard;\n",
    );
    let server = format!("127.0.0.1:{control}");
    let mut fresh = (0..).map(|n| folder.path().join(format!("new-{n}")).display().to_string());
    // All of these print something, and succeed.
    let arguments = |command: &str, new: &str| -> Vec<String> {
        let words: &[&str] = match command {
            "run" => &["run", &file, "--engine", "dynamic", "-h", "c.count"],
            "check" => &["check", &file],
            "compare" => &[
                "compare",
                "graphs/sfu_socket.click",
                "--clients=1",
                "--rates=300",
                "--repeats=1",
                "--duration=100ms",
                "--warm-up=0s",
            ],
            "flatten" => &["flatten", &file],
            "fmt" => &["fmt", "-"],
            "graph" => &["graph", &file],
            "build" => &["build", &file, "--emit", "rust"],
            "new" => &["new", new],
            "client" => &["client", &server, "--media-port", &media, "--for", "100ms"],
            "ctl" => &["ctl", &place, "read", "list"],
            "doctor" => &["doctor"],
            "top" => &["top", &place, "--interval", "10ms"],
            "elements" => &["elements"],
            "completions" => &["completions", "bash"],
            "help" => &["help"],
            other => panic!("no arguments are known here for `pkgraph {other}`"),
        };
        words.iter().map(|word| word.to_string()).collect()
    };
    for name in commands() {
        let mut command = || {
            let words = arguments(&name, &fresh.next().unwrap());
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut command = pkgraph(&words);
            command.stdin(File::open(&file).unwrap());
            command
        };
        let finished = |mut command: Command| command.spawn().unwrap().wait_with_output().unwrap();

        let mut piped = command();
        piped.stdout(full()).stderr(Stdio::piped());
        let output = finished(piped);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name} >/dev/full: {err}");
        assert!(err.contains("standard output: No space left on device"), "{name}: {err}");
        assert!(!err.contains("panicked"), "{name}: {err}");

        let mut piped = command();
        piped.stdout(unread()).stderr(Stdio::piped());
        let output = finished(piped);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{name} | true: {err}");
        assert!(!err.contains("standard output") && !err.contains("panicked"), "{name}: {err}");

        for (what, stderr) in [("2>/dev/full", full()), ("2>|true", unread())] {
            let mut piped = command();
            piped.stdout(Stdio::piped()).stderr(stderr);
            let output = finished(piped);
            assert_eq!(output.status.code(), Some(0), "{name} {what}");
            assert!(!output.stdout.is_empty(), "{name} {what}");
        }

        // For a descriptor that is closed, Rust's runtime opens /dev/null.
        for redirection in ["2>&-", ">&-", "<&- >&- 2>&-"] {
            let mut shell = without(&command(), redirection);
            shell.stdin(File::open(&file).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
            let code = shell.status().unwrap().code();
            assert_eq!(code, Some(0), "{name} {redirection}");
        }
    }
    assert_eq!(switch.end("TERM").0, Some(0));
}

#[test]
fn help_and_version_say_it_too() {
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["check", "--help"]] {
        let output = run(arguments, full(), Stdio::piped());
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {err}");
        assert!(err.contains("No space left on device"), "{arguments:?}: {err}");
        assert_eq!(run(arguments, unread(), Stdio::piped()).status.code(), Some(0));
    }
}

#[test]
fn an_error_keeps_its_exit_code_when_it_cannot_be_told() {
    let wrong = graph("unwritable_wrong.click", "Counter -> Discrad;");
    for (arguments, code) in [
        (&["check", &wrong][..], 2),
        (&["run", &wrong], 2),
        (&["flatten", "none.click"], 1),
        (&["elements", "Discrad"], 2),
        (&["ctl", "unix:/none", "read", "list"], 1),
        (&["check"], 2),
        (&["no-command"], 2),
    ] {
        for stderr in [full(), unread()] {
            let output = run(arguments, Stdio::piped(), stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        }
    }
}

#[test]
fn a_session_ends_with_its_reader() {
    let [media, control] = free_udp_ports("127.0.0.1");
    let arguments = [
        "run",
        "graphs/sfu_socket.click",
        "HOST=127.0.0.1",
        &format!("MEDIA={media}"),
        &format!("CONTROL={control}"),
        "--clients",
        "1",
    ];
    assert_eq!(run(&arguments, unread(), full()).status.code(), Some(0));
    let output = run(&arguments, full(), Stdio::piped());
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("standard output: No space left on device"), "{err}");
}

/// A run of a graph in this file.
fn dump(name: &str, text: &str, stdout: Stdio, stderr: Stdio) -> Output {
    let file = graph(name, text);
    run(&["run", &file, "--engine", "dynamic", "-h", "d.count"], stdout, stderr)
}

#[test]
fn a_dump_on_standard_output_is_whole_before_handlers_are_printed() {
    let graph = "InfiniteSource(DATA abc, LIMIT 2, STOP true) -> d :: ToDump(-);";
    let output = dump("dump_whole.click", graph, Stdio::piped(), Stdio::piped());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // A header of 24 octets, then 16 octets before each packet.
    let (dump, handlers) = output.stdout.split_at(24 + 2 * (16 + 3));
    assert!(dump.ends_with(b"abc"), "{dump:?}");
    assert_eq!(handlers, b"2\n");
}

#[test]
fn a_dump_that_cannot_be_written_ends_with_an_exit_code() {
    let endless = "InfiniteSource(DATA abc) -> d :: ToDump(-);";
    let output = dump("dump_endless.click", endless, full(), Stdio::piped());
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("ToDump(-): No space left on device"), "{err}");
    // Whoever has read enough ends it.
    let output = dump("dump_endless.click", endless, unread(), Stdio::piped());
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(!err.contains("Broken pipe"), "{err}");
    // Not only what was to come, but also what was kept back.
    let short = "InfiniteSource(DATA abc, LIMIT 1, STOP true) -> d :: ToDump(-);";
    assert_eq!(dump("dump_short.click", short, full(), full()).status.code(), Some(1));
    // A graph goes on without a file.
    let file = "InfiniteSource(DATA abc, LIMIT 9, STOP true) -> d :: ToDump(/dev/full);";
    let output = dump("dump_file.click", file, Stdio::piped(), Stdio::piped());
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"9\n"[..]));
}

#[test]
fn elements_print_into_the_void() {
    let graph =
        "InfiniteSource(DATA abc, LIMIT 5, STOP true) -> Print(p) -> CheckIPHeader(VERBOSE true)
        -> Discard; InfiniteSource(DATA abc, LIMIT 5) -> d :: Counter -> Discard;";
    for stderr in [full(), unread()] {
        let output = dump("void.click", graph, Stdio::piped(), stderr);
        assert_eq!(output.status.code(), Some(0));
    }
}
