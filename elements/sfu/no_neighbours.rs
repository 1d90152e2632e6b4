//! Where there is no host to ask, it has no neighbours.

use super::look_up::Hop;
use pkgraph_ethernet::EtherAddress;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

/// A way to ask the host, of which there is none.
pub enum Neighbours {}

impl Neighbours {
    /// Always an error.
    pub fn open() -> io::Result<Neighbours> {
        Err(io::Error::new(ErrorKind::Unsupported, "there is no host to ask"))
    }

    /// Never called.
    pub fn find(&self, _: IpAddr, _: EtherAddress) -> Hop {
        match *self {}
    }

    /// Never called.
    pub fn resolve(&self, _: SocketAddr) {
        match *self {}
    }
}
