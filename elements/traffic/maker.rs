//! What sources share: the packets they make, and what they need for it.

use pkgraph::runtime::{Alarm, Clock, Context, Nanos, Packet, Region};
use std::cell::Cell;
use std::rc::Rc;

/// Makes packets with the same octets, each with the time of its making.
#[derive(Default)]
pub struct Maker {
    octets: Vec<u8>,
    around: Option<Around>,
}

struct Around {
    pool: &'static Region,
    clock: Rc<Clock>,
    alarm: Rc<Alarm>,
    stop: Rc<Cell<bool>>,
}

impl Maker {
    /// Sets the octets: `data`, cut or repeated to `length`. The error says
    /// that they do not fit a buffer.
    pub fn set(&mut self, data: &[u8], length: Option<usize>) -> Result<(), String> {
        let length = length.unwrap_or(data.len());
        let most = Region::BUFFER_SIZE as usize - usize::from(Region::HEADROOM);
        if length > most {
            return Err(format!("{length} octets do not fit a buffer: at most {most}"));
        }
        let octet = |i: usize| data.get(i % data.len().max(1)).copied().unwrap_or(0);
        self.octets = (0..length).map(octet).collect();
        Ok(())
    }

    /// Octets of each packet.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Takes what it needs, when the element starts.
    pub fn open(&mut self, context: &mut Context) {
        self.around = Some(Around {
            pool: context.pool(),
            clock: context.clock(),
            alarm: context.alarm(),
            stop: context.stop(),
        });
    }

    /// The engine's time; 0 before the start.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.around.as_ref().map_or(0, |around| around.clock.now())
    }

    /// A packet; `None` when the pool is empty.
    #[inline]
    pub fn make(&self) -> Option<Packet> {
        let around = self.around.as_ref()?;
        let mut packet = around.pool.packet(&self.octets)?;
        packet.annotations_mut().ok()?.set_timestamp(around.clock.now());
        Some(packet)
    }

    /// Wakes the loop at `time`, for a source that is pulled.
    pub fn wake(&self, time: Nanos) {
        if let Some(around) = &self.around {
            around.alarm.at(time);
        }
    }

    /// Ends the run.
    pub fn stop(&self) {
        if let Some(around) = &self.around {
            around.stop.set(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_cut_or_repeated() {
        let mut maker = Maker::default();
        for (data, length, octets) in [
            (&b"abc"[..], None, &b"abc"[..]),
            (b"abc", Some(2), b"ab"),
            (b"abc", Some(7), b"abcabca"),
            (b"", Some(2), b"\0\0"),
            (b"", None, b""),
        ] {
            maker.set(data, length).unwrap();
            assert_eq!(maker.octets, octets);
        }
        assert!(maker.set(b"", Some(1984)).is_ok());
        assert!(maker.set(b"", Some(1985)).is_err());
    }
}
