//! What errors in graphs look like: each `tests/ui/NAME.click` beside the
//! pinned text that the command prints for it. A first line `// NAME=VALUE`
//! stands for arguments on the command line. To pin what is printed now, run
//! with `BLESS=1` in the environment, and read the difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "click")).collect();
    cases.sort();
    cases
}

/// What `pkgraph check` prints for a graph that it has to refuse.
fn printed(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let first = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap_or("");
    let output = Command::new(env!("CARGO_BIN_EXE_pkgraph"))
        .arg("check")
        .arg(Path::new("tests/ui").join(path.file_name().unwrap()))
        .args(first.split(' ').filter(|word| word.contains('=')))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", path.display());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn errors_print_what_is_pinned() {
    let cases = cases();
    assert!(!cases.is_empty());
    let mut differences = String::new();
    for case in cases {
        let printed = printed(&case);
        let pinned = case.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&pinned, &printed).unwrap();
        }
        let expected = fs::read_to_string(&pinned).unwrap_or_default();
        if printed != expected || printed.is_empty() {
            differences +=
                &format!("{}\n--- pinned\n{expected}--- printed\n{printed}\n", case.display());
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn every_pinned_text_has_its_graph() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("click").exists(), "{}", path.display());
    }
}

#[test]
fn every_error_is_a_line_of_json() {
    let cases = cases();
    let output = Command::new(env!("CARGO_BIN_EXE_pkgraph"))
        .args(["check", "--json", "graphs/sfu_socket.click"])
        .args(&cases)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(errors.len() > cases.len());
    for error in &errors {
        assert_eq!(error["severity"], "error");
        for (key, is) in [
            ("file", error["file"].is_string()),
            ("message", error["message"].is_string()),
            ("notes", error["notes"].is_array()),
            ("help", error["help"].is_string() || error["help"].is_null()),
            ("line", error["line"].is_u64() || error.get("line").is_none()),
            ("end", error["end"]["column"].is_u64() || error.get("end").is_none()),
        ] {
            assert!(is, "{key} of {error}");
        }
    }
    let marked = errors.iter().find(|error| error["file"] == "lines.m4").unwrap();
    assert_eq!((&marked["line"], &marked["column"]), (&41.into(), &8.into()));
    assert_eq!(marked["end"], serde_json::json!({ "line": 41, "column": 15 }));
}
