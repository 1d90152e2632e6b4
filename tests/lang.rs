//! The language: each `tests/lang/NAME.click` beside the pinned text that
//! `pkgraph flatten` makes of it. A first line `// NAME=VALUE` stands for
//! arguments on the command line. To pin what is printed now, run with
//! `BLESS=1` in the environment, and read the difference.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "click")).collect();
    cases.sort();
    cases
}

/// What `pkgraph flatten` prints for a graph.
fn flatten(path: &Path, defines: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pkgraph"))
        .arg("flatten")
        .arg(path)
        .args(defines)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn graphs_flatten_to_what_is_pinned() {
    let cases = cases();
    assert!(!cases.is_empty());
    let mut differences = String::new();
    for case in cases {
        let text = fs::read_to_string(&case).unwrap();
        let first = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap_or("");
        let defines: Vec<&str> = first.split(' ').filter(|word| word.contains('=')).collect();
        let flat = flatten(&case, &defines);
        let pinned = case.with_extension("flat");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&pinned, &flat).unwrap();
        }
        let expected = fs::read_to_string(&pinned).unwrap_or_default();
        if flat != expected {
            differences +=
                &format!("{}\n--- pinned\n{expected}--- printed\n{flat}\n", case.display());
        }
        if pinned.exists() {
            assert_eq!(flatten(&pinned, &[]), expected, "{} flattened again", case.display());
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Every graph of the tests that can be parsed, and those that people run.
fn graphs() -> Vec<PathBuf> {
    let folders = ["tests/lang", "tests/lang/library", "tests/ui", "graphs"];
    let files = folders.iter().flat_map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
    });
    files.filter(|path| path.extension().is_some_and(|e| e == "click")).collect()
}

#[test]
fn layout_is_stable_and_keeps_the_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let mut laid_out = 0;
    for graph in graphs() {
        let copy = folder.path().join("copy.click");
        fs::copy(&graph, &copy).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_pkgraph"));
            command.args(arguments).arg(&copy).output().unwrap()
        };
        let before = run(&["flatten"]).stdout;
        if !run(&["fmt"]).status.success() {
            continue;
        }
        laid_out += 1;
        let check = run(&["fmt", "--check"]);
        assert!(check.status.success(), "{} is not stable", graph.display());
        assert_eq!(run(&["flatten"]).stdout, before, "{}", graph.display());
    }
    assert!(laid_out > 30);
}

#[test]
fn layout_of_standard_input_goes_to_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pkgraph"))
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"a::Null  ->b :: Null").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "a :: Null -> b :: Null;\n");
}
