//! The cable between two rooms.

use super::{CLIENTS, INTERFACE, Room, SWITCH};
use std::fs;
use std::process::Command;

/// The clients' interface.
const CLIENTS_INTERFACE: &str = "cl0";
const SWITCH_MAC: &str = "02:00:00:00:00:01";
const CLIENTS_MAC: &str = "02:00:00:00:00:02";

/// Joins them by a veth pair with one queue, with addresses and with neighbours
/// that are known, so that nothing but the experiment is on the cable. The
/// error says what could not be done.
pub fn join(switch: &Room, clients: &Room) -> Result<(), String> {
    let other = clients.id;
    switch.run(move || {
        no_ipv6();
        ip(&format!(
            "link add {INTERFACE} numtxqueues 1 numrxqueues 1 type veth peer name \
             {CLIENTS_INTERFACE} numtxqueues 1 numrxqueues 1 netns {other}"
        ))?;
        set_up(INTERFACE, (SWITCH, SWITCH_MAC), (CLIENTS, CLIENTS_MAC))
    })?;
    clients.run(|| {
        no_ipv6();
        set_up(CLIENTS_INTERFACE, (CLIENTS, CLIENTS_MAC), (SWITCH, SWITCH_MAC))
    })
}

/// Whether there is the program that makes interfaces. The error says what to do.
pub fn is_possible() -> Result<(), String> {
    ip("-Version")
}

type End = (std::net::Ipv4Addr, &'static str);

fn set_up(interface: &str, (host, mac): End, (other, other_mac): End) -> Result<(), String> {
    ip("link set lo up")?;
    ip(&format!("link set {interface} address {mac}"))?;
    ip(&format!("addr add {host}/24 dev {interface}"))?;
    ip(&format!("link set {interface} up"))?;
    ip(&format!("neigh replace {other} lladdr {other_mac} dev {interface} nud permanent"))
}

/// Router solicitations and the like would be on the cable, too.
fn no_ipv6() {
    for which in ["all", "default"] {
        // Where there is none, there is nothing to turn off.
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
    }
}

/// Runs `ip` in the namespace of the calling thread.
fn ip(words: &str) -> Result<(), String> {
    let output = Command::new("ip").args(words.split_whitespace()).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no command `ip`: install iproute2".to_string(),
        _ => format!("ip: {error}"),
    })?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("`ip {words}`: {}", said.trim()))
        }
    }
}
