//! Results for a terminal.

use super::guest;
use super::results::{Cell, Comparison, Estimate, Line, Machine, Ratio, Results, Unit, Verdict};
use std::fmt::Write;

/// Escape sequences, if there is a terminal that shows them.
#[derive(Clone, Copy)]
struct Style {
    bold: &'static str,
    dim: &'static str,
    /// For what casts doubt.
    warning: &'static str,
    off: &'static str,
}

const COLOURS: Style =
    Style { bold: "\x1b[1m", dim: "\x1b[2m", warning: "\x1b[1;33m", off: "\x1b[0m" };
const PLAIN: Style = Style { bold: "", dim: "", warning: "", off: "" };

/// Characters of a line at most.
const WIDTH: usize = 80;

/// All that is to be read without the report.
pub fn table(results: &Results, has_colours: bool) -> String {
    let style = if has_colours { COLOURS } else { PLAIN };
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = head(&mut text, results);
    // Who reads no further has read them.
    for warning in &results.warnings {
        let line = wrapped(&format!("warning: {warning}"));
        let rest = &line["warning:".len()..];
        let _ = writeln!(text, "\n{}warning:{}{rest}", style.warning, style.off);
    }
    for rate in &results.load.packets_per_second {
        for clients in &results.load.clients {
            let _ = load(&mut text, results, style, *clients, *rate);
        }
    }
    let _ = models(&mut text, results, style);
    let _ = sim(&mut text, results, style);
    let _ = costs(&mut text, results, style);
    for out in &results.left_out {
        let line = wrapped(&format!("left out: {}: {}", out.name, out.why.trim()));
        let _ = writeln!(text, "\n{line}");
    }
    text
}

/// A text in lines of [`WIDTH`].
fn wrapped(text: &str) -> String {
    textwrap::fill(text, WIDTH)
}

fn head(text: &mut String, results: &Results) -> std::fmt::Result {
    let Results { machine, load, place, .. } = results;
    let kind = if machine.is_virtual { "virtual machine" } else { "machine" };
    let Machine { cpu, cores, kernel, .. } = machine;
    let mut say = |line: String| writeln!(text, "{}", wrapped(&line));
    say(format!("\n{cpu}, {cores} cores, Linux {kernel}, {kind}"))?;
    say(place.means.clone())?;
    let [asq, vsq, vhq] = load.payloads;
    let runs = match results.unit {
        Unit::Nanoseconds => {
            format!("{} s after {} s of warm-up", load.measured_seconds, load.warm_up_seconds)
        }
        Unit::Instructions => {
            format!("{} packets after {} of warm-up", guest::MEASURED, guest::WARM_UP)
        }
    };
    say(format!(
        "Payloads of {asq}, {vsq} and {vhq} octets; {runs}, {} times each.",
        load.repeats
    ))?;
    let sure = results.cells.first().map_or(0.0, |cell| cell.delay.confidence);
    say(format!(
        "Medians; ± and ranges are intervals that hold with {} % ({} repeats allow no more than \
         {} %).",
        percent(sure),
        load.repeats,
        percent(1.0 - 0.5f64.powi(load.repeats as i32 - 1))
    ))?;
    say(format!("{}.", super::cpu::METHOD))?;
    say("Delay: from picking a packet up to handing on its last copy; with kick: until the kernel \
         has been told. Packets received with one call are told of with one, so each has the \
         others' time in it. Echo: from a client and back to it, all waits included."
        .into())
}

