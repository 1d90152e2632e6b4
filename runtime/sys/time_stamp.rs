//! The time stamp counter of the CPU.

#[cfg(target_arch = "x86_64")]
mod counter {
    pub fn is_constant() -> bool {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        ["constant_tsc", "nonstop_tsc"].iter().all(|wanted| flags.split(' ').any(|f| f == *wanted))
    }

    #[inline]
    pub fn read() -> u64 {
        // SAFETY: every x86-64 CPU has the instruction, which reads no memory.
        unsafe { core::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod counter {
    pub fn is_constant() -> bool {
        false
    }

    #[inline]
    pub fn read() -> u64 {
        0
    }
}

/// Whether the counter has one rate, also in deep sleep.
pub fn is_constant() -> bool {
    counter::is_constant()
}

/// The counter now, in cycles; 0 on CPUs whose counter is not read.
#[inline]
pub fn read() -> u64 {
    counter::read()
}
