//! The crates of the workspace stand in storeys, and each depends only on those
//! below its own. Unsafe code stands in few rooms, and a driver's name in its own.

use pkgraph_runtime::netmap::DRIVERS;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// From the ground up. Crates of one storey do not know each other.
const STOREYS: &[&[&str]] = &[
    &["pkgraph-sys"],
    &["pkgraph-declaration", "pkgraph-runtime"],
    &["pkgraph-derive", "pkgraph-lang", "pkgraph-serve"],
    &["pkgraph-core", "pkgraph-picture", "pkgraph-program"],
    &["pkgraph-dump", "pkgraph-ethernet", "pkgraph-queue", "pkgraph-standard", "pkgraph-traffic"],
    &["pkgraph-ip"],
    &["pkgraph-classification", "pkgraph-device", "pkgraph-sfu"],
    &["pkgraph-client", "pkgraph-elements"],
    &["pkgraph-compare", "pkgraph-macros"],
    &["pkgraph"],
    &["embed"],
];

fn storey(package: &str) -> Option<usize> {
    STOREYS.iter().position(|storey| storey.contains(&package))
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn dependencies_point_downwards() {
    let packages = packages();
    let mut named = 0;
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let own = storey(name).unwrap_or_else(|| panic!("{name} stands in no storey"));
        named += 1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let below = dependency["name"].as_str().unwrap();
            // Tests may reach up.
            if let Some(other) = storey(below)
                && dependency["kind"] != "dev"
            {
                assert!(other < own, "{name} depends on {below}, which is not below it");
            }
        }
    }
    assert_eq!(named, STOREYS.iter().map(|storey| storey.len()).sum::<usize>());
}

/// The crates that run without an operating system: without features they depend on
/// no crate that makes calls of one.
const BARE: &[&str] = &["pkgraph-elements", "pkgraph-lang", "pkgraph-runtime", "pkgraph-sfu"];

#[test]
fn without_linux_nothing_makes_calls_of_it() {
    for package in BARE {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--no-default-features", "--prefix", "none"])
            .args(["--edges", "normal,no-proc-macro", "--target", "wasm32-unknown-unknown"])
            .args(["--package", package])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let names: BTreeSet<&str> =
            text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains("pkgraph-runtime"), "{text}");
        for call in ["caps", "getrandom", "libc", "netmap_sys", "pkgraph-sys", "rustix", "socket2"]
        {
            assert!(!names.contains(call), "{package} depends on {call}");
        }
    }
}

/// A crate says first what it does, and then what it does not know.
#[test]
fn each_crate_says_what_it_does_not_know() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if ["embed", "pkgraph"].contains(&name) {
            continue;
        }
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let text = fs::read_to_string(folder.join("lib.rs")).unwrap();
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let head = head.join(" ");
        assert!(
            ["know", "knows"].iter().any(|word| head.contains(word)),
            "{name}: its lib.rs does not say what it does not know:\n{head}"
        );
    }
}

/// Packets, regions and rings: the files with unsafe code besides `pkgraph-sys`.
const UNSAFE: &[&str] = &[
    "runtime/netmap/interface.rs",
    "runtime/netmap/kernel/memory.rs",
    "runtime/netmap/layout.rs",
    "runtime/netmap/ring.rs",
    "runtime/netmap/sim/memory.rs",
    "runtime/netmap/xdp/memory.rs",
    "runtime/packet.rs",
    "runtime/region.rs",
];

/// A text of Rust without its comments.
fn code(text: &str) -> String {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
}

/// Whether a text of Rust has unsafe code: the word, outside of comments, before
/// what can be unsafe.
fn has_unsafe(text: &str) -> bool {
    const WHAT: [&str; 5] = ["{", "fn", "impl", "extern", "trait"];
    let code = code(text);
    let words: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || c == '(')
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).any(|pair| pair[0] == "unsafe" && WHAT.contains(&pair[1]))
}

/// The files of Rust below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn unsafe_code_stands_in_few_rooms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(root, &mut files);
    let with_unsafe: BTreeSet<String> = files
        .iter()
        .filter(|path| has_unsafe(&fs::read_to_string(path).unwrap()))
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    let is_sys = |name: &&String| name.starts_with("runtime/sys/");
    assert!(with_unsafe.iter().filter(is_sys).count() > 5, "the search finds what there is");
    let others: Vec<&String> = with_unsafe.iter().filter(|name| !is_sys(name)).collect();
    assert_eq!(others, UNSAFE);
}

#[test]
fn unsafe_code_is_told_from_words() {
    // The word stands here as U, since this file has no unsafe code.
    let holds = |text: &str| has_unsafe(&text.replace('U', "unsafe"));
    for text in ["    U {", "f(U { x })", "pub U fn f()", "let x = U\n{", "U impl A for B {}"] {
        assert!(holds(text), "{text}");
    }
    for text in ["// U {", "\"U\", \"use\"", "is_U {", "let U_rooms = 1;"] {
        assert!(!holds(text), "{text}");
    }
}

/// How code outside of a driver's folder would name the driver: in a text, or by
/// its module. `is_netmap` says whether the code stands beside those folders.
fn names_a_driver(code: &str, is_netmap: bool) -> Option<String> {
    let forms = |name: &str| {
        let module = name.split('-').next().unwrap_or_default();
        let path = if is_netmap { format!("{module}::") } else { format!("netmap::{module}") };
        let texts = ["\"N\"", "--driver=N", "--driver N", "driver N"];
        let texts = texts.map(|text| text.replace('N', name));
        texts.into_iter().chain([path]).collect::<Vec<_>>()
    };
    DRIVERS.iter().flat_map(|row| forms(row.name)).find(|form| code.contains(form))
}

/// Here "kernel" is the kernel's part of CPU time.
const CPU_TIME: &[&str] = &["cli/compare/html/section/cpu.rs", "cli/compare/table.rs"];

#[test]
fn a_driver_is_named_in_its_folder_and_its_row_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ["cli", "elements", "lang", "runtime"]
        .iter()
        .for_each(|of| sources(&root.join(of), &mut files));
    let mut seen = 0;
    for path in files {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let netmap = name.strip_prefix("runtime/netmap/");
        let is_own = netmap.is_some_and(|file| file.contains('/') || file == "example.rs");
        let is_test = name.split('/').any(|part| part.trim_end_matches(".rs").ends_with("tests"));
        // The calls of Linux have the names that Linux gives them.
        if is_own || is_test || name.starts_with("runtime/sys/") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = code(text.split("\nmod tests {").next().unwrap());
        let code = match CPU_TIME.contains(&name.as_str()) {
            true => code.replace("\"kernel\"", ""),
            false => code,
        };
        let found = names_a_driver(&code, netmap.is_some());
        match name == "runtime/netmap/mod.rs" {
            true => assert!(found.is_some(), "the table is in {name}"),
            false => assert_eq!(found, None, "{name} names a driver: let it read the table"),
        }
        seen += 1;
    }
    assert!(seen > 200, "{seen} files were read");
}

#[test]
fn a_drivers_name_is_told_from_other_words() {
    for text in ["\"xdp-skb\"", "\"--driver=kernel\"", "use netmap::sim::Faults;", "the driver xdp"]
    {
        assert!(names_a_driver(text, false).is_some(), "{text}");
    }
    assert!(names_a_driver("kernel::ROW", true).is_some());
    for text in ["\"the kernel\"", "sim::repeats", "driver {}", "drivers"] {
        assert_eq!(names_a_driver(text, false), None, "{text}");
    }
}
