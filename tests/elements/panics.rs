//! A panic in an element: the engine names the element, wherever it happens.

use pkgraph::elements::{Declare, Dynamic, Element, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile};
use pkgraph::runtime::{Context, Edges, Engine, EngineOptions, Packet, Panicked, Plan, Progress};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Panics where it is told to.
#[derive(Declare)]
#[element(
    subject = "own",
    ports = "1/1",
    processing = "a/a",
    flush,
    example = "InfiniteSource(LIMIT 1, STOP true) -> Panics -> Discard",
    read_handler(value = Panics::value, "Panics.")
)]
pub struct Panics {
    /// Where.
    #[arg(keyword, default = "nowhere")]
    at: String,
}

impl Panics {
    fn here(&self, place: &str) {
        assert_ne!(self.at, place, "it was told to");
    }

    fn value(&self) -> u64 {
        self.here("handler");
        0
    }
}

impl Element for Panics {
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.here("packet");
        Some(packet)
    }

    fn flush<E: Edges>(&mut self, _: &mut E) {
        self.here("flush");
    }
}

/// Panics as soon as it runs.
#[derive(Declare)]
#[element(
    subject = "own",
    ports = "0/1",
    processing = "/h",
    task,
    example = "PanicsSource -> Discard"
)]
pub struct PanicsSource {}

impl Element for PanicsSource {
    fn run<E: Edges>(&mut self, _: &mut E) -> Progress {
        panic!("it was told to");
    }
}

pkgraph::element_set! { pub enum Own { Panics, PanicsSource } }

fn plan(text: &str) -> Plan {
    let source = Source { name: "panics.click".into(), text: text.into() };
    compile(&source, &[], &Catalogue::new(Own::CATALOGUE))
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// How a run of `text` ends by a panic.
fn panicked(text: &str) -> (Option<String>, String) {
    let plan = Arc::new(plan(text));
    let (stopped, end) = channel();
    let options = EngineOptions { buffers: 64, ..EngineOptions::default() };
    let start = |plan: &Plan, context: &mut Context| Dynamic::<Own>::start(plan, context);
    let engine =
        Engine::start(plan.clone(), options, start, |_| Ok(()), move || _ = stopped.send(()));
    let (engine, ()) = engine.unwrap();
    if text.contains("handler") {
        let node = plan.nodes.iter().position(|node| node.class == "Panics").unwrap();
        engine.handle().read(node, "value").unwrap_err();
    }
    end.recv_timeout(Duration::from_secs(20)).expect("the panic ends the run");
    let Panicked { node, message } = engine.finish().unwrap_err();
    (node.map(|node| plan.nodes[node].name.clone()), message)
}

#[test]
fn it_is_named_on_the_dynamic_engine() {
    let source = "InfiniteSource(LIMIT 3) -> Null -> Counter -> ";
    for (source, rest) in [
        (source, "p :: Panics(AT packet) -> Counter -> Discard"),
        (source, "p :: Panics(AT flush) -> Counter -> Discard"),
        (source, "p :: Panics(AT handler) -> Counter -> Discard"),
        (source, "Queue -> p :: Panics(AT packet) -> Discard"),
        ("", "p :: PanicsSource -> Counter -> Discard"),
    ] {
        let text = format!("{source}{rest};");
        let (name, message) = panicked(&text);
        assert_eq!(name.as_deref(), Some("p"), "{text} {message}");
        assert!(message.contains("it was told to"), "{text} {message}");
    }
}
