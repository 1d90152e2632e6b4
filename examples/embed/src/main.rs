//! A program with a packet graph and an element of its own in it.
//!
//! `cargo run -p embed -- IN=all.pcap OUT=some.pcap N=5`; `--help` says what
//! else it takes.

mod every_nth;
#[cfg(test)]
mod tests;

pkgraph::graph!("graphs/thin.click", every_nth::EveryNth);

fn main() -> std::process::ExitCode {
    Compiled::main()
}
