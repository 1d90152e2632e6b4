//! Graphs of the core on both engines, against the same loop written by hand.
//!
//! `cargo bench --bench engines` prints nanoseconds per packet, measured in
//! turn (hand, compiled, dynamic, hand, …) within one process, and, where
//! valgrind is installed, instructions per packet, which repeat exactly. With
//! `-- --record` it writes both to `benches/recorded/engines.txt`.

mod by_hand;
mod measure;

use measure::{Engine, GRAPHS};
use std::fmt::Write;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [engine, graph, packets] = &arguments[..]
        && let (Some(engine), Ok(packets)) = (Engine::named(engine), packets.parse())
    {
        // A child under callgrind: one graph, so many packets, nothing else.
        return measure::run(engine, graph, packets);
    }
    let mut text = format!("{}\n", measure::machine());
    let _ = writeln!(
        text,
        "{:<12} {:>28}   {:>28}",
        "", "ns per packet (median)", "instructions per packet"
    );
    let _ = writeln!(
        text,
        "{:<12} {:>8} {:>9} {:>9}   {:>8} {:>9} {:>9}",
        "graph", "hand", "compiled", "dynamic", "hand", "compiled", "dynamic"
    );
    for graph in GRAPHS {
        let times = measure::times(graph);
        let _ = write!(text, "{graph:<12}");
        for (time, width) in times.iter().zip([8, 9, 9]) {
            let _ = write!(text, " {time:>width$.2}");
        }
        let _ = write!(text, "  ");
        for (engine, width) in Engine::ALL.into_iter().zip([8, 9, 9]) {
            match measure::instructions(engine, graph) {
                Some(count) => _ = write!(text, " {count:>width$.1}"),
                None => _ = write!(text, " {:>width$}", "-"),
            }
        }
        text.push('\n');
    }
    print!("{text}");
    if arguments.iter().any(|argument| argument == "--record") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recorded/engines.txt");
        std::fs::create_dir_all(std::path::Path::new(path).parent().expect("it has one"))
            .and_then(|()| std::fs::write(path, text))
            .expect("benches/recorded is writable");
    }
}
