//! The generator thread: fills buffers with media at fixed intervals and
//! tells the engine.
//!
//! Buffers go round: filled ones by one bounded channel to the engine, empty
//! ones back by another. When none is empty, the tick is skipped and counted.

use super::error::ClientError;
use super::media;
use super::options::StreamOptions;
use super::schedule::Schedule;
use pkgraph_runtime::{Clock, EventFd, Nanos};
use pkgraph_sfu::wire::StreamType;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Ticks that fit between generator and engine.
const BUFFERS: usize = 64;

/// The packets of one tick, in the order of sending.
pub type Burst = Vec<Filled>;

/// A packet without its number and its time.
#[derive(Debug)]
pub struct Filled {
    pub kind: StreamType,
    /// Octets of RTP payload.
    pub payload: usize,
    pub packet: Vec<u8>,
}

/// The engine's end of the channels.
pub struct Bursts {
    pub filled: Receiver<Burst>,
    pub empty: SyncSender<Burst>,
    /// Ticks that found no empty buffer.
    pub skipped: Arc<AtomicU64>,
}

enum Order {
    /// One tick every interval, the first after this pause.
    Begin(Duration),
    /// No more ticks; answered when the last one is in the channel.
    Stop(SyncSender<()>),
}

/// The thread, seen from the main thread. It ends when this is dropped.
pub struct Generator {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Generator {
    /// Starts the thread, which waits for [`begin`](Generator::begin). It
    /// signals `wake` after each tick.
    ///
    /// # Errors
    /// [`ClientError::System`] if there is no thread to be had.
    pub fn start(
        streams: &[StreamOptions],
        interval: Duration,
        wake: Arc<EventFd>,
    ) -> Result<(Generator, Bursts), ClientError> {
        let (orders, received) = channel();
        let (filled, to_engine) = sync_channel(BUFFERS);
        let (empty, from_engine) = sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            let filled = |stream: &StreamOptions| Filled {
                kind: stream.kind,
                payload: stream.payload,
                packet: Vec::with_capacity(media::PAYLOAD_MAX),
            };
            empty.try_send(streams.iter().map(filled).collect()).expect("room for all buffers");
        }
        let skipped = Arc::new(AtomicU64::new(0));
        let worker = Worker {
            interval: interval.as_nanos() as Nanos,
            orders: received,
            filled,
            empty: from_engine,
            skipped: skipped.clone(),
            wake,
            clock: Clock::real(),
            ticks: 0,
        };
        let thread = std::thread::Builder::new()
            .name("pk-generator".into())
            .spawn(move || worker.run())
            .map_err(|error| ClientError::System { what: "the generator thread".into(), error })?;
        let generator = Generator { orders: Some(orders), thread: Some(thread) };
        Ok((generator, Bursts { filled: to_engine, empty, skipped }))
    }

    /// One tick every interval, the first after `pause`.
    pub fn begin(&self, pause: Duration) {
        self.order(Order::Begin(pause));
    }

    /// No more ticks; returns when the engine has been told of the last one.
    pub fn stop(&self) {
        let (done, stopped) = sync_channel(1);
        self.order(Order::Stop(done));
        // An error means that the thread has ended, and with it the ticks.
        let _ = stopped.recv();
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread may have ended.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been printed by then.
            let _ = thread.join();
        }
    }
}

struct Worker {
    interval: Nanos,
    orders: Receiver<Order>,
    filled: SyncSender<Burst>,
    empty: Receiver<Burst>,
    skipped: Arc<AtomicU64>,
    wake: Arc<EventFd>,
    clock: Clock,
    /// Ticks so far; the RTP timestamps go on over a pause.
    ticks: u64,
}

impl Worker {
    fn run(mut self) {
        let mut schedule: Option<Schedule> = None;
        loop {
            let order = match &schedule {
                None => self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(schedule) => {
                    let left = schedule.deadline().saturating_sub(self.clock.precise());
                    self.orders.recv_timeout(Duration::from_nanos(left))
                }
            };
            match order {
                Ok(Order::Begin(pause)) => {
                    let start = self.clock.precise() + pause.as_nanos() as Nanos;
                    schedule = Some(Schedule::new(start, self.interval));
                }
                Ok(Order::Stop(done)) => {
                    schedule = None;
                    // Whoever asked may be gone.
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(schedule) = &mut schedule {
                        let due = schedule.due(self.clock.precise());
                        due.for_each(|_| self.tick());
                        self.wake.signal();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Fills one buffer.
    fn tick(&mut self) {
        let elapsed = u128::from(self.ticks) * u128::from(self.interval);
        self.ticks += 1;
        let Ok(mut burst) = self.empty.try_recv() else {
            self.skipped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        for Filled { kind, payload, packet } in &mut burst {
            let timestamp = elapsed * u128::from(media::clock_rate(*kind)) / 1_000_000_000;
            media::fill(packet, *kind, timestamp as u32, *payload);
        }
        // As many places as buffers, so it fits, unless the engine has ended.
        let _ = self.filled.try_send(burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_beyond_the_buffers_are_skipped_and_numbers_go_on() {
        let streams = [StreamType::Asq, StreamType::Vsq];
        let streams = streams.map(|kind| StreamOptions { kind, payload: 100 });
        let (wake, interval) = (Arc::new(EventFd::new().unwrap()), Duration::from_micros(100));
        let (generator, bursts) = Generator::start(&streams, interval, wake.clone()).unwrap();
        generator.begin(Duration::ZERO);
        let mut got = vec![bursts.filled.recv().unwrap()];
        while bursts.skipped.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        generator.stop();
        assert!(wake.clear());
        got.extend(bursts.filled.try_iter());
        assert_eq!(got.len(), BUFFERS);
        for (tick, burst) in got.iter().enumerate() {
            // 100 µs are 4.8 ticks of 48 kHz and 9 of 90 kHz.
            for (filled, timestamp) in burst.iter().zip([tick * 48 / 10, tick * 9]) {
                let stands = u32::from_be_bytes(filled.packet[4..8].try_into().unwrap());
                assert_eq!((stands as usize, filled.packet.len()), (timestamp, 12 + 100));
            }
        }
        // A buffer that comes back is filled again.
        let skipped = bursts.skipped.load(Ordering::Relaxed);
        bursts.empty.try_send(got.remove(0)).unwrap();
        generator.begin(Duration::ZERO);
        assert_eq!(bursts.filled.recv().unwrap().len(), 2);
        assert!(bursts.skipped.load(Ordering::Relaxed) >= skipped);
    }
}
