//! Prepares the command line; see `cli/build.rs`. What compiled graphs link
//! needs no preparation.

#[cfg(feature = "cli")]
#[path = "cli/build.rs"]
mod command_line;

fn main() {
    #[cfg(feature = "cli")]
    command_line::main();
}
