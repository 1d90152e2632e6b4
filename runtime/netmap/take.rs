//! Which frames a port takes.

use std::fmt;
use std::str::FromStr;

/// Which frames a port takes from its interface.
///
/// Written `all`, or `udp dst port 5004`, with more of these after `or`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// Every frame: the host hears nothing more from the interface.
    All,
    /// UDP to these ports, in frames for one station: IPv4 without fragments,
    /// or IPv6 without extension headers, behind at most one IEEE 802.1Q tag.
    /// Everything else is the host's.
    Udp(Vec<u16>),
}

/// UDP ports that a filter names, at most: each is one more comparison for
/// every UDP datagram.
const PORTS_MAX: usize = 64;

impl FromStr for Take {
    type Err = String;

    fn from_str(text: &str) -> Result<Take, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words == ["all"] {
            return Ok(Take::All);
        }
        let port = |clause: &[&str]| match clause {
            ["udp", "dst", "port", number] => number.parse::<u16>().ok().filter(|port| *port > 0),
            _ => None,
        };
        let ports: Option<Vec<u16>> = words.split(|word| *word == "or").map(port).collect();
        match ports {
            Some(ports) if ports.len() > PORTS_MAX => {
                Err(format!("{} ports are too many: {PORTS_MAX} is the most", ports.len()))
            }
            Some(ports) => Ok(Take::Udp(ports)),
            None => Err(format!(
                "expected all, or 'udp dst port 5004', or several of these with 'or' between, not \
                 '{text}'"
            )),
        }
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Take::All => f.write_str("all"),
            Take::Udp(ports) => {
                let clauses: Vec<String> =
                    ports.iter().map(|port| format!("udp dst port {port}")).collect();
                f.write_str(&clauses.join(" or "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_as_it_is_written() {
        for text in ["all", "udp dst port 5004", "udp dst port 1 or udp dst port 65535"] {
            assert_eq!(text.parse::<Take>().unwrap().to_string(), text);
        }
        for text in ["", "udp", "udp dst port 0", "udp dst port 70000", "tcp dst port 1", "all or"]
        {
            let why = text.parse::<Take>().unwrap_err();
            assert!(why.contains("udp dst port 5004"), "{why}");
        }
        let many = vec!["udp dst port 1"; PORTS_MAX + 1].join(" or ");
        assert!(many.parse::<Take>().unwrap_err().contains("64"));
    }
}
