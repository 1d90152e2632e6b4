//! Where compiled graphs are kept: one program per topology, in the user's
//! cache.
//!
//! Everything below the folder of a version is made by this program alone, and
//! a program enters it by a rename, so whoever finds one finds it whole.

use super::toolchain::{self, Crate};
use crate::whole_file::{Kind, WholeFile};
use pkgraph_elements::Home;
use pkgraph_runtime::say;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
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
pub fn find(topology: &str, home: Option<Home>) -> Option<Program> {
    let path = folder(home).ok()?.join("programs").join(name(topology, home));
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
    home: Option<Home>,
    code: impl FnOnce() -> String,
) -> Result<(Program, &'static str), String> {
    let folder = folder(home)?;
    let programs = folder.join("programs");
    let path = programs.join(name(topology, home));
    if is_program(&path) {
        return Ok((Program(path), "cached"));
    }
    let cargo = toolchain::cargo()?;
    let in_cache = |error: io::Error| format!("the cache {}: {error}", folder.display());
    fs::create_dir_all(&programs).map_err(in_cache)?;
    let target = cache()?.join("target");
    let _lock = lock(&target).map_err(in_cache)?;
    // Another process may have compiled it while this one waited.
    if is_program(&path) {
        return Ok((Program(path), "cached"));
    }
    say!("compiling the graph, once…");
    let sources = sources(&folder, home).map_err(in_cache)?;
    let graph = Crate { folder: &folder, target: &target, sources: &sources, home };
    let built = graph.program(&cargo, &code())?;
    // What is found under the name must be whole, also after a power cut.
    File::open(&built).and_then(|file| file.sync_all()).map_err(in_cache)?;
    remove_older(&programs, topology);
    fs::rename(&built, &path).map_err(in_cache)?;
    Ok((Program(path), "compiled now"))
}

/// Compiles a program of its own from `code` and its main function, and puts
/// it at `to`.
pub fn standalone(home: Option<Home>, code: &str, main: &str, to: &Path) -> Result<(), String> {
    let refused = |error: io::Error| format!("{}: {error}", to.display());
    // Before it takes a minute to make what goes there.
    let file = WholeFile::at(to, Kind::Program).map_err(refused)?;
    let folder = folder(home)?;
    let cargo = toolchain::cargo()?;
    let in_cache = |error: io::Error| format!("the cache {}: {error}", folder.display());
    let target = cache()?.join("target");
    let _lock = lock(&target).map_err(in_cache)?;
    say!("compiling the graph…");
    let sources = sources(&folder, home).map_err(in_cache)?;
    let graph = Crate { folder: &folder, target: &target, sources: &sources, home };
    let built = graph.standalone(&cargo, code, main)?;
    let program = fs::read(&built).map_err(in_cache)?;
    file.write(&program).map_err(refused)
}

/// The sources that this program carries, as a folder.
pub fn carried_sources() -> Result<PathBuf, String> {
    let folder = folder(None)?;
    sources(&folder, None).map_err(|error| format!("the cache {}: {error}", folder.display()))
}

/// Waits for other processes that compile with this target folder.
fn lock(target: &Path) -> io::Result<File> {
    fs::create_dir_all(target)?;
    let lock = File::create(target.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            say!("waiting for another pkgraph that compiles…");
            lock.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(lock)
}

/// The user's cache. Its folder `target` is cargo's for all graphs of all
/// versions, so that what they depend on is built once.
fn cache() -> Result<PathBuf, String> {
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
    std::path::absolute(cache).map_err(|error| format!("the cache: {error}"))
}

/// The folder of this version of the program and, for elements of another
/// crate, of that crate.
fn folder(home: Option<Home>) -> Result<PathBuf, String> {
    Ok(match home {
        None => cache()?.join(VERSION),
        Some(home) => cache()?.join(format!("{}-{}", home.package, hash(home.folder))),
    })
}

/// The file name of a program. Elements of another crate are as they were when
/// this executable was built, so it is a part of the name.
fn name(topology: &str, home: Option<Home>) -> String {
    let executable = home.map(|_| {
        let file = std::env::current_exe().and_then(fs::metadata);
        file.map_or(String::new(), |file| {
            format!("{} {} {} {}", file.ino(), file.len(), file.mtime(), file.mtime_nsec())
        })
    });
    let topology = hash(topology);
    executable.map_or(topology.clone(), |text| format!("{topology}-{}", hash(&text)))
}

/// Programs of this topology made for older builds of an executable.
fn remove_older(programs: &Path, topology: &str) {
    let older = format!("{}-", hash(topology));
    for entry in fs::read_dir(programs).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&older) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(12).fold(String::new(), |mut hex, octet| {
        // Writing to a String does not fail.
        let _ = write!(hex, "{octet:02x}");
        hex
    })
}

/// The sources of this program, written below `folder`. A crate with elements
/// of its own brings those that it depends on.
fn sources(folder: &Path, home: Option<Home>) -> io::Result<PathBuf> {
    let sources = folder.join("pkgraph");
    if home.is_none() {
        for (path, text) in SOURCES {
            toolchain::write_if_new(&sources.join(path), text)?;
        }
    }
    Ok(sources)
}
