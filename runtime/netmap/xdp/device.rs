//! What the kernel says of a network interface.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `SIOCETHTOOL` of `linux/sockios.h`.
const SIOCETHTOOL: libc::c_ulong = 0x8946;
/// `ETHTOOL_GCHANNELS` of `linux/ethtool.h`.
const ETHTOOL_GCHANNELS: u32 = 0x3c;

/// `struct ethtool_channels` of `linux/ethtool.h`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Channels {
    cmd: u32,
    max: [u32; 4],
    rx: u32,
    tx: u32,
    other: u32,
    combined: u32,
}

/// `ETHTOOL_GDRVINFO` and `ETHTOOL_GFLAGS` of `linux/ethtool.h`.
const ETHTOOL_GDRVINFO: u32 = 0x03;
const ETHTOOL_GFLAGS: u32 = 0x25;
/// `ETH_FLAG_RXVLAN`.
const ETH_FLAG_RXVLAN: u32 = 1 << 8;

/// `struct ethtool_drvinfo`, whose second member is the driver's name.
#[repr(C)]
struct DriverInfo {
    cmd: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    cmd: u32,
    data: u32,
}

const _: () = assert!(size_of::<DriverInfo>() == 196);

/// The longest packet without its Ethernet header, in octets, that a buffer of
/// 2,048 holds, with a tag.
pub const MTU_MAX: u32 = 2048 - super::socket::HEADROOM as u32 - 18;

/// A network interface of this network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its number.
    pub index: u32,
}

impl Device {
    /// The interface called `name`, if there is one.
    pub fn find(name: &str) -> Option<Device> {
        let text = CString::new(name).ok()?;
        // SAFETY: the name, ended by a zero, lives through the call.
        let index = unsafe { libc::if_nametoindex(text.as_ptr()) };
        (index != 0).then(|| Device { name: name.into(), index })
    }

    /// How many RX queues it has; 1 if its driver does not say.
    pub fn rx_queues(&self) -> u32 {
        let mut channels = Channels { cmd: ETHTOOL_GCHANNELS, ..Default::default() };
        match self.ethtool(&mut channels) {
            Ok(()) => channels.rx.saturating_add(channels.combined).max(1),
            Err(_) => 1,
        }
    }

    /// The largest packet without its Ethernet header, in octets.
    pub fn mtu(&self) -> io::Result<u32> {
        let mut request = self.request();
        control(libc::SIOCGIFMTU, &mut request)?;
        // SAFETY: this request has filled in the MTU.
        Ok(unsafe { request.ifr_ifru.ifru_mtu } as u32)
    }

    /// The name of its driver.
    pub fn driver(&self) -> io::Result<String> {
        let mut info = DriverInfo { cmd: ETHTOOL_GDRVINFO, driver: [0; 32], rest: [0; 160] };
        self.ethtool(&mut info)?;
        let name = info.driver.split(|octet| *octet == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    /// Whether it takes VLAN tags out of the frames that it receives.
    pub fn strips_tags(&self) -> io::Result<bool> {
        let mut flags = Value { cmd: ETHTOOL_GFLAGS, data: 0 };
        self.ethtool(&mut flags)?;
        Ok(flags.data & ETH_FLAG_RXVLAN != 0)
    }

    /// Whether it is administratively up.
    pub fn is_up(&self) -> io::Result<bool> {
        let mut request = self.request();
        control(libc::SIOCGIFFLAGS, &mut request)?;
        // SAFETY: this request has filled in the flags.
        Ok(i32::from(unsafe { request.ifr_ifru.ifru_flags }) & libc::IFF_UP != 0)
    }

    /// A request of ethtool. Its struct begins with the number of the command.
    fn ethtool<T>(&self, command: &mut T) -> io::Result<()> {
        let mut request = self.request();
        request.ifr_ifru.ifru_data = std::ptr::from_mut(command).cast();
        control(SIOCETHTOOL, &mut request)
    }

    fn request(&self) -> libc::ifreq {
        // SAFETY: octets and numbers, and a union of such.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        // The last octet stays 0.
        let room = request.ifr_name.len() - 1;
        for (to, from) in request.ifr_name[..room].iter_mut().zip(self.name.bytes()) {
            *to = from as libc::c_char;
        }
        request
    }
}

fn control(number: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: the descriptor is new. The request lives through the call, and
    // so does what it points to, if anything.
    unsafe {
        let fd = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = OwnedFd::from_raw_fd(fd);
        match libc::ioctl(fd.as_raw_fd(), number as _, std::ptr::from_mut(request)) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there() {
        let device = Device::find("lo").expect("every network namespace has it");
        assert!(device.mtu().unwrap() >= 1500);
        assert_eq!(device.rx_queues(), 1);
        assert_eq!(Device::find("no-such-device"), None);
    }
}
