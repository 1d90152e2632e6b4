//! Toolchains and caches that do not serve: a line, and the dynamic engine.

use crate::process::{graph, pkgraph};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const TEXT: &str = "InfiniteSource(LIMIT 3, STOP true) -> c :: Counter -> Null -> Discard;";

/// A run with an empty cache and a cargo that is `fake` (see `cargo.sh`).
pub struct Fake {
    /// Where its cache is, in `cache`, and its log.
    pub folder: PathBuf,
    file: String,
    fake: &'static str,
}

impl Fake {
    fn new(fake: &'static str) -> Fake {
        Fake::called(fake, fake)
    }

    /// With a folder of this name.
    pub fn called(name: &str, fake: &'static str) -> Fake {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fake-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Fake { folder, file: graph(&format!("fake-{name}.click"), TEXT), fake }
    }

    pub fn command(&self) -> Command {
        let mut command = pkgraph(&["run", &self.file, "-h", "c.count"]);
        command
            .env("CARGO", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/cargo.sh"))
            .env("FAKE", self.fake)
            .env("FAKE_LOG", self.folder.join("log"))
            .env("PKGRAPH_CACHE", self.folder.join("cache"));
        command
    }

    /// How often cargo was asked to build.
    pub fn builds(&self) -> usize {
        fs::read_to_string(self.folder.join("log")).map_or(0, |log| log.lines().count())
    }
}

/// Runs to the end on the dynamic engine; the line that says why.
pub fn dynamic(mut command: Command) -> String {
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"3\n"[..]), "{err}");
    let ready = err.lines().find(|line| line.starts_with("ready"));
    let ready = ready.unwrap_or_else(|| panic!("it was never ready:\n{err}"));
    assert!(ready.contains("dynamic engine ("), "{ready}");
    ready.to_string()
}

#[test]
fn a_toolchain_that_is_broken_or_old_is_named() {
    for (fake, why) in [
        ("broken", "no Rust toolchain"),
        ("old", "error: rustc 1.70.0 is not supported"),
        ("damaged", "the compiled one does not start"),
    ] {
        let line = dynamic(Fake::new(fake).command());
        assert!(line.contains(why), "{fake}: {line}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let mut command = Fake::new("unwritable").command();
    command.env("PKGRAPH_CACHE", "/proc/pkgraph");
    let line = dynamic(command);
    assert!(line.contains("the cache /proc/pkgraph"), "{line}");
}

#[test]
fn a_full_disk_is_named() {
    let fake = Fake::new("full");
    let mount = |command: &Command| {
        // A file system of its own in a namespace of its own.
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c"]);
        unshare.arg("mount -t tmpfs -o size=64k,mode=700 tmpfs \"$PKGRAPH_CACHE\" && exec \"$@\"");
        unshare.arg("sh").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            unshare.env(name, value.unwrap());
        }
        unshare.current_dir(env!("CARGO_MANIFEST_DIR"));
        unshare
    };
    fs::create_dir_all(fake.folder.join("cache")).unwrap();
    let mut may = Command::new("true");
    may.env("PKGRAPH_CACHE", fake.folder.join("cache"));
    if !mount(&may).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a full disk: this user cannot mount a file system in a namespace");
        return;
    }
    let line = dynamic(mount(&fake.command()));
    assert!(line.contains("No space left on device"), "{line}");
    assert_eq!(fake.builds(), 0);
}

#[test]
fn two_that_compile_the_same_graph_compile_it_once() {
    let fake = Fake::new("good");
    let start = || fake.command().stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let both: Vec<_> = (0..4).map(|_| start()).collect();
    for child in both {
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        // What was compiled is /bin/true.
        assert_eq!(output.status.code(), Some(0), "{err}");
        assert!(!err.contains("dynamic"), "{err}");
    }
    assert_eq!(fake.builds(), 1);
}

#[test]
fn a_graph_that_is_too_big_is_not_compiled() {
    let text = format!(
        "InfiniteSource(LIMIT 3, STOP true) -> c :: Counter {} -> Discard;",
        "-> Null".repeat(2000)
    );
    let mut fake = Fake::new("big");
    fake.file = graph("fake-big.click", &text);
    let line = dynamic(fake.command());
    assert!(line.contains("more than 2000 elements"), "{line}");
    assert_eq!(fake.builds(), 0);
}
