//! Handlers as Prometheus metrics, over HTTP.
//!
//! Every handler that reads as a number and is no setting is a sample of
//! `pkgraph_handler`. An element may say more with a read handler called
//! `metrics`: lines of `NAME LABEL=VALUE … NUMBER`, each a sample of
//! `pkgraph_NAME`, with the element's name as a further label.

use crate::Server;
use crate::http::{self, Page};
use crate::place::{Listener, Place};
use pkgraph_runtime::EngineHandle;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

/// Serves `GET /metrics` at `address` (HOST:PORT). The error is a sentence for
/// the user.
pub fn serve(address: &str, engine: EngineHandle) -> Result<Server, String> {
    let refused = |error: io::Error| format!("cannot serve metrics at {address}: {error}");
    let listener = Listener::bind(&Place::Tcp(address.into())).map_err(refused)?;
    if listener.is_exposed() {
        eprintln!(
            "warning: every host that can reach {address} can read the metrics of this graph, since \
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

/// Labels and value of a sample.
type Sample = (Vec<(String, String)>, f64);

/// All samples of one metric. What a handler's number counts is not declared,
/// so the type is unknown.
struct Family(Vec<Sample>);

impl EncodeMetric for Family {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (labels, value) in &self.0 {
            encoder.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Unknown
    }
}

impl Collector for Handlers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut numbers = Family(Vec::new());
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        for (id, node) in self.0.plan().nodes.iter().enumerate() {
            let label = |name: &str, value: &str| (name.to_string(), value.to_string());
            for handler in node.handlers.iter().filter(|handler| handler.read && !handler.write) {
                let Ok(text) = self.0.read(id, &handler.name) else { continue };
                if handler.name == "metrics" {
                    for (name, (mut labels, value)) in text.lines().filter_map(sample) {
                        labels.insert(0, label("element", &node.name));
                        let family = families.entry(name).or_insert(Family(Vec::new()));
                        family.0.push((labels, value));
                    }
                } else if let Ok(value) = text.trim().parse() {
                    let labels = vec![
                        label("element", &node.name),
                        label("class", &node.class),
                        label("handler", &handler.name),
                    ];
                    numbers.0.push((labels, value));
                }
            }
        }
        let kind = MetricType::Unknown;
        let help = "Handlers that read as numbers";
        numbers.encode(encoder.encode_descriptor("pkgraph_handler", help, None, kind)?)?;
        for (name, family) in families {
            let (name, help) = (format!("pkgraph_{name}"), "Of an element's handler metrics");
            family.encode(encoder.encode_descriptor(&name, help, None, kind)?)?;
        }
        Ok(())
    }
}

/// Name, labels and value of a line of the handler `metrics`.
fn sample(line: &str) -> Option<(String, Sample)> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_string();
    let value = words.next_back()?.parse().ok()?;
    let label = |word: &str| word.split_once('=').map(|(n, v)| (n.to_string(), v.to_string()));
    let labels = words.map(label).collect::<Option<_>>()?;
    Some((name, (labels, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_handler_metrics() {
        let labels = vec![("ssid".to_string(), "0x10".to_string()), ("type".into(), "ASQ".into())];
        assert_eq!(
            sample("packets_in ssid=0x10 type=ASQ 7"),
            Some(("packets_in".into(), (labels, 7.0)))
        );
        assert_eq!(sample("joined 3"), Some(("joined".into(), (vec![], 3.0))));
        for bad in ["", "joined", "joined x", "joined x 3"] {
            assert_eq!(sample(bad), None, "{bad}");
        }
    }
}
