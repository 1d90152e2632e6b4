//! A client of the ControlSocket protocol: how programs of ours reach the
//! handlers of a graph in another process.

use super::protocol::{GREETING, MOST};
use crate::{Place, Reading, Stream};
use std::io::{self, BufRead, BufReader, Read, Write};

/// The largest value of a handler that a client reads, in octets.
const MOST_DATA: u64 = 64 << 20;

/// A client of the ControlSocket protocol.
pub struct Control {
    connection: BufReader<Connection>,
}

impl Control {
    /// Connects. Errors are sentences for the user, here and below.
    pub fn connect(place: &Place) -> Result<Control, String> {
        let no =
            |error| format!("no graph at {place}: {error}; is one running with --control {place}?");
        let connection = BufReader::new(Connection(place.connect().map_err(no)?));
        let mut control = Control { connection };
        let greeting = control.line()?;
        if greeting.split('.').next() != GREETING.split('.').next() {
            return Err(format!("{place} does not speak the control protocol: '{greeting}'"));
        }
        Ok(control)
    }

    /// Reads a handler as text.
    pub fn read(&mut self, handler: &str) -> Result<String, String> {
        self.ask("READ", handler)
    }

    /// Reads a handler as what it is.
    pub fn reading(&mut self, handler: &str) -> Result<Reading, String> {
        let line = self.ask("READV", handler)?;
        Reading::from_json(&line).ok_or_else(|| format!("{handler} reads as no value: {line}"))
    }

    fn ask(&mut self, command: &str, handler: &str) -> Result<String, String> {
        self.send(format!("{command} {handler}\r\n").as_bytes())?;
        self.outcome()?;
        let line = self.line()?;
        let length = line.strip_prefix("DATA ").and_then(|length| length.parse().ok());
        let length: u64 = length.ok_or_else(|| format!("expected DATA, not '{line}'"))?;
        if length > MOST_DATA {
            return Err(format!(
                "{handler} reads as {length} octets: more than this program takes"
            ));
        }
        let mut data = Vec::new();
        self.connection.by_ref().take(length).read_to_end(&mut data).map_err(gone)?;
        Ok(String::from_utf8_lossy(&data).into_owned())
    }

    /// Writes a handler.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        let command = format!("WRITEDATA {handler} {}\r\n{value}", value.len());
        self.send(command.as_bytes())?;
        self.outcome()
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), String> {
        let mut stream = &self.connection.get_ref().0;
        stream.write_all(octets).map_err(gone)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let mut from = self.connection.by_ref().take(MOST);
        if from.read_line(&mut line).map_err(gone)? == 0 {
            return Err("the graph has ended".into());
        }
        if !line.ends_with('\n') {
            return Err(format!(
                "what answers does not speak the control protocol: {} octets without an end of line",
                line.len()
            ));
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

fn gone(error: io::Error) -> String {
    format!("the connection broke: {error}")
}

/// The end of a connection that is read here and written elsewhere.
struct Connection(Stream);

impl Read for Connection {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(octets)
    }
}
