//! An open port: the netmap rings on one side, AF_XDP sockets on the other.

use super::Step;
use super::buffers::Buffers;
use super::filter::assemble;
use super::memory::lay_out;
use super::umem::Umem;
use crate::netmap::{Driver, Events, PortError, Registered, Take};
use crate::sys::{Device, Fresh, Link, Mode, Producer, Program, Socket, SocketMap, Timer};
use crate::{Capability, Epoll, Privileges};
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;
use tracing::{error, info};

/// How long until a device that was busy is tried again.
const RETRY: Duration = Duration::from_micros(100);

/// Why there is no host's side beside a filter that takes everything.
const NO_WAY_UP: &str = "the driver xdp cannot give the host what it has taken from it, and takes \
                         everything: say with TAKE what the graph needs, as in TAKE \"udp dst \
                         port 5004\", and the host keeps the rest";

/// The kernel side of a port. The fields drop in this order: the program comes
/// off the interface, then its sockets go, and at last the memory.
pub(super) struct Open {
    attached: RefCell<Option<Attached>>,
    /// What the program takes, once somebody receives.
    take: RefCell<Option<Take>>,
    /// The graph's name for the host's side, if it has that.
    host: RefCell<Option<String>>,
    sockets: RefCell<Vec<Socket>>,
    device: Cell<u32>,
    mode: Option<Mode>,
    events: Events,
    retry: Timer,
    epoll: Epoll,
    /// Whether slots that were read have not found room in a fill ring.
    held_back: Cell<bool>,
    /// Calls that made the kernel send, or look for buffers.
    kicks: Cell<u64>,
    buffers: Buffers,
    umem: Rc<Umem>,
    name: String,
}

/// A program on the interface.
struct Attached {
    _link: Link,
    _program: Program,
    _map: SocketMap,
    mode: Mode,
}

type Failed = (Step, io::Error);

impl Open {
    /// Opens a port on all queues of an interface. It sends from now on, and
    /// receives once it is told what to take. `fresh` is the socket that has
    /// registered `umem`, if that is new.
    pub(super) fn register(
        device: Device,
        queues: u32,
        umem: Rc<Umem>,
        fresh: Option<Fresh>,
        mode: Option<Mode>,
    ) -> Result<Registered, Failed> {
        let at = |step| move |error| (step, error);
        let (rings, interface) =
            lay_out(umem.region, umem.slots, queues).map_err(at(Step::Memory))?;
        let count = umem.octets() / umem.region.buffer_size();
        let open = Open {
            attached: RefCell::new(None),
            take: RefCell::new(None),
            host: RefCell::new(None),
            sockets: RefCell::new(Vec::new()),
            device: Cell::new(device.index),
            mode,
            events: Events::listen(&device).map_err(at(Step::Watch))?,
            retry: Timer::new().map_err(at(Step::Watch))?,
            epoll: Epoll::new().map_err(at(Step::Watch))?,
            held_back: Cell::new(false),
            kicks: Cell::new(0),
            buffers: Buffers::new(umem.region, rings, count),
            umem,
            name: device.name,
        };
        for fd in [open.events.bell().as_raw_fd(), open.retry.as_raw_fd()] {
            open.epoll.add(fd, false, 0).map_err(at(Step::Watch))?;
        }
        open.bind(fresh, &open.buffers.to_fill()).map_err(at(Step::Bind))?;
        Ok(Registered { driver: Box::new(open), interface })
    }

    /// Binds a socket to each queue, and gives each the buffers to fill.
    fn bind(&self, mut fresh: Option<Fresh>, to_fill: &[Vec<u32>]) -> io::Result<()> {
        for (queue, buffers) in to_fill.iter().enumerate() {
            let fill = |ring: &Producer<u64>| self.buffers.fill(buffers, ring);
            let place = (self.device.get(), queue as u32);
            let slots = self.umem.slots;
            let bound = match fresh.take() {
                Some(socket) => {
                    let bound = socket.bind(place, slots, queue == 0, None, fill)?;
                    self.umem.set_owner(bound.duplicate()?);
                    bound
                }
                None => {
                    let socket = Fresh::new()?;
                    self.umem.with_owner(|of| socket.bind(place, slots, queue == 0, of, fill))?
                }
            };
            self.epoll.add(bound.as_raw_fd(), false, 0)?;
            self.sockets.borrow_mut().push(bound);
        }
        Ok(())
    }

