//! Why a client does not start: what failed, why, and what to do.

use pkgraph_sfu::key::KeyFileError;
use pkgraph_sfu::wire::{Code, Status};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Why a client could not start or do what it was asked.
#[derive(Debug)]
pub enum ClientError {
    /// An option cannot be meant. Says which, and what can.
    Options(String),
    /// There is no key in the key's file. Says which, and why.
    Key(KeyFileError),
    /// The switch's host name has no address of use.
    Resolve {
        /// The name as given.
        host: String,
        /// What the resolver said; `None` if it knew no address.
        error: Option<io::Error>,
    },
    /// A socket, an epoll instance or a thread could not be had.
    System {
        /// What was wanted.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The switch did not answer.
    NoAnswer(Unanswered),
    /// The switch refused the registration.
    Refused {
        /// Its control address.
        control: SocketAddr,
        /// Why.
        code: Code,
    },
    /// The switch refused the media address.
    NotBound {
        /// Its media address.
        media: SocketAddr,
        /// Why.
        status: Status,
    },
    /// The switch refused a subscription.
    NotSubscribed(Status),
}

/// A request that the switch did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Which message it was.
    pub request: &'static str,
    /// Where it was sent.
    pub to: SocketAddr,
    /// How often.
    pub tries: u32,
    /// Since the first of them.
    pub waited: Duration,
    /// Whether the host said that nobody has that UDP port.
    pub refused: bool,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Options(why) => f.write_str(why),
            ClientError::Key(why) => write!(f, "--key-file {why}"),
            ClientError::Resolve { host, error: Some(error) } => write!(
                f,
                "no address for '{host}': {error}; check the name, or give the switch's IP address"
            ),
            ClientError::Resolve { host, error: None } => {
                write!(f, "'{host}' has no IP address: give the switch's IP address")
            }
            ClientError::System { what, error } => write!(f, "{what}: {error}"),
            ClientError::NoAnswer(unanswered) => unanswered.fmt(f),
            ClientError::Refused { control, code } => {
                write!(f, "the switch at {control} refuses the registration: ")?;
                match *code {
                    Code::NO_ROOM => f.write_str(
                        "it has no room for another client; its limits in all, per host and per \
                         network are arguments of SsidReplicate",
                    ),
                    Code::NOT_AUTHENTICATED => f.write_str(
                        "its session has a key that this client does not have: give it with \
                         --key-file",
                    ),
                    Code(other) => {
                        write!(f, "code {other}, which this client does not know: update it")
                    }
                }
            }
            ClientError::NotBound { media, status } => {
                write!(f, "the switch at {media} refuses this client's media address: ")?;
                match *status {
                    Status::OWN_ADDRESS => f.write_str(
                        "it is one of the switch's own; choose another with --bind, or let no \
                         device between the two rewrite addresses",
                    ),
                    Status(other) => {
                        write!(f, "status {other}, which this client does not know: update it")
                    }
                }
            }
            ClientError::NotSubscribed(status) => match *status {
                Status::MALFORMED_ENTRY => f.write_str(
                    "the switch refuses the subscription: an entry names this client itself, or \
                     no SSID",
                ),
                Status::TOO_MANY_ENTRIES => f.write_str(
                    "the switch refuses the subscription: it takes 1,024 entries; name fewer \
                     sources and put the rest into the entry for all others",
                ),
                Status(other) => write!(
                    f,
                    "the switch refuses the subscription: status {other}, which this client does \
                     not know: update it"
                ),
            },
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unanswered { request, to, tries, waited, refused } = self;
        let udp_port = to.port();
        write!(f, "no answer from {to} to {tries} × {request} in {:.1} s", waited.as_secs_f64())?;
        if *refused {
            let what = if *request == "BIND" { "give its media port" } else { "start the switch" };
            write!(f, ": its host says that nobody has UDP port {udp_port}; {what}")
        } else {
            let why = match *request {
                "HELLO" => "is the switch running there",
                "REGISTER" => "is it overloaded (it answered HELLO)",
                "BIND" => "is this its media port (it answers on its control port)",
                _ => "is the switch still running",
            };
            write!(f, ": {why}, and is UDP {udp_port} open?")
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ClientError::Resolve { error: Some(error), .. } | ClientError::System { error, .. } => {
                Some(error)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_why_and_what_to_do() {
        let unanswered = |request, refused| {
            ClientError::NoAnswer(Unanswered {
                request,
                to: "[::1]:5005".parse().unwrap(),
                tries: 5,
                waited: Duration::from_millis(6200),
                refused,
            })
            .to_string()
        };
        assert_eq!(
            unanswered("HELLO", false),
            "no answer from [::1]:5005 to 5 × HELLO in 6.2 s: is the switch running there, and is \
             UDP 5005 open?"
        );
        assert_eq!(
            unanswered("HELLO", true),
            "no answer from [::1]:5005 to 5 × HELLO in 6.2 s: its host says that nobody has UDP \
             port 5005; start the switch"
        );
        let refused =
            ClientError::Refused { control: "10.0.0.1:5005".parse().unwrap(), code: Code::NO_ROOM };
        assert!(refused.to_string().contains("no room"));
        let refused = ClientError::Refused {
            control: "10.0.0.1:5005".parse().unwrap(),
            code: Code::NOT_AUTHENTICATED,
        };
        assert!(refused.to_string().ends_with("give it with --key-file"));
    }
}
