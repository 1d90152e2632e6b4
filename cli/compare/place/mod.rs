//! Where a comparison runs: switch and clients in network namespaces of their
//! own, joined by a veth pair, or, without the rights to that, both on
//! loopback.
//!
//! The namespaces have no names. They last as long as a thread or a program is
//! in them, so that nothing has to be cleared away, whatever ends this one.

mod room;
mod veth;

pub(crate) use room::Room;

use super::results::{self, PlaceKind};
use pkgraph_runtime::{CpuList, FromArg, child};
use std::net::{IpAddr, Ipv4Addr};

/// The switch's room and that of its clients.
pub struct Place {
    pub(crate) kind: PlaceKind,
    pub(crate) means: String,
    pub(crate) switch: Room,
    pub(crate) clients: Room,
    /// The CPUs of the switch, as `--cpu` takes them; `None` where it shares all.
    pub(crate) switch_cpus: Option<String>,
}

/// The interface of the switch, where it has a namespace.
pub(crate) const INTERFACE: &str = "sw0";
/// Addresses of switch and clients there.
pub(crate) const SWITCH: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(crate) const CLIENTS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

impl Place {
    /// The best that can be had; `cpus` are those that the switch is to have.
    /// The process must have one thread still, since only then can it enter a
    /// user namespace.
    pub fn find(cpus: Option<&str>) -> Result<Place, String> {
        let (switch_cpus, clients_cpus) = share(cpus, &allowed())?;
        let of_cpus = match &switch_cpus {
            Some(list) if clients_cpus.is_some() => {
                format!("The switch has CPU {list}, its clients have the others.")
            }
            _ => "Switch and clients share all CPUs.".to_string(),
        };
        let rooms = |is_apart: bool| -> Result<(Room, Room), String> {
            Ok((Room::open(None, is_apart)?, Room::open(clients_cpus.clone(), is_apart)?))
        };
        let joined = || {
            let (switch, clients) = rooms(true)?;
            veth::join(&switch, &clients)?;
            Ok::<_, String>((switch, clients))
        };
        let loopback = |why: String| {
            Ok::<_, String>((PlaceKind::Loopback, format!("{LOOPBACK} ({why})."), rooms(false)?))
        };
        let by_root = veth::is_possible().and_then(|()| joined());
        let (kind, means, (switch, clients)) = match by_root {
            Ok(rooms) => (PlaceKind::Namespaces, VETH.to_string(), rooms),
            Err(why) if veth::is_possible().is_err() => loopback(why)?,
            // There is no way back from it, so it is tried last.
            Err(no_root) => match child::enter_user_namespace()
                .map_err(|error| format!("no user namespace: {error}"))
                .and_then(|()| joined())
            {
                Ok(rooms) => (PlaceKind::UserNamespace, format!("{VETH} {USER}"), rooms),
                Err(why) => loopback(format!("{no_root}; {why}"))?,
            },
        };
        let means = format!("{means} {of_cpus}");
        Ok(Place { kind, means, switch, clients, switch_cpus })
    }

    /// The address of the switch, as its clients reach it.
    pub(crate) fn switch_address(&self) -> IpAddr {
        match self.kind {
            PlaceKind::Loopback => Ipv4Addr::LOCALHOST.into(),
            _ => SWITCH.into(),
        }
    }

    /// Whether the switch has an interface of its own.
    pub(crate) fn has_interface(&self) -> bool {
        self.kind != PlaceKind::Loopback
    }

    pub(crate) fn describe(&self) -> results::Place {
        results::Place { kind: self.kind, means: self.means.clone() }
    }
}

const VETH: &str = "Switch and clients are in network namespaces of their own, joined by a veth \
                    pair, a cable in memory: whoever sends runs the receiver's network stack, so \
                    that the switch's CPU has a part that a network card's receiver would have. \
                    Delays have no wire in them.";

const USER: &str = "The namespaces are an ordinary user's: drivers of netmap ports need root.";

const LOOPBACK: &str = "Switch and clients are on loopback: whoever sends runs the receiver's \
                        network stack, so that the switch's CPU has a part that is its clients', \
                        and only sockets can be compared. Namespaces cannot be had here";

/// The CPUs that this process may use.
pub fn allowed() -> Vec<u16> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.and_then(|list| numbers(list.trim())).unwrap_or_default()
}

/// The numbers of a list such as `0,2-4`.
fn numbers(list: &str) -> Option<Vec<u16>> {
    let mut numbers = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// Who gets which CPUs: the switch those asked for, or the last one, and the
/// clients the rest. Where there is one alone, all share it.
fn share(
    asked: Option<&str>,
    allowed: &[u16],
) -> Result<(Option<String>, Option<CpuList>), String> {
    let of_switch = match asked {
        Some(list) => numbers(list).ok_or_else(|| format!("--cpu: '{list}' is no list of CPUs"))?,
        None if allowed.len() < 2 => return Ok((None, None)),
        None => allowed.last().copied().into_iter().collect(),
    };
    if let Some(missing) = of_switch.iter().find(|cpu| !allowed.contains(cpu)) {
        return Err(format!("--cpu: there is no CPU {missing} for this process: {allowed:?}"));
    }
    let list = |cpus: &[u16]| cpus.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let rest: Vec<u16> = allowed.iter().copied().filter(|cpu| !of_switch.contains(cpu)).collect();
    let clients = if rest.is_empty() { None } else { Some(CpuList::from_arg(&list(&rest))?) };
    Ok((Some(list(&of_switch)), clients))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_has_a_cpu_of_its_own_where_there_are_two() {
        let cpus = |text: &str| Some(CpuList::from_arg(text).unwrap());
        assert_eq!(share(None, &[0]), Ok((None, None)));
        assert_eq!(share(None, &[0, 1, 5]), Ok((Some("5".into()), cpus("0,1"))));
        assert_eq!(share(Some("0-1"), &[0, 1, 5]), Ok((Some("0,1".into()), cpus("5"))));
        assert_eq!(share(Some("0"), &[0]), Ok((Some("0".into()), None)));
        for bad in ["x", "7", "0-"] {
            assert!(share(Some(bad), &[0, 1]).unwrap_err().starts_with("--cpu"), "{bad}");
        }
    }
}
