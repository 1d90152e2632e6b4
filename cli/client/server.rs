//! `SERVER` of the command line: a host, or a host and its control port.

use super::error::ClientError;
use pkgraph_runtime::Address;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// A switch by name: `HOST`, `HOST:PORT`, `IPV6` or `[IPV6]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The control port, if it was given.
    pub control_port: Option<u16>,
}

impl std::str::FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Server, String> {
        let bad = || format!("expected HOST, HOST:PORT or [IPv6]:PORT, not '{text}'");
        let port = |port: &str| match port.parse() {
            Ok(0) | Err(_) => Err(format!("'{port}' is not a UDP port: 1 to 65535")),
            Ok(port) => Ok(Some(port)),
        };
        let (host, control_port) = if let Some(inner) = text.strip_prefix('[') {
            let (host, rest) = inner.split_once(']').ok_or_else(bad)?;
            match rest.strip_prefix(':') {
                Some(number) => (host, port(number)?),
                None if rest.is_empty() => (host, None),
                None => return Err(bad()),
            }
        } else {
            match text.split_once(':') {
                // More than one colon: IPv6 without a port.
                Some((_, rest)) if rest.contains(':') => (text, None),
                Some((host, number)) => (host, port(number)?),
                None => (text, None),
            }
        };
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Server { host: host.to_owned(), control_port })
    }
}

impl Server {
    /// Looks the host up and gives its control and media address. Of several
    /// addresses it takes the first of the family of `local`, if that is
    /// given, else the first.
    ///
    /// # Errors
    /// [`ClientError::Resolve`] if there is none.
    pub fn resolve(
        &self,
        control_port: u16,
        media_port: u16,
        local: Option<IpAddr>,
    ) -> Result<(SocketAddr, SocketAddr), ClientError> {
        let failed = |error| ClientError::Resolve { host: self.host.clone(), error };
        let control_port = self.control_port.unwrap_or(control_port);
        let addresses =
            (self.host.as_str(), control_port).to_socket_addrs().map_err(|e| failed(Some(e)))?;
        let fits = |address: &SocketAddr| local.is_none_or(|l| l.is_ipv4() == address.is_ipv4());
        let control = addresses.into_iter().find(fits).ok_or_else(|| failed(None))?;
        // IPv4-mapped IPv6 needs an IPv4 socket.
        let control = Address::from(control).socket_addr();
        let mut media = control;
        media.set_port(media_port);
        Ok((control, media))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_server() {
        for (text, host, control_port) in [
            ("switch.example", "switch.example", None),
            ("10.0.0.1:6000", "10.0.0.1", Some(6000)),
            ("::1", "::1", None),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("[::1]", "::1", None),
            ("[::1]:6000", "::1", Some(6000)),
        ] {
            let server = Server { host: host.into(), control_port };
            assert_eq!(text.parse(), Ok(server), "{text}");
        }
        for bad in ["", ":5005", "host:", "host:0", "host:65536", "[::1", "[::1]x", "[]:1"] {
            assert!(bad.parse::<Server>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_port_of_the_server_counts_before_the_option() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let resolve = |text: &str| text.parse::<Server>().unwrap().resolve(5005, 5004, None);
        assert_eq!(resolve("::1").unwrap(), (at("[::1]:5005"), at("[::1]:5004")));
        let mapped = resolve("[::ffff:127.0.0.1]:6000").unwrap();
        assert_eq!(mapped, (at("127.0.0.1:6000"), at("127.0.0.1:5004")));
    }
}
