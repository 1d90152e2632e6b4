//! `benches/recorded/instructions.txt`: instructions per packet, a line per
//! graph and engine; and the gate that compares with it.

use crate::measure::{Engine, ROWS, first_line, instructions};
use pkgraph::whole_file::{self, Kind};
use std::fmt::Write;
use std::path::Path;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recorded/instructions.txt");
const RECORD: &str = "cargo bench --bench engines -- --record";
/// What a count may grow by.
const GROWTH: f64 = 0.10;

/// Writes the counts, in the order of the rows and, in each, of the engines.
pub fn record(counts: &[[f64; 3]]) {
    let mut text = format!(
        "# Instructions per packet ({}, {}).\n# Made by: {RECORD}\n",
        first_line("valgrind", "--version"),
        first_line("rustc", "--version")
    );
    for (row, counts) in ROWS.iter().zip(counts) {
        for (engine, count) in Engine::ALL.into_iter().zip(counts) {
            let _ = writeln!(text, "{} {} {count:.1}", row.graph, engine.name());
        }
    }
    whole_file::write(Path::new(PATH), text.as_bytes(), Kind::Text)
        .expect("benches/recorded is writable");
}

/// Counts anew and compares; the lines that say what grew too much.
pub fn check() -> Vec<String> {
    let text = std::fs::read_to_string(PATH).unwrap_or_else(|error| panic!("{PATH}: {error}"));
    let mut wrong = Vec::new();
    for row in &ROWS {
        for engine in Engine::ALL {
            let start = format!("{} {} ", row.graph, engine.name());
            let recorded = text.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok());
            let Some(recorded): Option<f64> = recorded else {
                wrong.push(format!("{start}is not recorded: {RECORD}"));
                continue;
            };
            let Some(now) = instructions(engine, row) else {
                panic!("{start}was not counted: is valgrind there?");
            };
            println!("{:<12} {:<9} {now:>9.1}, recorded {recorded:>9.1}", row.graph, engine.name());
            if now > recorded * (1.0 + GROWTH) {
                wrong.push(format!(
                    "{}, {} engine: {now:.1} instructions per packet, and {recorded:.1} are \
                     recorded. If that is right, record it anew: {RECORD}",
                    row.graph,
                    engine.name()
                ));
            }
        }
    }
    wrong
}
