//! What handlers show of the clients: as tables, and as lines for people.

use super::client::{SECOND, Standing};
use super::sequence::Sequence;
use super::streams::Traffic;
use super::{Count, Nanos, StreamType, Table};
use pkgraph::runtime::{self, Cell, Column, HandlerValue, Kind, Number, Value};
use std::borrow::Cow;
use std::fmt::Write;

/// The table of clients. The lease of a static client is the text `static`.
#[derive(Debug)]
pub struct Clients(pub runtime::Table);

impl HandlerValue for Clients {
    const KIND: Kind = Kind::Table(Cow::Borrowed(&[
        Column::text("ssid"),
        Column::text("control"),
        Column::text("media"),
        Column::number("lease", "seconds"),
        Column::text("wants"),
        Column::text("seen"),
        Column::growing("in_packets", "packets"),
        Column::growing("in_octets", "octets"),
        Column::growing("lost_packets", "packets"),
        Column::growing("out_packets", "packets"),
        Column::growing("out_octets", "octets"),
    ]));

    fn value(&self) -> Value {
        Value::Table(self.0.clone())
    }
}

/// The table of clients and types.
#[derive(Debug)]
pub struct PerStream(pub runtime::Table);

impl HandlerValue for PerStream {
    const KIND: Kind = Kind::Table(Cow::Borrowed(&[
        Column::text("ssid"),
        Column::text("type"),
        Column::growing("in_packets", "packets"),
        Column::growing("in_octets", "octets"),
        Column::growing("lost_packets", "packets"),
        Column::growing("out_packets", "packets"),
        Column::growing("out_octets", "octets"),
    ]));

    fn value(&self) -> Value {
        Value::Table(self.0.clone())
    }
}

impl Table {
    /// A row for each client, in the order of joining. Its line is SSID, then
    /// `name=value` pairs: control and media address; lease left, in seconds;
    /// types wanted from every other client, `+n` with n exceptions, and `+echo`;
    /// types seen; packets/octets received from its media address, packets that
    /// its sequence numbers say are missing, packets/octets sent to it.
    /// A static client has no control address, the lease `static`, and at the
    /// end of its line the SSRCs that are mapped and the payload types that are
    /// learned, with the SSRC that was.
    pub fn clients(&self, now: Nanos) -> Clients {
        // Writing to a String does not fail.
        let mut table = runtime::Table::default();
        let text = &mut table.text;
        for slot in &self.order {
            let (client, flow) = (self.client(*slot), self.streams.flow(*slot));
            let ssid = client.ssid.to_string();
            let none = || "-".to_string();
            let control = client.session().map_or_else(none, |session| session.peer.to_string());
            let media = flow.endpoint.map_or_else(none, |endpoint| endpoint.peer().to_string());
            let lease = match client.session() {
                Some(session) => {
                    let tenths = session.deadline.saturating_sub(now) / (SECOND / 10);
                    let shown = format!("{}.{}", tenths / 10, tenths % 10);
                    Cell::Number(Number::Real(tenths as f64 / 10.0, shown))
                }
                None => "static".into(),
            };
            let mut wants = client.subscription.every().to_string();
            if client.subscription.overrides() > 0 {
                let _ = write!(wants, "+{}", client.subscription.overrides());
            }
            if client.echo {
                wants.push_str("+echo");
            }
            let (received, sent) = (Traffic::sum(&flow.received), Traffic::sum(&flow.sent));
            let lost: u64 = flow.arrivals.iter().map(Sequence::lost).sum();
            let seen = flow.seen.to_string();
            let _ = write!(
                text,
                "{ssid} control={control} media={media} lease={lease} wants={wants} seen={seen} \
                 in={}/{} lost={lost} out={}/{}",
                received.packets, received.octets, sent.packets, sent.octets
            );
            if let Standing::Declared(declared) = &client.standing {
                let _ = write!(text, "{declared}");
            }
            text.push('\n');
            table.rows.push(vec![
                ssid.into(),
                control.into(),
                media.into(),
                lease,
                wants.into(),
                seen.into(),
                received.packets.into(),
                received.octets.into(),
                lost.into(),
                sent.packets.into(),
                sent.octets.into(),
            ]);
        }
        Clients(table)
    }

    /// A row for each client and type. As text, lines of
    /// `NAME LABEL=VALUE … NUMBER`, which end with how many clients there are and
    /// with every counter.
    pub fn metrics(&self) -> PerStream {
        let mut table = runtime::Table::default();
        let text = &mut table.text;
        for slot in &self.order {
            let (ssid, flow) = (self.client(*slot).ssid, self.streams.flow(*slot));
            for kind in StreamType::ALL {
                let (received, sent) = (flow.received[kind.index()], flow.sent[kind.index()]);
                let values = [
                    ("packets_in", received.packets),
                    ("octets_in", received.octets),
                    ("packets_lost_in", flow.arrivals[kind.index()].lost()),
                    ("packets_out", sent.packets),
                    ("octets_out", sent.octets),
                ];
                for (name, value) in values {
                    let _ = writeln!(text, "{name} ssid={ssid} type={kind} {value}");
                }
                let mut row = vec![ssid.to_string().into(), kind.to_string().into()];
                row.extend(values.map(|(_, value)| Cell::from(value)));
                table.rows.push(row);
            }
        }
        let _ = writeln!(text, "clients {}", self.order.len());
        for count in Count::ALL {
            let _ = writeln!(text, "switch event={} {}", count.name(), self.counters.get(*count));
        }
        PerStream(table)
    }

    /// How many clients there are.
    pub fn client_count(&self) -> usize {
        self.order.len()
    }
}
