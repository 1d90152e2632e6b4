//! Which engine runs, as its line says; and that it makes no difference.

use crate::process::{graph, output, pkgraph};

const TEXT: &str = "define($N 3)
InfiniteSource(DATA \\<010203>, LIMIT $N, STOP true) -> Print(p) -> c :: Counter -> Discard;";

#[test]
fn handlers_print_in_the_order_given() {
    let file = graph("handlers.click", TEXT);
    let (code, out, err) = output(&[
        "run",
        &file,
        "--engine",
        "dynamic",
        "-h",
        "c.byte_count",
        "-h",
        "c.count",
        "N=2",
    ]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, "c.byte_count:\n6\n\nc.count:\n2\n\n");
    let (_, out, _) = output(&["run", &file, "--engine", "dynamic", "-h", "c.class"]);
    assert_eq!(out, "Counter\n");
}

#[test]
fn a_graph_is_compiled_once_and_then_found() {
    let file = graph("cached.click", TEXT);
    // Another program may have compiled this topology before.
    let (code, out, err) = output(&["run", &file, "--engine", "compiled", "-h", "c.count"]);
    assert_eq!((code, out.as_str()), (Some(0), "3\n"), "{err}");
    assert!(err.contains("compiled engine (c"), "{err}");
    let (code, out, err) = output(&["run", &file, "-h", "c.count", "N=5"]);
    assert_eq!((code, out.as_str()), (Some(0), "5\n"), "{err}");
    assert!(err.contains("compiled engine (cached)"), "{err}");
}

#[test]
fn without_a_toolchain_the_dynamic_engine_runs_and_says_so() {
    let file = graph("bare.click", TEXT);
    let run = |engine: &str| {
        let mut command = pkgraph(&["run", &file, "--engine", engine, "-h", "c.count"]);
        let empty = std::env::temp_dir().join("pkgraph-no-such-cache");
        let output = command.env("CARGO", "/nonexistent").env("PKGRAPH_CACHE", empty).output();
        let output = output.unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run("auto");
    assert_eq!((code, out.as_str()), (Some(0), "3\n"), "{err}");
    assert!(err.contains("dynamic engine (no Rust toolchain"), "{err}");
    let (code, _, err) = run("compiled");
    assert_eq!(code, Some(1));
    assert!(err.contains("cannot compile the graph: no Rust toolchain"), "{err}");
}

#[test]
fn shipped_graphs_run_compiled() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/graphs");
    let mut graphs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "click") {
            continue;
        }
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap();
        let (code, out, err) = output(&["check", "--engine", path]);
        assert_eq!(code, Some(0), "{err}");
        assert!(out.contains("compiled engine (built in)"), "{path}: {out}");
        graphs += 1;
    }
    assert!(graphs > 0);
}

#[test]
fn a_graph_that_keeps_all_buffers_says_so() {
    let text = "InfiniteSource -> Queue(100) -> Unqueue(LIMIT 3) -> Discard;";
    let file = graph("keeps.click", text);
    let arguments = ["run", &file, "--engine", "dynamic", "--buffers", "10", "--for", "100ms"];
    let (code, _, err) = output(&arguments);
    assert_eq!(code, Some(0), "{err}");
    let lines = err.lines().filter(|line| line.contains("packets have all 10 buffers"));
    assert_eq!(lines.count(), 1, "{err}");
}
