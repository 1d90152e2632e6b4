//! Whether AF_XDP could be used here, found out without touching an interface.

use super::filter::assemble;
use super::{Step, XdpError};
use crate::netmap::Take;
use crate::sys::{Fresh, Program, SocketMap};
use std::io;

/// What a socket registers at least: a few buffers.
const OCTETS: usize = 64 << 10;

/// Makes a socket, registers a little memory and loads a filter, and drops them
/// again.
///
/// # Errors
/// The first step that fails, and what to do.
pub fn probe() -> Result<(), XdpError> {
    let failed = |step| move |error| XdpError { port: "AF_XDP".into(), step, error };
    Fresh::probe(OCTETS, 2048).map_err(failed(Step::Memory))?;
    loaded().map_err(failed(Step::Load))
}

fn loaded() -> io::Result<()> {
    let map = SocketMap::new(1)?;
    Program::load(&assemble(&Take::Udp(vec![5004, 5005]), map.number())).map(drop)
}
