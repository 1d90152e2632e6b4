//! Where a thread runs, with which priority, and whether its memory stays.

use crate::result::check;
use std::io;

/// CPUs have numbers below this one (`CPU_SETSIZE` of `sched.h`).
pub const CPUS_MAX: u16 = 1024;

/// Has the calling thread run on these CPUs only.
///
/// # Panics
/// If a number is not below [`CPUS_MAX`].
pub fn pin(cpus: &[u16]) -> io::Result<()> {
    assert!(cpus.iter().all(|cpu| *cpu < CPUS_MAX));
    // SAFETY: the set is octets; each number is below the size of the set; the
    // set lives through the call.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        cpus.iter().for_each(|cpu| libc::CPU_SET(usize::from(*cpu), &mut set));
        check(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)).map(drop)
    }
}

/// Gives the calling thread a real-time priority (SCHED_FIFO), 1 to 99.
pub fn prioritize(priority: u8) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: i32::from(priority) };
    // Threads and programs that it starts are ordinary ones.
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the parameters live through the call.
    check(unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) }).map(drop)
}

/// Locks the memory that the program has and will have.
pub fn lock_memory() -> io::Result<()> {
    // SAFETY: the call takes a number only.
    check(unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_runs_where_it_is_told_to() {
        let test = || {
            // SAFETY: the call has no arguments.
            let here = u16::try_from(unsafe { libc::sched_getcpu() }).unwrap();
            pin(&[here]).unwrap();
            // SAFETY: the call has no arguments.
            assert_eq!(unsafe { libc::sched_getcpu() }, i32::from(here));
            assert!(pin(&[CPUS_MAX - 1]).is_err() && pin(&[]).is_err());
        };
        std::thread::spawn(test).join().unwrap();
    }
}
