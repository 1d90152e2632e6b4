//! The world as every target has it: nothing can be waited for, and nobody comes.

use super::{Descriptor, World};
use crate::Nanos;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// A world without an operating system. Where the target has a clock it has the time;
/// on `wasm32-unknown-unknown` that stands at 0, and a graph runs in virtual time or on
/// a clock that is moved by hand.
#[derive(Debug, Default)]
pub struct Bare;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod time {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    pub fn monotonic() -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    pub fn wall() -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// There the clocks of the standard library panic.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod time {
    use std::time::Duration;

    pub fn monotonic() -> Duration {
        Duration::ZERO
    }

    pub fn wall() -> Duration {
        Duration::ZERO
    }
}

impl World for Bare {
    fn monotonic() -> Nanos {
        time::monotonic().as_nanos() as Nanos
    }

    fn wall() -> Duration {
        time::wall()
    }

    fn has_counter() -> bool {
        false
    }

    fn counter() -> u64 {
        0
    }

    fn secret(&self, _: &mut [u8]) -> io::Result<()> {
        Err(io::Error::new(ErrorKind::Unsupported, "there is no system to give any"))
    }

    fn watch(&self, _: Descriptor, _: bool, _: u64) -> io::Result<()> {
        Err(io::Error::new(ErrorKind::Unsupported, "there are no descriptors"))
    }

    /// Only a timer can end the wait, so that a wait for ever is an error.
    fn wait(&self, timeout: Option<Duration>, _: &mut dyn FnMut(u64)) -> io::Result<()> {
        let Some(timeout) = timeout else {
            let why = "the graph waits, and nothing can come";
            return Err(io::Error::new(ErrorKind::Unsupported, why));
        };
        // A zero is no wait, which targets without threads have, too.
        if !timeout.is_zero() {
            std::thread::sleep(timeout);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_passes() {
        let (bare, mut told) = (Bare, 0);
        let before = Bare::monotonic();
        bare.wait(Some(Duration::from_millis(2)), &mut |_| told += 1).unwrap();
        assert!(Bare::monotonic() - before >= 2_000_000);
        assert!(Bare::wall() > Duration::from_secs(1_700_000_000));
        assert_eq!(bare.wait(None, &mut |_| told += 1).unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(bare.watch(0, false, 0).is_err() && bare.secret(&mut [0]).is_err());
        assert_eq!(told, 0);
    }
}
