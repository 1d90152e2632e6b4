//! A crate of emitted graphs, built once for all of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Builds and runs a program of these files, and returns what it prints
/// between zeros. It links runtime, elements and serde_json, and what
/// `dependencies` adds to the manifest.
pub fn run(name: &str, files: &[(String, String)], dependencies: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    for (path, text) in files {
        write_if_new(&folder.join(path), text);
    }
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[package]\nname = \"graphs-{2}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [[bin]]\nname = \"graphs-{2}\"\npath = \"main.rs\"\n\n[workspace]\n\n[dependencies]\n\
         pkgraph-runtime = {{ path = {0:?} }}\npkgraph-elements = {{ path = {1:?} }}\n\
         serde_json = \"1\"\n{3}\n[profile.dev]\ndebug = false\n",
        root.join("runtime"),
        root.join("elements"),
        name,
        dependencies,
    );
    write_if_new(&folder.join("Cargo.toml"), &manifest);
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graphs-target");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_string).collect()
}

/// Files that are as they were keep their times, so that cargo builds nothing.
fn write_if_new(path: &Path, text: &str) {
    if !fs::read_to_string(path).is_ok_and(|old| old == text) {
        fs::write(path, text).unwrap();
    }
}
