//! `pkgraph check`: whether graphs are well-formed.

use super::graph;
use super::set::Set;
use super::{engine, json};
use crate::program::{self, BAD_GRAPH, diagnostics};
use pkgraph_lang::compile_program;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks graphs without running them.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// The graphs, and values of variables that they define.
    #[arg(required = true, value_name = "FILE|NAME=VALUE")]
    arguments: Vec<String>,
    /// Says which engine there is for it now; compiles nothing.
    #[arg(long)]
    engine: bool,
    /// Prints errors on standard output, each as one line of JSON.
    #[arg(long)]
    json: bool,
}

pub fn main(args: &CheckArgs, set: &Set) -> ExitCode {
    let (defines, files): (Vec<&String>, Vec<&String>) =
        args.arguments.iter().partition(|argument| is_define(argument));
    let defines: Vec<(String, String)> =
        defines.into_iter().filter_map(|text| program::define(text).ok()).collect();
    if files.is_empty() {
        eprintln!("which graph? `pkgraph check FILE`");
        return ExitCode::from(BAD_GRAPH);
    }
    let worst = files.iter().map(|file| check(Path::new(file), &defines, args, set)).max();
    ExitCode::from(worst.unwrap_or(0))
}

/// A file whose name has an equals sign is one all the same.
fn is_define(argument: &str) -> bool {
    argument.contains('=') && !PathBuf::from(argument).exists()
}

fn check(path: &Path, defines: &[(String, String)], args: &CheckArgs, set: &Set) -> u8 {
    let program = match graph::read(path) {
        Ok(program) => program,
        Err(message) => {
            match args.json {
                true => println!("{}", json::unreadable(path, &message)),
                false => eprintln!("{message}"),
            }
            return 1;
        }
    };
    match compile_program(&program, defines, &set.catalogue) {
        Ok(plan) => {
            if !args.json {
                println!("{}: {} elements, no errors", path.display(), plan.nodes.len());
                if args.engine {
                    println!("{}", engine::at_hand(&plan, set));
                }
            }
            0
        }
        Err(errors) => {
            match args.json {
                true => {
                    let line = |error| json::error(&program.sources, path, error);
                    let lines = errors.iter().map(|error| format!("{}\n", line(error)));
                    // A reader that has seen enough is no failure.
                    let _ = stdout().write_all(lines.collect::<String>().as_bytes());
                }
                false => diagnostics::print(&program.sources, &errors),
            }
            BAD_GRAPH
        }
    }
}
