//! A crate of emitted graphs, built once for all of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Builds and runs a program of these files, and returns what it prints
/// between zeros. It links pkgraph, its runtime and elements, and serde_json.
pub fn run(name: &str, files: &[(String, String)]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    for (path, text) in files {
        write_if_new(&folder.join(path), text);
    }
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    // Emitted code names the crate of each element.
    let subjects = fs::read_dir(root.join("elements")).unwrap().map(|entry| entry.unwrap().path());
    let mut library: Vec<String> = subjects
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            let name = folder.file_name().unwrap().display();
            format!("pkgraph-{name} = {{ path = {folder:?} }}\n")
        })
        .collect();
    library.sort();
    let library = library.concat();
    // All such crates have the same dependencies, as has one from `pkgraph new`:
    // these are built once for all of them.
    let manifest = format!(
        "[package]\nname = \"graphs-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [[bin]]\nname = \"graphs-{name}\"\npath = \"main.rs\"\n\n[workspace]\n\n\
         [dependencies]\npkgraph = {{ path = {root:?} }}\npkgraph-runtime = {{ path = {:?} }}\n\
         pkgraph-elements = {{ path = {:?} }}\n\
         {library}serde_json = \"1\"\n\n\
         [profile.dev.package.graphs-{name}]\ndebug = false\n",
        root.join("runtime"),
        root.join("elements"),
    );
    write_if_new(&folder.join("Cargo.toml"), &manifest);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .env("CARGO_TARGET_DIR", target)
        // As this workspace has it, so that both use the same builds.
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
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