/// A thousand of what delays are counted in.
fn thousand(results: &Results) -> &'static str {
    match results.unit {
        Unit::Nanoseconds => "µs",
        Unit::Instructions => "10³ instr.",
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.2}", 100.0 * share);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn load(
    text: &mut String,
    results: &Results,
    style: Style,
    clients: usize,
    rate: f64,
) -> std::fmt::Result {
    writeln!(text, "\n{}{clients} clients, {rate} packets/s each{}", style.bold, style.off)?;
    let mut rows = vec![
        [
            "",
            "CPU",
            "user",
            "kernel",
            "machine",
            &format!("delay {}", thousand(results)),
            "p99.9",
            "with kick",
            "echo",
            "lost",
        ]
        .map(String::from),
    ];
    let is_of = |cell: &&Cell| cell.clients == clients && cell.packets_per_second == rate;
    let real = |cell: &&Cell| !results.variants[cell.variant].is_simulated;
    for cell in results.cells.iter().filter(is_of).filter(real) {
        let cpu = |estimate: &Estimate| format!("{:.1} %", 100.0 * estimate.median);
        let has_echo = cell.repeats.iter().any(|repeat| repeat.echo.count > 0);
        let lost: u64 = cell.repeats.iter().map(|repeat| repeat.lost).sum();
        rows.push([
            results.variants[cell.variant].name.clone(),
            cpu(&cell.cpu),
            cpu(&cell.cpu_user),
            cpu(&cell.cpu_kernel),
            cpu(&cell.cpu_of_machine),
            micros(&cell.delay),
            one(cell.delay_p999.median),
            micros(&cell.delay_with_kick),
            if has_echo { micros(&cell.echo) } else { "-".into() },
            lost.to_string(),
        ]);
    }
    align(text, style, &rows)?;
    let compared =
        results.comparisons.iter().filter(|c| c.clients == clients && c.packets_per_second == rate);
    let base = results.comparisons.first().map_or("", |c| &*results.variants[c.base].name);
    let mut rows = vec![["", "CPU", "machine", "delay", "with kick", "echo"].map(String::from)];
    rows[0][0] = format!("to {base}");
    for Comparison { variant, cpu, cpu_of_machine, delay, delay_with_kick, echo, .. } in compared {
        rows.push([
            results.variants[*variant].name.clone(),
            ratio(cpu),
            ratio(cpu_of_machine),
            ratio(delay),
            ratio(delay_with_kick),
            ratio(echo),
        ]);
    }
    if rows.len() > 1 {
        align(text, style, &rows)?;
    }
    Ok(())
}

/// Nanoseconds in microseconds, with half of their interval.
fn micros(estimate: &Estimate) -> String {
    let half = (estimate.high - estimate.low) / 2.0;
    format!("{} ±{}", one(estimate.median), one(half))
}

fn one(nanos: f64) -> String {
    let micros = nanos / 1000.0;
    if micros < 10.0 { format!("{micros:.2}") } else { format!("{micros:.1}") }
}

/// A ratio, as far as it says something.
fn ratio(ratio: &Ratio) -> String {
    let Estimate { median, low, high, .. } = ratio.estimate;
    match ratio.verdict {
        Verdict::Less | Verdict::More => format!("{median:.2} ({low:.2}–{high:.2})"),
        Verdict::NoDifference => format!("no difference ({low:.2}–{high:.2})"),
        Verdict::Unknown if high == f64::MAX => "not known".into(),
        Verdict::Unknown => format!("not sure ({low:.2}–{high:.2})"),
    }
}

fn models(text: &mut String, results: &Results, style: Style) -> std::fmt::Result {
    if results.models.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n{}Delay of n copies, a + b·n {}{}",
        style.bold,
        thousand(results),
        style.off
    )?;
    let line = |line: &Line| {
        // Two points are always on a line.
        let fits = match results.load.clients.len() {
            0..=2 => String::new(),
            _ => format!(", R² {:.3}", line.r_squared),
        };
        let interval = |e: &Estimate| {
            format!("{:.2} ({:.2}–{:.2})", e.median / 1e3, e.low / 1e3, e.high / 1e3)
        };
        format!("{} + {}·n{fits}", interval(&line.a), interval(&line.b))
    };
    let mut rows = vec![["", "to the last copy", "with the kick"].map(String::from)];
    for model in &results.models {
        let name = &results.variants[model.variant].name;
        if !results.variants[model.variant].is_simulated {
            let name = format!("{name}, {}/s", model.packets_per_second);
            rows.push([name, line(&model.delay), line(&model.delay_with_kick)]);
        }
    }
    align(text, style, &rows)
}

