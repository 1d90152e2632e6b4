//! `pkgraph ctl`: reads and writes handlers of a running graph.

use pkgraph_runtime::control::{Connection, GREETING, Place};
use pkgraph_runtime::{output, say};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::ExitCode;

/// Reads or writes a handler of a graph that runs with --control.
#[derive(clap::Args, Debug)]
pub struct CtlArgs {
    /// Where the graph listens: unix:PATH, a path, or tcp:HOST:PORT.
    place: Place,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Prints what a handler reads.
    Read {
        /// NAME.HANDLER, or a global handler such as list.
        handler: String,
    },
    /// Writes a handler.
    Write {
        /// NAME.HANDLER.
        handler: String,
        /// What to write.
        #[arg(default_value = "")]
        value: String,
    },
}

pub fn main(args: &CtlArgs) -> ExitCode {
    let done = Control::connect(&args.place).and_then(|mut control| match &args.action {
        Action::Read { handler } => control
            .read(handler)
            .and_then(|text| output::print_all(&text).map_err(|error| error.to_string())),

        Action::Write { handler, value } => control.write(handler, value),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// A client of the ControlSocket protocol.
pub struct Control {
    from: BufReader<Box<dyn Connection>>,
    to: Box<dyn Connection>,
}

impl Control {
    /// Connects. Errors are sentences for the user, here and below.
    pub fn connect(place: &Place) -> Result<Control, String> {
        let no =
            |error| format!("no graph at {place}: {error}; is one running with --control {place}?");
        let to = place.connect().map_err(no)?;
        let from = BufReader::new(to.duplicate().map_err(no)?);
        let mut control = Control { from, to };
        let greeting = control.line()?;
        if greeting.split('.').next() != GREETING.split('.').next() {
            return Err(format!("{place} does not speak the control protocol: '{greeting}'"));
        }
        Ok(control)
    }

    /// Reads a handler.
    pub fn read(&mut self, handler: &str) -> Result<String, String> {
        self.send(format!("READ {handler}\r\n").as_bytes())?;
        self.outcome()?;
        let line = self.line()?;
        let length = line.strip_prefix("DATA ").and_then(|length| length.parse().ok());
        let length: u64 = length.ok_or_else(|| format!("expected DATA, not '{line}'"))?;
        let mut data = Vec::new();
        self.from.by_ref().take(length).read_to_end(&mut data).map_err(gone)?;
        Ok(String::from_utf8_lossy(&data).into_owned())
    }

    /// Writes a handler.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        let command = format!("WRITEDATA {handler} {}\r\n{value}", value.len());
        self.send(command.as_bytes())?;
        self.outcome()
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), String> {
        self.to.write_all(octets).and_then(|()| self.to.flush()).map_err(gone)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        if self.from.read_line(&mut line).map_err(gone)? == 0 {
            return Err("the graph has ended".into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_string())
    }

    /// The lines of an answer: an error unless their code is 2xy.
    fn outcome(&mut self) -> Result<(), String> {
        let mut message = String::new();
        loop {
            let line = self.line()?;
            let (code, text) = line.split_at_checked(3).unwrap_or((&line, ""));
            message.push_str(text.get(1..).unwrap_or(""));
            if text.starts_with('-') {
                message.push('\n');
            } else if code.starts_with('2') {
                return Ok(());
            } else {
                return Err(message);
            }
        }
    }
}

fn gone(error: std::io::Error) -> String {
    format!("the connection broke: {error}")
}
