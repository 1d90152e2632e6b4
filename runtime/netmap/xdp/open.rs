//! An open port: the netmap rings on one side, AF_XDP sockets on the other.
//!
//! Completed and received buffers come in the kernel's order, so a slot that
//! is the kernel's does not say which buffer it stands for, only that there is
//! one. Buffers are conserved: the slots of the user, and those on their way
//! (fill, RX, TX and completion rings), are as many as the rings have slots.

use super::bpf::{Link, Mode, Program, SocketMap};
use super::device::Device;
use super::events::Events;
use super::filter::{Take, assemble};
use super::memory::{Rings, empty_slot, lay_out};
use super::ring::Producer;
use super::socket::{Fresh, Socket};
use super::timer::Timer;
use super::umem::Umem;
use super::{Step, XdpError};
use crate::netmap::abi::{NS_BUF_CHANGED, netmap_slot};
use crate::netmap::{Driver, PortError, Registered};
use crate::{Capability, Epoll, Privileges, Region, say};
use libc::xdp_desc;
use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

/// Octets of an Ethernet header: no device takes less.
const FRAME_LEAST: u16 = 14;
/// How long until a device that was busy is tried again.
const RETRY: Duration = Duration::from_micros(100);

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
    tx: Side,
    rx: Vec<Side>,
    /// By buffer: whether the kernel has it.
    flying: Box<[Cell<bool>]>,
    /// Frames too short for any device, dropped.
    runts: Cell<u64>,
    /// Calls that made the kernel send, or look for buffers.
    kicks: Cell<u64>,
    rings: Rings,
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

/// The kernel's state of a ring.
#[derive(Default)]
struct Side {
    /// The first slot that has not been taken over: head, as of the last sync.
    hwcur: Cell<u32>,
    /// The first slot that is not the user's.
    hwtail: Cell<u32>,
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
        let side = |tail| Side { hwcur: Cell::new(0), hwtail: Cell::new(tail) };
        let buffers = umem.octets() / umem.region.buffer_size();
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
            tx: side(umem.slots - 1),
            rx: (0..queues).map(|_| side(0)).collect(),
            flying: (0..buffers).map(|_| Cell::new(false)).collect(),
            runts: Cell::new(0),
            kicks: Cell::new(0),
            rings,
            umem,
            name: device.name,
        };
        for fd in [open.events.bell().as_raw_fd(), open.retry.as_raw_fd()] {
            open.epoll.add(fd, false, 0).map_err(at(Step::Watch))?;
        }
        let to_fill: Vec<Vec<u32>> = open
            .rings
            .rx
            .iter()
            .map(|ring| ring.slots().map(|slot| slot.buf_idx).collect())
            .collect();
        open.bind(fresh, &to_fill).map_err(at(Step::Bind))?;
        Ok(Registered { driver: Box::new(open), interface })
    }

    /// Binds a socket to each queue, and gives each the buffers to fill.
    fn bind(&self, mut fresh: Option<Fresh>, to_fill: &[Vec<u32>]) -> io::Result<()> {
        for (queue, buffers) in to_fill.iter().enumerate() {
            let fill = |ring: &Producer<u64>| {
                buffers.iter().for_each(|buffer| ring.push(self.launch(*buffer)));
                ring.publish();
            };
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

    fn region(&self) -> &'static Region {
        self.umem.region
    }

    /// Notes that the kernel has the buffer, and says its address in the umem.
    #[inline]
    fn launch(&self, buffer: u32) -> u64 {
        self.flying[buffer as usize].set(true);
        u64::from(buffer) * self.region().buffer_size() as u64
    }

    /// The buffer at an address that the kernel gives back, and the offset in
    /// it.
    #[inline]
    fn land(&self, address: u64) -> (u32, u16) {
        let size = self.region().buffer_size() as u64;
        let buffer = (address / size) as u32;
        self.flying[buffer as usize].set(false);
        (buffer, (address % size) as u16)
    }

    /// Gives the user the slots of what has been sent. The slot at tail has a
    /// buffer that is not on its way; a completed one takes the place of the
    /// next, and becomes the one at tail.
    fn complete(&self, socket: &Socket) {
        let completed = socket.completion.available();
        for _ in 0..completed {
            let (buffer, _) = self.land(socket.completion.pop());
            self.hand_back(buffer);
        }
        if completed > 0 {
            socket.completion.release();
        }
        self.rings.tx.set_tail(self.tx.hwtail.get());
    }

    #[inline]
    fn hand_back(&self, buffer: u32) {
        let next = self.rings.tx.size().next(self.tx.hwtail.get());
        let headroom = self.region().headroom() as u16;
        self.rings.tx.set_slot(next, empty_slot(buffer, headroom));
        self.tx.hwtail.set(next);
    }

    /// Moves what the user has put into the TX ring of the socket.
    fn submit(&self, socket: &Socket) {
        let Some(tx) = &socket.tx else { return };
        let (ring, head) = (self.rings.tx, self.rings.tx.head());
        let mut at = self.tx.hwcur.get();
        while at != head {
            let slot = ring.slot(at);
            at = ring.size().next(at);
            self.tx.hwcur.set(at);
            if slot.len < FRAME_LEAST {
                self.runts.set(self.runts.get() + 1);
                self.hand_back(slot.buf_idx);
                continue;
            }
            let addr = self.launch(slot.buf_idx) + ring.offset(&slot);
            tx.push(xdp_desc { addr, len: u32::from(slot.len), options: 0 });
        }
        tx.publish();
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
            self.complete(socket);
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
                say!("{}: open again: {}", self.name, self.describe());
                Ok(())
            }
            Err((step, error)) => {
                let failed = XdpError { port: self.name.clone(), step, error };
                say!("{failed}");
                Err(failed.into_inner())
            }
        }
    }

    /// Takes all buffers that are on their way back, and opens the interface
    /// that has the name now.
    fn open_again(&self) -> Result<(), Failed> {
        self.attached.borrow_mut().take();
        self.sockets.borrow_mut().clear();
        let fresh = self.umem.register_again().map_err(|error| (Step::Memory, error))?;
        let mut landed = (0..self.flying.len() as u32)
            .filter(|buffer| self.flying[*buffer as usize].replace(false));
        let mut take = |count: u32| -> Vec<u32> { landed.by_ref().take(count as usize).collect() };

        let size = self.rings.tx.size();
        let sent = size.distance(self.tx.hwtail.get(), self.tx.hwcur.get()) - 1;
        take(sent).into_iter().for_each(|buffer| self.hand_back(buffer));
        self.rings.tx.set_tail(self.tx.hwtail.get());
        let to_fill: Vec<Vec<u32>> = self
            .rx
            .iter()
            .map(|side| take(size.slots() - size.distance(side.hwcur.get(), side.hwtail.get())))
            .collect();
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
        let (ring, side) = (self.rings.rx[number], &self.rx[number]);
        let (size, head) = (ring.size(), ring.head());
        let mut at = side.hwcur.get();
        if at != head {
            while at != head {
                socket.fill.push(self.launch(ring.slot(at).buf_idx));
                at = size.next(at);
            }
            side.hwcur.set(head);
            socket.fill.publish();
        }
        let room = size.slots() - 1 - size.distance(head, side.hwtail.get());
        let received = socket.rx.available().min(room);
        for _ in 0..received {
            let desc = socket.rx.pop();
            let (buf_idx, offset) = self.land(desc.addr);
            let tail = side.hwtail.get();
            let (len, ptr) = (desc.len as u16, u64::from(offset));
            ring.set_slot(tail, netmap_slot { buf_idx, len, flags: NS_BUF_CHANGED, ptr });
            side.hwtail.set(size.next(tail));
        }
        if received > 0 {
            socket.rx.release();
            ring.set_tail(side.hwtail.get());
        }
        if socket.fill.needs_wakeup() {
            self.kicks.set(self.kicks.get() + 1);
            socket.wake_receiver();
        }
    }

    /// Sees to it that the port is tried again soon if the device has not taken
    /// all, or has not given a slot back: nobody would tell.
    fn set_retry(&self) {
        let is_full = self.rings.tx.head() == self.tx.hwtail.get();
        if is_full || self.has_unsent() {
            self.retry.set(RETRY);
        } else {
            self.retry.clear();
        }
    }
}

