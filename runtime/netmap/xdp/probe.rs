//! Whether AF_XDP could be used here, found out without touching an interface.

use super::Step;
use super::filter::assemble;
use crate::netmap::{Found, Missing, PortError, Take};
use crate::sys::{Fresh, Program, SocketMap};
use std::io;

/// What a socket registers at least: a few buffers.
const OCTETS: usize = 64 << 10;

pub(super) fn in_any_mode() -> Found {
    probe("sockets, memory and filters work; native mode is tried at the start")
}

pub(super) fn in_the_stack() -> Found {
    probe("sockets, memory and filters work")
}

/// Makes a socket, registers a little memory and loads a filter, and drops them
/// again; `works` if that works.
fn probe(works: &str) -> Found {
    let tried = || {
        let failed = |step: Step| move |error| step.refused("AF_XDP", error);
        Fresh::probe(OCTETS, 2048).map_err(failed(Step::Memory))?;
        loaded().map_err(failed(Step::Load))
    };
    let refused = |why: PortError| Missing::new(why.to_string(), "see above");
    tried().map(|()| works.into()).map_err(refused)
}

fn loaded() -> io::Result<()> {
    let map = SocketMap::new(1)?;
    Program::load(&assemble(&Take::Udp(vec![5004, 5005]), map.number())).map(drop)
}
