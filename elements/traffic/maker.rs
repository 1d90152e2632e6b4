//! What sources share: the packets they make, and what they need for it.

use pkgraph::runtime::{Alarm, Clock, Context, Nanos, Packet, Region};
use std::cell::Cell;
use std::rc::Rc;

/// Makes packets with the same octets, each with the time of its making.
pub struct Maker {
    octets: Vec<u8>,
    pool: &'static Region,
    clock: Rc<Clock>,
    alarm: Rc<Alarm>,
    stop: Rc<Cell<bool>>,
}

/// `data`, cut or repeated to `length` octets. The error says that they do not
/// fit a buffer.
pub fn octets(data: &[u8], length: Option<usize>) -> Result<Vec<u8>, String> {
    let length = length.unwrap_or(data.len());
    let most = Region::BUFFER_SIZE as usize - usize::from(Region::HEADROOM);
    if length > most {
        return Err(format!("{length} octets do not fit a buffer: at most {most}"));
    }
    let octet = |i: usize| data.get(i % data.len().max(1)).copied().unwrap_or(0);
    Ok((0..length).map(octet).collect())
}

impl Maker {
    /// A maker of packets that hold `octets`.
    pub fn new(octets: Vec<u8>, context: &Context) -> Maker {
        Maker {
            octets,
            pool: context.pool(),
            clock: context.clock(),
            alarm: context.alarm(),
            stop: context.stop(),
        }
    }

    /// Sets what packets hold: see [`octets`].
    pub fn set(&mut self, data: &[u8], length: Option<usize>) -> Result<(), String> {
        self.octets = octets(data, length)?;
        Ok(())
    }

    /// Octets of each packet.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// The engine's time.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// A packet; `None` when the pool is empty.
    #[inline]
    pub fn make(&self) -> Option<Packet> {
        let mut packet = self.pool.packet(&self.octets)?;
        packet.annotations_mut().ok()?.set_timestamp(self.clock.now());
        Some(packet)
    }

    /// Wakes the loop at `time`, for a source that is pulled.
    pub fn wake(&self, time: Nanos) {
        self.alarm.at(time);
    }

    /// Ends the run.
    pub fn stop(&self) {
        self.stop.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_cut_or_repeated() {
        for (data, length, expected) in [
            (&b"abc"[..], None, &b"abc"[..]),
            (b"abc", Some(2), b"ab"),
            (b"abc", Some(7), b"abcabca"),
            (b"", Some(2), b"\0\0"),
            (b"", None, b""),
        ] {
            assert_eq!(octets(data, length).unwrap(), expected);
        }
        assert!(octets(b"", Some(1984)).is_ok());
        assert!(octets(b"", Some(1985)).is_err());
    }
}
