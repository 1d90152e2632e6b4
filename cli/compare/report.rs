//! Results as files: written whole or not at all, and known to be writable
//! before anything is measured.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that will be written at the end.
pub struct Report {
    path: PathBuf,
    /// What is no file, such as a pipe, is written to as it is: a file must not
    /// take its place.
    is_file: bool,
}

impl Report {
    /// Sees to it that there can be such a file. The error says why not.
    pub fn at(path: &Path) -> Result<Report, String> {
        let refused = |error| format!("{}: {error}: choose another place", path.display());
        if path.is_dir() {
            return Err(format!("{} is a folder: give the name of a file", path.display()));
        }
        let is_file = path.metadata().is_ok_and(|found| found.is_file());
        if path.exists() && !is_file {
            OpenOptions::new().write(true).open(path).map_err(refused)?;
            return Ok(Report { path: path.to_path_buf(), is_file: false });
        }
        // A link stays, and what it leads to is written.
        let path = if is_file { path.canonicalize().map_err(refused)? } else { path.into() };
        let report = Report { path, is_file: true };
        let beside = report.beside();
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)
            .map_err(refused)?;
        fs::remove_file(&beside).map_err(refused)?;
        Ok(report)
    }

    /// Writes it. A file that was there stays as it is unless all could be
    /// written.
    pub fn write(&self, text: &str) -> Result<(), String> {
        if !self.is_file {
            let written = OpenOptions::new().write(true).open(&self.path);
            return written
                .and_then(|mut to| to.write_all(text.as_bytes()))
                .map_err(|error| format!("{}: {error}", self.path.display()));
        }
        let beside = self.beside();
        let written = fs::File::create(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &self.path));
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            format!("{}: {error}", self.path.display())
        })
    }

    /// A name that no other program uses, in the same folder.
    fn beside(&self) -> PathBuf {
        self.path.with_added_extension(format!("{}.new", std::process::id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let report = Report::at(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        report.write("whole").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = Report::at(&folder.path().join("none/report.json")).err().unwrap();
        assert!(error.contains("none/report.json"), "{error}");
        assert!(Report::at(folder.path()).err().unwrap().contains("is a folder"));
    }

    #[test]
    fn a_disk_that_is_full_and_a_link_are_left_as_they_are() {
        let full = Report::at(Path::new("/dev/full")).unwrap();
        let error = full.write("text").unwrap_err();
        assert!(error.starts_with("/dev/full: "), "{error}");
        assert!(!fs::metadata("/dev/full").unwrap().is_file());

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Report::at(&link).unwrap().write("after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
