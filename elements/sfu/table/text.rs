//! The clients as a handler shows them.

use super::client::{SECOND, Standing};
use super::{Nanos, Table};
use std::fmt::Write;

impl Table {
    /// A line for each client, in the order of joining, of `name=value`
    /// pairs: SSID; control and media address; lease left, in seconds; types
    /// wanted from every other client, `+n` with n exceptions, and `+echo`;
    /// types seen; packets/octets received from and sent to its media address.
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
                Some(endpoint) => write!(text, " media={}", endpoint.peer),
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
            let (received, sent) = (flow.received, flow.sent);
            let _ = write!(text, " seen={}", flow.seen);
            let _ = write!(text, " in={}/{}", received.packets, received.octets);
            let _ = write!(text, " out={}/{}", sent.packets, sent.octets);
            if let Standing::Declared(declared) = &client.standing {
                let _ = write!(text, "{declared}");
            }
            text.push('\n');
        }
        text
    }
}
