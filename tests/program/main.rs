//! The program as its users run it: arguments, exit codes, signals, and the
//! switch with a peer that knows nothing but docs/wire.md.

mod attack;
mod backend;
mod bad_input;
mod cached;
mod clients;
mod compare;
mod control;
mod drivers;
mod elements;
mod embed;
mod emitted;
mod engines;
mod latency;
mod log;
mod own;
mod process;
mod session;
mod simtime;
mod switch;
mod toolchain;
mod unwritable;
mod whole_files;
