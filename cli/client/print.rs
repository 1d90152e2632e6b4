//! The client's lines: one a second, and a last one, as text or as JSON.

use super::delays::DelayFigures;
use super::report::{ReceivedStream, Report, SentStream, Snapshot, Totals};
use pkgraph_runtime::Nanos;
use serde::Serialize;
use std::fmt;

/// The figures of one line. As JSON, an object with exactly these fields.
///
/// A running line is of the time since the line before; `lost_packets` may be
/// negative in one when a late packet takes back its loss. The last one is of
/// the whole stream for all counts of packets, and of the time after the
/// warm-up for rates and delays.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Seconds since the client began to stream.
    pub time_s: f64,
    /// Seconds that the rates and delays are of.
    pub interval_s: f64,
    /// Whether this is the last line.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The SSID as eight hexadecimal digits after `0x`; null while the switch
    /// does not answer.
    pub ssid: Option<String>,
    /// Clients of the switch, this one included.
    pub clients: usize,
    /// Sent, in 10⁶ bit/s of RTP payload, headers excluded.
    pub out_mbit_s: f64,
    /// Received, in the same unit.
    pub in_mbit_s: f64,
    /// Packets sent.
    pub out_packets: u64,
    /// Packets received.
    pub in_packets: u64,
    /// Packets lost.
    pub lost_packets: i64,
    /// Packets that came after a later one.
    pub reordered_packets: u64,
    /// Packets that came again.
    pub duplicated_packets: u64,
    /// Packets too far behind to tell.
    pub stale_packets: u64,
    /// Packets that were not as sent.
    pub corrupt_packets: u64,
    /// Datagrams of no known format.
    pub malformed_datagrams: u64,
    /// Packets that were ready and not sent.
    pub unsent_packets: u64,
    /// Ticks of the generator without a free buffer.
    pub skipped_ticks: u64,
    /// The own packets' way to the switch and back; null without echoes.
    pub echo_delay: Option<DelayFigures>,
    /// The last line only.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// What only the last line has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct End {
    /// Packets that this host dropped because a socket's buffer was full;
    /// null if the system does not say.
    pub socket_drops: Option<u64>,
    /// How often the switch fell silent.
    pub losses_of_switch: u64,
    /// The streams sent, by SSRC.
    pub sent: Vec<SentStream>,
    /// The streams received, by SSRC.
    pub received: Vec<ReceivedStream>,
}

fn mbit_s(octets: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { octets as f64 * 8.0 / seconds / 1e6 } else { 0.0 }
}

fn seconds(from: Nanos, to: Nanos) -> f64 {
    to.saturating_sub(from) as f64 / 1e9
}

impl Line {
    /// The line of the time between two snapshots of a stream that began at
    /// `began` (ns).
    pub fn running(began: Nanos, earlier: &Snapshot, now: &Snapshot) -> Line {
        let since = |figure: fn(&Totals) -> u64| figure(&now.totals) - figure(&earlier.totals);
        let interval_s = seconds(earlier.at, now.at);
        Line {
            time_s: seconds(began, now.at),
            interval_s,
            is_final: false,
            ssid: now.ssid.map(|ssid| ssid.to_string()),
            clients: now.members.len(),
            out_mbit_s: mbit_s(since(|t| t.sent_octets), interval_s),
            in_mbit_s: mbit_s(since(|t| t.received_octets), interval_s),
            out_packets: since(|t| t.sent),
            in_packets: since(|t| t.received),
            lost_packets: now.totals.lost as i64 - earlier.totals.lost as i64,
            reordered_packets: since(|t| t.reordered),
            duplicated_packets: since(|t| t.duplicated),
            stale_packets: since(|t| t.stale),
            // A stream's first good packet makes the bad ones before corrupt.
            corrupt_packets: now.totals.corrupt.saturating_sub(earlier.totals.corrupt),
            malformed_datagrams: since(|t| t.malformed),
            unsent_packets: since(|t| t.unsent),
            skipped_ticks: since(|t| t.skipped),
            echo_delay: figures(now.delays.since(&earlier.delays).figures()),
            end: None,
        }
    }

