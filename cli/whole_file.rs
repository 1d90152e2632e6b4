//! Files that are written whole or not at all, whoever writes them: a full disk
//! or a program that is killed leaves what was there before.
//!
//! The new text goes into a file of another name in the same folder, to the
//! disk, and takes the place of the old one by a rename. A file that has other
//! hard links leaves them.

use pkgraph_runtime::output;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// What a file is for, where that says who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For everybody to read, as far as the user's umask lets.
    Text,
    /// To be run, too.
    Program,
    /// To be run, and for this user alone.
    PrivateProgram,
}

/// Where something will be written, known to be writable.
#[derive(Debug)]
pub struct WholeFile {
    place: Place,
    kind: Kind,
}

#[derive(Debug)]
enum Place {
    Stdout,
    Stderr,
    /// A pipe, a device, or a descriptor of a process: a file must not take its
    /// place.
    Direct(File),
    File(PathBuf),
}

/// Writes `octets` to `path`. What was there stays as it is unless all could be
/// written; its owner and its permissions are kept, and a symbolic link stays
/// one. Pipes and devices are written to.
///
/// # Errors
/// Those of the system: also for a file that may not be written, and for a
/// folder in which no file can be made.
pub fn write(path: &Path, octets: &[u8], kind: Kind) -> io::Result<()> {
    WholeFile::at(path, kind)?.write(octets)
}

impl WholeFile {
    /// Sees to it that `path` can be written, and changes nothing.
    ///
    /// # Errors
    /// As for [`write`].
    pub fn at(path: &Path, kind: Kind) -> io::Result<WholeFile> {
        let place = place(path)?;
        if let Place::File(path) = &place {
            existing(path)?;
            beside(path, kind)?.close()?;
        }
        Ok(WholeFile { place, kind })
    }

