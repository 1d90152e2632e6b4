//! What stands for FromNetmap and ToNetmap when a graph runs on sockets.
//!
//! The rest of the graph stays as it is: addresses are annotations, whether or
//! not headers come before the payload. The host's side of an interface is the
//! host's own on sockets: nothing comes from there, and nothing goes there.

use super::gone::Gone;
use super::take::Take;
use pkgraph::runtime::netmap::{self, PortName};
use pkgraph::runtime::{ArgError, Args, Sockets, StandIn};

/// A FromSocket for each UDP port that TAKE names, or a FromPacket.
pub fn from_netmap(sockets: Sockets, args: &Args) -> Result<Vec<StandIn>, ArgError> {
    let port: String = args.parse_required("PORT")?;
    if is_host(&port) {
        return Ok(vec![StandIn::new("Idle", "")]);
    }
    match sockets {
        Sockets::Packet => from_packet(&port, args),
        Sockets::Udp => from_sockets(args, ""),
        Sockets::UdpBatch => from_sockets(args, ", BATCH true"),
    }
}

/// A ToSocket or a ToPacket.
pub fn to_netmap(sockets: Sockets, args: &Args) -> Result<Vec<StandIn>, ArgError> {
    let port: String = args.parse_required("PORT")?;
    let stand_in = match sockets {
        _ if is_host(&port) => StandIn::new("Discard", ""),
        Sockets::Udp => StandIn::new("ToSocket", ""),
        Sockets::UdpBatch => StandIn::new("ToSocket", "BATCH true"),
        Sockets::Packet => StandIn::new("ToPacket", interface(&port)?),
    };
    Ok(vec![stand_in])
}

fn is_host(port: &str) -> bool {
    port.ends_with('^')
}

fn from_sockets(args: &Args, mode: &str) -> Result<Vec<StandIn>, ArgError> {
    match args.parse_default("TAKE", "all")? {
        Take(netmap::Take::Udp(udp_ports)) => {
            let one = |udp_port| StandIn::new("FromSocket", format!("::, {udp_port}{mode}"));
            Ok(udp_ports.into_iter().map(one).collect())
        }
        Take(netmap::Take::All) => Err(ArgError::argument(
            "TAKE",
            "it takes everything, and UDP sockets have ports: say which it takes, as in \
             TAKE \"udp dst port 5004\"",
        )),
    }
}

/// A packet socket with those of the arguments that it has, too. The others are
/// about rings, which it does not have.
fn from_packet(port: &str, args: &Args) -> Result<Vec<StandIn>, ArgError> {
    if args.parse_opt("GONE")? == Some(Gone::Wait) {
        let message = "a packet socket cannot wait for its interface to come back";
        return Err(ArgError::argument("GONE", message));
    }
    let mut config = interface(port)?;
    for name in ["TAKE", "BURST"] {
        if let Some(value) = args.get(name) {
            config.push_str(&format!(", {name} {value}"));
        }
    }
    Ok(vec![StandIn::new("FromPacket", config)])
}

/// The interface that `port` is. Its name needs no quotes.
fn interface(port: &str) -> Result<String, ArgError> {
    let name = PortName::parse(port).ok();
    let device = name.as_ref().and_then(PortName::whole_device);
    device.map(str::to_string).ok_or_else(|| {
        let message = format!("packet sockets open whole interfaces, and {port} is none");
        ArgError::argument("PORT", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(list: &[(&str, &str)]) -> Args {
        let mut args = Args::default();
        list.iter().for_each(|(name, value)| args.add(*name, *value));
        args
    }

    /// The stand-ins as a graph writes them.
    fn text(stand_ins: Result<Vec<StandIn>, ArgError>) -> Result<String, String> {
        let one = |StandIn { class, config }: &StandIn| format!("{class}({config})");
        let list = stand_ins.map_err(|error| error.to_string())?;
        Ok(list.iter().map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn udp_sockets_stand_for_the_udp_ports_that_are_taken() {
        let take = ("TAKE", "\"udp dst port 1 or udp dst port 2\"");
        let from = args(&[("SLOTS", "64"), take, ("PORT", "veth0")]);
        let found = text(from_netmap(Sockets::Udp, &from));
        assert_eq!(found.unwrap(), "FromSocket(::, 1) FromSocket(::, 2)");
        let found = text(from_netmap(Sockets::UdpBatch, &from));
        assert_eq!(found.unwrap(), "FromSocket(::, 1, BATCH true) FromSocket(::, 2, BATCH true)");
        let to = args(&[("PORT", "veth0"), ("FULL", "drop")]);
        assert_eq!(text(to_netmap(Sockets::Udp, &to)).unwrap(), "ToSocket()");
        assert_eq!(text(to_netmap(Sockets::UdpBatch, &to)).unwrap(), "ToSocket(BATCH true)");
        for of in [args(&[("PORT", "veth0")]), args(&[("PORT", "veth0"), ("TAKE", "all")])] {
            let error = text(from_netmap(Sockets::Udp, &of)).unwrap_err();
            assert!(error.starts_with("TAKE: it takes everything"), "{error}");
        }
    }

    #[test]
    fn the_hosts_side_is_silent() {
        let host = args(&[("PORT", "\"veth0^\"")]);
        for sockets in [Sockets::Udp, Sockets::UdpBatch, Sockets::Packet] {
            assert_eq!(text(from_netmap(sockets, &host)).unwrap(), "Idle()");
            assert_eq!(text(to_netmap(sockets, &host)).unwrap(), "Discard()");
        }
    }

    #[test]
    fn on_packet_sockets_frames_stay_frames() {
        let take = ("TAKE", "\"udp dst port 1\"");
        let rest = [("SLOTS", "64"), ("BURST", "8"), ("GONE", "STOP")];
        let from = args(&[[("PORT", "veth0"), take].as_slice(), &rest].concat());
        let found = text(from_netmap(Sockets::Packet, &from));
        assert_eq!(found.unwrap(), "FromPacket(veth0, TAKE \"udp dst port 1\", BURST 8)");
        let from = args(&[("PORT", "netmap:veth0/x")]);
        assert_eq!(text(from_netmap(Sockets::Packet, &from)).unwrap(), "FromPacket(veth0)");
        let to = args(&[("PORT", "\"veth0\""), ("FULL", "drop")]);
        assert_eq!(text(to_netmap(Sockets::Packet, &to)).unwrap(), "ToPacket(veth0)");
        for port in ["vale0:a", "veth0-1", "veth0*", "veth0{1", "sim0:a"] {
            let error = text(to_netmap(Sockets::Packet, &args(&[("PORT", port)]))).unwrap_err();
            assert!(error.starts_with("PORT: ") && error.contains("whole interfaces"), "{error}");
        }
        for gone in ["wait", "Wait"] {
            let from = args(&[("PORT", "veth0"), ("GONE", gone)]);
            let error = text(from_netmap(Sockets::Packet, &from)).unwrap_err();
            assert!(error.starts_with("GONE: ") && error.contains("cannot wait"), "{error}");
        }
    }
}
