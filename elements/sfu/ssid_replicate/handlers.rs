//! The handlers of `SsidReplicate`.

use super::super::declaration::ssid_of;
use super::super::delay::{Summary, Values};
use super::super::table::{Clients, Counters, PerStream, StaticClient};
use super::SsidReplicate;
use pkgraph::runtime::FromArg;

impl SsidReplicate {
    pub(super) fn clients(&self) -> Clients {
        self.table.clients(self.clock.now())
    }

    pub(super) fn client_count(&self) -> usize {
        self.table.client_count()
    }

    pub(super) fn counters(&self) -> Counters {
        self.table.counters.clone()
    }

    pub(super) fn metrics(&self) -> PerStream {
        self.table.metrics()
    }

    pub(super) fn delay(&self) -> Summary {
        self.delay.summary()
    }

    pub(super) fn delay_values(&self) -> Values {
        self.delay.values()
    }

    pub(super) fn kick_values(&self) -> Values {
        self.delay.values_with_kick(&self.clock)
    }

    pub(super) fn ticks(&self) -> f64 {
        self.delay.ticks_per_microsecond()
    }

    pub(super) fn is_measuring(&self) -> bool {
        self.clock.stopwatch().is_on()
    }

    pub(super) fn set_measure(&mut self, value: &str) -> Result<(), String> {
        self.clock.measure(bool::from_arg(value.trim())?);
        self.delay.reset(&self.clock);
        Ok(())
    }

    pub(super) fn add_client(&mut self, value: &str) -> Result<(), String> {
        let client = StaticClient::from_arg(value)?;
        self.table.add_static(&client, self.clock.now()).map_err(|why| why.to_string())
    }

    pub(super) fn remove_client(&mut self, value: &str) -> Result<(), String> {
        let ssid = ssid_of(value)?;
        self.table.remove_static(ssid, self.clock.now()).map_err(|why| why.to_string())
    }

    pub(super) fn kick(&mut self, value: &str) -> Result<(), String> {
        let ssid = ssid_of(value)?;
        self.table.kick(ssid, self.clock.now()).map_err(|why| why.to_string())
    }
}
