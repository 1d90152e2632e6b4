//! The clients of a server: a bounded number of connections, each served by a
//! thread of its own. Where a new client finds no room, the one that has been
//! idle longest gives way, so that nobody is locked out by those who say
//! nothing.

use crate::give_up;
use crate::place::{Listener, Place, Stream};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Clients that are served at once.
const MOST: usize = 16;

/// How long a new client waits for the place of the one that gives way.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pause after a connection could not be accepted, at first and at most.
/// Most likely all descriptors are in use, and accepting again at once would
/// only take a whole CPU.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A connection that is served.
pub struct Client {
    stream: Stream,
    /// When it was accepted, or served last.
    served: Mutex<Instant>,
}

impl Client {
    /// The connection.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Says that a request of it has been answered now, so that clients that
    /// have been idle for longer give way before it.
    pub fn is_served(&self) {
        *lock(&self.served) = Instant::now();
    }
}

type Serve = dyn Fn(&Client) + Send + Sync;

/// A server that is listening. Dropping it closes its socket; connections that
/// are open end with their clients.
pub struct Server {
    place: Place,
    closing: Arc<AtomicBool>,
}

impl Server {
    /// Calls `serve` with each client, on a thread of the client's. `name` is
    /// that of the threads.
    pub(crate) fn start(
        listener: Listener,
        name: &'static str,
        serve: impl Fn(&Client) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let place = listener.place()?;
        let closing = Arc::new(AtomicBool::new(false));
        let its_closing = closing.clone();
        let accepting = move || {
            // The threads that it starts have no privileges, either.
            give_up();
            accept(&listener, &its_closing, name, &(Arc::new(serve) as Arc<Serve>));
        };
        thread::Builder::new().name(name.into()).spawn(accepting)?;
        Ok(Server { place, closing })
    }

    /// Where it can be reached, with the TCP port that was chosen for port 0.
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

fn accept(listener: &Listener, closing: &AtomicBool, name: &str, serve: &Arc<Serve>) {
    let clients = Arc::new(Clients::default());
    let mut pause = PAUSES.0;
    loop {
        let connection = listener.accept();
        if closing.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = connection else {
            thread::sleep(pause);
            pause = (pause * 2).min(PAUSES.1);
            continue;
        };
        pause = PAUSES.0;
        let Some(turn) = clients.admit(stream) else { continue };
        let serve = serve.clone();
        // Without a thread the connection is closed again.
        let _ = thread::Builder::new().name(name.into()).spawn(move || serve(&turn.client));
    }
}

/// The clients that are served now.
#[derive(Default)]
struct Clients {
    open: Mutex<Vec<Arc<Client>>>,
    gone: Condvar,
}

impl Clients {
    /// Makes room for a client. `None` if nobody has given way in time.
    fn admit(self: &Arc<Self>, stream: Stream) -> Option<Turn> {
        let mut open = lock(&self.open);
        if open.len() == MOST {
            if let Some(idle) = open.iter().min_by_key(|client| *lock(&client.served)) {
                idle.stream.shutdown();
            }
            let full = |open: &mut Vec<Arc<Client>>| open.len() == MOST;
            let waited = self.gone.wait_timeout_while(open, PATIENCE, full);
            open = waited.unwrap_or_else(PoisonError::into_inner).0;
            if open.len() == MOST {
                return None;
            }
        }
        let client = Arc::new(Client { stream, served: Mutex::new(Instant::now()) });
        open.push(client.clone());
        drop(open);
        Some(Turn { clients: self.clone(), client })
    }
}

/// A client's place among those that are served. It is given back also when
/// serving the client panics.
struct Turn {
    clients: Arc<Clients>,
    client: Arc<Client>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.clients.open).retain(|client| !Arc::ptr_eq(client, &self.client));
        self.clients.gone.notify_one();
    }
}

/// No panic leaves what is locked here half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// A server that sends back each octet, and panics at a zero.
    fn echo() -> Server {
        let listener = Listener::bind(&Place::Tcp("127.0.0.1:0".into())).unwrap();
        let serve = |client: &Client| {
            let (mut stream, mut octet) = (client.stream(), [0]);
            while stream.read_exact(&mut octet).is_ok() {
                assert_ne!(octet, [0], "a panic that the test asked for");
                // Before the answer, so that who has it knows the order of all.
                client.is_served();
                stream.write_all(&octet).unwrap();
            }
        };
        Server::start(listener, "echo", serve).unwrap()
    }

    /// What comes back for an octet; `None` when the connection ends.
    fn asked(mut stream: &Stream, octet: u8) -> Option<u8> {
        stream.write_all(&[octet]).ok()?;
        let mut answer = [0];
        stream.read_exact(&mut answer).ok()?;
        Some(answer[0])
    }

    #[test]
    fn the_client_that_is_idle_longest_gives_way() {
        let server = echo();
        let connect = || server.place().connect().unwrap();
        let clients: Vec<Stream> = (0..MOST).map(|_| connect()).collect();
        // The first was accepted first and served last; then the second is idle longest.
        for client in clients.iter().skip(1).chain(&clients[..1]) {
            assert_eq!(asked(client, 1), Some(1));
        }
        let newcomer = connect();
        assert_eq!(asked(&newcomer, 2), Some(2));
        assert_eq!(asked(&clients[1], 3), None);
        assert_eq!(asked(&clients[0], 4), Some(4));
        assert_eq!(asked(&clients[2], 5), Some(5));
    }

    #[test]
    fn a_panic_ends_one_connection() {
        let server = echo();
        let stays = server.place().connect().unwrap();
        for _ in 0..2 * MOST {
            let client = server.place().connect().unwrap();
            assert_eq!(asked(&client, 0), None);
        }
        assert_eq!(asked(&stays, 1), Some(1));
    }
}
