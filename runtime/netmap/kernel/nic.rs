//! A network interface, made ready for frames that no stack has touched.

use crate::sys::{Device, LinkNews, Offload, readable};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a link may take to come up after its driver was restarted.
const LINK_WAIT: Duration = Duration::from_secs(5);

/// An interface that is up, promiscuous and without offloads. Dropping it
/// brings back what was before; of TSO, which these commands know as one, all
/// kinds if there was any.
pub(super) struct Nic {
    device: Device,
    /// Holds promiscuous mode.
    _promiscuous: OwnedFd,
    /// What was on.
    changed: Vec<Offload>,
    was_down: bool,
}

impl Nic {
    /// Makes the interface ready. What it does not offer is not asked of it.
    pub(super) fn prepare(name: &str) -> io::Result<Nic> {
        let missing = || io::Error::from_raw_os_error(libc::ENODEV);
        let device = Device::find(name).ok_or_else(missing)?;
        let was_down = !device.is_up()?;
        let _promiscuous = device.make_promiscuous()?;
        let mut nic = Nic { device, _promiscuous, changed: Vec::new(), was_down };
        for offload in Offload::ALL {
            if nic.device.has_offload(offload).unwrap_or(false) {
                nic.device.set_offload(offload, false)?;
                nic.changed.push(offload);
            }
        }
        if was_down {
            nic.device.set_up(true)?;
        }
        Ok(nic)
    }

    /// Waits until the link is up; whether it is. A driver restarts its link
    /// when netmap takes its rings over.
    pub(super) fn wait_for_link(&self) -> io::Result<bool> {
        // Opened before the flags are read, so that no change falls between.
        let mut news = LinkNews::open()?;
        let end = Instant::now() + LINK_WAIT;
        loop {
            if self.device.is_running()? {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            readable([news.as_raw_fd()], Some(left));
            // What they say is asked above.
            let _ = news.receive();
        }
    }

    /// The name of the interface's driver.
    pub(super) fn driver(&self) -> io::Result<String> {
        self.device.driver()
    }
}

impl Drop for Nic {
    fn drop(&mut self) {
        // An interface that has gone needs nothing back.
        for offload in self.changed.iter().rev() {
            let _ = self.device.set_offload(*offload, true);
        }
        if self.was_down {
            let _ = self.device.set_up(false);
        }
    }
}
