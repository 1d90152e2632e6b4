//! Capabilities (capabilities(7)): a run opens what it needs, and then keeps
//! what it will still need, which mostly is nothing.
//!
//! Linux has them per thread. The engine's thread gives its own up once all
//! elements have started, the thread that has started it then, too, and helpers
//! that need none when they begin.

pub use caps::Capability;

use crate::result::check;
use caps::errors::CapsError;
use caps::{CapSet, CapsHashSet};
use std::io;
use thiserror::Error;

/// Capabilities that are needed while a graph runs, and what for.
#[derive(Clone, Debug, Default)]
pub struct Privileges(Vec<(Vec<Capability>, String)>);

impl Privileges {
    /// Keeps these, too. `why` ends a sentence that begins with "to".
    pub fn keep(&mut self, capabilities: &[Capability], why: String) {
        let more = (capabilities.to_vec(), why);
        if !capabilities.is_empty() && !self.0.contains(&more) {
            self.0.push(more);
        }
    }

    /// Gives up all others, for the calling thread and those that it starts;
    /// and no program that it starts gets more.
    pub fn confine(&self) -> Result<(), PrivilegesError> {
        // SAFETY: the call takes numbers only.
        check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
            .map_err(PrivilegesError::NoNew)?;
        let set = || {
            let kept: CapsHashSet = self.0.iter().flat_map(|(set, _)| set).copied().collect();
            let held = caps::read(None, CapSet::Permitted)?;
            let left: CapsHashSet = held.intersection(&kept).copied().collect();
            // What is effective is permitted, so that goes first.
            caps::set(None, CapSet::Effective, &left)?;
            caps::set(None, CapSet::Permitted, &left)?;
            caps::clear(None, CapSet::Inheritable)
        };
        set().map_err(PrivilegesError::Capabilities)
    }

    /// What becomes of the capabilities of the calling thread, for the line at
    /// the start; nothing if it has none.
    pub fn describe(&self) -> Option<String> {
        let held = caps::read(None, CapSet::Permitted).ok().filter(|held| !held.is_empty())?;
        let kept = self.0.iter().filter_map(|(set, why)| {
            let names: Vec<String> =
                set.iter().filter(|one| held.contains(one)).map(Capability::to_string).collect();
            (!names.is_empty()).then(|| format!("{} to {why}", names.join(", ")))
        });
        let kept: Vec<String> = kept.collect();
        Some(match kept.is_empty() {
            true => "privileges: none is kept".into(),
            false => format!("privileges: kept are {}", kept.join("; ")),
        })
    }
}

/// Whether the calling thread has this capability.
pub fn holds(capability: Capability) -> bool {
    caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false)
}

/// The user and the group in whose name this process acts.
pub fn effective_user() -> (u32, u32) {
    // SAFETY: these calls have no arguments, and cannot fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Why privileges are not given up.
#[derive(Debug, Error)]
pub enum PrivilegesError {
    /// The kernel does not forbid that programs started later get more.
    #[error("privileges cannot be given up: {0}")]
    NoNew(io::Error),
    /// The kernel does not take capabilities away.
    #[error("privileges cannot be given up: {0}")]
    Capabilities(CapsError),
}

/// Gives up all privileges of the calling thread, a helper. Where that fails it
/// goes on: the threads that deal with packets have a say in it.
pub fn give_up() {
    let _ = Privileges::default().confine();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_what_it_says_and_has() {
        let test = || {
            let before = caps::read(None, CapSet::Permitted).unwrap();
            let mut kept = Privileges::default();
            kept.keep(&[Capability::CAP_NET_RAW, Capability::CAP_BPF], "test".into());
            kept.keep(&[Capability::CAP_NET_RAW, Capability::CAP_BPF], "test".into());
            kept.keep(&[], "do nothing".into());
            assert_eq!(kept.0.len(), 1);
            let said = kept.describe();
            assert_eq!(said.is_some(), !before.is_empty());
            kept.confine().unwrap();
            for set in [CapSet::Permitted, CapSet::Effective] {
                let after = caps::read(None, set).unwrap();
                assert!(after.is_subset(&before) && after.len() <= 2, "{after:?}");
                assert_eq!(
                    after.contains(&Capability::CAP_BPF),
                    before.contains(&Capability::CAP_BPF)
                );
            }
            give_up();
            assert_eq!(kept.describe(), None);
            // SAFETY: the call takes numbers only.
            assert_eq!(unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) }, 1);
        };
        // The test's own thread has what others need.
        std::thread::spawn(test).join().unwrap();
    }
}
