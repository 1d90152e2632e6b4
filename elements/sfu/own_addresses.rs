//! The argument OWN: addresses that belong to the switch itself.

use pkgraph::runtime::{Address, FromArg};
use std::net::SocketAddr;

/// UDP endpoints separated by spaces, such as `192.0.2.1:5004 [2001:db8::1]:5004`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAddresses(pub Vec<Address>);

impl FromArg for OwnAddresses {
    const TYPE: &'static str = "list of ADDRESS:PORT";

    fn from_arg(text: &str) -> Result<OwnAddresses, String> {
        let one = |text: &str| match text.parse::<SocketAddr>() {
            Ok(address) => Ok(Address::from(address)),
            Err(_) => Err(format!("expected addresses such as 192.0.2.1:5004, not '{text}'")),
        };
        String::from_arg(text)?.split_whitespace().map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_endpoints() {
        assert_eq!(OwnAddresses::from_arg(""), Ok(OwnAddresses::default()));
        let two = OwnAddresses::from_arg("192.0.2.1:5004 [2001:db8::1]:5005").unwrap();
        assert_eq!(two.0[1].udp_port(), 5005);
        assert!(OwnAddresses::from_arg("192.0.2.1").unwrap_err().contains("'192.0.2.1'"));
    }
}
