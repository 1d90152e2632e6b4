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
//! Rings need no operating system. Drivers and ports do, and stand behind the feature
//! `linux`.
//!
//! Nothing here knows an element, and no file above `interface` knows how
//! memory was mapped or who fills the rings.

pub mod abi;
#[cfg(feature = "linux")]
mod choice;
#[cfg(feature = "linux")]
mod driver;
#[cfg(feature = "linux")]
mod events;
#[cfg(all(test, feature = "linux"))]
mod example;
mod index;
mod interface;
#[cfg(feature = "linux")]
mod kernel;
#[cfg(feature = "linux")]
mod layout;
#[cfg(feature = "linux")]
mod name;
#[cfg(feature = "linux")]
mod port;
mod ring;
#[cfg(feature = "linux")]
mod row;
mod rx;
#[cfg(feature = "linux")]
pub mod sim;
#[cfg(feature = "linux")]
mod take;
mod tx;
#[cfg(feature = "linux")]
mod watch;
#[cfg(feature = "linux")]
mod xdp;

#[cfg(feature = "linux")]
pub use choice::DriverChoice;
#[cfg(feature = "linux")]
pub use driver::{Driver, Registered};
#[cfg(feature = "linux")]
pub(crate) use events::Events;
pub use index::RingSize;
pub use interface::Interface;
#[cfg(feature = "linux")]
pub use name::PortName;
#[cfg(feature = "linux")]
pub use port::{Port, PortError, PortOptions};
#[cfg(feature = "linux")]
pub use row::{Compared, DriverRow, Finding, Found, Missing, OwnNames, Settings};
pub use rx::{RxRing, Taken};
#[cfg(feature = "linux")]
pub use take::Take;
pub use tx::{Put, TxRing};

/// All drivers, in the order in which `--driver auto` tries those that are
/// automatic.
#[cfg(feature = "linux")]
pub static DRIVERS: &[DriverRow] = &[
    kernel::ROW,
    xdp::ROW,
    xdp::SKB,
    sim::ROW,
    #[cfg(test)]
    example::ROW,
];
