//! One port, with a TX and an RX ring, as both kinds of joints have it.

use super::bell::Bell;
use super::faults::{Dice, Faults};
use super::kring::{Kring, Violation};
use std::cell::Cell;
use std::io;

/// A port's rings and what goes with them.
#[derive(Debug)]
pub(super) struct End {
    pub(super) tx: Kring,
    pub(super) rx: Kring,
    pub(super) bell: Bell,
    pub(super) dice: Dice,
    /// What its user has done against the rules.
    pub(super) broken: Cell<Broken>,
}

/// What users of rings have done against netmap's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Syncs that found a ring broken.
    pub times: u64,
    /// The last violation.
    pub last: Option<Violation>,
}

/// How a sync begins.
pub(super) enum Begun {
    /// The ring is as it should be.
    Well,
    /// The ring was reset, for a fault.
    Reset,
    /// The ring was reset, for its user.
    Broken(Violation),
}

impl End {
    pub(super) fn new(tx: Kring, rx: Kring, faults: Faults, number: u64) -> io::Result<End> {
        let (bell, dice) = (Bell::new()?, Dice::new(faults, number));
        Ok(End { tx, rx, bell, dice, broken: Cell::default() })
    }

    pub(super) fn begin_tx(&self) -> io::Result<Begun> {
        self.begin(&self.tx, Kring::tx_prologue)
    }

    pub(super) fn begin_rx(&self) -> io::Result<Begun> {
        self.begin(&self.rx, Kring::rx_prologue)
    }

    fn begin(
        &self,
        kring: &Kring,
        prologue: impl Fn(&Kring) -> Result<(), Violation>,
    ) -> io::Result<Begun> {
        if !self.dice.is_there() {
            return Err(io::Error::from_raw_os_error(libc::ENXIO));
        }
        let spoiled = self.dice.spoil(kring);
        Ok(match prologue(kring) {
            Ok(()) => Begun::Well,
            Err(_) if spoiled => Begun::Reset,
            Err(violation) => {
                let times = self.broken.get().times + 1;
                self.broken.set(Broken { times, last: Some(violation) });
                Begun::Broken(violation)
            }
        })
    }

    /// The slots that a TX sync takes, from hwcur: up to here.
    pub(super) fn tx_end(&self) -> u32 {
        let (from, to) = (self.tx.hwcur.get(), self.tx.rhead.get());
        let slots = self.dice.part(self.tx.ring.size().distance(from, to));
        self.tx.whole_packets(from, slots, to)
    }

    /// Ends a TX sync.
    pub(super) fn finish_tx(&self) {
        let (told, tail) = (self.tx.told(), self.tx.hwtail.get());
        let back = self.tx.ring.size().distance(told, tail);
        self.tx.tell(if self.dice.keeps(back) { told } else { tail });
        // What was left for later: without more news nobody would come for it.
        if self.has_unsent() || self.tx.told() != tail && self.tx.is_waited_for() {
            self.bell.tell(&self.bell.tx);
        }
    }

    /// Ends an RX sync.
    pub(super) fn finish_rx(&self) {
        let (told, tail) = (self.rx.told(), self.rx.hwtail.get());
        let slots = self.dice.part(self.rx.ring.size().distance(told, tail));
        self.rx.tell(self.rx.whole_packets(told, slots, tail));
        if self.rx.told() != tail {
            self.bell.tell(&self.bell.rx);
        }
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.tx.hwcur.get() != self.tx.rhead.get()
    }
}
