//! What a comparison runs on.

use super::results::Machine;
use std::fs;
use std::process::Command;

pub fn describe() -> Machine {
    let cpuinfo = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_string())
    };
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc.filter(|output| output.status.success());
    Machine {
        cpu: field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_string()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        is_virtual: field("flags").is_some_and(|flags| flags.split(' ').any(|f| f == "hypervisor")),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_string(),
        pkgraph: env!("CARGO_PKG_VERSION").to_string(),
        rustc: rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()),
        versions: Vec::new(),
        load_before: load(),
        cycles_per_microsecond: None,
    }
}

/// The load average of the last minute.
fn load() -> f64 {
    let text = read("/proc/loadavg");
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Now, in UTC, as RFC 3339 has it.
pub fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    rfc_3339(since.map_or(0, |since| since.as_secs()))
}

/// Seconds since 1970 as a date. The days of a year are counted from March, so
/// that the leap day is its last.
fn rfc_3339(seconds: u64) -> String {
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_813_199, "2026-11-27T20:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(rfc_3339(seconds), date);
        }
    }
}
