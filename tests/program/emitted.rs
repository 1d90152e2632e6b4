//! The code that `pkgraph build --emit rust` prints is laid out for a reader.

use crate::process::{graph, output};
use std::path::Path;
use std::process::Command;

/// Prints the code of `file` and has rustfmt look at it, with its own
/// settings: the file is outside the project.
fn check(file: &str) {
    let (code, text, err) = output(&["build", file, "--emit", "rust"]);
    assert_eq!(code, Some(0), "{file}: {err}");
    let (_, again, _) = output(&["build", file, "--emit", "rust"]);
    assert!(text == again, "{file}: it is not the same twice");
    assert!(!text.contains(".then.then"), "{file}: a way through several structs");
    let name = Path::new(file).with_extension("rs");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name.file_name().unwrap());
    std::fs::write(&path, text).unwrap();
    let mut rustfmt = Command::new("rustfmt");
    let output = rustfmt.args(["--check", "--edition", "2024"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stdout));
}

fn shipped(folder: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut graphs = 0;
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "click") {
            check(path.strip_prefix(root).unwrap().to_str().unwrap());
            graphs += 1;
        }
    }
    assert!(graphs > 0, "no graphs in {folder}");
}

#[test]
fn the_code_of_shipped_graphs_is_laid_out_as_rustfmt_does() {
    shipped("graphs");
    shipped("benches/graphs");
}

#[test]
fn so_is_that_of_chains_wide_tees_and_loops() {
    let chain = "-> Counter ".repeat(300);
    check(&graph("chain300.click", &format!("InfiniteSource {chain} -> Discard")));
    let sinks: String = (0..300).map(|n| format!("t[{n}] -> Discard;\n")).collect();
    check(&graph("tee300.click", &format!("InfiniteSource -> t :: Tee(300);\n{sinks}")));
    check(&graph(
        "loop.click",
        "InfiniteSource -> q :: Queue -> Unqueue -> t :: Tee(2) -> q; t[1] -> Discard",
    ));
}
