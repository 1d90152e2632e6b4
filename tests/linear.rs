//! Work grows with a graph and no faster. What is counted are allocations: they are
//! the same on every machine and under any load. There is one test, since all threads
//! of a program count together.

use pkgraph::Embedded;
use pkgraph::elements::{Builtin, ElementSet};
use pkgraph::lang::{Catalogue, Program, Source, flatten, fmt};
use pkgraph::runtime::{CountingAllocator, allocations};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// So many allocations does `work` make.
fn counted<T>(work: impl FnOnce() -> T) -> u64 {
    let before = allocations();
    let made = work();
    let after = allocations();
    drop(made);
    after.zip(before).map(|(after, before)| after - before).expect("allocations are counted")
}

/// The allocations of checking a graph and rendering its errors, of flattening it, and
/// of laying it out.
fn work(text: &str) -> [u64; 3] {
    let files: &[_] = vec![("g", &*text.to_string().leak())].leak();
    let elements: &[_] = vec![Builtin::CATALOGUE].leak();
    let graph = Embedded { files, defines: &[], sockets: None, topology: "", elements };
    let source = Source { name: "g".into(), text: text.into() };
    let program = Program::read(&source, &mut |_, _| Err("there are no files".into()));
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    [
        counted(|| graph.plan(&[]).map_err(|error| error.to_string())),
        counted(|| flatten(&program, &[], &catalogue)),
        counted(|| fmt(&source)),
    ]
}

#[test]
fn work_grows_with_the_graph_and_no_faster() {
    let each = |n: usize, piece: &dyn Fn(usize) -> String| (0..n).map(piece).collect::<String>();
    let cases: &[(&str, &dyn Fn(usize) -> String)] = &[
        ("a chain", &|n| format!("Idle {}-> Discard;", "-> Null ".repeat(n))),
        ("a chain of names", &|n| {
            let (names, chain) =
                (each(n, &|i| format!("c{i} :: Counter;\n")), each(n, &|i| format!("c{i} -> ")));
            format!("{names}Idle -> {chain}Discard;")
        }),
        ("arguments", &|n| "Idle -> Queue(10) -> Unqueue -> Discard;\n".repeat(n)),
        ("groups", &|n| "Idle -> ( -> Null -> ) -> Discard;\n".repeat(n)),
        ("compounds", &|n| {
            let uses = "Idle -> C(1) -> Discard;\n".repeat(n);
            format!("elementclass C {{ $x | -> Queue($x) -> Unqueue -> }}\n{uses}")
        }),
        ("names like those of elements without one", &|n| {
            let names = each(n, &|i| format!("Idle@{} :: Idle;\n", n + i + 1));
            format!("{names}{}", "Idle;\n".repeat(n))
        }),
        ("unknown classes", &|n| each(n, &|i| format!("Nope{i} -> Discard;\n"))),
        ("names that are not declared", &|n| each(n, &|i| format!("nope{i} -> Discard;\n"))),
        ("names that are declared later", &|n| {
            each(n, &|i| format!("Idle -> d{i}; d{i} :: Discard;\n"))
        }),
        ("names twice", &|n| "a :: Idle;\n".repeat(n)),
        ("wrong arguments", &|n| "Idle -> Queue(many) -> Unqueue -> Discard;\n".repeat(n)),
        ("wrong ports", &|n| "Idle -> Null [5] -> Discard;\n".repeat(n)),
        ("variables without a value", &|n| "Idle -> Queue($x) -> Unqueue -> Discard;\n".repeat(n)),
        ("elements that are alone", &|n| "Null;\n".repeat(n)),
        ("push to pull", &|n| "InfiniteSource -> Null -> Unqueue -> Discard;\n".repeat(n)),
        ("one output many times", &|n| {
            format!("s :: InfiniteSource;\n{}", "s -> Discard;\n".repeat(n))
        }),
        ("errors in a compound", &|n| {
            let uses = "Idle -> C -> Discard;\n".repeat(n);
            format!("elementclass C {{ -> Queue(many) -> Unqueue -> }}\n{uses}")
        }),
        ("syntax", &|n| "Idle -> -> ];\n".repeat(n)),
    ];
    for (what, text) in cases {
        let (small, large) = (work(&text(100)), work(&text(400)));
        for ((small, large), step) in small.iter().zip(large).zip(["check", "flatten", "fmt"]) {
            // Of four times as much; the square would be sixteen times.
            assert!(large <= 5 * small, "{what}, {step}: {small}, {large}");
        }
    }
    // What is made of an element: its node in the Plan, and what leads there.
    let elements = 1000;
    let [check, ..] = work(&cases[0].1(elements));
    assert!(check / elements as u64 <= 14, "{check}");
}
