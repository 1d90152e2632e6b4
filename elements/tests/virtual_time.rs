//! The dynamic engine by itself, in virtual time: a thread, a context and a loop, which
//! need no operating system.

use pkgraph_elements::runtime::{Clock, Context, Graph, Plan, Region, Runner};
use pkgraph_elements::{Builtin, Dynamic, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};

fn plan(text: &str) -> Plan {
    let source = Source { name: "test.click".into(), text: text.into() };
    compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE)).unwrap()
}

/// What a handler reads as when a year has passed.
fn year(text: &str, node: &str, handler: &str) -> String {
    let plan = plan(text);
    let mut context = Context::new(Clock::virtual_time(), Region::new(64, 2048));
    context.set_end(365 * 24 * 3600 * 1_000_000_000);
    let mut runner = Runner::start(&plan, &mut context, Dynamic::<Builtin>::start).unwrap();
    runner.run(|_| true).unwrap();
    assert_eq!(context.clock().now(), context.end());
    runner.graph().read(plan.find(node).unwrap(), handler).unwrap().to_string()
}

#[test]
fn a_year_passes_at_once() {
    let text = "TimedSource(1h) -> Delay(90s) -> Queue -> DelayUnqueue(200s) -> c :: Counter
        -> l :: Loss(0.5) -> d :: Counter -> Discard";
    // The last one is still on its way.
    assert_eq!(year(text, "c", "count"), "8759");
    let passed = year(text, "d", "count");
    assert_eq!(passed, year(text, "d", "count"));
    assert!((4_000..4_700).contains(&passed.parse::<u32>().unwrap()), "{passed}");
}

#[test]
fn the_switch_starts_without_a_host_to_ask() {
    let text = "s :: SsidReplicate; s -> Discard;
        Idle -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 5004) -> [media] s;
        Idle -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 5005) -> [control] s";
    assert_eq!(year(text, "s", "clients"), year(text, "s", "clients"));
}
