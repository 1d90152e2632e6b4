//! The machine and the versions that a result belongs to.

use std::fs;
use std::process::Command;

pub fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("?");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or("?".into(), |o| String::from_utf8_lossy(&o.stdout).trim().to_string());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{model}, {cores} cores (a virtual machine), Linux {}, {rustc}, pkgraph {}\n\
         load average before: {load}; switch and clients have a CPU each, by real-time priority",
        kernel.trim(),
        env!("CARGO_PKG_VERSION"),
    )
}