impl Driver for Open {
    fn name(&self) -> &'static str {
        "xdp"
    }

    fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    fn tx_sync(&self) -> io::Result<()> {
        self.is_there()?;
        let sockets = self.sockets.borrow();
        let Some(socket) = sockets.first() else { return Ok(()) };
        self.complete(socket);
        self.submit(socket);
        let outcome = self.kick(socket);
        self.complete(socket);
        self.set_retry();
        outcome
    }

    fn rx_sync(&self) -> io::Result<()> {
        self.is_there()?;
        for (number, socket) in self.sockets.borrow().iter().enumerate() {
            self.receive(number, socket);
        }
        Ok(())
    }

    fn has_unsent(&self) -> bool {
        let sockets = self.sockets.borrow();
        let tx = sockets.first().and_then(|socket| socket.tx.as_ref());
        tx.is_some_and(|tx| tx.unconsumed() > 0)
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
            return Err(PortError::NoWayUp(host.clone()));
        }
        let failed =
            |(step, error)| PortError::Xdp(XdpError { port: self.name.clone(), step, error });
        self.attach(take).map_err(failed)?;
        *self.take.borrow_mut() = Some(take.clone());
        Ok(())
    }

    fn claim_host(&self, name: &str) -> Result<(), PortError> {
        if *self.take.borrow() == Some(Take::All) {
            return Err(PortError::NoWayUp(name.into()));
        }
        *self.host.borrow_mut() = Some(name.into());
        Ok(())
    }

    fn describe(&self) -> String {
        let mode = match self.attached.borrow().as_ref().map(|attached| attached.mode) {
            Some(Mode::Native) => "native mode",
            Some(Mode::Skb) => "SKB mode",
            None => "sending only",
        };
        let sockets = self.sockets.borrow();
        let is_zero_copy = sockets.first().is_some_and(Socket::is_zero_copy);
        let copies = if is_zero_copy { "zero copy" } else { "one copy by the kernel" };
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
        let mut sum = [0; 7];
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
        ];
        sum[5] = self.runts.get();
        sum[6] = self.kicks.get();
        names.iter().zip(sum).map(|(name, n)| format!("{name} {n}\n")).collect()
    }
}

/// Whether the device may take the rest later.
fn is_temporary(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EBUSY | libc::ENOBUFS | libc::EINTR))
}
