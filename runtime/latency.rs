//! What keeps the engine's thread from waiting for the CPU: where it runs,
//! how long it looks for work before it sleeps, its priority, its memory.

use crate::sys::scheduling::{self, CPUS_MAX};
use crate::{Capability, FromArg, Privileges};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;
use thiserror::Error;

/// What is asked for; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The CPUs that the engine's thread may run on; `None` for all.
    pub cpus: Option<CpuList>,
    /// How long it looks for work before it sleeps.
    pub spin: Duration,
    /// Its real-time priority (SCHED_FIFO), 1 to 99. All memory of the program
    /// is then locked, too.
    pub realtime: Option<u8>,
}

/// CPUs by number, written as `0,2-4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuList(Vec<u16>);

impl FromArg for CpuList {
    const TYPE: &'static str = "list of CPUs such as 0,2-4";

    fn from_arg(text: &str) -> Result<CpuList, String> {
        let bad = || format!("expected a {}, not '{text}'", CpuList::TYPE);
        let number = |text: &str| text.parse::<u16>().ok().filter(|cpu| *cpu < CPUS_MAX);
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Some(first), Some(last)) = (number(first), number(last)) else {
                return Err(bad());
            };
            if first > last {
                return Err(bad());
            }
            cpus.extend(first..=last);
        }
        Ok(CpuList(cpus))
    }
}

impl Latency {
    /// Sets the calling thread up so.
    pub fn apply(&self) -> Result<(), LatencyError> {
        if let Some(CpuList(cpus)) = &self.cpus {
            scheduling::pin(cpus).map_err(LatencyError::Cpus)?;
        }
        if let Some(priority) = self.realtime {
            scheduling::prioritize(priority)
                .map_err(|error| LatencyError::Priority { priority, error })?;
        }
        Ok(())
    }

    /// Notes what is needed as long as the program runs.
    pub fn privileges(&self, kept: &mut Privileges) {
        if self.realtime.is_some() {
            // Also what it allocates later.
            kept.keep(&[Capability::CAP_IPC_LOCK], "lock its memory".into());
        }
    }

    /// Locks the memory of the program if that is asked for, when it has been
    /// allocated.
    pub fn lock_memory(&self) -> Result<(), LatencyError> {
        if self.realtime.is_none() {
            return Ok(());
        }
        scheduling::lock_memory().map_err(LatencyError::Memory)
    }
}

/// What could not be had, and what to do.
#[derive(Debug, Error)]
pub enum LatencyError {
    /// None of the CPUs may be used.
    #[error("--cpu: no such CPU may be used: {0}")]
    Cpus(io::Error),
    /// The priority is refused.
    #[error("--realtime needs CAP_SYS_NICE, or a limit (`ulimit -r {priority}`): {error}")]
    Priority {
        /// What was asked for.
        priority: u8,
        /// The kernel's answer.
        error: io::Error,
    },
    /// Memory cannot be locked.
    #[error(
        "--realtime locks memory, which needs CAP_IPC_LOCK, or a limit (`ulimit -l unlimited`): {0}"
    )]
    Memory(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus() {
        for (text, cpus) in [
            ("0", Some(vec![0])),
            ("0,2-4,9", Some(vec![0, 2, 3, 4, 9])),
            ("1023", Some(vec![1023])),
            ("1024", None),
            ("4-2", None),
            ("", None),
            ("1,", None),
            ("a", None),
        ] {
            assert_eq!(CpuList::from_arg(text).ok(), cpus.map(CpuList), "{text}");
        }
    }
}
