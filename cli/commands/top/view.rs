//! The picture: totals, clients, and what was dropped and why.

use super::sample::{ClientRow, Sample};
use ratatui::Frame;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::Stylize;
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table};

/// Counters of what went through; all others are reasons to drop.
const THROUGH: [&str; 11] = [
    "media",
    "copies",
    "control",
    "answers",
    "changed",
    "joined",
    "left",
    "expired",
    "rtcp",
    "rtcp_copies",
    "removed",
];

/// Draws the time from `before` to `now`.
pub fn draw(frame: &mut Frame<'_>, title: &str, before: &Sample, now: &Sample) {
    let drops = dropped(before, now);
    let [head, clients, foot] = Layout::vertical([
        Constraint::Length(4),
        Constraint::Min(3),
        Constraint::Length(drops.len() as u16 + 2),
    ])
    .areas(frame.area());
    let lines = [title.to_string().bold().into(), totals(before, now), delay(now)];
    frame.render_widget(Paragraph::new(Vec::from(lines)), head);
    frame.render_widget(table(before, now), clients);
    let drops: Vec<Line<'_>> = drops.into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(drops).block(Block::bordered().title("dropped")), foot);
}

/// The same picture as text.
pub fn text(title: &str, before: &Sample, now: &Sample) -> String {
    let height = now.clients().len() + dropped(before, now).len() + 9;
    let backend = TestBackend::new(120, height.min(usize::from(u16::MAX)) as u16);
    let mut terminal = ratatui::Terminal::new(backend).expect("a buffer in memory");
    terminal.draw(|frame| draw(frame, title, before, now)).expect("a buffer in memory");
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width)) {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn seconds(before: &Sample, now: &Sample) -> f64 {
    now.at.duration_since(before.at).as_secs_f64().max(1e-9)
}

fn totals(before: &Sample, now: &Sample) -> Line<'static> {
    let rate = |name| {
        let more = now.counter(name).saturating_sub(before.counter(name));
        more as f64 / seconds(before, now)
    };
    let text = format!(
        "{} clients   in {:.0} packets/s   copies {:.0}/s   control {:.0}/s",
        now.clients().len(),
        rate("media"),
        rate("copies"),
        rate("control")
    );
    text.into()
}

fn delay(now: &Sample) -> Line<'static> {
    let of = |name: &str| {
        now.delay(name).map_or_else(String::new, |value| format!("   {name} {value:.3} µs"))
    };
    format!("processing delay{}{}{}{}", of("min"), of("p50"), of("p99"), of("max")).into()
}

/// In seconds with one digit; a static client has none.
fn lease(client: &ClientRow<'_>) -> String {
    client.seconds("lease").map_or_else(|| client.get("lease"), |seconds| format!("{seconds:.1}"))
}

fn table(before: &Sample, now: &Sample) -> Table<'static> {
    let row = |client: ClientRow<'_>| {
        let earlier = before.client(&client.get("ssid"));
        let rate = |column| {
            let then = earlier.map_or(0, |client| client.count(column));
            client.count(column).saturating_sub(then) as f64 / seconds(before, now)
        };
        let packets = |column| format!("{:.0}", rate(column));
        let mbit = |column| format!("{:.2}", rate(column) * 8e-6);
        Row::new([
            client.get("ssid"),
            client.get("media"),
            lease(&client),
            client.get("wants"),
            client.get("seen"),
            packets("in_packets"),
            client.get("lost_packets"),
            packets("out_packets"),
            mbit("in_octets"),
            mbit("out_octets"),
        ])
    };
    let widths = [10, 24, 6, 20, 14, 8, 6, 8, 8, 8].map(Constraint::Length);
    let head =
        ["SSID", "media", "lease", "wants", "seen", "in/s", "lost", "out/s", "Mbit in", "Mbit out"];
    Table::new(now.clients().map(row), widths).header(Row::new(head).bold())
}

/// A line for each reason for which something was ever dropped.
fn dropped(before: &Sample, now: &Sample) -> Vec<String> {
    let reasons =
        now.counters.iter().filter(|(name, count)| *count > 0 && !THROUGH.contains(&name.as_str()));
    let line = |(name, count): &(String, u64)| {
        let more = count.saturating_sub(before.counter(name));
        format!("{name:<16} {count:>10}   {:>8.0}/s", more as f64 / seconds(before, now))
    };
    let lines: Vec<String> = reasons.map(line).collect();
    if lines.is_empty() { vec!["nothing".into()] } else { lines }
}
