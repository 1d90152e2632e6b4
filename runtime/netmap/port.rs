//! A port: rings, the driver behind them, and a name to share them by.

use super::watch::Watches;
use super::{DRIVERS, Driver, Put, Registered, RxRing, Take, Taken, TxRing, choice};
use crate::{Context, Packet, Region};
use std::cell::Cell;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;

/// An open port. All elements of a graph that name it share one.
pub struct Port {
    name: String,
    tx: Vec<TxRing>,
    rx: Vec<RxRing>,
    // After the rings, whose memory goes with it.
    driver: Box<dyn Driver>,
    region: &'static Region,
    /// The RX ring that gave the last packet.
    turn: Cell<usize>,
    /// Why no other driver has it.
    instead: String,
    /// Whether a sync has left a ring in disorder.
    broken: Cell<bool>,
    watches: Watches,
}

/// Sizes of a port's memory. A driver that shares memory between ports takes
/// them from the first that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortOptions {
    /// Slots per ring, of which one always stays empty.
    pub slots: u32,
    /// Extra buffers: how many packets may be on their way through the graph.
    pub bufs: u32,
    /// Octets per buffer, headroom included.
    pub buffer_size: u32,
}

impl Default for PortOptions {
    fn default() -> PortOptions {
        PortOptions { slots: 256, bufs: 512, buffer_size: Region::BUFFER_SIZE }
    }
}

/// Why a port could not be opened.
#[derive(Debug)]
pub enum PortError {
    /// No port is called so.
    Name {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has not given the port.
    Refused {
        /// The port.
        port: String,
        /// What was refused, and what to do.
        advice: &'static str,
        /// The system's answer.
        error: io::Error,
    },
    /// No driver has given the port: why each has not.
    NoDriver {
        /// The port.
        port: String,
        /// A line for each driver.
        reasons: Vec<String>,
    },
    /// Two elements of one port want different frames.
    TakeDiffers {
        /// The port.
        port: String,
        /// What it takes already.
        before: String,
    },
    /// The driver cannot do what the graph wants of the port.
    Unfit {
        /// The port.
        port: String,
        /// Why not, and what to write in place of it.
        reason: &'static str,
    },
    /// The pair of ports is complete: who wanted in, and who is in.
    PairTaken {
        /// The port that was asked for.
        wanted: String,
        /// The names of the two that are joined.
        joined: [String; 2],
    },
    /// An option is out of its range.
    OutOfRange {
        /// The option, as graphs write it.
        option: &'static str,
        /// What was asked for.
        value: u32,
        /// The least and the most that it may be.
        range: (u32, u32),
    },
    /// The system refused a descriptor.
    System(io::Error),
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortError::Name { name, reason } => {
                write!(
                    f,
                    "'{name}' is no port: {reason}; write an interface (eth0), its host side \
                     (eth0^), a port of a switch (vale0:a)"
                )?;
                let mut own = DRIVERS.iter().filter_map(|row| row.own_names.as_ref());
                own.try_for_each(|own| write!(f, ", or one {} ({})", own.place, own.example))
            }
            PortError::Refused { port, advice, error } => write!(f, "{port}: {advice}: {error}"),
            PortError::NoDriver { port, reasons } => {
                write!(f, "no driver opens {port}: {}", reasons.join("; "))
            }
            PortError::TakeDiffers { port, before } => write!(
                f,
                "{port} takes '{before}' for another element already: give both the same TAKE"
            ),
            PortError::Unfit { port, reason } => write!(f, "{port}: {reason}"),
            PortError::PairTaken { wanted, joined: [a, b] } => write!(
                f,
                "{wanted} cannot be opened: {a} and {b} are joined already, and a pair is two \
                 ports; open one of those, or a pair of another number"
            ),
            PortError::OutOfRange { option, value, range: (least, most) } => {
                write!(f, "{option} {value} is out of range: {least} to {most}")
            }
            PortError::System(error) => {
                write!(f, "no event descriptor: {error}; raise the limit (ulimit -n)")
            }
        }
    }
}

impl std::error::Error for PortError {}

impl PortError {
    /// The driver that was asked for has no such ports.
    pub(super) fn not_served(port: impl fmt::Display, reason: impl Into<String>) -> PortError {
        PortError::NoDriver { port: port.to_string(), reasons: vec![reason.into()] }
    }
}

impl From<io::Error> for PortError {
    fn from(error: io::Error) -> PortError {
        PortError::System(error)
    }
}

