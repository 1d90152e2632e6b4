//! CPU time of a thread.

use std::time::Duration;

/// CPU time, user and kernel apart. The kernel accounts the sum exactly and
/// estimates the split by sampling at its timer tick (usually 4 ms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In user mode.
    pub user: Duration,
    /// In kernel mode: system calls, and interrupts that the kernel charges to
    /// the thread.
    pub kernel: Duration,
}

impl CpuTime {
    /// What the calling thread has used so far (getrusage(2), `RUSAGE_THREAD`).
    pub fn of_this_thread() -> CpuTime {
        // SAFETY: rusage is plain data, for which zeros are a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the call writes one rusage.
        unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
        let duration = |time: libc::timeval| {
            Duration::new(time.tv_sec.unsigned_abs(), time.tv_usec as u32 * 1000)
        };
        CpuTime { user: duration(usage.ru_utime), kernel: duration(usage.ru_stime) }
    }

    /// What was used since `earlier`.
    pub fn since(self, earlier: CpuTime) -> CpuTime {
        CpuTime {
            user: self.user.saturating_sub(earlier.user),
            kernel: self.kernel.saturating_sub(earlier.kernel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn work_takes_user_time() {
        let start = CpuTime::of_this_thread();
        // Bounded by the clock it measures.
        while CpuTime::of_this_thread().since(start).user < Duration::from_millis(1) {
            (0..100_000u64).for_each(|i| _ = black_box(i));
        }
    }
}
