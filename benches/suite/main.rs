//! The benches that criterion keeps: every element from its example, the rows of
//! the engines, the language, and the switch.
//!
//! `cargo bench --bench suite` runs them all, `cargo bench --bench suite -- Counter`
//! those with that word. The comparison with Click and FastClick, run in turns, is
//! the bench `engines`.

mod elements;
mod language;
mod rows;
mod switch;

use criterion::{criterion_group, criterion_main};

criterion_group!(suite, elements::all, rows::all, language::all, switch::all);
criterion_main!(suite);