    /// Makes the kernel send. A call sends a part (32 frames, in copy mode), so
    /// it is repeated as long as that helps.
    fn kick(&self, socket: &Socket) -> io::Result<()> {
        let Some(tx) = &socket.tx else { return Ok(()) };
        let mut outcome = Ok(());
        let mut left = tx.unconsumed();
        while left > 0 && tx.needs_wakeup() {
            self.kicks.set(self.kicks.get() + 1);
            outcome = match socket.kick() {
                Err(error) if is_temporary(&error) => Ok(()),
                other => other,
            };
            self.buffers.complete(&socket.completion);
            let now = tx.unconsumed();
            if now >= left {
                break;
            }
            left = now;
        }
        outcome
    }

    /// Whether the interface is the one whose sockets these are. If there is
    /// another of its name, opens that.
    #[inline]
    fn is_there(&self) -> io::Result<()> {
        match self.events.index() {
            Some(index) if index == self.device.get() => Ok(()),
            now => self.follow(now),
        }
    }

    #[cold]
    fn follow(&self, now: Option<u32>) -> io::Result<()> {
        self.events.bell().clear();
        let Some(index) = now else { return Err(io::Error::from_raw_os_error(libc::ENODEV)) };
        // Whatever comes of it, it is tried once.
        self.device.set(index);
        match self.open_again() {
            Ok(()) => {
                info!(port = %self.name, "{}: open again: {}", self.name, self.describe());
                Ok(())
            }
            Err((step, error)) => {
                error!(port = %self.name, "{}: {}: {error}", self.name, step.advice(&error));
                Err(error)
            }
        }
    }

    /// Takes all buffers that are on their way back, and opens the interface
    /// that has the name now.
    fn open_again(&self) -> Result<(), Failed> {
        self.attached.borrow_mut().take();
        self.sockets.borrow_mut().clear();
        let fresh = self.umem.register_again().map_err(|error| (Step::Memory, error))?;
        let to_fill = self.buffers.recall();
        self.bind(Some(fresh), &to_fill).map_err(|error| (Step::Bind, error))?;
        let wanted = self.take.borrow().clone();
        wanted.map_or(Ok(()), |take| self.attach(&take))
    }

    /// Hangs the program for `take` on the interface: in its driver, or where
    /// that cannot be, in the stack.
    fn attach(&self, take: &Take) -> Result<(), Failed> {
        let at = |step| move |error| (step, error);
        let sockets = self.sockets.borrow();
        let map = SocketMap::new(sockets.len() as u32).map_err(at(Step::Load))?;
        for (queue, socket) in sockets.iter().enumerate() {
            map.insert(queue as u32, socket.as_raw_fd()).map_err(at(Step::Load))?;
        }
        let code = assemble(take, map.number());
        let program = Program::load(&code).map_err(at(Step::Load))?;
        let hang = |mode| Link::attach(&program, self.device.get(), mode).map(|link| (link, mode));
        let (link, mode) = match self.mode {
            Some(mode) => hang(mode),
            None => hang(Mode::Native).or_else(|native| match native.raw_os_error() {
                // Another program is there, or it is not allowed: neither is
                // another way in.
                Some(libc::EBUSY | libc::EEXIST | libc::EPERM) => Err(native),
                _ => hang(Mode::Skb),
            }),
        }
        .map_err(at(Step::Attach))?;
        *self.attached.borrow_mut() =
            Some(Attached { _link: link, _program: program, _map: map, mode });
        Ok(())
    }

    /// Releases what the user has read of one ring, and brings what came.
    fn receive(&self, number: usize, socket: &Socket) {
        self.buffers.release(number, &socket.fill);
        self.buffers.receive(number, &socket.rx);
        if socket.fill.needs_wakeup() {
            self.kicks.set(self.kicks.get() + 1);
            socket.wake_receiver();
        }
    }

    /// Sees to it that the port is tried again soon if the device has not taken
    /// all, or has not given a slot back, or the kernel has had no room for what
    /// was read: nobody would tell.
    fn set_retry(&self) {
        if self.buffers.is_full() || self.has_unsent() || self.held_back.get() {
            self.retry.set(RETRY);
        } else {
            self.retry.clear();
        }
    }
}

impl Driver for Open {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    fn tx_sync(&self) -> io::Result<()> {
        self.is_there()?;
        let sockets = self.sockets.borrow();
        let Some(socket) = sockets.first() else { return Ok(()) };
        self.buffers.complete(&socket.completion);
        if let Some(tx) = &socket.tx {
            self.buffers.submit(tx);
        }
        let outcome = self.kick(socket);
        self.buffers.complete(&socket.completion);
        self.set_retry();
        outcome
    }

