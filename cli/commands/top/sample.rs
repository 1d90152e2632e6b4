//! What a switch says of itself at one moment.

use crate::compare::wiring;
use pkgraph_runtime::{BoxError, Cell};
use pkgraph_serve::Reading;
use pkgraph_serve::control::{Control, ControlError};
use std::time::Instant;

/// The tables of a switch, read at one moment.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When.
    pub at: Instant,
    /// The handler `clients`: a client in each row.
    clients: Reading,
    /// Names and values of the handler `counters`, in its order.
    pub counters: Vec<(String, u64)>,
    /// The handler `delay`.
    delay: Reading,
}

/// A row of the table of clients.
#[derive(Clone, Copy)]
pub struct ClientRow<'a> {
    table: &'a Reading,
    row: &'a [Cell],
}

impl ClientRow<'_> {
    /// What people read in `column`; empty when there is none.
    pub fn get(&self, column: &str) -> String {
        self.table.cell(self.row, column).map(Cell::to_string).unwrap_or_default()
    }

    /// The number of seconds in `column`.
    pub fn seconds(&self, column: &str) -> Option<f64> {
        self.table.cell(self.row, column)?.number().map(|number| number.as_f64())
    }

    /// The number in `column`, such as `in_packets`.
    pub fn count(&self, column: &str) -> u64 {
        self.table.count(self.row, column).unwrap_or(0)
    }
}

impl Sample {
    /// Reads the switch called `switch`.
    pub fn read(control: &mut Control, switch: &str) -> Result<Sample, ControlError> {
        let clients = control.reading(&format!("{switch}.clients"))?;
        let counters = control.reading(&format!("{switch}.counters"))?;
        let delay = control.reading(&format!("{switch}.delay"))?;
        let count = |row: &Vec<Cell>| {
            let name = counters.cell(row, "event")?.to_string();
            Some((name, counters.count(row, "events")?))
        };
        let counters = counters.value.rows().iter().filter_map(count).collect();
        Ok(Sample { at: Instant::now(), clients, counters, delay })
    }

    /// The clients, in the order of joining.
    pub fn clients(&self) -> impl ExactSizeIterator<Item = ClientRow<'_>> {
        self.clients.value.rows().iter().map(|row| ClientRow { table: &self.clients, row })
    }

    /// The client with this SSID.
    pub fn client(&self, ssid: &str) -> Option<ClientRow<'_>> {
        self.clients().find(|client| client.get("ssid") == ssid)
    }

    /// A counter by its name.
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, value)| *value)
    }

    /// A delay in microseconds by the name of its column, such as `p50`.
    pub fn delay(&self, column: &str) -> Option<f64> {
        let cell = self.delay.cell(self.delay.value.rows().first()?, column)?;
        cell.number().map(|number| number.as_f64())
    }
}

/// The name of the graph's switch. The error says what is wrong.
pub fn find_switch(control: &mut Control) -> Result<String, BoxError> {
    let elements = wiring::elements(&control.reading("list")?);
    wiring::switch_name(&elements).map(str::to_string).ok_or_else(|| {
        "the graph has no SsidReplicate; `pkgraph ctl` reads the handlers of any graph".into()
    })
}
