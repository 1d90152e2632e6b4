//! The clients as a handler shows them.

use super::client::{SECOND, Standing};
use super::sequence::Sequence;
use super::streams::Traffic;
use super::{Count, Nanos, StreamType, Table};
use std::fmt::Write;

impl Table {
    /// A line for each client, in the order of joining, of `name=value`
    /// pairs: SSID; control and media address; lease left, in seconds; types
    /// wanted from every other client, `+n` with n exceptions, and `+echo`;
    /// types seen; packets/octets received from its media address, packets that
    /// its sequence numbers say are missing, packets/octets sent to it.
    /// A static client has no control address, the lease `static`, and at the
    /// end the SSRCs that are mapped and the payload types that are learned,
    /// with the SSRC that was.
    pub fn clients_text(&self, now: Nanos) -> String {
        let mut text = String::new();
        for slot in &self.order {
            let (client, flow) = (self.client(*slot), self.streams.flow(*slot));
            let _ = match client.session() {
                Some(session) => write!(text, "{} control={}", client.ssid, session.peer),
                None => write!(text, "{} control=-", client.ssid),
            };
            let _ = match flow.endpoint {
                Some(endpoint) => write!(text, " media={}", endpoint.peer()),
                None => write!(text, " media=-"),
            };
            let _ = match client.session() {
                Some(session) => {
                    let tenths = session.deadline.saturating_sub(now) / (SECOND / 10);
                    write!(text, " lease={}.{}", tenths / 10, tenths % 10)
                }
                None => write!(text, " lease=static"),
            };
            let _ = write!(text, " wants={}", client.subscription.every());
            if client.subscription.overrides() > 0 {
                let _ = write!(text, "+{}", client.subscription.overrides());
            }
            if client.echo {
                text.push_str("+echo");
            }
            let (received, sent) = (Traffic::sum(&flow.received), Traffic::sum(&flow.sent));
            let _ = write!(text, " seen={}", flow.seen);
            let _ = write!(text, " in={}/{}", received.packets, received.octets);
            let lost: u64 = flow.arrivals.iter().map(Sequence::lost).sum();
            let _ = write!(text, " lost={lost}");
            let _ = write!(text, " out={}/{}", sent.packets, sent.octets);
            if let Standing::Declared(declared) = &client.standing {
                let _ = write!(text, "{declared}");
            }
            text.push('\n');
        }
        text
    }

    /// Lines of `NAME LABEL=VALUE … NUMBER` for [`pkgraph::runtime::metrics`]:
    /// packets and octets of each client and type, and every counter.
    pub fn metrics_text(&self) -> String {
        let mut text = String::new();
        for slot in &self.order {
            let (ssid, flow) = (self.client(*slot).ssid, self.streams.flow(*slot));
            for kind in StreamType::ALL {
                let (received, sent) = (flow.received[kind.index()], flow.sent[kind.index()]);
                for (name, value) in [
                    ("packets_in", received.packets),
                    ("octets_in", received.octets),
                    ("packets_lost_in", flow.arrivals[kind.index()].lost()),
                    ("packets_out", sent.packets),
                    ("octets_out", sent.octets),
                ] {
                    let _ = writeln!(text, "{name} ssid={ssid} type={kind} {value}");
                }
            }
        }
        let _ = writeln!(text, "clients {}", self.order.len());
        for count in Count::ALL {
            let _ = writeln!(text, "switch event={} {}", count.name(), self.counters.get(*count));
        }
        text
    }
}
