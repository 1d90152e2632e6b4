//! From a file name and `NAME=VALUE` to a checked Plan.

use crate::program::{BAD_GRAPH, define, diagnostics, files};
use clap::ValueEnum;
use pkgraph_lang::{Catalogue, Program, compile_program};
use pkgraph_runtime::{Plan, Sockets, say};
use std::path::PathBuf;
use std::process::ExitCode;

/// A graph and the values of its variables.
#[derive(clap::Args, Debug)]
pub struct GraphArgs {
    /// The graph, such as graphs/sfu_socket.click.
    pub file: PathBuf,
    /// Values of variables that the graph defines.
    #[arg(value_name = "NAME=VALUE", value_parser = define)]
    pub defines: Vec<(String, String)>,
    /// What packets come from and go to: sockets in place of netmap ports.
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
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
    pub fn sockets(self) -> Option<Sockets> {
        match self {
            Backend::AsWritten => None,
            Backend::Socket => Some(Sockets::Udp),
            Backend::SocketBatch => Some(Sockets::UdpBatch),
            Backend::Packet => Some(Sockets::Packet),
        }
    }
}

/// Reads a graph and checks it. What is wrong has been printed when it fails: exit
/// code 1 for a file that cannot be read, 2 for a graph with errors.
pub fn load(args: &GraphArgs, catalogue: &Catalogue) -> Result<Plan, ExitCode> {
    compile(&program(args)?, args, catalogue)
}

/// Checks a graph that was read. What is wrong has been printed when it fails.
pub fn compile(
    program: &Program,
    args: &GraphArgs,
    catalogue: &Catalogue,
) -> Result<Plan, ExitCode> {
    compile_program(program, &args.defines, catalogue).map_err(|errors| {
        diagnostics::print(&program.sources, &errors);
        ExitCode::from(BAD_GRAPH)
    })
}

/// Reads a graph. Why it cannot be read has been printed.
pub fn program(args: &GraphArgs) -> Result<Program, ExitCode> {
    let program = files::read(&args.file).map_err(|message| {
        say!("{message}");
        ExitCode::FAILURE
    })?;
    Ok(Program { sockets: args.backend.sockets(), ..program })
}
