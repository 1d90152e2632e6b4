//! Reading a file that is to be a graph: of bounded size, and text.

use crate::Source;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Octets of a file at most. The largest public graphs are a hundred times
/// smaller.
const MOST: u64 = 16 << 20;

/// Why a file cannot be read as a graph.
#[derive(Debug)]
pub enum ReadError {
    /// There is no such file.
    Missing,
    /// It has more than 16 MiB, or no end.
    TooLarge,
    /// It is not UTF-8. Line and column count from 1, columns in characters.
    NoText {
        /// The line of the octet.
        line: usize,
        /// The column of the octet.
        column: usize,
        /// The first octet that is wrong.
        octet: u8,
    },
    /// The system refuses.
    System(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        match error.kind() {
            io::ErrorKind::NotFound => ReadError::Missing,
            _ => ReadError::System(error),
        }
    }
}

impl ReadError {
    /// The error as a sentence that begins with the place in the file called
    /// `name`.
    pub fn about(&self, name: &str) -> String {
        match self {
            ReadError::NoText { line, column, .. } => format!("{name}:{line}:{column}: {self}"),
            _ => format!("{name}: {self}"),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Missing => f.write_str("no such file"),
            ReadError::TooLarge => {
                write!(f, "a graph has at most {} MiB, and this file has more", MOST >> 20)
            }
            ReadError::NoText { octet, .. } => {
                write!(f, "a graph is text in UTF-8, and here is the octet 0x{octet:02x}")
            }
            ReadError::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl Source {
    /// Reads the file at `path`, which diagnostics call `name`.
    ///
    /// # Errors
    /// There is no such file, it is larger than a graph may be, or it is not
    /// UTF-8.
    pub fn read(path: &Path, name: String) -> Result<Source, ReadError> {
        Source::from_reader(File::open(path)?, name)
    }

    /// Reads all that `from` gives, like [`read`](Source::read).
    pub fn from_reader(from: impl Read, name: String) -> Result<Source, ReadError> {
        let mut octets = Vec::new();
        from.take(MOST + 1).read_to_end(&mut octets)?;
        if octets.len() as u64 > MOST {
            return Err(ReadError::TooLarge);
        }
        let text = String::from_utf8(octets).map_err(|error| {
            let (good, octet) = (error.utf8_error().valid_up_to(), error.as_bytes());
            // Everything before the first wrong octet is text.
            let before = String::from_utf8_lossy(&octet[..good]);
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let line = before.matches('\n').count() + 1;
            ReadError::NoText { line, column, octet: octet[good] }
        })?;
        Ok(Source { name, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(from: impl Read) -> Result<String, String> {
        let read = Source::from_reader(from, "g".into());
        read.map(|source| source.text).map_err(|error| error.about("g"))
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        assert_eq!(read(&b"a -> b;"[..]), Ok("a -> b;".into()));
        let wrong = "g:2:3: a graph is text in UTF-8, and here is the octet 0xff";
        assert_eq!(read(&b"a -> b;\n\xc3\xbc \xff"[..]), Err(wrong.into()));
        let large = "g: a graph has at most 16 MiB, and this file has more";
        assert_eq!(read(io::repeat(b' ')), Err(large.into()));
        assert_eq!(read(io::repeat(b' ').take(MOST)).map(|text| text.len() as u64), Ok(MOST));
    }
}
