//! Places to listen and to connect to: TCP and Unix-domain sockets.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// Where a control socket is: `unix:PATH` (or a path with a slash), or
/// `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A Unix-domain socket.
    Unix(PathBuf),
    /// Host and TCP port.
    Tcp(String),
}

/// A text that is no [`Place`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}': expected unix:PATH or tcp:HOST:PORT")]
pub struct PlaceError(pub String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Place, PlaceError> {
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Place::Unix(path.into())),
            Some(("tcp", address)) if address.contains(':') => Ok(Place::Tcp(address.into())),
            _ if text.contains('/') => Ok(Place::Unix(text.into())),
            _ => Err(PlaceError(text.into())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

impl Place {
    /// Connects to the socket that is there.
    pub fn connect(&self) -> io::Result<Stream> {
        match self {
            Place::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
            Place::Tcp(address) => TcpStream::connect(address).map(Stream::Tcp),
        }
    }
}

/// A connection, from either side. Like the sockets within, it is read and
/// written through a shared reference, so that one descriptor is enough.
#[derive(Debug)]
pub enum Stream {
    /// Over a Unix-domain socket.
    Unix(UnixStream),
    /// Over TCP.
    Tcp(TcpStream),
}

impl Stream {
    /// Ends the connection; calls that wait for it return.
    pub fn shutdown(&self) {
        // A connection that the client has ended cannot be ended again.
        let _ = match self {
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }

    /// How long one read waits at most; the duration is not zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Stream::Unix(stream) => stream.set_read_timeout(timeout),
            Stream::Tcp(stream) => stream.set_read_timeout(timeout),
        }
    }

    /// How long one write waits at most; the duration is not zero.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Stream::Unix(stream) => stream.set_write_timeout(timeout),
            Stream::Tcp(stream) => stream.set_write_timeout(timeout),
        }
    }
}

impl Read for &Stream {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).read(octets),
            Stream::Tcp(stream) => (&mut &*stream).read(octets),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).write(octets),
            Stream::Tcp(stream) => (&mut &*stream).write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A socket that listens.
pub enum Listener {
    /// At a path.
    Unix(UnixListener),
    /// At an address.
    Tcp(TcpListener),
}

impl Listener {
    /// Listens at `place`.
    pub fn bind(place: &Place) -> io::Result<Listener> {
        match place {
            Place::Tcp(address) => TcpListener::bind(address).map(Listener::Tcp),
            Place::Unix(path) => {
                // A socket that nobody listens to was left by a program that
                // was killed. Anything else is not ours to remove.
                let stale = std::fs::symlink_metadata(path)
                    .is_ok_and(|file| file.file_type().is_socket())
                    && UnixStream::connect(path).is_err();
                if stale {
                    std::fs::remove_file(path)?;
                }
                UnixListener::bind(path).map(Listener::Unix)
            }
        }
    }

    /// Where it listens, with the TCP port that was chosen for port 0.
    pub fn place(&self) -> io::Result<Place> {
        match self {
            Listener::Tcp(tcp) => Ok(Place::Tcp(tcp.local_addr()?.to_string())),
            Listener::Unix(unix) => {
                let address = unix.local_addr()?;
                Ok(Place::Unix(address.as_pathname().unwrap_or("".as_ref()).into()))
            }
        }
    }

    /// Whether other hosts may reach it.
    pub fn is_exposed(&self) -> bool {
        match self {
            Listener::Tcp(tcp) => tcp.local_addr().is_ok_and(|at| !at.ip().is_loopback()),
            Listener::Unix(_) => false,
        }
    }

    /// Waits for a client.
    pub fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Unix(listener) => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
            Listener::Tcp(listener) => listener.accept().map(|(stream, _)| Stream::Tcp(stream)),
        }
    }
}
