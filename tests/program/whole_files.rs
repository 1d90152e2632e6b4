//! Files that commands write are the old ones or the new ones, and whole.

use crate::process::{graph, output, pkgraph};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

const MESSY: &str = "InfiniteSource->Counter\n->Discard";
const LAID_OUT: &str = "InfiniteSource -> Counter\n    -> Discard;\n";

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs where no file can become longer than 4 KiB: each write beyond fails, as
/// on a full disk.
fn without_space(arguments: &[&str]) -> Output {
    let command = pkgraph(arguments);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg("trap '' XFSZ; ulimit -f 8; exec \"$@\"").arg("sh");
    shell.arg(command.get_program()).args(arguments);
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

#[test]
fn fmt_replaces_a_source_at_once_and_keeps_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("g.click"), folder.path().join("link.click"));
    fs::write(&file, MESSY).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o604)).unwrap();
    symlink("g.click", &link).unwrap();
    let mut before = File::open(&file).unwrap();
    let (code, _, err) = output(&["fmt", link.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), LAID_OUT);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o604);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("g.click"));
    assert_eq!(names(folder.path()), ["g.click", "link.click"]);
    // The old one was not emptied: at no time was there less than a whole file.
    let mut text = String::new();
    before.read_to_string(&mut text).unwrap();
    assert_eq!(text, MESSY);
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let long = MESSY.replace("Counter", &["Counter"; 2000].join("->"));
    fs::write(at("g.click"), &long).unwrap();
    fs::write(at("picture"), "before").unwrap();
    for arguments in [
        &["fmt", &at("g.click")][..],
        &["graph", &at("g.click"), "--format", "dot", "-o", &at("picture")],
        &["new", &at("shout")],
    ] {
        let output = without_space(arguments);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {err}");
        assert!(err.contains(": File too large"), "{arguments:?}: {err}");
    }
    assert_eq!(fs::read_to_string(at("g.click")).unwrap(), long);
    assert_eq!(fs::read_to_string(at("picture")).unwrap(), "before");
    assert_eq!(names(folder.path()), ["g.click", "picture"]);
}

#[test]
fn a_program_takes_the_place_of_one_and_of_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let file = graph("whole_program.click", MESSY);
    fs::write(at("prog"), "before").unwrap();
    fs::write(at("prog.new"), "precious").unwrap();
    let mut command = pkgraph(&["build", &file, "-o", at("prog").to_str().unwrap()]);
    command
        .env("CARGO", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/cargo.sh"))
        .env("FAKE", "good")
        .env("FAKE_LOG", at("log"))
        .env("PKGRAPH_CACHE", at("cache"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(at("prog.new")).unwrap(), "precious");
    assert_eq!(names(folder.path()), ["cache", "log", "prog", "prog.new"]);
    // It is /bin/true.
    assert!(Command::new(at("prog")).status().unwrap().success());
}

#[test]
fn what_is_no_file_is_written_to() {
    let file = graph("whole_none.click", MESSY);
    let (code, out, err) = output(&["graph", &file, "--format", "dot", "-o", "/dev/stdout"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("digraph"), "{out}");
    let (code, _, err) = output(&["graph", &file, "-o", "/dev/full"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("/dev/full: No space left on device"), "{err}");
}
