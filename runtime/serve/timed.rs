//! A connection that is read or written up to a point in time.

use crate::Stream;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// All calls together end by `until`. A socket's own timeouts hold for one
/// call, and a client that takes or gives an octet at a time stretches them.
pub struct Timed<'a> {
    /// The connection.
    pub stream: &'a Stream,
    /// When calls that still wait fail.
    pub until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        let mut stream = self.stream;
        stream.read(octets)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        let mut stream = self.stream;
        stream.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
