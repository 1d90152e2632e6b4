//! Where a session key comes from: an argument or a file.

use super::wire::{BadKey, Key};
use pkgraph::runtime::{FromArg, unquote};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file longer than this holds no key, in octets: the longest in
/// hexadecimal, and the end of the line.
const FILE_MAX: usize = 2 + 2 * 64 + 2;

impl FromArg for Key {
    const TYPE: &'static str = "session key (0x and hexadecimal digits, or a string)";

    fn from_arg(text: &str) -> Result<Key, String> {
        Key::parse(&unquote(text)?).map_err(|bad| bad.to_string())
    }
}

/// The key in a file: its one line of text, read as
/// [`Key::parse`](super::wire::Key::parse) does.
///
/// # Errors
/// [`KeyFileError`]
pub fn read(path: &Path) -> Result<Key, KeyFileError> {
    let named = |why| KeyFileError { path: path.into(), why };
    let mut octets = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_MAX as u64 + 1).read_to_end(&mut octets))
        .map_err(|error| named(NoKey::Unreadable(error)))?;
    let text = std::str::from_utf8(&octets).unwrap_or("\n");
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if octets.len() > FILE_MAX || std::str::from_utf8(&octets).is_err() || text.contains('\n') {
        return Err(named(NoKey::NotOneLine));
    }
    Key::parse(text.as_bytes()).map_err(|bad| named(NoKey::Bad(bad)))
}

/// A file that holds no key.
#[derive(Debug, Error)]
#[error("{}: {why}", path.display())]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: NoKey,
}

/// What is wrong with a key's file.
#[derive(Debug, Error)]
pub enum NoKey {
    /// It is not read.
    #[error(transparent)]
    Unreadable(io::Error),
    /// It holds something else.
    #[error("expected one line: 0x and 32 to 128 hexadecimal digits, or 16 to 64 octets")]
    NotOneLine,
    /// Its line is no key.
    #[error(transparent)]
    Bad(BadKey),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(name: &str, octets: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("pkgraph-{}-{name}", std::process::id()));
        std::fs::write(&path, octets).unwrap();
        path
    }

    #[test]
    fn a_file_holds_one_line() {
        let key = Key::new(b"a line of text, spaces kept ").unwrap();
        for end in ["", "\n", "\r\n"] {
            let text = format!("a line of text, spaces kept {end}");
            let path = file("good", text.as_bytes());
            assert_eq!(read(&path).unwrap(), key, "{end:?}");
            std::fs::remove_file(path).unwrap();
        }
        let longest = file("longest", format!("0x{}\r\n", "a5".repeat(64)).as_bytes());
        assert_eq!(read(&longest).unwrap(), Key::new(&[0xa5; 64]).unwrap());
        std::fs::remove_file(longest).unwrap();
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_name() {
        let cases: [(&str, &[u8], &str); 5] = [
            ("short", b"too short\n", "this one 9"),
            ("lines", b"sixteen octets!!\nand more\n", "expected one line"),
            ("binary", &[0xff; 32], "expected one line"),
            ("empty", b"", "this one 0"),
            ("long", &[b'a'; 1000], "expected one line"),
        ];
        for (name, octets, named) in cases {
            let path = file(name, octets);
            let why = read(&path).unwrap_err().to_string();
            assert!(why.contains(named) && why.contains(name), "{why}");
            std::fs::remove_file(path).unwrap();
        }
        let why = read(Path::new("/nonexistent/key")).unwrap_err().to_string();
        assert!(why.starts_with("/nonexistent/key: "), "{why}");
    }

    #[test]
    fn an_argument_is_hexadecimal_or_a_string() {
        let key = Key::new(&[0x5a; 16]).unwrap();
        for text in [format!("0x{}", "5a".repeat(16)), format!("\\<{}>", "5A".repeat(16))] {
            assert_eq!(Key::from_arg(&text), Ok(key.clone()), "{text}");
        }
        assert_eq!(Key::from_arg("\"ZZZZZZZZZZZZZZZZ\""), Ok(key));
        assert!(Key::from_arg("short").unwrap_err().contains("16 to 64 octets"));
    }
}
