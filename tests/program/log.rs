//! `--log`, `--log-format` and PKGRAPH_LOG: which events are shown, and how.

use crate::process::{graph, output, pkgraph};
use serde_json::Value;

const TEXT: &str = "InfiniteSource(LIMIT 20) -> Queue(100) -> Unqueue(LIMIT 3) -> Discard;";

/// A run in which all ten buffers are kept, with these arguments, and what it says.
fn run(name: &str, arguments: &[&str]) -> String {
    let file = graph(name, TEXT);
    let run = ["run", &file, "--engine", "dynamic", "--buffers", "10", "--for", "50ms"];
    let (code, _, err) = output(&[&run, arguments].concat());
    assert_eq!(code, Some(0), "{err}");
    err
}

#[test]
fn a_filter_says_which_events_are_shown() {
    let all = run("log.click", &[]);
    assert!(all.contains("\nready: 4 elements") && all.contains("\nwarning: the graph"), "{all}");
    let warnings = run("log.click", &["--log", "warn"]);
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(warnings.starts_with("warning: the graph waits"), "{warnings}");
    assert_eq!(run("log.click", &["--log", "off"]), "");
    let part = run("log.click", &["--log", "pkgraph_serve=info"]);
    assert!(part.starts_with("ready: ") && part.lines().count() == 1, "{part}");

    let file = graph("log.click", TEXT);
    let (code, _, err) = output(&["run", &file, "--log", "loud"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--log loud: expected off, error"), "{err}");
}

#[test]
fn the_environment_has_a_filter_that_the_command_line_overrides() {
    let file = graph("log_environment.click", TEXT);
    let said = |arguments: &[&str]| {
        let run = ["run", &file, "--engine", "dynamic", "--for", "10ms"];
        let output = pkgraph(&[&run, arguments].concat()).env("PKGRAPH_LOG", "off").output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    assert_eq!(said(&[]), "");
    assert!(said(&["--log", "info"]).contains("ready: 4 elements"));
}

#[test]
fn events_have_fields_and_spans_as_json() {
    let err = run("log_json.click", &["--log-format", "json"]);
    let events: Vec<Value> =
        err.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let find = |text: &str| {
        let message = |event: &&Value| event["fields"]["message"].as_str().unwrap().contains(text);
        events.iter().find(message).unwrap_or_else(|| panic!("no {text} in {err}"))
    };
    let ready = find("ready: ");
    assert_eq!((&ready["level"], &ready["fields"]["elements"]), (&"INFO".into(), &4.into()));
    assert_eq!(ready["span"]["name"], "start");
    let waits = find("the graph waits");
    assert_eq!((&waits["level"], &waits["fields"]["buffers"]), (&"WARN".into(), &10.into()));
    // So are statistics, so that standard error has nothing else.
    assert_eq!(find("Discard")["target"], "pkgraph::statistics");
}

/// The command's arguments are a field of its span, and need not be text.
#[test]
fn arguments_that_are_no_text_end_no_program() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"/no-\xff.click");
    let output = pkgraph(&["check"]).arg(odd).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}
