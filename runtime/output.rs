//! What a program prints: results on standard output, which have to arrive, and
//! lines for people on standard error, which may get lost.
//!
//! The macros of the standard library panic when a line cannot be written, so
//! no other file of this project uses them.

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Prints a line on standard error, with the arguments of [`format!`]. A line
/// that cannot be written is lost, and the program goes on.
#[macro_export]
macro_rules! say {
    ($($line:tt)*) => { $crate::output::say(format_args!($($line)*)) };
}

/// What [`say!`](crate::say) calls.
pub fn say(line: fmt::Arguments<'_>) {
    say_text(&format!("{line}\n"));
}

/// As [`say!`](crate::say), for lines that have their line breaks.
pub fn say_text(text: &str) {
    say_octets(text.as_bytes());
}

/// As [`say_text`], for octets.
pub fn say_octets(octets: &[u8]) {
    // One call, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(octets);
}

/// Writes `text` to standard output, and does not keep any of it back.
///
/// # Errors
/// That of the system, whose text begins with `standard output`. A reader that
/// has gone is [`ErrorKind::BrokenPipe`].
pub fn print(text: &str) -> io::Result<()> {
    print_octets(text.as_bytes())
}

/// As [`print()`], for what is no text.
///
/// # Errors
/// As [`print()`].
pub fn print_octets(octets: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(octets).and_then(|()| out.flush());
    written.map_err(named)
}

/// The error of a library that has written to standard output, as that of
/// [`print()`].
pub fn named(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("standard output: {error}"))
}

/// As [`print()`], for all that a command prints: a reader that has gone has read
/// enough, and that is no error.
///
/// # Errors
/// As [`print()`].
pub fn print_all(text: &str) -> io::Result<()> {
    unless_closed(print(text))
}

/// The outcome of writing to standard output, where a reader that has gone is
/// no error.
pub fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}
