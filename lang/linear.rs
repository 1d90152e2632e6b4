//! Tests that nothing takes time that grows faster than the text.

use crate::testing::catalogue;
use crate::{Program, Source, compile_program, flatten, fmt};
use pkgraph_runtime::CpuTime;
use std::time::Duration;

/// All that the commands do with each of some texts, in CPU time of this thread, so
/// that other load does not count.
fn time(texts: &[String]) -> Duration {
    let catalogue = catalogue();
    let start = CpuTime::of_this_thread();
    for text in texts {
        let source = Source { name: "g".into(), text: text.clone() };
        let program = Program::read(&source, &mut |_, _| Err("no files".into()));
        match compile_program(&program, &[], &catalogue) {
            Ok(_) => {}
            Err(errors) => {
                for span in errors.iter().filter_map(|error| error.span) {
                    let _ = (program.sources.location(span.start), program.sources.lines(span));
                }
            }
        }
        let _ = flatten(&program, &[], &catalogue);
        let _ = fmt(&source);
    }
    let used = CpuTime::of_this_thread().since(start);
    used.user + used.kernel
}

/// One text must not take twice as long as four of a quarter, where the square would
/// take four times as long. The clock of a thread may tick in 4 ms, and a slip of it is
/// tried again.
fn assert_linear(what: &str, text: impl Fn(usize) -> String) {
    let (small, large) = (vec![text(400); 4], [text(1600)]);
    let mut tried = Vec::new();
    for _ in 0..5 {
        let (a, b) = (time(&small).max(Duration::from_millis(6)), time(&large));
        if b < a * 2 {
            return;
        }
        tried.push((a, b));
    }
    panic!("{what}: {tried:?}");
}

/// `text` for each number below `n`.
fn each(n: usize, text: impl Fn(usize) -> String) -> String {
    (0..n).map(text).collect()
}

#[test]
fn long_graphs() {
    assert_linear("a chain on one line", |n| {
        format!("Source -> {}Discard", "Counter -> ".repeat(n))
    });
    assert_linear("declarations", |n| each(n, |i| format!("c{i} :: Any;\n")));
    assert_linear("a class with many patterns", |n| {
        let patterns = each(n, |i| format!("{i}/0806, "));
        format!("Source -> m :: Match({patterns}-); m[0-{n}] => d :: MeshOne")
    });
    assert_linear("a list that grows", |n| {
        format!("a, b :: Any; a[0,], b => {}a", each(n, |i| format!("a[{i}], ")))
    });
    assert_linear("many ports", |n| format!("a, b :: Any; a[0-{n}] => b[0-{n}]"));
    assert_linear("definitions of one class", |n| {
        format!("{}a :: A", "elementclass A { input -> output || ... }".repeat(n))
    });
    assert_linear("ports with names", |n| {
        let inside = each(n, |i| format!("input[p{i}] -> [{i}]a; "));
        let outside = each(n, |i| format!("b[{i}] -> [p{i}]c; "));
        format!("elementclass C {{ a :: Any; {inside} }} b :: Any; c :: C; {outside}")
    });
    assert_linear("parameters", |n| {
        let (names, values) =
            (each(n, |i| format!(", K{i} $k{i}")), each(n, |i| format!(", K{i} 1")));
        format!("elementclass C {{ $a{names} | Source -> Discard }} C(1{values})")
    });
    assert_linear("variables", |n| {
        let uses = each(n, |i| format!("Many($v{i});"));
        format!("define({}$x 1) {uses}", each(n, |i| format!("$v{i} {i}, ")))
    });
    assert_linear("comments", |n| format!("a :: Any; {}", "/*c*/\n".repeat(n)));
}

#[test]
fn many_errors() {
    assert_linear("unknown classes", |n| each(n, |i| format!("x{i} :: Unknown{i}; ")));
    assert_linear("one unknown class", |n| format!("{}a", "Unknown -> ".repeat(n)));
    assert_linear("known and unknown classes", |n| {
        each(n, |i| format!("elementclass C{i} Any; x{i} :: D{i};"))
    });
    assert_linear("names that are not declared", |n| each(n, |i| format!("some{i} -> other{i};")));
    assert_linear("undefined variables", |n| {
        format!(
            "define({}$x 1) {}",
            each(n, |i| format!("$v{i} {i}, ")),
            each(n, |i| format!("Many($w{i});"))
        )
    });
    assert_linear("braces of variables that are open", |n| format!("Many({})", "${".repeat(n)));
    assert_linear("braces that close late", |n| format!("Many({} }})", "${a ".repeat(n)));
    assert_linear("brackets that close late", |n| format!("Many({} ] }})", "${a[ ".repeat(n)));
    assert_linear("arguments", |n| format!("Config({}x)", "bad, ".repeat(n)));
    assert_linear("names twice", |n| format!("a :: Any; {}", "a :: Any; ".repeat(n)));
    assert_linear("wrong ports", |n| {
        let ports = each(n, |i| format!("input[{i}] -> [{i}]a; "));
        let wrong = each(n, |i| format!("Any -> [x{i}]c;"));
        format!("elementclass C {{ a :: Any; {ports} }} c :: C; {wrong}")
    });
    assert_linear("conflicts", |n| "Source -> Counter -> Puller;".repeat(n));
    assert_linear("conflicts far from their causes", |n| {
        let (a, b) = ("Counter -> ".repeat(n), " -> Counter".repeat(n));
        let joins = each(n, |i| format!("x[{i}] -> Counter -> [{i}]y;"));
        format!("x, y :: Any; Source -> {a} x; y {b} -> Puller; {joins}")
    });
    assert_linear("a long word", |n| format!("x :: {}", "word".repeat(n)));
}

#[test]
fn circles() {
    assert_linear("circles of pushes", |n| {
        each(n, |i| format!("a{i} :: Counter -> b{i} :: Counter -> a{i};"))
    });
    assert_linear("circles that a pull closes", |n| {
        each(n, |i| {
            format!(
                "Source -> Queue -> w{i} :: PullTee -> [1] x{i} :: Gate -> Discard; w{i}[1] -> x{i};"
            )
        })
    });
    assert_linear("a circle of pulls", |n| {
        format!("a :: PullNull -> {}a", "PullNull -> ".repeat(n))
    });
}

#[test]
fn what_grows_without_bounds_is_refused() {
    for (text, what) in [
        // Each Tee reaches all sinks behind it.
        (
            format!(
                "Source -> t0 :: Tee; {}t2100 -> Sink;",
                each(2100, |i| format!("t{i} -> Sink; t{i}[1] -> t{} :: Tee;", i + 1))
            ),
            "the graph grows past 2097152 ways to sinks",
        ),
        (
            "Source -> t :: Tee [65535] -> Discard; ".replace(" t ::", "").repeat(20),
            "the graph grows past 1048576 ports",
        ),
        (
            format!("a, b :: Any; {}", "a[0-65535] => b[0-65535]; ".repeat(20)),
            "the graph grows past 1048576 connections",
        ),
        (
            format!(
                "elementclass C {{ a :: Any; input[0-65535] => a[0-65535] }} {}",
                "C;".repeat(20)
            ),
            "the graph grows past 1048576 connections",
        ),
    ] {
        let errors = crate::testing::errors(&text);
        assert!(
            errors.iter().any(|error| error == what),
            "{what}: {:?}",
            &errors[..errors.len().min(3)]
        );
    }
}
