//! How an end is told that something has happened.

use crate::EventFd;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// A descriptor for two kinds of news. They are kept apart, because a sync of
/// one direction must not silence the other's news.
#[derive(Debug)]
pub(super) struct Bell {
    fd: EventFd,
    pub(super) rx: News,
    pub(super) tx: News,
}

/// Rung, and no sync in that direction since.
#[derive(Debug, Default)]
pub(super) struct News(Cell<bool>);

impl Bell {
    pub(super) fn new() -> io::Result<Bell> {
        Ok(Bell { fd: EventFd::new()?, rx: News::default(), tx: News::default() })
    }

    pub(super) fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Rings for one of the two, unless it is out already.
    pub(super) fn tell(&self, news: &News) {
        if !news.0.replace(true) {
            self.fd.signal();
        }
    }

    /// A sync has brought one of the two; silence, if that was all.
    pub(super) fn hear(&self, news: &News) {
        if news.0.replace(false) && !self.rx.0.get() && !self.tx.0.get() {
            self.fd.clear();
        }
    }
}
