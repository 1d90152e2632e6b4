//! `pkgraph run --clients N`: the switch and its clients in one process, over
//! loopback.

use crate::client::session::{self, SessionSummary};
use crate::client::{Client, ClientOptions, Snapshot};
use crate::compare::wiring;
use pkgraph_runtime::{EngineReport, output};
use pkgraph_serve::program::Run;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use tracing::info;

/// What a session is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many clients.
    pub clients: usize,
    /// From one packet of a stream to the next.
    pub interval: Duration,
    /// How long the clients stream; `None` until a signal.
    pub duration: Option<Duration>,
}

/// Starts the clients, lets them stream with a line per second, ends them and
/// then the switch, and prints a table. The error says what failed and what
/// to do.
pub fn run(run: Run, options: Options) -> Result<(), String> {
    let [media, control] = addresses(&run)?;
    let one = |_| {
        let settings =
            ClientOptions { interval: options.interval, ..ClientOptions::new(control, media) };
        Client::start(settings).map_err(|error| error.to_string())
    };
    let clients: Vec<Client> = (0..options.clients).map(one).collect::<Result<_, _>>()?;
    info!(clients = clients.len(), "{} clients registered at {control}", clients.len());
    session::begin(&clients, options.interval);
    let start = Instant::now();
    let mut before: Vec<Snapshot> = clients.iter().map(Client::snapshot).collect();
    let mut printed = Ok(());
    for second in 1u32.. {
        let left = options.duration.map(|d| d.saturating_sub(start.elapsed()));
        // The whole seconds since the start, so that the lines do not drift.
        let next = (Duration::from_secs(1) * second).saturating_sub(start.elapsed());
        if run.wait(left.map_or(next, |left| left.min(next))) {
            break;
        }
        if left.is_some_and(|left| left <= next) {
            break;
        }
        let now: Vec<Snapshot> = clients.iter().map(Client::snapshot).collect();
        printed = output::print(&format!("{}\n", line(second, &before, &now)));
        if printed.is_err() {
            break;
        }
        before = now;
    }
    let streamed = start.elapsed();
    let summary = session::summary(&session::finish(clients));
    let report = run.end().map_err(|error| error.to_string())?;
    let printed = printed.and_then(|()| output::print(&table(&summary, &report, streamed)));
    // A reader that has gone ends the session, and is no failure.
    output::unless_closed(printed).map_err(|error| error.to_string())
}

/// The media and the control address of the switch, as a client on this host
/// reaches them: those of the sockets that feed it.
fn addresses(run: &Run) -> Result<[SocketAddr; 2], String> {
    let handle = run.engine().handle();
    let address = |node: usize| {
        let is_socket = handle.plan().nodes[node].class == "FromSocket";
        let text = handle.read(node, "address").ok().filter(|_| is_socket)?;
        text.to_string().parse().ok().map(reachable)
    };
    let [(media, _), (control, _)] = wiring::sources(handle.plan())?;
    match (address(media), address(control)) {
        (Some(media), Some(control)) => Ok([media, control]),
        _ => Err("--clients needs a switch on sockets: FromSocket -> [media] SsidReplicate and \
                  FromSocket -> [control] SsidReplicate, as in graphs/sfu_socket.click; a switch \
                  on netmap ports gets them by --backend socket"
            .into()),
    }
}

/// A socket bound to all addresses is reached by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The second that has passed, from the clients' side.
fn line(second: u32, before: &[Snapshot], now: &[Snapshot]) -> String {
    let sum = |of: fn(&Snapshot) -> u64| {
        let total = |snapshots: &[Snapshot]| snapshots.iter().map(of).sum::<u64>() as i64;
        total(now) - total(before)
    };
    let mut delays = crate::client::Delays::default();
    for (before, now) in before.iter().zip(now) {
        delays.add(&now.delays.since(&before.delays));
    }
    let delay = delays.figures();
    format!(
        "{second:4} s   in {:6} packets   out {:7}   lost {:3}   reordered {:3}   duplicated {:3}   \
         delay p50 {:6.0} µs   p99 {:6.0} µs",
        sum(|s| s.totals.sent),
        sum(|s| s.totals.received),
        sum(|s| s.totals.lost),
        sum(|s| s.totals.reordered),
        sum(|s| s.totals.duplicated),
        delay.p50_us,
        delay.p99_us,
    )
}

/// The whole session.
fn table(summary: &SessionSummary, report: &EngineReport, streamed: Duration) -> String {
    let figures = &summary.figures;
    let delay = summary.delays.figures();
    let percent = |time: Duration| 100.0 * time.as_secs_f64() / streamed.as_secs_f64();
    let per_packet = |time: Duration| 1e6 * time.as_secs_f64() / figures.sent.max(1) as f64;
    let cpu = |time: Duration| {
        format!("{:.1} %  ({:.1} µs per packet in)", percent(time), per_packet(time))
    };
    let micro = |value: f64| format!("{value:.0} µs");
    let mut rows = vec![
        ("clients", figures.clients.to_string()),
        ("streamed", format!("{:.1} s", streamed.as_secs_f64())),
        ("packets in", figures.sent.to_string()),
        ("packets out", format!("{} of {}", figures.received, figures.expected)),
        ("lost", figures.lost.to_string()),
        ("reordered", figures.reordered.to_string()),
        ("duplicated", figures.duplicated.to_string()),
        ("echo delay min", micro(delay.min_us)),
        ("echo delay p50", micro(delay.p50_us)),
        ("echo delay p99", micro(delay.p99_us)),
        ("echo delay max", micro(delay.max_us)),
        ("switch CPU user", cpu(report.cpu.user)),
        ("switch CPU kernel", cpu(report.cpu.kernel)),
    ];
    // Only when there is something to say: what the switch is not to blame for.
    for (name, value) in [
        ("of the lost, dropped at a client's full socket", figures.socket_drops),
        ("corrupt", figures.corrupt),
        ("not wanted", figures.unwanted + figures.foreign),
        ("too late to tell", figures.stale),
        ("ready and not sent", figures.unsent + figures.skipped),
        ("times a client lost the switch", figures.losses_of_switch),
    ] {
        if value > 0 {
            rows.push((name, value.to_string()));
        }
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |(name, value): &(&str, String)| format!("{name:<width$}   {value}\n");
    format!("\n{}", rows.iter().map(row).collect::<String>())
}