    /// Whether the next text takes the place of the one before, as in a file, and
    /// does not go behind it, as in a pipe.
    pub fn is_replaced(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Writes it.
    ///
    /// # Errors
    /// As for [`write`].
    pub fn write(&self, octets: &[u8]) -> io::Result<()> {
        match &self.place {
            Place::Stdout => output::print_octets(octets),
            Place::Stderr => io::stderr().write_all(octets),
            Place::Direct(file) => (&*file).write_all(octets),
            Place::File(path) => {
                let old = existing(path)?;
                let mut file = beside(path, self.kind)?;
                file.write_all(octets)?;
                if let Some(old) = old {
                    keep(&old, file.as_file(), self.kind)?;
                }
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}

/// Where what is written to `path` goes. Symbolic links are followed, but for
/// those that stand for descriptors.
fn place(path: &Path) -> io::Result<Place> {
    let mut path = path.to_path_buf();
    // As many links as Linux follows.
    for _ in 0..40 {
        let Ok(to) = fs::read_link(&path) else {
            return match fs::metadata(&path) {
                Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
                Ok(found) if !found.is_file() => direct(&path),
                _ => Ok(Place::File(path)),
            };
        };
        let folder = folder(&path).canonicalize()?;
        if folder.starts_with("/proc") {
            let own = folder == Path::new("/proc/self/fd").canonicalize()?;
            return match path.file_name().and_then(|name| name.to_str()) {
                Some("1") if own => Ok(Place::Stdout),
                Some("2") if own => Ok(Place::Stderr),
                _ => direct(&path),
            };
        }
        path = folder.join(to);
    }
    // Whoever opens it is told.
    Ok(Place::File(path))
}

/// What a path leads to that is no file of its own. What is written goes behind
/// what others have written there.
fn direct(path: &Path) -> io::Result<Place> {
    // Opened once: the reader of a pipe takes a second time for the end.
    OpenOptions::new().append(true).open(path).map(Place::Direct)
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// The file that is there, if it may be written.
fn existing(path: &Path) -> io::Result<Option<Metadata>> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => file.metadata().map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // A program that runs may be replaced, and goes on as it is.
        Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => fs::metadata(path).map(Some),
        Err(error) => Err(error),
    }
}

/// A new file in the same folder, which is gone when this is dropped.
fn beside(path: &Path, kind: Kind) -> io::Result<NamedTempFile> {
    let mode = match kind {
        Kind::Text => 0o666,
        Kind::Program => 0o777,
        Kind::PrivateProgram => 0o700,
    };
    // The umask applies.
    Builder::new()
        .prefix(".pkgraph-")
        .suffix(".new")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder(path))
}

/// Gives `new` the owner and the permissions of `old`.
fn keep(old: &Metadata, new: &File, kind: Kind) -> io::Result<()> {
    let made = new.metadata()?;
    let mut mode = old.mode() & 0o7777;
    if (old.uid(), old.gid()) != (made.uid(), made.gid())
        && fchown(new, Some(old.uid()), Some(old.gid())).is_err()
    {
        // Who may write a file of another cannot give one away: it is the
        // writer's now, and no program runs in the writer's name by that.
        mode &= 0o777;
    }
    if kind != Kind::Text {
        // To be run by those who may read it.
        mode |= (mode & 0o444) >> 2;
    }
    new.set_permissions(Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn nothing_is_there_before_and_all_is_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let file = WholeFile::at(&path, Kind::Text).unwrap();
        assert!(names(folder.path()).is_empty() && file.is_replaced());
        file.write(b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["report.json"]);
        // As any new file.
        fs::write(folder.path().join("usual"), "").unwrap();
        assert_eq!(mode(&path), mode(&folder.path().join("usual")));
        let missing = WholeFile::at(&folder.path().join("none/file"), Kind::Text).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let is_folder = WholeFile::at(folder.path(), Kind::Text).unwrap_err();
        assert_eq!(is_folder.kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn permissions_owner_and_links_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        fs::write(at("deep/file"), "before").unwrap();
        // Root gives it to somebody else; anybody else keeps it.
        let _ = std::os::unix::fs::chown(at("deep/file"), Some(65534), Some(65534));
        let owner = fs::metadata(at("deep/file")).unwrap().uid();
        set_mode(&at("deep/file"), 0o640);
        symlink("deep/file", at("first")).unwrap();
        symlink("first", at("link")).unwrap();
        write(&at("link"), b"after", Kind::Text).unwrap();
        assert_eq!(fs::read(at("deep/file")).unwrap(), b"after");
        assert_eq!(mode(&at("deep/file")), 0o640);
        assert_eq!(fs::metadata(at("deep/file")).unwrap().uid(), owner);
        assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("first"));
        assert_eq!(names(&at("deep")), ["file"]);

        // A link to a file that is not there yet.
        symlink("deep/new", at("dangling")).unwrap();
        write(&at("dangling"), b"made", Kind::Text).unwrap();
        assert_eq!(fs::read(at("deep/new")).unwrap(), b"made");
        symlink("round", at("round")).unwrap();
        assert!(write(&at("round"), b"", Kind::Text).is_err());

        write(&at("deep/file"), b"#!/bin/true", Kind::Program).unwrap();
        assert_eq!(mode(&at("deep/file")), 0o750);
    }

    #[test]
    fn a_program_that_runs_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat");
        write(&path, &fs::read("/bin/cat").unwrap(), Kind::Program).unwrap();
        let mut child = Command::new(&path).stdin(Stdio::piped()).spawn().unwrap();
        write(&path, b"another", Kind::Program).unwrap();
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        assert_eq!(fs::read(&path).unwrap(), b"another");
    }

    #[test]
    fn pipes_and_devices_are_written_to() {
        write(Path::new("/dev/null"), b"text", Kind::Text).unwrap();
        assert!(!WholeFile::at(Path::new("/dev/null"), Kind::Text).unwrap().is_replaced());
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let full = write(Path::new("/dev/full"), b"text", Kind::Text).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull);

        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let reader = Command::new("cat").arg(&fifo).stdout(Stdio::piped()).spawn().unwrap();
        write(&fifo, b"text", Kind::Text).unwrap();
        assert_eq!(reader.wait_with_output().unwrap().stdout, b"text");

        // A descriptor stays what it is, also where it leads to a file.
        let (path, file) = (folder.path().join("log"), folder.path().join("log"));
        fs::write(&file, "before ").unwrap();
        let open = OpenOptions::new().append(true).open(&path).unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        write(Path::new(&format!("/dev/fd/{number}")), b"after", Kind::Text).unwrap();
        (&open).write_all(b".").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "before after.");
    }
}
