//! What can go wrong on a ring, on purpose and repeatably.

use super::kring::Kring;
use crate::{FromArg, Random};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::fmt::{self, Write};

/// The faults of every simulated port, `seed=7,full=5,late=10`. Chances are in
/// percent of the syncs of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Equal seeds bring equal faults.
    pub seed: u64,
    /// A TX sync gives no slot back, as if nothing had been sent yet.
    pub full: u8,
    /// A sync does nothing but take note: what was sent leaves, what has come
    /// shows, with a later one.
    pub late: u8,
    /// A sync moves a part of what it could.
    pub partial: u8,
    /// The indices of the ring are overwritten, and the kernel resets it.
    pub reset: u8,
    /// After so many syncs a port vanishes, as a deleted interface does; 0 for
    /// never.
    pub vanish: u32,
}

impl FromArg for Faults {
    const TYPE: &'static str = "list of seed=N, full=PERCENT, late=PERCENT, partial=PERCENT, reset=PERCENT and vanish=SYNCS";

    fn from_arg(text: &str) -> Result<Faults, String> {
        let mut faults = Faults::default();
        for part in text.split(',') {
            let bad = || format!("expected a {}, not '{part}'", Faults::TYPE);
            let (name, value) = part.split_once('=').ok_or_else(bad)?;
            let number: u64 = value.parse().map_err(|_| bad())?;
            let percent = || u8::try_from(number).ok().filter(|n| *n <= 100).ok_or_else(bad);
            match name {
                "seed" => faults.seed = number,
                "full" => faults.full = percent()?,
                "late" => faults.late = percent()?,
                "partial" => faults.partial = percent()?,
                "reset" => faults.reset = percent()?,
                "vanish" => faults.vanish = u32::try_from(number).map_err(|_| bad())?,
                _ => return Err(bad()),
            }
        }
        Ok(faults)
    }
}

/// The faults of one port, as they come.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Faults,
    random: RefCell<Random>,
    syncs: Cell<u32>,
    pub(super) met: [Cell<u64>; 4],
}

const NAMES: [&str; 4] = ["full", "late", "partial", "reset"];
const FULL: usize = 0;
const LATE: usize = 1;
const PARTIAL: usize = 2;
const RESET: usize = 3;

impl Dice {
    /// Those of the port `number` among those with the same faults.
    pub(super) fn new(faults: Faults, number: u64) -> Dice {
        let random = Random::new(faults.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        Dice { faults, random: RefCell::new(random), syncs: Cell::new(0), met: Default::default() }
    }

    /// Begins a sync; whether the port is there.
    pub(super) fn is_there(&self) -> bool {
        self.syncs.set(self.syncs.get().saturating_add(1));
        !self.has_vanished()
    }

    pub(super) fn has_vanished(&self) -> bool {
        self.faults.vanish > 0 && self.syncs.get() > self.faults.vanish
    }

    /// Overwrites the indices of a ring that is about to be synced, perhaps.
    pub(super) fn spoil(&self, kring: &Kring) -> bool {
        let spoils = self.falls(RESET, self.faults.reset);
        if spoils {
            let slots = kring.ring.size().slots();
            kring.ring.set_head_and_cur(slots, slots);
        }
        spoils
    }

    /// How many of `slots` a sync moves.
    pub(super) fn part(&self, slots: u32) -> u32 {
        if slots == 0 || self.falls(LATE, self.faults.late) {
            0
        } else if slots > 1 && self.falls(PARTIAL, self.faults.partial) {
            1 + (self.roll() % u64::from(slots - 1)) as u32
        } else {
            slots
        }
    }

    /// Whether a TX sync gives none of `slots` slots back.
    pub(super) fn keeps(&self, slots: u32) -> bool {
        slots > 0 && self.falls(FULL, self.faults.full)
    }

    fn falls(&self, fault: usize, percent: u8) -> bool {
        let falls = percent > 0 && self.roll() % 100 < u64::from(percent);
        self.met[fault].set(self.met[fault].get() + u64::from(falls));
        falls
    }

    fn roll(&self) -> u64 {
        self.random.borrow_mut().next()
    }
}

/// Lines of name and value: how often each fault has come.
impl fmt::Display for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, met) in NAMES.iter().zip(&self.met) {
            writeln!(f, "{name} {}", met.get())?;
        }
        f.write_str("vanished ")?;
        f.write_char(if self.has_vanished() { '1' } else { '0' })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        let faults = Faults::from_arg("seed=7,full=5,late=10,partial=100,reset=1,vanish=3000");
        let expected = Faults { seed: 7, full: 5, late: 10, partial: 100, reset: 1, vanish: 3000 };
        assert_eq!(faults, Ok(expected));
        for bad in ["", "full", "full=101", "full=-1", "empty=3", "seed=7;full=3", "vanish=1s"] {
            assert!(Faults::from_arg(bad).unwrap_err().contains("vanish=SYNCS"), "{bad}");
        }
    }

    #[test]
    fn equal_seeds_bring_equal_faults() {
        let parts = |seed, port| -> Vec<u32> {
            let faults = Faults { seed, late: 20, partial: 50, ..Faults::default() };
            let dice = Dice::new(faults, port);
            (0..200).map(|_| dice.part(10)).collect()
        };
        assert_eq!(parts(7, 0), parts(7, 0));
        assert_ne!(parts(7, 0), parts(8, 0));
        assert_ne!(parts(7, 0), parts(7, 1));
        let late = parts(7, 0).iter().filter(|part| **part == 0).count();
        assert!((20..60).contains(&late), "{late}");
    }
}
