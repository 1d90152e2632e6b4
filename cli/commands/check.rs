//! `pkgraph check`: whether graphs are well-formed.

use super::graph::Backend;
use super::set::Set;
use super::{engine, json};
use crate::program::{self, BAD_GRAPH, diagnostics, files};
use pkgraph_lang::{Program, compile_program};
use pkgraph_runtime::{output, say};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks graphs without running them.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// The graphs, and values of variables that they define.
    #[arg(required = true, value_name = "FILE|NAME=VALUE")]
    arguments: Vec<String>,
    /// What packets come from and go to: sockets in place of netmap ports.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
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
        say!("which graph? `pkgraph check FILE`");
        return ExitCode::from(BAD_GRAPH);
    }
    let mut worst = 0;
    for file in files {
        let (text, code) = check(Path::new(file), &defines, args, set);
        if let Err(error) = output::print_all(&text) {
            say!("{error}");
            return ExitCode::FAILURE;
        }
        worst = worst.max(code);
    }
    ExitCode::from(worst)
}

/// A file whose name has an equals sign is one all the same.
fn is_define(argument: &str) -> bool {
    argument.contains('=') && !PathBuf::from(argument).exists()
}

/// What standard output is told of a file, and its exit code.
fn check(path: &Path, defines: &[(String, String)], args: &CheckArgs, set: &Set) -> (String, u8) {
    let mut text = String::new();
    let program = match files::read(path) {
        Ok(program) => Program { sockets: args.backend.sockets(), ..program },
        Err(message) => {
            match args.json {
                true => text = format!("{}\n", json::unreadable(path, &message)),
                false => say!("{message}"),
            }
            return (text, 1);
        }
    };
    match compile_program(&program, defines, &set.catalogue) {
        Ok(plan) => {
            if !args.json {
                text = format!("{}: {} elements, no errors\n", path.display(), plan.nodes.len());
                if args.engine {
                    text = format!("{text}{}\n", engine::at_hand(&plan, set));
                }
            }
            (text, 0)
        }
        Err(errors) => {
            match args.json {
                true => {
                    let line = |error| json::error(&program.sources, path, error);
                    text = errors.iter().map(|error| format!("{}\n", line(error))).collect();
                }
                false => diagnostics::print(&program.sources, &errors),
            }
            (text, BAD_GRAPH)
        }
    }
}
