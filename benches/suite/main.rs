//! The benches that criterion keeps: every element from its example, the rows of
//! the engines, the language, and the switch.
//!
//! `cargo bench --bench suite` runs them all, `cargo bench --bench suite -- Counter`
//! those with that word. The comparison with Click and FastClick, run in turns, is
//! the bench `engines`.

// A chain of a thousand elements is a type as deep.
#![recursion_limit = "8192"]

mod elements;
mod language;
mod rows;
mod switch;

use criterion::{Criterion, criterion_group};

criterion_group!(suite, elements::all, rows::all, language::all, switch::all);

/// Octets of the stack: a chain of a thousand elements is started in nested calls.
const STACK: usize = 256 << 20;

fn main() {
    let all = || {
        suite();
        Criterion::default().configure_from_args().final_summary();
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(all).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