impl Port {
    /// The port called `name`: the one that this graph has open, or a new one.
    /// `options` count only for a new one.
    pub fn open(
        context: &mut Context,
        name: &str,
        options: &PortOptions,
    ) -> Result<Rc<Port>, PortError> {
        let name = choice::Name::parse(name)?;
        let (key, mut is_new) = (name.to_string(), false);
        let port = context.shared(&key, |context| {
            let port = choice::open(context, &name, options)?;
            let port = Port { name: key.clone(), ..port };
            context.add_region(port.region());
            is_new = true;
            Ok::<_, PortError>(port)
        })?;
        // A name that only one driver has says all of it.
        if is_new && !matches!(name, choice::Name::Own(..)) {
            let of = port.clone();
            context.say_at_start(move || format!("{key}: {}", of.describe()));
        }
        Ok(port)
    }

    /// A port that a driver has registered.
    ///
    /// # Panics
    /// If it has no TX or no RX ring.
    pub fn new(registered: Registered) -> Port {
        let Registered { driver, interface } = registered;
        assert!(!interface.tx.is_empty() && !interface.rx.is_empty());
        Port {
            name: String::new(),
            driver,
            tx: interface.tx,
            rx: interface.rx,
            region: interface.region,
            turn: Cell::new(0),
            instead: String::new(),
            broken: Cell::new(false),
            watches: Watches::default(),
        }
    }

    /// Takes a packet from the RX rings: from one until it is empty, then from
    /// the next.
    #[inline]
    pub fn take(&self) -> Taken {
        for _ in 0..self.rx.len() {
            match self.rx[self.turn.get()].take() {
                Taken::Empty => self.turn.set((self.turn.get() + 1) % self.rx.len()),
                taken => return taken,
            }
        }
        Taken::Empty
    }

    /// Puts a packet into the first TX ring. One thread gains nothing from
    /// several, and one keeps the order.
    #[inline]
    pub fn put(&self, packet: Packet) -> Put {
        self.tx[0].put(packet)
    }

    /// The number of packets that can be put before the next sync.
    #[inline]
    pub fn space(&self) -> usize {
        self.tx[0].space()
    }

    /// Whether every slot that can be free is: waiting brings no more space.
    #[inline]
    pub fn is_drained(&self) -> bool {
        self.space() + 1 >= self.tx[0].slots()
    }

    /// The number of packets that wait for a TX sync.
    #[inline]
    pub fn pending(&self) -> usize {
        self.tx[0].pending()
    }

    /// Whether an RX sync is due: nothing is left to take, or half of a ring's
    /// slots are held back from the kernel, which drops what finds no slot.
    #[inline]
    pub fn rx_sync_due(&self) -> bool {
        self.rx.iter().all(|ring| ring.available() == 0)
            || self.rx.iter().any(|ring| 2 * ring.unreleased() >= ring.slots())
    }

    /// The number of RX slots read since the last sync.
    pub fn unreleased(&self) -> usize {
        self.rx.iter().map(RxRing::unreleased).sum()
    }

    /// Sends what was put, and gets slots back. An error means that the kernel
    /// side has refused what the rings say, that the device has gone, or that
    /// the kernel side has left indices that lead out of a ring, which is the end
    /// of the port.
    #[inline]
    pub fn tx_sync(&self) -> io::Result<()> {
        let result = self.driver.tx_sync();
        let in_disorder = self.tx.iter().filter(|ring| !ring.mark_synced()).count();
        if in_disorder == 0 { result } else { Err(self.broke()) }
    }

    /// Releases what was taken, and looks for more. Errors as
    /// [`tx_sync`](Port::tx_sync).
    #[inline]
    pub fn rx_sync(&self) -> io::Result<()> {
        let result = self.driver.rx_sync();
        let in_disorder = self.rx.iter().filter(|ring| !ring.mark_synced()).count();
        if in_disorder == 0 { result } else { Err(self.broke()) }
    }

    #[cold]
    fn broke(&self) -> io::Error {
        let why = "the kernel has left indices that lead out of a ring";
        if !self.broken.replace(true) {
            tracing::error!(
                driver = self.driver.name(),
                "a port of the driver {} has ended: {why}",
                self.driver.name()
            );
        }
        io::Error::new(io::ErrorKind::InvalidData, why)
    }

