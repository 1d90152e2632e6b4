//! `pkgraph doctor`: what this machine and an interface offer, and what mends
//! what is missing.

use crate::program;
use pkgraph_runtime::Capability;
use pkgraph_runtime::netmap::{DRIVERS, Finding, Found, Missing};
use pkgraph_runtime::sys::{Device, privileges};
use std::fmt::Write;
use std::process::ExitCode;

/// Says what each driver and backend would do here, and how to mend what is missing. It
/// changes nothing.
#[derive(clap::Args, Debug)]
pub struct DoctorArgs {
    /// The network interface, such as eth0.
    interface: Option<String>,
}

pub fn main(args: &DoctorArgs) -> ExitCode {
    let mut findings = vec![Finding { subject: "rights", found: rights() }];
    let mut code = ExitCode::SUCCESS;
    let mut device = None;
    if let Some(name) = &args.interface {
        device = Device::find(name);
        match &device {
            Some(device) => findings.extend(interface(device)),
            None => {
                let found = Err(Missing::new(format!("there is no {name} here"), "ip link"));
                findings.push(Finding { subject: "interface", found });
                code = ExitCode::FAILURE;
            }
        }
    }
    for row in DRIVERS {
        findings.extend((row.surroundings)(device.as_ref()));
        findings.push(Finding { subject: row.name, found: (row.probe)() });
    }
    findings.push(Finding { subject: "packet", found: packet_sockets() });
    let found = Ok("always there (--backend socket)".into());
    findings.push(Finding { subject: "socket", found });
    match program::print(&report(&findings)) {
        ExitCode::SUCCESS => code,
        failure => failure,
    }
}

fn report(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut report = String::new();
    for Finding { subject, found } in findings {
        // Writing to a String does not fail.
        let _ = match found {
            Ok(text) => writeln!(report, "  {subject:<width$}  {text}"),
            Err(Missing { what, mend }) => {
                writeln!(report, "! {subject:<width$}  {what}\n  {:<width$}  mend: {mend}", "")
            }
        };
    }
    report
}

/// All that drivers and `--realtime` use.
const CAPABILITIES: [Capability; 5] = [
    Capability::CAP_NET_ADMIN,
    Capability::CAP_NET_RAW,
    Capability::CAP_IPC_LOCK,
    Capability::CAP_SYS_NICE,
    Capability::CAP_BPF,
];

fn rights() -> Found {
    let missing = CAPABILITIES.into_iter().filter(|one| !privileges::holds(*one));
    let missing: Vec<String> = missing.map(|one| one.to_string()).collect();
    if missing.is_empty() {
        return Ok("all that drivers and --realtime use".into());
    }
    let program = std::env::current_exe().map_or("pkgraph".into(), |p| p.display().to_string());
    let all = CAPABILITIES.map(|one| one.to_string().to_ascii_lowercase()).join(",");
    let mend = format!("run as root, or: setcap {all}+ep {program}");
    Err(Missing::new(format!("without {}", missing.join(", ")), mend))
}

fn interface(device: &Device) -> Vec<Finding> {
    let name = &device.name;
    let driver = device.driver().unwrap_or_else(|_| "unknown".into());
    let found = Ok(format!("{name}, driver {driver}, RX queues: {}", device.rx_queues()));
    let mut findings = vec![Finding { subject: "interface", found }];
    if !device.is_up().unwrap_or(false) {
        let found = Err(Missing::new("down: nothing passes", format!("ip link set {name} up")));
        findings.push(Finding { subject: "state", found });
    }
    findings
}

fn packet_sockets() -> Found {
    match privileges::holds(Capability::CAP_NET_RAW) {
        true => Ok("packet sockets work (--backend packet)".into()),
        false => Err(Missing::new("packet sockets need CAP_NET_RAW", "see above")),
    }
}
