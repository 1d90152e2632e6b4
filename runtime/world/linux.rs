//! The world as Linux has it.

use super::{Descriptor, World};
use crate::Nanos;
use crate::sys::{self, Epoll, time_stamp};
use std::cell::RefCell;
use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Linux. Its epoll instance is made when something is to be waited for.
#[derive(Debug, Default)]
pub struct Linux(RefCell<Option<Epoll>>);

impl Linux {
    fn with_epoll<T>(&self, with: impl FnOnce(&mut Epoll) -> io::Result<T>) -> io::Result<T> {
        let mut epoll = self.0.borrow_mut();
        match &mut *epoll {
            Some(epoll) => with(epoll),
            None => with(epoll.insert(Epoll::new()?)),
        }
    }
}

impl World for Linux {
    /// `CLOCK_MONOTONIC`, from the program's first look at it.
    #[inline]
    fn monotonic() -> Nanos {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as Nanos
    }

    fn wall() -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn has_counter() -> bool {
        time_stamp::is_constant()
    }

    #[inline]
    fn counter() -> u64 {
        time_stamp::read()
    }

    fn secret(&self, octets: &mut [u8]) -> io::Result<()> {
        sys::random(octets)
    }

    fn watch(&self, descriptor: Descriptor, write: bool, token: u64) -> io::Result<()> {
        self.with_epoll(|epoll| epoll.add(descriptor, write, token))
    }

    fn wait(&self, timeout: Option<Duration>, ready: &mut dyn FnMut(u64)) -> io::Result<()> {
        self.with_epoll(|epoll| epoll.wait(timeout, ready))
    }
}
