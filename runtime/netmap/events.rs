//! What happens to an interface besides its packets: it goes down, comes up,
//! is deleted, or made anew.
//!
//! The kernel tells it by netlink (rtnetlink(7)). A thread listens, says what
//! happens on standard error, and leaves it where the engine's thread finds it
//! without a system call.

use crate::sys::{Device, EventFd, LinkNews, LinkState, privileges, readable};
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use tracing::info;

/// The number of no interface.
const NONE: u32 = 0;

/// The state of an interface, kept by a thread of its own.
pub(crate) struct Events {
    shared: Arc<Shared>,
    quit: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    name: String,
    /// The interface's number now, or [`NONE`].
    index: AtomicU32,
    up: AtomicBool,
    /// Rung when the number changes.
    bell: EventFd,
}

impl Events {
    /// Listens for what happens to `device`.
    pub(crate) fn listen(device: &Device) -> io::Result<Events> {
        let news = LinkNews::open()?;
        let shared = Arc::new(Shared {
            name: device.name.clone(),
            index: AtomicU32::new(device.index),
            up: AtomicBool::new(device.is_up()?),
            bell: EventFd::new()?,
        });
        if !shared.up.load(Ordering::Relaxed) {
            info!(interface = %device.name, "{}: it is down; `ip link set {0} up` brings it up", device.name);
        }
        let quit = Arc::new(EventFd::new()?);
        let (its_shared, its_quit) = (shared.clone(), quit.clone());
        let thread = std::thread::Builder::new().name("link events".into()).spawn(move || {
            privileges::give_up();
            serve(news, &its_quit, &its_shared);
        })?;
        Ok(Events { shared, quit, thread: Some(thread) })
    }

    /// The interface's number now; `None` while there is no such interface.
    #[inline]
    pub(crate) fn index(&self) -> Option<u32> {
        match self.shared.index.load(Ordering::Relaxed) {
            NONE => None,
            index => Some(index),
        }
    }

    /// Readable when the number may have changed.
    pub(crate) fn bell(&self) -> &EventFd {
        &self.shared.bell
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.quit.signal();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits for news until there is no more need of it.
fn serve(mut news: LinkNews, quit: &EventFd, shared: &Shared) {
    loop {
        let [has_news, is_over] = readable([news.as_raw_fd(), quit.as_raw_fd()], None);
        if is_over {
            return;
        }
        if !has_news {
            continue;
        }
        match news.receive() {
            Ok(states) => states.for_each(|state| shared.hear(state)),
            // More happened than the socket holds: what is true now is asked.
            Err(_) => shared.look(),
        }
    }
}

impl Shared {
    fn hear(&self, state: LinkState) {
        if state.is_deleted {
            if state.index == self.index.load(Ordering::Relaxed) {
                self.set(NONE, false);
            }
        } else if state.name == self.name {
            self.set(state.index, state.is_up);
        }
    }

    fn look(&self) {
        match Device::find(&self.name) {
            Some(device) => self.set(device.index, device.is_up().unwrap_or(false)),
            None => self.set(NONE, false),
        }
    }

    fn set(&self, index: u32, up: bool) {
        let before = self.index.swap(index, Ordering::Relaxed);
        let was_up = self.up.swap(up, Ordering::Relaxed);
        let name = &self.name;
        match (before == index, was_up, up) {
            (false, ..) if index == NONE => {
                info!(interface = name, "{name}: the interface is gone")
            }
            (false, ..) => info!(interface = name, "{name}: the interface is there again"),
            (true, true, false) => {
                info!(
                    interface = name,
                    "{name}: it has gone down, and nothing passes until it is up again"
                );
            }
            (true, false, true) => info!(interface = name, "{name}: it is up again"),
            _ => {}
        }
        if before != index {
            self.bell.signal();
        }
    }
}
