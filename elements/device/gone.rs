//! The argument GONE: what becomes of a run whose interface is deleted.

use pkgraph::runtime::FromArg;
use pkgraph::runtime::netmap::Port;
use std::cell::Cell;

/// Whether the run ends, or the port waits for an interface of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The run ends.
    Stop,
    /// The port waits.
    Wait,
}

impl Gone {
    /// Ends the run by `stop` if `port` has lost its interface and that is what
    /// was asked for.
    pub fn apply(self, port: &Port, stop: &Cell<bool>) {
        if self == Gone::Stop && port.is_gone() {
            stop.set(true);
        }
    }
}

impl FromArg for Gone {
    const TYPE: &'static str = "stop or wait";

    fn from_arg(text: &str) -> Result<Gone, String> {
        match text.to_ascii_lowercase().as_str() {
            "stop" => Ok(Gone::Stop),
            "wait" => Ok(Gone::Wait),
            _ => Err(format!("expected stop or wait, not '{text}'")),
        }
    }
}
