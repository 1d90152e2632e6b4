//! Where compiled graphs are kept: one program per topology, in the user's
//! cache.
//!
//! What is found here is run in the user's name, so it is used only where nobody
//! else can have put it (see `private`), and a program only where it is whole (see
//! `seal`). New folders are for this user alone.

use super::toolchain::{self, Code, Crate};
use super::{private, seal};
use crate::whole_file::{self, Kind, WholeFile};
use pkgraph_elements::Home;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tracing::{debug, info, info_span};

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// A compiled graph, as an executable file.
pub struct Program(PathBuf);

impl Program {
    /// The command that runs it, with `spec` (JSON) as its standard input.
    pub fn command(&self, spec: &str) -> io::Result<Command> {
        let mut magic = [0; 4];
        File::open(&self.0).and_then(|mut file| file.read_exact(&mut magic))?;
        if magic != *b"\x7fELF" {
            // A shell would run it.
            return Err(io::Error::new(ErrorKind::InvalidData, "it is no program"));
        }
        // A file, since a pipe holds 64 KiB and nobody would be left to fill it.
        let mut stdin = tempfile::tempfile()?;
        io::Write::write_all(&mut stdin, spec.as_bytes())?;
        stdin.seek(SeekFrom::Start(0))?;
        let mut command = Command::new(&self.0);
        command.stdin(Stdio::from(stdin));
        Ok(command)
    }
}

/// The program for `topology`, if it has been compiled and may be run.
pub fn find(topology: &str, home: Option<Home>) -> Option<Program> {
    look(topology, home).ok().flatten()
}

/// As [`find`]. The error says why nothing in this cache is to be run.
fn look(topology: &str, home: Option<Home>) -> Result<Option<Program>, String> {
    let cache = cache()?;
    if !cache.exists() {
        return Ok(None);
    }
    let mut path = private::root(&cache)?;
    for name in [&folder(home), "programs", &name(topology, home)] {
        path.push(name);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        private::own(&path)?;
    }
    // One that is damaged is made anew.
    Ok(seal::is_whole(&path).then_some(Program(path)))
}

/// The folders of the cache that a compilation writes to.
struct Folders {
    /// That of this version of the program and, for elements of another crate,
    /// of that crate.
    own: PathBuf,
    /// Cargo's for all graphs of all versions, so that what they depend on is
    /// built once.
    target: PathBuf,
}

impl Folders {
    /// Makes them, and sees to it that nobody else can change what is in them.
    fn new(home: Option<Home>) -> Result<Folders, String> {
        let cache = cache()?;
        private::make(&cache).map_err(|error| in_cache(&cache, error))?;
        let cache = private::root(&cache)?;
        let (own, target) = (cache.join(folder(home)), cache.join("target"));
        private::folder(&own)?;
        private::folder(&target)?;
        Ok(Folders { own, target })
    }

    fn programs(&self) -> Result<PathBuf, String> {
        let programs = self.own.join("programs");
        private::folder(&programs)?;
        Ok(programs)
    }
}

fn in_cache(folder: &Path, error: io::Error) -> String {
    format!("the cache {}: {error}", folder.display())
}

/// Finds the program for `topology`, or compiles what `code` gives. Also says
/// which of the two happened; the error says why there is none.
pub fn program(
    topology: &str,
    home: Option<Home>,
    code: impl FnOnce() -> Code,
) -> Result<(Program, &'static str), String> {
    if let Some(program) = look(topology, home)? {
        debug!(program = %program.0.display(), "this graph was compiled before");
        return Ok((program, "cached"));
    }
    let _span = info_span!("compile").entered();
    let cargo = toolchain::cargo()?;
    let folders = Folders::new(home)?;
    let programs = folders.programs()?;
    let in_cache = |error| in_cache(&folders.own, error);
    let _lock = lock(&folders.target).map_err(in_cache)?;
    // Another process may have compiled it while this one waited.
    if let Some(program) = look(topology, home)? {
        return Ok((program, "cached"));
    }
    info!("compiling the graph, once…");
    let path = programs.join(name(topology, home));
    let sources = sources(&folders.own, home).map_err(in_cache)?;
    let graph = Crate { folder: &folders.own, target: &folders.target, sources: &sources, home };
    if path.exists() {
        // What it was copied from may be damaged as well: cargo links it anew.
        graph.forget();
    }
    let built = graph.program(&cargo, &code())?;
    let program = seal::sealed(fs::read(&built).map_err(in_cache)?);
    remove_older(&programs, topology);
    whole_file::write(&path, &program, Kind::PrivateProgram).map_err(in_cache)?;
    Ok((Program(path), "compiled now"))
}

/// Compiles a program of its own from `code` and its main function, and puts
/// it at `to`.
pub fn standalone(home: Option<Home>, code: &Code, main: &str, to: &Path) -> Result<(), String> {
    let refused = |error: io::Error| format!("{}: {error}", to.display());
    // Before it takes a minute to make what goes there.
    let file = WholeFile::at(to, Kind::Program).map_err(refused)?;
    let cargo = toolchain::cargo()?;
    let folders = Folders::new(home)?;
    let in_cache = |error| in_cache(&folders.own, error);
    let _span = info_span!("compile").entered();
    let _lock = lock(&folders.target).map_err(in_cache)?;
    info!("compiling the graph…");
    let sources = sources(&folders.own, home).map_err(in_cache)?;
    let graph = Crate { folder: &folders.own, target: &folders.target, sources: &sources, home };
    let built = graph.standalone(&cargo, code, main)?;
    let program = fs::read(&built).map_err(in_cache)?;
    file.write(&program).map_err(refused)
}

/// The sources that this program carries, as a folder.
pub fn carried_sources() -> Result<PathBuf, String> {
    let folders = Folders::new(None)?;
    sources(&folders.own, None).map_err(|error| in_cache(&folders.own, error))
}

/// Waits for other processes that compile with this target folder.
fn lock(target: &Path) -> io::Result<File> {
    let lock = File::create(target.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            info!("waiting for another pkgraph that compiles…");
            lock.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(lock)
}

/// The user's cache.
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

/// The name of the folder of this version or crate.
fn folder(home: Option<Home>) -> String {
    match home {
        None => VERSION.to_string(),
        Some(home) => format!("{}-{}", home.package, hash(home.folder)),
    }
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
