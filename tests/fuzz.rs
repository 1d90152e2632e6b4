//! What the fuzzer has found interesting, replayed; and what it starts from.
//!
//! `cargo fuzz run TARGET` (with cargo-fuzz and a nightly toolchain) finds
//! more; see fuzz/README.md.

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

use std::path::Path;

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut replayed = 0;
    for file in files {
        let path = file.unwrap().path();
        // A panic names the file by the last line printed.
        println!("{}", path.display());
        body(&std::fs::read(path).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "{folder:?} is empty");
}

#[test]
fn graphs() {
    replay("graph", bodies::graph);
}

#[test]
fn control_messages() {
    replay("control", bodies::control);
}

#[test]
fn views_of_packets() {
    replay("views", bodies::views);
}

#[test]
fn the_table() {
    replay("table", bodies::table);
}