    fn rx_sync(&self) -> io::Result<()> {
        self.is_there()?;
        for (number, socket) in self.sockets.borrow().iter().enumerate() {
            self.receive(number, socket);
        }
        let holds_back = self.buffers.has_unreleased();
        if self.held_back.replace(holds_back) || holds_back {
            self.set_retry();
        }
        Ok(())
    }

    fn has_unsent(&self) -> bool {
        let sockets = self.sockets.borrow();
        let tx = sockets.first().and_then(|socket| socket.tx.as_ref());
        tx.is_some_and(|tx| tx.unconsumed() > 0 || self.buffers.has_unsubmitted())
    }

    fn is_gone(&self) -> bool {
        // One that has come back and could not be opened is none, either.
        self.events.index().is_none() || self.sockets.borrow().is_empty()
    }

    fn keep_privileges(&self, kept: &mut Privileges, reopens: bool) {
        const ALL: [Capability; 4] = [
            Capability::CAP_NET_RAW,
            Capability::CAP_NET_ADMIN,
            Capability::CAP_BPF,
            Capability::CAP_IPC_LOCK,
        ];
        if reopens {
            kept.keep(&ALL, format!("open {} again", self.name));
        }
    }

    fn take_in(&self, take: &Take) -> Result<(), PortError> {
        if self.take.borrow().as_ref() == Some(take) {
            return Ok(());
        }
        if let Some(before) = &*self.take.borrow() {
            return Err(PortError::TakeDiffers {
                port: self.name.clone(),
                before: before.to_string(),
            });
        }
        if let (Take::All, Some(host)) = (take, &*self.host.borrow()) {
            return Err(PortError::Unfit { port: host.clone(), reason: NO_WAY_UP });
        }
        self.attach(take).map_err(|(step, error)| step.refused(&self.name, error))?;
        *self.take.borrow_mut() = Some(take.clone());
        Ok(())
    }

    fn claim_host(&self, name: &str) -> Result<(), PortError> {
        if *self.take.borrow() == Some(Take::All) {
            return Err(PortError::Unfit { port: name.into(), reason: NO_WAY_UP });
        }
        *self.host.borrow_mut() = Some(name.into());
        Ok(())
    }

    fn mode(&self) -> &'static str {
        match self.attached.borrow().as_ref().map(|attached| attached.mode) {
            Some(Mode::Native) => "native",
            Some(Mode::Skb) => "SKB",
            None => "",
        }
    }

    fn kernel_copies(&self) -> u64 {
        let is_zero_copy = self.sockets.borrow().first().is_some_and(Socket::is_zero_copy);
        u64::from(!is_zero_copy)
    }

    fn calls(&self) -> u64 {
        self.kicks.get()
    }

    fn describe(&self) -> String {
        let mode = match self.mode() {
            "" => "sending only".to_string(),
            mode => format!("{mode} mode"),
        };
        let copies = match self.kernel_copies() {
            0 => "zero copy",
            _ => "one copy by the kernel",
        };
        let sockets = self.sockets.borrow();
        let queues = match sockets.len() {
            1 => "1 queue".to_string(),
            n => format!("{n} queues"),
        };
        let take = match &*self.take.borrow() {
            Some(take) => format!(", takes {take}"),
            None => String::new(),
        };
        let memory = self.umem.octets() >> 10;
        format!(
            "driver xdp, {mode}, {copies}, {queues} of {} slots, {memory} KiB of buffers{take}",
            self.umem.slots
        )
    }

    fn counters(&self) -> String {
        let mut sum = [0; 8];
        for socket in self.sockets.borrow().iter() {
            let Ok(s) = socket.statistics() else { continue };
            let of_this = [
                s.rx_dropped,
                s.rx_ring_full,
                s.rx_fill_ring_empty_descs,
                s.rx_invalid_descs,
                s.tx_invalid_descs,
            ];
            sum.iter_mut().zip(of_this).for_each(|(sum, n)| *sum += n);
        }
        let names = [
            "rx_dropped",
            "rx_ring_full",
            "rx_fill_ring_empty",
            "rx_invalid",
            "tx_invalid",
            "tx_runts",
            "kicks",
            "strays",
        ];
        sum[5] = self.buffers.runts.get();
        sum[6] = self.kicks.get();
        sum[7] = self.buffers.strays.get();
        names.iter().zip(sum).map(|(name, n)| format!("{name} {n}\n")).collect()
    }
}

/// Whether the device may take the rest later.
fn is_temporary(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EBUSY | libc::ENOBUFS | libc::EINTR))
}
