//! Handlers as Prometheus metrics, over HTTP (OpenMetrics 1.0).
//!
//! Every handler that is a number and no setting is a metric, `pkgraph_` with the
//! handler's name and its unit, a counter if it only grows and otherwise a gauge.
//! Of a table that is declared for metrics each column of numbers is one, named
//! by the column, with the texts of its row as labels. Each sample also has the
//! labels `element` and `class`.

use crate::http::{self, Page};
use crate::place::{Listener, Place};
use crate::{ServeError, Server};
use pkgraph_runtime::{Cell, Column, EngineHandle, Handler, Kind, NodeId, Quantity};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::fmt;

/// Serves `GET /metrics` at `address` (HOST:PORT).
pub fn serve(address: &str, engine: EngineHandle) -> Result<Server, ServeError> {
    let refused = |error| ServeError::Metrics { address: address.into(), error };
    let listener = Listener::bind(&Place::Tcp(address.into())).map_err(refused)?;
    if listener.is_exposed() {
        tracing::warn!(
            %address,
            "every host that can reach {address} can read the metrics of this graph, since \
             there is no password; 127.0.0.1:PORT is for this host only"
        );
    }
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Handlers(engine)));
    let page = move |path: &str| match path {
        "/metrics" | "/" => metrics(&registry),
        _ => Page::line("404 Not Found", "see /metrics"),
    };
    let server = Server::start(listener, "metrics", move |client| {
        // Whoever asked may have gone.
        let _ = http::serve(client, &page);
    });
    server.map_err(refused)
}

fn metrics(registry: &Registry) -> Page {
    let mut body = String::new();
    match text::encode(&mut body, registry) {
        Ok(()) => Page { status: "200 OK", kind: OPEN_METRICS, body },
        Err(_) => Page::line("500 Internal Server Error", "the metrics cannot be written as text"),
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reads the handlers when it is asked for metrics.
struct Handlers(EngineHandle);

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handlers")
    }
}

/// A metric of OpenMetrics: what is declared about it, and its samples.
struct Family {
    help: String,
    quantity: Quantity,
    samples: Vec<Sample>,
}

/// Labels and value of a sample.
type Sample = (Vec<(String, String)>, f64);

impl Family {
    fn kind(&self) -> MetricType {
        if self.quantity.grows { MetricType::Counter } else { MetricType::Gauge }
    }
}

impl EncodeMetric for Family {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (labels, value) in &self.samples {
            let mut sample = encoder.encode_family(labels)?;
            match self.quantity.grows {
                true => sample.encode_counter::<[(String, String); 0], f64, f64>(value, None)?,
                false => sample.encode_gauge(value)?,
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        self.kind()
    }
}

/// The families by name. What reads as two things by one name is two metrics
/// only if the units differ, since a unit is part of the name.
#[derive(Default)]
struct Families(BTreeMap<(String, Quantity), Family>);

impl Families {
    fn add(&mut self, name: &str, quantity: &Quantity, help: impl Fn() -> String, sample: Sample) {
        // The encoder writes the unit behind the name, which may end with it or
        // be nothing else.
        let stem = name.strip_suffix(&*quantity.unit).unwrap_or(name).trim_end_matches('_');
        let (stem, quantity) = match stem.is_empty() {
            true => (name, Quantity::new("", quantity.grows)),
            false => (stem, quantity.clone()),
        };
        let family = self.0.entry((stem.to_string(), quantity.clone()));
        let new = || Family { help: help(), quantity, samples: Vec::new() };
        family.or_insert_with(new).samples.push(sample);
    }
}

impl Collector for Handlers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families::default();
        let nodes = &self.0.plan().nodes;
        // What can be written too is a setting.
        let wanted = |handler: &&Handler| {
            let is_metric = match handler.kind {
                Kind::Number => true,
                Kind::Table(_) => handler.purpose.metrics,
                _ => false,
            };
            handler.read && !handler.write && is_metric
        };
        let of_node = |node: NodeId| nodes[node].handlers.iter().filter(wanted);
        let all =
            (0..nodes.len()).flat_map(|id| of_node(id).map(move |one| (id, one.name.to_string())));
        // All of one moment.
        let mut values = self.0.read_all(all.collect()).into_iter();
        for (id, node) in nodes.iter().enumerate() {
            let of_element = || vec![label("element", &node.name), label("class", &node.class)];
            for handler in of_node(id) {
                let name = &handler.name;
                let Some(Ok(value)) = values.next() else { continue };
                match &handler.kind {
                    Kind::Number => {
                        let Some(number) = value.number() else { continue };
                        let sample = (of_element(), number.as_f64());
                        let help = || format!("Handler {name} of elements");
                        families.add(name, &handler.quantity, help, sample);
                    }
                    Kind::Table(columns) => {
                        for row in value.rows() {
                            add_row(&mut families, columns, row, name, &of_element);
                        }
                    }
                    _ => {}
                }
            }
        }
        for ((name, _), family) in &families.0 {
            let name = format!("pkgraph_{name}");
            let unit = Some(family.quantity.unit.to_string()).filter(|unit| !unit.is_empty());
            let unit = unit.map(Unit::Other);
            let kind = family.kind();
            family.encode(encoder.encode_descriptor(
                &name,
                &family.help,
                unit.as_ref(),
                kind,
            )?)?;
        }
        Ok(())
    }
}

/// The samples of a row: one for each number, with the texts as labels.
fn add_row(
    families: &mut Families,
    columns: &[Column],
    row: &[Cell],
    handler: &str,
    of_element: &dyn Fn() -> Vec<(String, String)>,
) {
    let cells = || columns.iter().zip(row);
    let texts = cells().filter(|(column, _)| column.quantity.is_none());
    let labels: Vec<_> =
        texts.map(|(column, cell)| label(&column.name, &cell.to_string())).collect();
    for (column, cell) in cells() {
        let (Some(quantity), Cell::Number(number)) = (&column.quantity, cell) else { continue };
        let sample = ([of_element(), labels.clone()].concat(), number.as_f64());
        let help = || format!("Column {} of the handler {handler} of elements", column.name);
        families.add(&column.name, quantity, help, sample);
    }
}

fn label(name: &str, value: &str) -> (String, String) {
    (name.to_string(), value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_said_once() {
        let mut families = Families::default();
        let mut add = |name, unit, grows| {
            families.add(name, &Quantity::new(unit, grows), String::new, (vec![], 1.0));
        };
        add("count", "packets", true);
        add("in_packets", "packets", true);
        add("calls", "calls", true);
        add("capacity", "", false);
        let names = families.0.keys().map(|(name, quantity)| (&**name, &*quantity.unit));
        let expected = [("calls", ""), ("capacity", ""), ("count", "packets"), ("in", "packets")];
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }
}
