//! The language: reading, checking and emitting chains of 10, 200 and 2,000
//! elements.

use criterion::{Criterion, Throughput};
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Program, Source, compile_program, emit};
use std::fmt::Write;

/// A graph of so many elements, each with a name.
fn chain(elements: usize) -> String {
    let mut text = "s :: InfiniteSource(LIMIT 5, STOP true);\nd :: Discard;\n".to_string();
    let mut path = "s".to_string();
    // Writing to a String does not fail.
    for n in 2..elements {
        let _ = writeln!(text, "c{n} :: Counter;");
        let _ = write!(path, "\n    -> c{n}");
    }
    text + &path + "\n    -> d;\n"
}

pub fn all(criterion: &mut Criterion) {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let mut group = criterion.benchmark_group("language");
    for elements in [10, 200, 2000] {
        group.throughput(Throughput::Elements(elements as u64));
        let source = Source { name: "chain.click".into(), text: chain(elements) };
        let read = || Program::read(&source, &mut |_, _| Err("there are no files".to_string()));
        let program = read();
        let compile = || compile_program(&program, &[], &catalogue).expect("a good graph");
        let plan = compile();
        group.bench_function(format!("parse/{elements}"), |b| b.iter(read));
        group.bench_function(format!("check and plan/{elements}"), |b| b.iter(compile));
        group.bench_function(format!("emit/{elements}"), |b| b.iter(|| emit(&plan, &catalogue)));
    }
    group.finish();
}
