//! The switch on devices: netmap's rings over AF_XDP, and sockets in their mode
//! BATCH, against one socket call per packet, in the same process and in turn.
//!
//! `cargo bench --bench devices`, as root, makes two network namespaces that a
//! veth pair joins: the switch on CPU 0 in one, its clients on CPU 1 in the
//! other. veth is a simulated cable: on it, whoever sends runs the receiver's
//! network stack, unless the receiver has a thread of its own for that (NAPI).
//! Both are measured, and said. With `-- --record` the result goes to
//! `benches/recorded/devices.txt`.

mod bare;
mod clients;
mod machine;
#[path = "../../tests/namespaces/network.rs"]
#[allow(dead_code)]
mod network;
mod place;
mod rows;
mod sim;
mod switch;

use pkgraph::whole_file::{self, Kind};
use std::fmt::Write;
use std::path::Path;

/// The wire's payload that is measured, in octets, RTP header included.
const OCTETS: usize = 160;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // What the tests call it with, too.
    let wanted: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w));
    let mut text = format!("{}\n{}\n", machine::describe(), rows::HEAD);
    print!("{text}");
    for row in rows::ROWS {
        if is_wanted(row.name) {
            let line = row.line();
            println!("{line}");
            let _ = writeln!(text, "{line}");
        }
    }
    if arguments.iter().any(|argument| argument == "--record") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recorded/devices.txt");
        whole_file::write(Path::new(path), text.as_bytes(), Kind::Text)
            .expect("benches/recorded is writable");
    }
}