    /// Makes the task of the element being started ready whenever a sync would
    /// bring something. Fails for want of descriptors.
    pub fn watch(&self, context: &mut Context) -> io::Result<()> {
        context.watch(self.watches.duplicate(self.fd())?, false);
        Ok(())
    }

    /// As [`watch`](Port::watch), for an element that sends.
    pub fn watch_room(&self, context: &mut Context) -> io::Result<()> {
        let fd = self.watches.duplicate(self.fd())?;
        context.watch(fd, self.driver.room_is_writable());
        Ok(())
    }

    /// A descriptor that is readable when a sync would bring something.
    pub fn fd(&self) -> RawFd {
        self.driver.fd()
    }

    /// The name of the driver.
    pub fn driver(&self) -> &'static str {
        self.driver.name()
    }

    /// Begins to receive: what `take` says, if the driver can tell.
    pub fn take_in(&self, take: &Take) -> Result<(), PortError> {
        self.driver.take_in(take)
    }

    /// Whether packets that were put wait for one more TX sync.
    pub fn has_unsent(&self) -> bool {
        self.driver.has_unsent()
    }

    /// Whether the interface has been deleted, and may come back, or the port
    /// has ended.
    #[inline]
    pub fn is_gone(&self) -> bool {
        self.broken.get() || self.driver.is_gone()
    }

    /// Notes that the graph has the host's side, which it calls `name`, too.
    /// Refused where the host would get nothing any more.
    pub(super) fn claim_host(&self, name: &str) -> Result<(), PortError> {
        self.driver.claim_host(name)
    }

    /// Notes the privileges that the port needs when it is open: to close it,
    /// and with `reopens` to open it again.
    pub fn keep_privileges(&self, context: &mut Context, reopens: bool) {
        self.driver.keep_privileges(context.privileges(), reopens);
    }

    /// What runs here and how, and why no other driver does.
    pub fn describe(&self) -> String {
        let separator = if self.instead.is_empty() { "" } else { "; " };
        format!("{}{separator}{}", self.driver.describe(), self.instead)
    }

    /// Notes why another driver does not have the port.
    pub(super) fn instead_of(self, reason: String) -> Port {
        Port { instead: reason, ..self }
    }

    /// Its name; empty if it was not opened by one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the driver runs, in one word, where it can run in several ways.
    pub fn mode(&self) -> &'static str {
        self.driver.mode()
    }

    /// How often the kernel copies a frame between the wire and the rings.
    pub fn kernel_copies(&self) -> u64 {
        self.driver.kernel_copies()
    }

    /// System calls for the port since it was opened.
    pub fn calls(&self) -> u64 {
        self.driver.calls()
    }

    /// What the kernel side counts: lines of name and value.
    pub fn counters(&self) -> String {
        self.driver.counters()
    }

    /// The region that the packets of this port are in.
    pub fn region(&self) -> &'static Region {
        self.region
    }

    /// The TX rings.
    pub fn tx(&self) -> &[TxRing] {
        &self.tx
    }

    /// The RX rings.
    pub fn rx(&self) -> &[RxRing] {
        &self.rx
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netmap::ring::RawRing;
    use crate::netmap::sim;

    /// A kernel side that leaves indices behind which lead out of a ring.
    struct Disorder(RawRing);

    impl Driver for Disorder {
        fn name(&self) -> &'static str {
            "disorder"
        }

        fn fd(&self) -> RawFd {
            -1
        }

        fn calls(&self) -> u64 {
            0
        }

        fn tx_sync(&self) -> io::Result<()> {
            self.rx_sync()
        }

        fn rx_sync(&self) -> io::Result<()> {
            self.0.set_tail(u32::MAX);
            Ok(())
        }
    }

    #[test]
    fn a_ring_in_disorder_ends_the_port() {
        for receives in [true, false] {
            let (port, _, _) = sim::pair(&PortOptions::default()).unwrap();
            let ring = if receives { port.rx[0].raw() } else { port.tx[0].raw() };
            let port = Port { driver: Box::new(Disorder(ring)), ..port };
            let sync = || if receives { port.rx_sync() } else { port.tx_sync() };
            for _ in 0..2 {
                assert_eq!(sync().unwrap_err().kind(), io::ErrorKind::InvalidData);
                assert!(port.is_gone());
                assert!(matches!(port.take(), Taken::Empty));
                let put = port.put(port.region().packet(b"data").unwrap());
                assert_eq!(put == Put::Full, !receives);
            }
        }
    }
}
