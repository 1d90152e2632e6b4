//! Ctrl-C in the middle of a comparison: everything ends in order.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Why a comparison ends before it is whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// What is wrong and what to do.
    Error(String),
    /// The number of a signal.
    Signal(i32),
}

impl From<String> for Halt {
    fn from(why: String) -> Halt {
        Halt::Error(why)
    }
}

/// Whether a signal has asked for the end.
#[derive(Clone)]
pub struct Stop(Arc<AtomicUsize>);

/// From one look at it to the next.
const LOOK: Duration = Duration::from_millis(20);

impl Stop {
    /// From here on these signals are noted, and do nothing else.
    pub fn on_signals() -> Result<Stop, String> {
        let asked = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register_usize(signal, asked.clone(), signal as usize)
                .map_err(|error| format!("signals: {error}"))?;
        }
        Ok(Stop(asked))
    }

    /// # Errors
    /// [`Halt::Signal`] if a signal has come.
    pub fn check(&self) -> Result<(), Halt> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Halt::Signal(signal as i32)),
        }
    }

    /// Waits, and looks for signals meanwhile.
    pub fn wait(&self, time: Duration) -> Result<(), Halt> {
        let end = Instant::now() + time;
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}