fn sim(text: &mut String, results: &Results, style: Style) -> std::fmt::Result {
    let simulated = |cell: &&Cell| results.variants[cell.variant].is_simulated;
    let rate = results.load.packets_per_second.first();
    let mut rows = vec![["", "delay µs", "p99.9", "with sync"].map(String::from)];
    for cell in results.cells.iter().filter(simulated) {
        if Some(&cell.packets_per_second) == rate {
            rows.push([
                format!("{} copies", cell.clients),
                micros(&cell.delay),
                one(cell.delay_p999.median),
                micros(&cell.delay_with_kick),
            ]);
        }
    }
    if rows.len() == 1 {
        return Ok(());
    }
    writeln!(
        text,
        "\n{}User space alone{} (simulated: rings in memory, no kernel and no device;\n\
         not to be compared with the above)",
        style.bold, style.off
    )?;
    align(text, style, &rows)
}

/// Table I of the paper, counted.
fn costs(text: &mut String, results: &Results, style: Style) -> std::fmt::Result {
    let Some(clients) = results.load.clients.last() else { return Ok(()) };
    let Some(rate) = results.load.packets_per_second.first() else { return Ok(()) };
    writeln!(
        text,
        "\n{}What a packet takes{} (to {clients} clients, at {rate} packets/s each)",
        style.bold, style.off
    )?;
    let mut rows =
        vec![["", "kernel crossings", "allocations", "copies", "octets copied"].map(String::from)];
    for cell in &results.cells {
        if cell.clients == *clients && cell.packets_per_second == *rate {
            let counts = &cell.counts;
            rows.push([
                results.variants[cell.variant].name.clone(),
                format!("{:.2}", counts.kernel_crossings),
                format!("{:.2}", counts.allocations),
                format!("{:.2}", counts.copies),
                format!("{:.0}", counts.octets_copied),
            ]);
        }
    }
    align(text, style, &rows)
}

/// Columns: the first to the left, the others to the right; the first row in
/// the background. What is wider than a line goes on below, beside the first column
/// once more.
fn align<const N: usize>(
    text: &mut String,
    style: Style,
    rows: &[[String; N]],
) -> std::fmt::Result {
    let widths: [usize; N] =
        std::array::from_fn(|n| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0));
    let mut next = 1;
    while next < N {
        let (first, mut total) = (next, widths[0]);
        while next < N && (next == first || total + GAP + widths[next] <= WIDTH) {
            total += GAP + widths[next];
            next += 1;
        }
        for (number, row) in rows.iter().enumerate() {
            let (on, off) = if number == 0 { (style.dim, style.off) } else { ("", "") };
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row[first..next].iter().zip(&widths[first..next]) {
                write!(line, "{:GAP$}{cell:>width$}", "")?;
            }
            writeln!(text, "{on}{}{off}", line.trim_end())?;
        }
    }
    Ok(())
}

/// Spaces between columns.
const GAP: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_goes_on_below() {
        let name = "netmap rings over xdp (native)";
        let rows = [["", "a", "b", "c"], [name, &"1".repeat(30), "2 ±0.1", &"3".repeat(90)]]
            .map(|row| row.map(String::from));
        let mut text = String::new();
        align(&mut text, PLAIN, &rows).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[1], format!("{name}   {}   2 ±0.1", "1".repeat(30)));
        assert_eq!(lines[1].chars().count(), lines[0].chars().count());
        // A column of its own may be too wide; it is never cut.
        assert_eq!(lines[3], format!("{name}   {}", "3".repeat(90)));
    }
}
