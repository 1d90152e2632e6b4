//! A running client, as the main thread holds it.

use super::control::{Control, Settings};
use super::engine::{Engine, Granted, Order, Parts};
use super::error::{ClientError, Unanswered};
use super::generator::Generator;
use super::measure::Measure;
use super::options::ClientOptions;
use super::report::{Report, Snapshot};
use super::sockets;
use pkgraph_runtime::{Clock, EventFd};
use pkgraph_sfu::wire::{Entry, Ssid};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long an answer to a subscription is waited for.
const SUBSCRIBE_WAIT: Duration = Duration::from_secs(10);

/// A registered client: a generator thread and an engine thread.
///
/// Dropped without [`finish`](Client::finish), it leaves and ends its threads
/// all the same.
pub struct Client {
    generator: Generator,
    orders: Sender<Order>,
    wake: Arc<EventFd>,
    engine: Option<JoinHandle<Report>>,
    granted: Granted,
}

impl Client {
    /// Registers with the switch and binds the media address; nothing is
    /// streamed until [`begin`](Client::begin). Takes at most some 20 s if the
    /// switch answers late, and 6.2 s if it does not.
    ///
    /// # Errors
    /// A [`ClientError`] that says what failed, why, and what to do.
    pub fn start(options: ClientOptions) -> Result<Client, ClientError> {
        options.check()?;
        let system = |what: &str| {
            let what = what.to_owned();
            move |error| ClientError::System { what, error }
        };
        let wake = Arc::new(EventFd::new().map_err(system("cannot make an eventfd"))?);
        let sockets =
            [sockets::open(&options, options.control)?, sockets::open(&options, options.media)?];
        let settings = Settings {
            control: options.control,
            media: options.media,
            echo: options.echo,
            wants: options.wants,
            lease: options.lease,
            key: options.key.clone(),
        };
        let no_random = |error: getrandom::Error| system("no random numbers")(error.into());
        // RFC 3550 §5.1: sequence numbers start at random.
        let first = getrandom::u64().map_err(no_random)?;
        let first = [first as u16, (first >> 16) as u16, (first >> 32) as u16];
        let nonces = || getrandom::u64().expect("random numbers, as at the start");
        let control = Control::new(settings, nonces, Clock::real().now());
        let (generator, bursts) =
            Generator::start(&options.streams, options.interval, wake.clone())?;
        let (orders, received) = channel();
        let (started, start) = channel();
        let engine = Engine::new(Parts {
            sockets,
            wake: wake.clone(),
            orders: received,
            bursts,
            control,
            measure: Measure::new(options.echo, first),
            options: options.clone(),
            started,
        })
        .map_err(system("cannot make an epoll instance"))?;
        let engine = std::thread::Builder::new()
            .name("pk-engine".into())
            .spawn(move || engine.run())
            .map_err(system("cannot start the engine thread"))?;
        // Dropped on an error, the generator ends; the engine has ended.
        let granted = start.recv().unwrap_or_else(|_| panic!("the engine thread panicked"))?;
        Ok(Client { generator, orders, wake, engine: Some(engine), granted })
    }

    /// The SSID that the switch gave at the start. [`Snapshot::ssid`] is the
    /// one in use.
    pub fn ssid(&self) -> Ssid {
        self.granted.ssid
    }

    /// The lease that the switch granted at the start.
    pub fn lease(&self) -> Duration {
        self.granted.lease
    }

    /// Starts to stream, now.
    pub fn begin(&self) {
        self.begin_after(Duration::ZERO);
    }

    /// Starts to stream after a pause: so that the ticks of several clients
    /// do not fall on one moment.
    pub fn begin_after(&self, pause: Duration) {
        self.generator.begin(pause);
    }

    /// Ends the warm-up: the delays begin anew, with the packets sent from
    /// now on. All other figures go on, since only what is counted from the
    /// first packet on is exact; take a [`Snapshot`] and compare.
    pub fn end_warmup(&self) {
        self.order(Order::EndWarmup);
    }

    /// The state now.
    ///
    /// # Panics
    /// If the engine thread has panicked.
    pub fn snapshot(&self) -> Snapshot {
        let (asked, snapshot) = channel();
        self.order(Order::Snapshot(asked));
        snapshot.recv().unwrap_or_else(|_| panic!("the engine thread panicked"))
    }

    /// Replaces what is wanted of whom, [`ClientOptions::wants`] included;
    /// returns when the switch has answered. For an exact
    /// [`session::summary`](super::session::summary), before any client
    /// begins.
    ///
    /// # Errors
    /// [`ClientError::NotSubscribed`] if the switch refuses: of a list of
    /// more than 128 entries, a part may be in force then.
    /// [`ClientError::NoAnswer`] if there is none within 10 s.
    ///
    /// # Panics
    /// If the engine thread has panicked.
    pub fn subscribe(&mut self, entries: Vec<Entry>) -> Result<(), ClientError> {
        let (asked, result) = channel();
        self.order(Order::Subscribe(entries, asked));
        match result.recv_timeout(SUBSCRIBE_WAIT) {
            Ok(result) => result.map_err(ClientError::NotSubscribed),
            Err(RecvTimeoutError::Timeout) => Err(ClientError::NoAnswer(Unanswered {
                request: "SUBSCRIBE",
                to: self.granted.control,
                tries: 3,
                waited: SUBSCRIBE_WAIT,
                refused: false,
            })),
            Err(RecvTimeoutError::Disconnected) => panic!("the engine thread panicked"),
        }
    }

    /// Stops to stream; returns when no more packets will be sent but those
    /// that the engine has been told of.
    pub fn stop_streaming(&self) {
        self.generator.stop();
    }

    /// Tells the engine to end, and does not wait: several clients end at the
    /// same time. [`finish`](Client::finish) afterwards.
    pub fn begin_finish(&self) {
        self.stop_streaming();
        self.order(Order::Finish);
    }

    /// Stops to stream, waits for the packets under way (until all echoes are
    /// in and nothing has come for 50 ms, at most 300 ms), leaves (at most
    /// 1 s if the switch does not answer) and ends the threads.
    ///
    /// # Panics
    /// If the engine thread has panicked.
    pub fn finish(mut self) -> Report {
        self.begin_finish();
        let engine = self.engine.take().expect("taken here and in drop only");
        engine.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn order(&self, order: Order) {
        // An engine that has ended does not answer, which is noticed there.
        let _ = self.orders.send(order);
        self.wake.signal();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.begin_finish();
            // A panic has been printed by then.
            let _ = engine.join();
        }
    }
}
