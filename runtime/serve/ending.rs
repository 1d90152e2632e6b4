//! The end of a run that an element may hold up: a program ends in time also
//! when an element waits in a call that nothing interrupts, such as for the
//! other side of a FIFO.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the engine may take from the wish that it end to its end.
const GRACE: Duration = Duration::from_secs(2);

/// Whether the engine has ended its run, or has not started it. Clones are of
/// one run.
#[derive(Clone, Default)]
pub struct Ending(Arc<(Mutex<bool>, Condvar)>);

impl Ending {
    /// Is called when the engine's run is over.
    pub fn is_over(&self) {
        let (over, changed) = &*self.0;
        *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits until the run is over, or for [`GRACE`]; then the program ends
    /// here, with this exit code.
    pub fn or_exit(&self, code: i32) {
        let (over, changed) = &*self.0;
        let over = over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(over, GRACE, |over| !*over);
        if waited.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
            tracing::error!(
                "the graph does not end: an element waits, such as for the other side of a FIFO; \
                 the program ends without it, and prints no handlers"
            );
            std::process::exit(code);
        }
    }
}
