//! Click's ControlSocket, as a part of the run and not of the graph: other
//! programs read and write handlers over TCP or a Unix-domain socket.

mod protocol;

pub use protocol::GREETING;

use crate::{EngineHandle, privileges};
use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Clients served at once; one more is turned away.
const CLIENTS: usize = 16;

/// Where a control socket is: `unix:PATH` (or a path with a slash), or
/// `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A Unix-domain socket.
    Unix(PathBuf),
    /// Host and TCP port.
    Tcp(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Place::Unix(path.into())),
            Some(("tcp", address)) if address.contains(':') => Ok(Place::Tcp(address.into())),
            _ if text.contains('/') => Ok(Place::Unix(text.into())),
            _ => Err(format!("'{text}': expected unix:PATH or tcp:HOST:PORT")),
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

/// A connection to a control socket, from either side.
pub trait Connection: Read + Write + Send {
    /// A second handle on it.
    fn duplicate(&self) -> io::Result<Box<dyn Connection>>;
}

impl Connection for TcpStream {
    fn duplicate(&self) -> io::Result<Box<dyn Connection>> {
        self.try_clone().map(|stream| Box::new(stream) as _)
    }
}

impl Connection for UnixStream {
    fn duplicate(&self) -> io::Result<Box<dyn Connection>> {
        self.try_clone().map(|stream| Box::new(stream) as _)
    }
}

impl Place {
    /// Connects to the socket that is there.
    pub fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Place::Unix(path) => UnixStream::connect(path).map(|stream| Box::new(stream) as _),
            Place::Tcp(address) => TcpStream::connect(address).map(|stream| Box::new(stream) as _),
        }
    }
}

enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    fn bind(place: &Place) -> io::Result<Listener> {
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

    fn accept(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Listener::Unix(listener) => listener.accept().map(|(stream, _)| Box::new(stream) as _),
            Listener::Tcp(listener) => listener.accept().map(|(stream, _)| Box::new(stream) as _),
        }
    }
}

/// A control socket that is listening. Dropping it closes the socket;
/// connections that are open end with their clients.
pub struct Server {
    /// Where it can be reached: with the TCP port that was chosen for port 0.
    place: Place,
    closing: Arc<AtomicBool>,
}

impl Server {
    /// Listens at `place` for clients of `engine`. The error is a sentence for
    /// the user.
    pub fn start(place: &Place, engine: EngineHandle) -> Result<Server, String> {
        let refused = |error: io::Error| {
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => ": another program listens there; choose another place",
                _ => "",
            };
            format!("cannot listen at {place}: {error}{hint}")
        };
        let listener = Listener::bind(place).map_err(refused)?;
        let place = match &listener {
            Listener::Tcp(tcp) => Place::Tcp(tcp.local_addr().map_err(refused)?.to_string()),
            Listener::Unix(_) => place.clone(),
        };
        let closing = Arc::new(AtomicBool::new(false));
        let its_closing = closing.clone();
        let accepting = move || {
            privileges::give_up();
            accept(&listener, &engine, &its_closing);
        };
        std::thread::Builder::new().name("control".into()).spawn(accepting).map_err(refused)?;
        Ok(Server { place, closing })
    }

    /// Where it can be reached.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        let _ = self.place.connect();
        if let Place::Unix(path) = &self.place {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn accept(listener: &Listener, engine: &EngineHandle, closing: &AtomicBool) {
    let clients = Arc::new(AtomicUsize::new(0));
    loop {
        let connection = listener.accept();
        if closing.load(Ordering::Acquire) {
            return;
        }
        // Out of descriptors, or the client has gone again.
        let Ok(mut connection) = connection else { continue };
        if clients.load(Ordering::Relaxed) >= CLIENTS {
            let _ = connection.write_all(b"540 Too many clients\r\n");
            continue;
        }
        clients.fetch_add(1, Ordering::Relaxed);
        let (engine, its_clients) = (engine.clone(), clients.clone());
        let serving = move || {
            // A client that goes in the middle of something is no error.
            if let Ok(to) = connection.duplicate() {
                let _ = protocol::serve(&engine, BufReader::new(connection), BufWriter::new(to));
            }
            its_clients.fetch_sub(1, Ordering::Relaxed);
        };
        if std::thread::Builder::new().name("control client".into()).spawn(serving).is_err() {
            clients.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
