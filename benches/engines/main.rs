//! Graphs of the core on both engines, against the same loop written by hand.
//!
//! `cargo bench --bench engines` prints nanoseconds per packet, measured in
//! turn (hand, compiled, dynamic, hand, …) within one process, and, where
//! valgrind is installed, instructions per packet, which repeat exactly. Where
//! `PKGRAPH_FASTCLICK` and `PKGRAPH_CLICK` name programs, they run the same
//! graphs in the same turns.
//!
//! `-- --record` writes it to `benches/recorded/engines.txt`, and the counts to
//! `instructions.txt` beside it. `-- --check` counts alone, and fails when a
//! count is more than 10 % above the one recorded.

// A thousand elements in a row are as many generic calls, one in another.
#![recursion_limit = "4096"]

mod by_hand;
mod click;
mod counts;
mod measure;
mod replicate;

use click::Click;
use measure::{Engine, ROWS, Row};
use pkgraph::whole_file::{self, Kind};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [engine, graph, packets] = &arguments[..]
        && let (Some(engine), Some(row), Ok(packets)) =
            (Engine::named(engine), Row::named(graph), packets.parse())
    {
        // A child under callgrind: one graph, so many packets, nothing else.
        measure::run(engine, row, packets);
        return ExitCode::SUCCESS;
    }
    let is_given = |name: &str| arguments.iter().any(|argument| argument == name);
    if is_given("--check") {
        let wrong = counts::check();
        wrong.iter().for_each(|line| eprintln!("error: {line}"));
        return if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let (text, counts) = table();
    if is_given("--record") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recorded/engines.txt");
        whole_file::write(Path::new(path), text.as_bytes(), Kind::Text)
            .expect("benches/recorded is writable");
        let Some(counts) = counts else {
            eprintln!("error: without valgrind there are no counts to record");
            return ExitCode::FAILURE;
        };
        counts::record(&counts);
    }
    ExitCode::SUCCESS
}

/// All measurements, printed as they come; and the counts, if there are any.
fn table() -> (String, Option<Vec<[f64; 3]>>) {
    let clicks = Click::all();
    let mut text = format!("{}\n", measure::machine());
    if clicks.is_empty() {
        text.push_str(
            "Without Click and FastClick: PKGRAPH_CLICK and PKGRAPH_FASTCLICK name no program.\n",
        );
    } else {
        let versions: Vec<String> = clicks.iter().map(Click::version).collect();
        let _ = writeln!(text, "{}, as built by hand", versions.join(", "));
    }
    let _ = write!(
        text,
        "\nNanoseconds per packet (least of turns), their ratios to the loop by hand, what a hop\n\
         of the dynamic engine costs above the compiled one (ns), instructions per packet.\n\n\
         {:<11} {:>8} {:>8} {:>8}  {:>8} {:>8} {:>6}  {:>8} {:>8} {:>8}",
        "",
        "hand",
        "compiled",
        "dynamic",
        "comp/hnd",
        "dyn/hnd",
        "hop",
        "hand",
        "compiled",
        "dynamic"
    );
    for click in &clicks {
        let _ = write!(text, "  {:>9} {:>9}", click.name, "/compiled");
    }
    text.push('\n');
    print!("{text}");
    let mut counts = Some(Vec::new());
    for row in &ROWS {
        let (line, count) = line(row, &clicks);
        print!("{line}");
        text.push_str(&line);
        counts = counts.zip(count).map(|(mut counts, count)| {
            counts.push(count);
            counts
        });
    }
    let copy =
        format!("\nA copy of 160 octets from memory to memory: {:.2} ns.\n", measure::copy_160());
    print!("{copy}");
    text.push_str(&copy);
    (text, counts)
}

/// One graph's line of the table.
fn line(row: &'static Row, clicks: &[Click]) -> (String, Option<[f64; 3]>) {
    let ([hand, compiled, dynamic], theirs) = measure::times(row, clicks);
    let mut line = format!(
        "{:<11} {hand:>8.2} {compiled:>8.2} {dynamic:>8.2}  {:>8.2} {:>8.2} {:>6.2} ",
        row.graph,
        compiled / hand,
        dynamic / hand,
        (dynamic - compiled) / f64::from(row.hops),
    );
    let counts = Engine::ALL.map(|engine| measure::instructions(engine, row));
    for count in counts {
        let _ = match count {
            Some(count) => write!(line, " {count:>8.1}"),
            None => write!(line, " {:>8}", "-"),
        };
    }
    for time in theirs {
        let _ = write!(line, "  {time:>9.2} {:>9.2}", time / compiled);
    }
    line.push('\n');
    let counts = match counts {
        [Some(hand), Some(compiled), Some(dynamic)] => Some([hand, compiled, dynamic]),
        _ => None,
    };
    (line, counts)
}
