//! `pkgraph doctor`: what this machine and an interface offer, and what mends
//! what is missing.

use crate::program;
use pkgraph_runtime::netmap::xdp::{self, Device};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Says what each backend would do here, and how to mend what is missing. It
/// changes nothing.
#[derive(clap::Args, Debug)]
pub struct DoctorArgs {
    /// The network interface, such as eth0.
    interface: Option<String>,
}

/// A line of the report.
struct Finding {
    subject: &'static str,
    text: String,
    /// The command that mends it, if anything is to be mended.
    mend: Option<String>,
}

fn good(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, text: text.into(), mend: None }
}

fn bad(subject: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { subject, text: text.into(), mend: Some(mend.into()) }
}

pub fn main(args: &DoctorArgs) -> ExitCode {
    let mut findings = vec![kernel(), capabilities(), locked_memory()];
    let mut code = ExitCode::SUCCESS;
    if let Some(name) = &args.interface {
        match Device::find(name) {
            Some(device) => findings.extend(interface(&device)),
            None => {
                findings.push(bad("interface", format!("there is no {name} here"), "ip link"));
                code = ExitCode::FAILURE;
            }
        }
    }
    let socket = good("socket", "always there (--backend socket)");
    findings.extend([by_kernel(), by_xdp(), by_packet(), socket]);
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut report = String::new();
    for Finding { subject, text, mend } in findings {
        // Writing to a String does not fail.
        let mark = if mend.is_some() { '!' } else { ' ' };
        let _ = writeln!(report, "{mark} {subject:<width$}  {text}");
        if let Some(command) = mend {
            let _ = writeln!(report, "  {:<width$}  mend: {command}", "");
        }
    }
    match program::print(&report) {
        ExitCode::SUCCESS => code,
        failure => failure,
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_string()
}

/// The first version with everything that the driver xdp uses.
const LINUX: (u32, u32) = (5, 10);

fn kernel() -> Finding {
    let release = read("/proc/sys/kernel/osrelease");
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let version = (numbers.next(), numbers.next());
    match version {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= LINUX => {
            good("Linux", format!("{release}: new enough for xdp"))
        }
        _ => bad("Linux", format!("{release}: xdp needs 5.10"), "install a newer kernel"),
    }
}

/// Capabilities by their numbers (capabilities(7), `linux/capability.h`).
const CAPABILITIES: [(&str, u32); 5] = [
    ("CAP_NET_ADMIN", 12),
    ("CAP_NET_RAW", 13),
    ("CAP_IPC_LOCK", 14),
    ("CAP_SYS_NICE", 23),
    ("CAP_BPF", 39),
];

fn capabilities() -> Finding {
    let held = status("CapEff:").and_then(|text| u64::from_str_radix(&text, 16).ok()).unwrap_or(0);
    let missing = missing(held);
    if missing.is_empty() {
        return good("rights", "all that drivers and --realtime use");
    }
    let program = std::env::current_exe().map_or("pkgraph".into(), |p| p.display().to_string());
    let all = CAPABILITIES.map(|(name, _)| name.to_ascii_lowercase()).join(",");
    let mend = format!("run as root, or: setcap {all}+ep {program}");
    bad("rights", format!("without {}", missing.join(", ")), mend)
}

fn missing(held: u64) -> Vec<&'static str> {
    let lacks = |(_, bit): &(&str, u32)| held >> bit & 1 == 0;
    CAPABILITIES.into_iter().filter(lacks).map(|(name, _)| name).collect()
}

/// The value of a line of `/proc/self/status`.
fn status(name: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().into())
}

/// What graphs/sfu_netmap.click locks on an interface of one queue, in KiB.
const USUAL_KIB: u64 = (2 + 2 * 2 * 1024 + 512) * 2;

fn locked_memory() -> Finding {
    let limits = read("/proc/self/limits");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let limit = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unknown");
    let may_exceed = status("CapEff:")
        .and_then(|text| u64::from_str_radix(&text, 16).ok())
        .is_some_and(|held| !missing(held).contains(&"CAP_IPC_LOCK"));
    match limit.parse::<u64>() {
        _ if may_exceed => good("locked memory", "without a limit (CAP_IPC_LOCK)"),
        Ok(octets) if octets / 1024 < USUAL_KIB => bad(
            "locked memory",
            format!("{} KiB: rings of xdp are made smaller to fit", octets / 1024),
            format!("ulimit -l {USUAL_KIB}"),
        ),
        _ => good("locked memory", format!("up to {limit} octets")),
    }
}

fn interface(device: &Device) -> Vec<Finding> {
    let name = &device.name;
    let driver = device.driver().unwrap_or_else(|_| "unknown".into());
    let mut findings = vec![good(
        "interface",
        format!("{name}, driver {driver}, RX queues: {}", device.rx_queues()),
    )];
    if !device.is_up().unwrap_or(false) {
        findings.push(bad("state", "down: nothing passes", format!("ip link set {name} up")));
    }
    let mtu = device.mtu().unwrap_or(0);
    findings.push(match mtu > xdp::MTU_MAX {
        true => bad(
            "MTU",
            format!("{mtu}: xdp drops packets longer than {}", xdp::MTU_MAX),
            format!("ip link set {name} mtu 1500"),
        ),
        false => good("MTU", format!("{mtu}")),
    });
    findings.push(match device.strips_tags() {
        Ok(_) if driver == "veth" => good(
            "VLAN tags",
            "not seen by xdp if the other end leaves them out of its frames; there: ethtool -K \
             PEER txvlan off",
        ),
        Ok(true) => bad(
            "VLAN tags",
            "taken out of frames before xdp sees them",
            format!("ethtool -K {name} rxvlan off"),
        ),
        _ => good("VLAN tags", "left in frames by this interface"),
    });
    findings
}

fn by_kernel() -> Finding {
    match Path::new("/dev/netmap").exists() {
        true => good("kernel", "netmap's module is loaded"),
        false => bad("kernel", "netmap's module is not loaded (/dev/netmap)", "insmod netmap.ko"),
    }
}

fn by_xdp() -> Finding {
    match xdp::probe() {
        Ok(()) => {
            good("xdp", "sockets, memory and filters work; native mode is tried at the start")
        }
        Err(why) => bad("xdp", why.to_string(), "see above"),
    }
}

fn by_packet() -> Finding {
    let held = status("CapEff:").and_then(|text| u64::from_str_radix(&text, 16).ok()).unwrap_or(0);
    match missing(held).contains(&"CAP_NET_RAW") {
        false => good("packet", "packet sockets work (--backend packet)"),
        true => bad("packet", "packet sockets need CAP_NET_RAW", "see above"),
    }
}
