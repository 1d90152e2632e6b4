//! netmap's rings, and the drivers that stand behind them.
//!
//! In reading order: [`abi`] is the memory layout that user and kernel share;
//! `index` is arithmetic on ring indices; `ring` is one ring of that layout,
//! still without a direction; [`RxRing`] and [`TxRing`] are the two directions,
//! which trade buffers with a [`Region`](crate::Region); `interface` finds the
//! rings of a port in memory, and `layout` puts them there where no kernel does;
//! [`PortName`] reads names, [`Take`] says which frames a port takes, `events` tells
//! of its interface; [`Driver`] is the kernel side of a port, and [`DriverRow`] all
//! that is known of a driver elsewhere; `choice` says which driver opens a port;
//! [`Port`] is all of it under a name. Each driver is a folder: `kernel` is netmap
//! itself, `xdp` AF_XDP behind the same rings, [`sim`] a kernel side in memory.
//!
//! Nothing here knows an element, and no file above `interface` knows how
//! memory was mapped or who fills the rings.

mod choice;
mod driver;
mod events;
#[cfg(test)]
mod example;
mod index;
mod interface;
mod kernel;
mod layout;
mod name;
mod port;
mod ring;
mod row;
mod rx;
pub mod sim;
mod take;
mod tx;
mod watch;
mod xdp;

pub use crate::sys::abi;
pub use choice::DriverChoice;
pub use driver::{Driver, Registered};
pub(crate) use events::Events;
pub use index::RingSize;
pub use interface::Interface;
pub use name::PortName;
pub use port::{Port, PortError, PortOptions};
pub use row::{Compared, DriverRow, Finding, Found, Missing, OwnNames, Settings};
pub use rx::{RxRing, Taken};
pub use take::Take;
pub use tx::{Put, TxRing};

/// All drivers, in the order in which `--driver auto` tries those that are
/// automatic.
pub static DRIVERS: &[DriverRow] = &[
    kernel::ROW,
    xdp::ROW,
    xdp::SKB,
    sim::ROW,
    #[cfg(test)]
    example::ROW,
];
