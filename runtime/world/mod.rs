//! What a run takes from the world around it: time, chance, and news of
//! descriptors.
//!
//! `linux` is that of the operating system, behind the feature of its name.
//! [`Bare`] is what every target of the Rust compiler has.

mod bare;
#[cfg(feature = "linux")]
mod linux;

pub use bare::Bare;
#[cfg(feature = "linux")]
pub use linux::Linux;

use crate::Nanos;
use std::io;
use std::time::Duration;

/// The world that this program is in.
#[cfg(feature = "linux")]
pub type Here = Linux;
/// The world that this program is in.
#[cfg(not(feature = "linux"))]
pub type Here = Bare;

/// The number of something that can be waited for: a file descriptor, where there are
/// such.
pub type Descriptor = i32;

/// A source of time, chance and news.
///
/// The clock and the counter have no `self`, because packets ask for them: which world
/// they are of is known when the program is compiled. The others are asked at the start
/// and while there is nothing to do, and a test can give a [`Context`](crate::Context) a
/// world of its own.
pub trait World {
    /// Nanoseconds of a clock that never goes back.
    fn monotonic() -> Nanos
    where
        Self: Sized;

    /// The time since 1970 began.
    fn wall() -> Duration
    where
        Self: Sized;

    /// Whether [`counter`](World::counter) counts at one rate.
    fn has_counter() -> bool
    where
        Self: Sized;

    /// A number that the CPU counts up, which is read faster than the clock.
    fn counter() -> u64
    where
        Self: Sized;

    /// Fills `octets` with numbers that nobody can foresee.
    ///
    /// # Errors
    /// This world has none to give.
    fn secret(&self, octets: &mut [u8]) -> io::Result<()>;

    /// Has [`wait`](World::wait) report `token` whenever `descriptor` becomes readable
    /// or, with `write`, writable. It stays open as long as the world is asked.
    ///
    /// # Errors
    /// The descriptor cannot be waited for.
    fn watch(&self, descriptor: Descriptor, write: bool, token: u64) -> io::Result<()>;

    /// Waits until a descriptor is ready or `timeout` (`None`: for ever, zero: not at
    /// all) has passed, and calls `ready` with each token. It may return early.
    ///
    /// # Errors
    /// Waiting is not possible, now or ever.
    fn wait(&self, timeout: Option<Duration>, ready: &mut dyn FnMut(u64)) -> io::Result<()>;
}
