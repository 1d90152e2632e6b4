//! The elements of the library, each in graphs of a few lines on the dynamic
//! engine, with a clock that moves by hand.

mod bench;
mod catalogue;
mod counters;
mod dumps;
mod example;
#[path = "../engines/generated.rs"]
mod generated;
mod headers;
mod network;
mod panics;
mod promises;
mod queues;
mod sources;
mod standard;

// A set takes its elements from the root of the crate.
use panics::{Panics, PanicsSource};
use promises::{
    Counter, EndlessExample, MissingFlush, NotInExample, UndeclaredFlush, UndeclaredRun,
    WrongDefault, WrongExample, WrongOutput,
};
