//! From a file name and `NAME=VALUE` to a checked Plan.

use super::backend::{Form, NoSockets, on_sockets};
use crate::program::{BAD_GRAPH, define, diagnostics};
use clap::ValueEnum;
use pkgraph_lang::{Catalogue, Program, ReadError, Source, compile_program, library_path};
use pkgraph_runtime::{Plan, say};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A graph and the values of its variables.
#[derive(clap::Args, Debug)]
pub struct GraphArgs {
    /// The graph, such as graphs/sfu_socket.click.
    pub file: PathBuf,
    /// Values of variables that the graph defines.
    #[arg(value_name = "NAME=VALUE", value_parser = define)]
    pub defines: Vec<(String, String)>,
}

/// What packets come from and go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// The elements that the graph names.
    #[default]
    AsWritten,
    /// UDP sockets in place of netmap ports, one call per packet.
    Socket,
    /// UDP sockets in place of netmap ports, several packets per call.
    SocketBatch,
    /// Packet sockets in place of netmap ports: the same frames, which the host
    /// gets, too.
    Packet,
}

impl Backend {
    /// What takes the place of netmap ports, if anything does.
    pub fn form(self) -> Option<Form> {
        match self {
            Backend::AsWritten => None,
            Backend::Socket => Some(Form::Socket),
            Backend::SocketBatch => Some(Form::SocketBatch),
            Backend::Packet => Some(Form::Packet),
        }
    }
}

/// Reads and checks a graph. What is wrong has been printed when it fails:
/// exit code 1 for a file that cannot be read, 2 for a graph with errors.
pub fn load(args: &GraphArgs, catalogue: &Catalogue) -> Result<Plan, ExitCode> {
    let program = read(&args.file).map_err(|message| {
        say!("{message}");
        ExitCode::FAILURE
    })?;
    compile_program(&program, &args.defines, catalogue).map_err(|errors| {
        diagnostics::print(&program.sources, &errors);
        ExitCode::from(BAD_GRAPH)
    })
}

/// As [`load`], over a backend.
pub fn load_over(
    backend: Backend,
    args: &GraphArgs,
    catalogue: &Catalogue,
) -> Result<Plan, ExitCode> {
    let Some(form) = backend.form() else { return load(args, catalogue) };
    let program = read(&args.file).map_err(|message| {
        say!("{message}");
        ExitCode::FAILURE
    })?;
    let source = over_sockets(&program, args, catalogue, form)?;
    let program = Program::read(&source, &mut library);
    compile_program(&program, &[], catalogue).map_err(|errors| {
        diagnostics::print(&program.sources, &errors);
        ExitCode::from(BAD_GRAPH)
    })
}

/// The graph on sockets. Why there is none has been printed.
pub fn over_sockets(
    program: &Program,
    args: &GraphArgs,
    catalogue: &Catalogue,
    form: Form,
) -> Result<Source, ExitCode> {
    let name = args.file.display().to_string();
    on_sockets(program, &args.defines, catalogue, &name, form).map_err(|why| {
        match why {
            NoSockets::Graph(errors) => diagnostics::print(&program.sources, &errors),
            NoSockets::Element(why) => say!("{name}: {why}"),
        }
        ExitCode::from(BAD_GRAPH)
    })
}

/// Reads a graph and the libraries that it requires. The error says why there
/// is no such graph.
pub fn read(path: &Path) -> Result<Program, String> {
    Ok(Program::read(&source(path)?, &mut library))
}

/// Reads a file.
pub fn source(path: &Path) -> Result<Source, String> {
    let name = path.display().to_string();
    Source::read(path, name.clone()).map_err(|error| match error {
        ReadError::Missing => {
            format!("{name}: no such file; the graphs that come with pkgraph are in graphs/")
        }
        error => error.about(&name),
    })
}

/// Reads a library, which is named from the folder of the file that requires
/// it.
pub fn library(from: &str, name: &str) -> Result<Source, String> {
    let path = library_path(from, name);
    let name = path.display().to_string();
    Source::read(&path, name.clone()).map_err(|error| match error {
        ReadError::Missing => format!("there is no file {name}"),
        error => error.about(&name),
    })
}
