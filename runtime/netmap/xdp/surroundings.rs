//! What AF_XDP needs of the machine and of an interface, for `pkgraph doctor`.

use super::MTU_MAX;
use crate::Capability;
use crate::netmap::{Finding, Found, Missing};
use crate::sys::{Device, privileges};
use std::fs;

pub(super) fn of(device: Option<&Device>) -> Vec<Finding> {
    let mut findings = vec![
        Finding { subject: "Linux", found: version() },
        Finding { subject: "locked memory", found: locked_memory() },
    ];
    if let Some(device) = device {
        findings.push(Finding { subject: "MTU", found: mtu(device) });
        findings.push(Finding { subject: "VLAN tags", found: tags(device) });
    }
    findings
}

/// The first version with everything that is used here.
const LINUX: (u32, u32) = (5, 10);

fn version() -> Found {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= LINUX => {
            Ok(format!("{release}: new enough for xdp"))
        }
        _ => Err(Missing::new(format!("{release}: xdp needs 5.10"), "install a newer kernel")),
    }
}

/// What graphs/sfu_netmap.click locks on an interface of one queue, in KiB.
const USUAL_KIB: u64 = (2 + 2 * 2 * 1024 + 512) * 2;

fn locked_memory() -> Found {
    if privileges::holds(Capability::CAP_IPC_LOCK) {
        return Ok("without a limit (CAP_IPC_LOCK)".into());
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let limit = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unknown");
    match limit.parse::<u64>() {
        Ok(octets) if octets / 1024 < USUAL_KIB => Err(Missing::new(
            format!("{} KiB: rings of xdp are made smaller to fit", octets / 1024),
            format!("ulimit -l {USUAL_KIB}"),
        )),
        _ => Ok(format!("up to {limit} octets")),
    }
}

fn mtu(device: &Device) -> Found {
    let mtu = device.mtu().unwrap_or(0);
    match mtu > MTU_MAX {
        true => Err(Missing::new(
            format!("{mtu}: xdp drops packets longer than {MTU_MAX}"),
            format!("ip link set {} mtu 1500", device.name),
        )),
        false => Ok(format!("{mtu}")),
    }
}

fn tags(device: &Device) -> Found {
    match device.strips_tags() {
        Ok(_) if device.driver().is_ok_and(|driver| driver == "veth") => {
            Ok("not seen by xdp if the other end leaves them out of its frames; there: ethtool -K \
                PEER txvlan off"
                .into())
        }
        Ok(true) => Err(Missing::new(
            "taken out of frames before xdp sees them",
            format!("ethtool -K {} rxvlan off", device.name),
        )),
        _ => Ok("left in frames by this interface".into()),
    }
}
