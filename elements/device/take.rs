//! The argument TAKE: which frames come from an interface.

use pkgraph::runtime::FromArg;
use pkgraph::runtime::netmap;

/// Which frames come.
pub struct Take(pub netmap::Take);

impl FromArg for Take {
    const TYPE: &'static str = "all, or 'udp dst port N' with 'or' between";

    fn from_arg(text: &str) -> Result<Take, String> {
        String::from_arg(text)?.parse().map(Take)
    }
}
