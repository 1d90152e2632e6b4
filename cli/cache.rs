//! Graphs compiled on first use: one program per topology, kept in the user's
//! cache.
//!
//! Everything below the folder of a version is made by this program alone, and
//! a program enters it by a rename, so whoever finds one finds it whole.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// A compiled graph, as an executable file.
pub struct Program(PathBuf);

impl Program {
    /// The command that runs it, with `spec` (JSON) as its standard input.
    pub fn command(&self, spec: &str) -> io::Result<Command> {
        // A file, since a pipe holds 64 KiB and nobody would be left to fill it.
        let mut stdin = tempfile::tempfile()?;
        io::Write::write_all(&mut stdin, spec.as_bytes())?;
        stdin.seek(SeekFrom::Start(0))?;
        let mut command = Command::new(&self.0);
        command.stdin(Stdio::from(stdin));
        Ok(command)
    }
}

/// The program for `topology`, if it has been compiled.
pub fn find(topology: &str) -> Option<Program> {
    let path = folder().ok()?.join("programs").join(hash(topology));
    is_program(&path).then_some(Program(path))
}

/// Whether there is a program; an empty file is none, and a shell would run it.
fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// Finds the program for `topology`, or compiles what `code` gives. Also says
/// which of the two happened; the error says why there is none.
pub fn program(
    topology: &str,
    code: impl FnOnce() -> String,
) -> Result<(Program, &'static str), String> {
    let folder = folder()?;
    let path = folder.join("programs").join(hash(topology));
    if is_program(&path) {
        return Ok((Program(path), "cached"));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err("no Rust toolchain: install one, and the graph is compiled once".into());
    }
    let in_cache = |error: io::Error| format!("the cache {} : {error}", folder.display());
    fs::create_dir_all(folder.join("programs")).map_err(in_cache)?;
    let lock = File::create(folder.join("lock")).map_err(in_cache)?;
    lock.lock().map_err(in_cache)?;
    // Another process may have compiled it while this one waited.
    if is_program(&path) {
        return Ok((Program(path), "cached"));
    }
    eprintln!("compiling the graph, once…");
    write_crates(&folder, &code()).map_err(in_cache)?;
    build(&cargo, &folder)?;
    let built = folder.join("target/release/graph");
    // What is found under the name must be whole, also after a power cut.
    File::open(&built).and_then(|file| file.sync_all()).map_err(in_cache)?;
    fs::rename(&built, &path).map_err(in_cache)?;
    Ok((Program(path), "compiled now"))
}

/// The folder of this version of the program.
fn folder() -> Result<PathBuf, String> {
    let cache = match (std::env::var_os("PKGRAPH_CACHE"), std::env::var_os("XDG_CACHE_HOME")) {
        (Some(own), _) => PathBuf::from(own),
        // One that is not absolute is to be ignored (XDG Base Directory).
        (None, Some(cache)) if Path::new(&cache).is_absolute() => {
            PathBuf::from(cache).join("pkgraph")
        }
        (None, _) => match std::env::var_os("HOME") {
            Some(home) => PathBuf::from(home).join(".cache/pkgraph"),
            None => return Err("no place for compiled graphs: set PKGRAPH_CACHE".into()),
        },
    };
    let cache = std::path::absolute(cache).map_err(|error| format!("the cache: {error}"))?;
    let sources: String = SOURCES.iter().flat_map(|(path, text)| [*path, *text]).collect();
    Ok(cache.join(hash(&sources)))
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(12).fold(String::new(), |mut hex, octet| {
        // Writing to a String does not fail.
        let _ = write!(hex, "{octet:02x}");
        hex
    })
}

/// The crates that the program links, and the program.
fn write_crates(folder: &Path, code: &str) -> io::Result<()> {
    for (path, text) in SOURCES {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
        // Unchanged files keep their times, so that cargo builds them once.
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        fs::write(path, text)?;
    }
    let manifest = SOURCES.iter().find(|(path, _)| *path == "Cargo.toml").expect("it is packed").1;
    fs::write(folder.join("Cargo.toml"), workspace(manifest))?;
    fs::create_dir_all(folder.join("graph"))?;
    fs::write(folder.join("graph/Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("graph/graph.rs"), code)?;
    fs::write(folder.join("graph/main.rs"), MAIN)
}

/// The project's own manifest up to its root package, with the members that a
/// program needs: versions and lints are then those of the project.
fn workspace(manifest: &str) -> String {
    let shared = manifest.split("\n[package]").next().unwrap_or_default();
    let members = r#"members = ["runtime", "elements", "elements/derive", "graph"]"#;
    let mut text = String::new();
    for line in shared.lines() {
        text.push_str(if line.starts_with("members") { members } else { line });
        text.push('\n');
    }
    text.push_str("\n[profile.release]\ncodegen-units = 1\n");
    text
}

const MANIFEST: &str = r#"[package]
name = "graph"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "graph"
path = "main.rs"

[dependencies]
pkgraph-elements.workspace = true
pkgraph-runtime.workspace = true
"#;

const MAIN: &str = "\
mod graph;

fn main() -> std::process::ExitCode {
    pkgraph_runtime::program::main(graph::TOPOLOGY, graph::Compiled::new)
}
";

/// Runs cargo, without the network if it has what it needs.
fn build(cargo: &std::ffi::OsStr, folder: &Path) -> Result<(), String> {
    let mut errors = String::new();
    for offline in [true, false] {
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--quiet", "--package", "graph"]);
        if offline {
            command.arg("--offline");
        }
        // Neither the settings of a cargo that runs this program nor a
        // configuration of the folder it runs in are the graph's.
        command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        command.env_remove("CARGO_BUILD_TARGET");
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        errors = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    let first = errors.lines().find(|line| line.starts_with("error")).unwrap_or("cargo failed");
    let log = folder.join("errors.txt");
    let whole = match fs::write(&log, &errors) {
        Ok(()) => format!("; all of it is in {}", log.display()),
        Err(_) => String::new(),
    };
    Err(format!("{first}{whole}"))
}
