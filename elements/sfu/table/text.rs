//! The clients as a handler shows them.

use super::client::SECOND;
use super::{Nanos, Table};
use std::fmt::Write;

impl Table {
    /// A line for each client, in the order of joining, of `name=value`
    /// pairs: SSID; control and media address; lease left, in seconds; types
    /// wanted from every other client, `+n` with n exceptions, and `+echo`;
    /// types seen; packets/octets received from and sent to its media address.
    pub fn clients_text(&self, now: Nanos) -> String {
        let mut text = String::new();
        for slot in &self.order {
            let (client, flow) = (self.client(*slot), self.streams.flow(*slot));
            let left = client.session.deadline.saturating_sub(now);
            let _ = write!(text, "{} control={}", client.ssid, client.session.peer);
            let _ = match flow.endpoint {
                Some(endpoint) => write!(text, " media={}", endpoint.peer),
                None => write!(text, " media=-"),
            };
            let tenths = left / (SECOND / 10);
            let _ = write!(text, " lease={}.{}", tenths / 10, tenths % 10);
            let _ = write!(text, " wants={}", client.subscription.every());
            if client.subscription.overrides() > 0 {
                let _ = write!(text, "+{}", client.subscription.overrides());
            }
            if client.echo {
                text.push_str("+echo");
            }
            let (received, sent) = (flow.received, flow.sent);
            let _ = write!(text, " seen={}", flow.seen);
            let _ = write!(text, " in={}/{}", received.packets, received.octets);
            let _ = writeln!(text, " out={}/{}", sent.packets, sent.octets);
        }
        text
    }
}