    /// The last line of a stream that began at `began` (ns): rates from
    /// `measured`, taken at the end of the warm-up, to `stopped`, taken when
    /// the client stopped to stream.
    pub fn last(began: Nanos, measured: &Snapshot, stopped: &Snapshot, report: &Report) -> Line {
        let totals = &report.last.totals;
        Line {
            is_final: true,
            time_s: seconds(began, stopped.at),
            ssid: stopped.ssid.map(|ssid| ssid.to_string()),
            clients: stopped.members.len(),
            out_packets: totals.sent,
            in_packets: totals.received,
            lost_packets: totals.lost as i64,
            reordered_packets: totals.reordered,
            duplicated_packets: totals.duplicated,
            stale_packets: totals.stale,
            corrupt_packets: totals.corrupt,
            malformed_datagrams: totals.malformed,
            unsent_packets: totals.unsent,
            skipped_ticks: totals.skipped,
            echo_delay: figures(report.last.delays.figures()),
            end: Some(End {
                socket_drops: report.socket_drops,
                losses_of_switch: report.last.losses_of_switch,
                sent: report.sent.clone(),
                received: report.received.clone(),
            }),
            ..Line::running(began, measured, stopped)
        }
    }

    /// The line as JSON, without a line break.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}

fn figures(figures: DelayFigures) -> Option<DelayFigures> {
    (figures.echoes > 0).then_some(figures)
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_final {
            writeln!(f, "in all (Mbit/s of RTP payload; rates and delays after the warm-up):")?;
        }
        write!(
            f,
            "{:6.1} s  out {:.3} Mbit/s {} packets  in {:.3} Mbit/s {} packets  \
             lost {} reordered {} duplicated {}",
            self.time_s,
            self.out_mbit_s,
            self.out_packets,
            self.in_mbit_s,
            self.in_packets,
            self.lost_packets,
            self.reordered_packets,
            self.duplicated_packets
        )?;
        if let Some(delay) = &self.echo_delay {
            write!(
                f,
                "  echo µs min {:.1} p50 {:.1} p99 {:.1} max {:.1}",
                delay.min_us, delay.p50_us, delay.p99_us, delay.max_us
            )?;
        }
        let mut rare = vec![
            ("stale", self.stale_packets),
            ("corrupt", self.corrupt_packets),
            ("malformed", self.malformed_datagrams),
            ("unsent", self.unsent_packets),
            ("skipped ticks", self.skipped_ticks),
        ];
        if let Some(end) = &self.end {
            rare.push(("dropped by this host's socket", end.socket_drops.unwrap_or(0)));
            rare.push(("times without the switch", end.losses_of_switch));
        }
        for (name, count) in rare.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, "  {name} {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delays::Delays;

    fn snapshot(at: Nanos, sent: u64, lost: u64) -> Snapshot {
        let totals = Totals { sent, sent_octets: 140 * sent, lost, ..Totals::default() };
        Snapshot {
            at,
            ssid: None,
            losses_of_switch: 0,
            totals,
            delays: Delays::default(),
            streams: 0,
            members: Vec::new(),
        }
    }

    #[test]
    fn a_line_is_of_the_time_since_the_one_before() {
        let earlier = snapshot(2_000_000_000, 1000, 5);
        let mut now = snapshot(4_000_000_000, 3000, 3);
        now.totals.corrupt = 1;
        now.delays.record(0, 10_000);
        let line = Line::running(1_000_000_000, &earlier, &now);
        assert_eq!((line.time_s, line.interval_s), (3.0, 2.0));
        assert_eq!((line.out_packets, line.out_mbit_s, line.lost_packets), (2000, 1.12, -2));
        assert_eq!(
            line.to_string(),
            "   3.0 s  out 1.120 Mbit/s 2000 packets  in 0.000 Mbit/s 0 packets  lost -2 \
             reordered 0 duplicated 0  echo µs min 10.0 p50 10.0 p99 10.0 max 10.0  corrupt 1"
        );
    }

    #[test]
    fn json_names_its_units() {
        let (earlier, now) = (snapshot(0, 0, 0), snapshot(1_000_000_000, 750, 0));
        let json = Line::running(0, &earlier, &now).json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["final"], false);
        assert_eq!(value["out_mbit_s"], 0.84);
        assert!(value["echo_delay"].is_null() && value.get("sent").is_none());
    }
}
