//! `pkgraph completions`: scripts that complete the command line in a shell.

use crate::program;
use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};
use pkgraph_lang::Catalogue;
use std::path::Path;
use std::process::ExitCode;

/// Prints the completions for a shell.
#[derive(clap::Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the script for `command`, with the names of the elements.
pub fn main(args: &CompletionsArgs, command: Command, catalogue: &Catalogue) -> ExitCode {
    let names: Vec<&'static str> = catalogue.iter().map(|info| info.name).collect();
    // Only here: a name that is none is told apart in the words of the language.
    let mut command = command.mut_subcommand("elements", |elements| {
        let parser = PossibleValuesParser::new(names.clone());
        elements.mut_arg("names", |arg| arg.value_parser(parser))
    });
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called).file_name().and_then(|name| name.to_str());
    let called = called.unwrap_or("pkgraph").to_string();
    let mut script = Vec::new();
    generate(args.shell, &mut command, called.clone(), &mut script);
    // For fish clap_complete leaves the values of positional arguments out.
    if args.shell == Shell::Fish {
        let names = names.join(" ");
        let condition = "__fish_seen_subcommand_from elements";
        script.extend(format!("complete -c {called} -n {condition:?} -f -a {names:?}\n").bytes());
    }
    program::print(&String::from_utf8_lossy(&script))
}
