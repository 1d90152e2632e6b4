//! What the kernel says of a network interface, and what it can be asked to do
//! (netdevice(7), `linux/ethtool.h`).

use crate::result::check;
use crate::socket;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// `ETHTOOL_GDRVINFO`, `ETHTOOL_GFLAGS`, `ETHTOOL_SFLAGS` and
/// `ETHTOOL_GCHANNELS`.
const ETHTOOL_GDRVINFO: u32 = 0x03;
const ETHTOOL_GFLAGS: u32 = 0x25;
const ETHTOOL_SFLAGS: u32 = 0x26;
const ETHTOOL_GCHANNELS: u32 = 0x3c;
/// `ETH_FLAG_RXVLAN` and `ETH_FLAG_LRO`.
const ETH_FLAG_RXVLAN: u32 = 1 << 8;
const ETH_FLAG_LRO: u32 = 1 << 15;

/// `struct ethtool_channels`.
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

// What the kernel writes.
const _: () = {
    assert!(size_of::<Channels>() == 36);
    assert!(size_of::<DriverInfo>() == 196);
    assert!(size_of::<Value>() == 8);
};

/// A network interface of this network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its number.
    pub index: u32,
}

/// Work that an interface may do for the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offload {
    /// Joining of received packets, by the hardware.
    Lro,
    /// Joining of received packets, by its driver.
    Gro,
    /// Cutting of TCP segments, by the hardware.
    Tso,
    /// Cutting of what is sent, by its driver.
    Gso,
    /// Checksums of what is sent.
    TxChecksum,
    /// Checksums of what is received.
    RxChecksum,
}

impl Offload {
    /// All of them, in an order in which they can be turned off: segmentation
    /// leans on checksums.
    pub const ALL: [Offload; 6] = [
        Offload::Lro,
        Offload::Gro,
        Offload::Tso,
        Offload::Gso,
        Offload::TxChecksum,
        Offload::RxChecksum,
    ];

    /// Its commands `ETHTOOL_G*` and `ETHTOOL_S*`, and its bits of the value.
    fn commands(self) -> (u32, u32, u32) {
        match self {
            Offload::Lro => (ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_LRO),
            Offload::Gro => (0x2b, 0x2c, !0),
            Offload::Tso => (0x1e, 0x1f, !0),
            Offload::Gso => (0x23, 0x24, !0),
            Offload::TxChecksum => (0x16, 0x17, !0),
            Offload::RxChecksum => (0x14, 0x15, !0),
        }
    }
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
        let mut request = self.request()?;
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
        Ok(self.value(ETHTOOL_GFLAGS, 0)? & ETH_FLAG_RXVLAN != 0)
    }

    /// Whether it is administratively up.
    pub fn is_up(&self) -> io::Result<bool> {
        Ok(self.flags()? & libc::IFF_UP != 0)
    }

    /// Whether it can send and receive: it is up and has a link.
    pub fn is_running(&self) -> io::Result<bool> {
        Ok(self.flags()? & libc::IFF_RUNNING != 0)
    }

    /// Brings it up or takes it down. Needs CAP_NET_ADMIN.
    pub fn set_up(&self, up: bool) -> io::Result<()> {
        let flags = self.flags()?;
        let flags = if up { flags | libc::IFF_UP } else { flags & !libc::IFF_UP };
        let mut request = self.request()?;
        request.ifr_ifru.ifru_flags = flags as i16;
        control(libc::SIOCSIFFLAGS, &mut request)
    }

    /// Whether an offload is on. Of TSO, all kinds are one.
    pub fn has_offload(&self, offload: Offload) -> io::Result<bool> {
        let (get, _, bits) = offload.commands();
        Ok(self.value(get, 0)? & bits != 0)
    }

    /// Turns an offload on or off. Needs CAP_NET_ADMIN.
    pub fn set_offload(&self, offload: Offload, on: bool) -> io::Result<()> {
        let (get, set, bits) = offload.commands();
        let value = match (bits, on) {
            (u32::MAX, _) => u32::from(on),
            // The other bits stay as they are.
            (_, true) => self.value(get, 0)? | bits,
            (_, false) => self.value(get, 0)? & !bits,
        };
        self.value(set, value).map(drop)
    }

    /// Makes it promiscuous as long as the descriptor is open, which is a packet
    /// socket that receives nothing. The kernel counts such sockets, and closes
    /// them also of a process that was killed. Needs CAP_NET_RAW.
    pub fn make_promiscuous(&self) -> io::Result<OwnedFd> {
        let holder = socket::open(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
        // SAFETY: all members are numbers.
        let mut membership: libc::packet_mreq = unsafe { std::mem::zeroed() };
        membership.mr_ifindex = self.index as i32;
        membership.mr_type = libc::PACKET_MR_PROMISC as u16;
        let (level, option) = (libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP);
        // SAFETY: the option takes a value of this type.
        unsafe { socket::set(&holder, level, option, &membership) }?;
        Ok(holder)
    }

    fn flags(&self) -> io::Result<i32> {
        let mut request = self.request()?;
        control(libc::SIOCGIFFLAGS, &mut request)?;
        // SAFETY: this request has filled in the flags.
        Ok(i32::from(unsafe { request.ifr_ifru.ifru_flags }))
    }

    /// A request of ethtool that gives or takes one number.
    fn value(&self, cmd: u32, data: u32) -> io::Result<u32> {
        let mut value = Value { cmd, data };
        self.ethtool(&mut value)?;
        Ok(value.data)
    }

    /// A request of ethtool. Its struct begins with the number of the command.
    fn ethtool<T>(&self, command: &mut T) -> io::Result<()> {
        let mut request = self.request()?;
        request.ifr_ifru.ifru_data = std::ptr::from_mut(command).cast();
        control(libc::SIOCETHTOOL, &mut request)
    }

    /// A request that names the interface. No interface has a longer name.
    fn request(&self) -> io::Result<libc::ifreq> {
        // SAFETY: octets and numbers, and a union of such.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        if self.name.len() >= request.ifr_name.len() {
            return Err(io::Error::from_raw_os_error(libc::ENODEV));
        }
        for (to, from) in request.ifr_name.iter_mut().zip(self.name.bytes()) {
            *to = from as libc::c_char;
        }
        Ok(request)
    }
}

fn control(number: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    let socket = socket::open(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    // SAFETY: each of the numbers used here takes an `ifreq`, which lives
    // through the call, and so does what it points to, if anything.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), number as _, request) }).map(drop)
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

    #[test]
    fn a_name_that_is_too_long_names_nothing() {
        let device = Device { name: "a-name-of-16-oct".into(), index: 1 };
        for error in [device.mtu().unwrap_err(), device.set_up(true).unwrap_err()] {
            assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
        }
        assert_eq!(Device::find(&device.name), None);
    }
}
