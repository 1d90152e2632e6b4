//! The same graphs on Click and FastClick, whose programs `PKGRAPH_CLICK` and
//! `PKGRAPH_FASTCLICK` name.

use crate::measure::Row;
use std::ffi::OsString;
use std::process::Command;
use std::time::Instant;

/// One of the two programs.
pub struct Click {
    pub name: &'static str,
    program: OsString,
}

impl Click {
    /// Those that are named.
    pub fn all() -> Vec<Click> {
        [("FastClick", "PKGRAPH_FASTCLICK"), ("Click", "PKGRAPH_CLICK")]
            .into_iter()
            .filter_map(|(name, variable)| {
                let program = std::env::var_os(variable)?;
                Some(Click { name, program })
            })
            .collect()
    }

    /// What the program says of itself.
    pub fn version(&self) -> String {
        let output = self.command("Idle -> Discard;").args(["-q", "-h", "version"]).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        format!("{} {}", self.name, String::from_utf8_lossy(&output.stdout).trim())
    }

    /// Seconds that the program takes for so many packets.
    pub fn time(&self, row: &Row, packets: u64) -> f64 {
        let mut command = self.command(&text(&row.text(), packets));
        let start = Instant::now();
        let status = command.status();
        let took = start.elapsed().as_secs_f64();
        assert!(status.is_ok_and(|s| s.success()), "{} on {}", self.name, row.graph);
        took
    }

    fn command(&self, graph: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-e", graph]);
        command
    }
}

/// The graph as both programs read it, ended after so many packets. Their
/// source copies a packet that it has made once, so there is no FILL.
fn text(graph: &str, packets: u64) -> String {
    graph
        .replace("FILL false, ", "")
        .replace("TIMESTAMP false", &format!("TIMESTAMP false, LIMIT {packets}, STOP true"))
}
