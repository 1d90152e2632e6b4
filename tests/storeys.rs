//! The crates of the workspace stand in storeys, and each depends only on those
//! below its own.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// From the ground up. Crates of one storey do not know each other.
const STOREYS: &[&[&str]] = &[
    &["pkgraph-sys"],
    &["pkgraph-declaration", "pkgraph-runtime"],
    &["pkgraph-derive", "pkgraph-lang", "pkgraph-serve"],
    &["pkgraph-core"],
    &["pkgraph-dump", "pkgraph-ethernet", "pkgraph-queue", "pkgraph-standard", "pkgraph-traffic"],
    &["pkgraph-ip"],
    &["pkgraph-classification", "pkgraph-device", "pkgraph-sfu"],
    &["pkgraph-elements"],
    &["pkgraph-macros"],
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
