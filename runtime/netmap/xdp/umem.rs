//! The memory that all AF_XDP ports of a graph share (umem), cut into buffers.
//!
//! A port whose interface has Q RX queues needs `(Q + 1) * SLOTS` buffers: one
//! for each slot of its TX ring and of its RX rings, wherever it is on its way
//! (slot, fill, TX or completion ring). Besides there are `BUFS` for packets
//! in the graph. The first port decides how much there is: its own, BUFS, as
//! much again as its own for a second port, and the two that netmap reserves.
//! All of it is locked memory. Where there may not be so much, SLOTS and BUFS
//! are halved as often as it takes, and at last there is none for a second
//! port. What no second port takes is for packets in the graph.

use super::memory::Frames;
use crate::Region;
use crate::netmap::PortOptions;
use crate::netmap::abi::NETMAP_RESERVED_BUFS;
use crate::sys::Fresh;
use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// The fewest slots of a ring, and buffers for the graph, that are of use.
const LEAST: u32 = 32;

/// How long the kernel may take to count memory as free whose program has
/// ended: it does so later, on a thread of its own.
const RELEASE: Duration = Duration::from_millis(300);

/// Registered memory.
pub(super) struct Umem {
    /// Its buffers. Those of rings are taken out of its free list.
    pub(super) region: &'static Region,
    /// Slots per ring: those asked for, or fewer.
    pub(super) slots: u32,
    frames: Frames,
    /// A bound socket that has registered it.
    owner: RefCell<Option<OwnedFd>>,
}

/// How much memory to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    slots: u32,
    bufs: u32,
    ports: u32,
}

impl Size {
    /// How many buffers that takes; `None` if they are too many to number.
    fn buffers(self, queues: u32) -> Option<u32> {
        let in_slots = self.ports.checked_mul(queues.checked_add(1)?)?.checked_mul(self.slots)?;
        in_slots.checked_add(self.bufs)?.checked_add(NETMAP_RESERVED_BUFS)
    }

    /// The next smaller one, if any is of use.
    fn less(self) -> Option<Size> {
        let half = |n: u32| if n / 2 < LEAST { n } else { n / 2 };
        let smaller = Size { slots: half(self.slots), bufs: half(self.bufs), ..self };
        match smaller == self {
            false => Some(smaller),
            true => (self.ports > 1).then_some(Size { ports: 1, ..self }),
        }
    }
}

impl Umem {
    /// Memory for a port of so many RX queues, and the socket that has
    /// registered it, still to be bound.
    pub(super) fn new(queues: u32, options: &PortOptions) -> io::Result<(Umem, Fresh)> {
        let since = Instant::now();
        let mut size = Size { slots: options.slots, bufs: options.bufs, ports: 2 };
        loop {
            let Some(count) = size.buffers(queues) else {
                size = size.less().ok_or(io::ErrorKind::OutOfMemory)?;
                continue;
            };
            match Frames::register(count, options.buffer_size) {
                Ok((frames, socket)) => {
                    let (region, owner) = (frames.region, RefCell::new(None));
                    return Ok((Umem { region, slots: size.slots, frames, owner }, socket));
                }
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    if since.elapsed() < RELEASE {
                        std::thread::sleep(Duration::from_millis(5));
                        continue;
                    }
                    size = size.less().ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Calls `with` with the bound socket that has registered it, if there is
    /// one.
    pub(super) fn with_owner<T>(&self, with: impl FnOnce(Option<&OwnedFd>) -> T) -> T {
        with(self.owner.borrow().as_ref())
    }

    /// Says which bound socket has registered it.
    pub(super) fn set_owner(&self, socket: OwnedFd) {
        *self.owner.borrow_mut() = Some(socket);
    }

    /// Registers the same memory again, after the interface of the socket that
    /// had registered it is gone.
    pub(super) fn register_again(&self) -> io::Result<Fresh> {
        *self.owner.borrow_mut() = None;
        self.frames.register_again()
    }

    /// Octets of it.
    pub(super) fn octets(&self) -> usize {
        self.frames.octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_shrinks_to_what_is_of_use() {
        let mut size = Size { slots: 256, bufs: 512, ports: 2 };
        assert_eq!(size.buffers(1), Some(2 + 2 * 512 + 512));
        assert_eq!(size.buffers(u32::MAX), None);
        assert_eq!(size.buffers(1 << 23), None);
        let mut seen = Vec::new();
        while let Some(less) = size.less() {
            seen.push((less.ports, less.slots, less.bufs));
            assert!(less.buffers(3) < size.buffers(3));
            size = less;
        }
        let expected = [(2, 128, 256), (2, 64, 128), (2, 32, 64), (2, 32, 32), (1, 32, 32)];
        assert_eq!(seen, expected);
    }
}
